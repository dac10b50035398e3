"""Send failed invitations again: list what failed for good, and reset exactly that."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from raumpost.domain import lifecycle
from raumpost.domain.errors import ConfigurationError
from raumpost.domain.model import Invitation, State
from raumpost.domain.resetting import concerns_about, fingerprint, is_pointless
from raumpost.domain.text import shortened
from raumpost.domain.time_zones import moment, zone_or_default
from raumpost.services.ports import Database, Row
from raumpost.services.previews import stored as previews
from raumpost.services.previews.action import Action, Listing
from raumpost.services.previews.markdown import MOST_CHARACTERS, MOST_ROWS, Preview, amount, when
from raumpost.services.previews.select_mailboxes import Selection, select_mailboxes
from raumpost.services.previews.stored import PORTION, Item, Outcome
from raumpost.services.store.invitations import carry_out, load_invitations
from raumpost.texts.wording import english

COLUMNS = ("room", "when (time of the room)", "booking", "title", "mail", "failed", "error", "remarks")


class ResetFailed(Action):
    """Gives failed invitations five new attempts each."""

    verb = "reset"
    step = "reset"

    def list(self, db: Database, params: Mapping[str, Any], *, now: datetime, default_time_zone: str) -> Listing:
        """Read the period and the text of the error, and list what failed so."""
        since = moment(params["failed_since"], default_time_zone)
        until = moment(params["failed_until"], default_time_zone)
        wrong = []
        if since and since > now:
            wrong.append(f"failed_since {params['failed_since']} lies in the future; nothing has failed then yet")
        if since and until and since >= until:
            wrong.append("failed_since is not before failed_until; exchange them, or leave one empty")
        if wrong:
            raise ConfigurationError(*wrong)
        return list_failed(
            db,
            names=params["room_mailboxes"],
            group=params["room_group"],
            error_contains=(params["error_contains"] or "").strip(),
            since=since,
            until=until,
            now=now,
            default_time_zone=default_time_zone,
        )

    def question(self, *, count: int, rooms: int) -> str:
        """Return what a person is asked."""
        invitations = amount(count, "failed invitation", "failed invitations")
        return f"Send {invitations} of {amount(rooms, 'room mailbox', 'room mailboxes')} again?"

    def apply(
        self, db: Database, shown: Mapping[Item, str], *, now: datetime, default_time_zone: str
    ) -> Mapping[Item, Outcome]:
        """Reset the invitations; what has changed, been answered or been reset since it was shown is left alone."""
        locked = db.rows("lock_invitations_of_items", **previews.bookings_of(shown))
        items = {row["id"]: previews.item(row) for row in locked}
        found = {items[one.id]: one for one in load_invitations(db, items)}
        still = {
            item: one
            for item, one in found.items()
            if one.state is State.FAILED and fingerprint(one) == shown.get(item)
        }
        moved = carry_out(db, [lifecycle.reset(one) for one in still.values()])
        done = {item for item, one in still.items() if one.id in moved}
        return {item: Outcome.RESET if item in done else Outcome.MOVED_ON for item in shown}


ACTION = ResetFailed()


def list_failed(
    db: Database,
    *,
    names: Sequence[str],
    group: str | None,
    error_contains: str,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    default_time_zone: str,
) -> Listing:
    """List what failed for good.

    Without `names` and `group` all room mailboxes count. The text is looked for without regard to case. What failed
    counts from `since` and before `until`. What helps nobody any more, as `is_pointless` tells, is named and left out.
    Raises ConfigurationError, which says all that is wrong at once.
    """
    # A link that is being removed too: a failed cancellation holds it up
    selection = select_mailboxes(db, names=names, group=group, being_removed=True)
    shown = _Tally()
    portions = _portions(
        db,
        room_mailbox_ids=[link.mailbox.id for link in selection.links] or None,
        error_contains=error_contains,
        since=since,
        until=until,
    )
    return Listing(
        portions=(_look_at(db, rows, shown, now, default_time_zone) for rows in portions),
        preview=lambda: _preview(selection, shown),
    )


@dataclass
class _Tally:
    """What is shown of the invitations looked at so far."""

    first: list[tuple[str, ...]] = field(default_factory=list)
    per_room: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    concerns: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)


def _preview(selection: Selection, shown: _Tally) -> Preview:
    total = shown.per_room.total()
    return Preview(
        headline=f"{amount(total, 'failed invitation', 'failed invitations')} would be reset and sent again",
        per_room=shown.per_room,
        findings=[*((f"error “{cause}”", n) for cause, n in shown.causes.most_common()), *shown.concerns.most_common()],
        remarks=[*selection.remarks, *(f"{one}: booking is over, left out" for one in shown.left_out)],
        columns=COLUMNS,
        rows=shown.first,
        total=total,
    )


def _portions(db: Database, **chosen: object) -> Iterator[list[Row]]:
    """Read what has failed, first what failed first; all of it may be more than fits into memory."""
    last: Row = {"failed_at": None, "id": None}
    while rows := db.rows(
        "failed_invitations", **chosen, after_at=last["failed_at"], after_id=last["id"], limit=PORTION
    ):
        yield rows
        last = rows[-1]


def _look_at(
    db: Database, rows: Sequence[Row], shown: _Tally, now: datetime, default_time_zone: str
) -> dict[Item, str]:
    """Note what is shown of these invitations; return the fingerprints of those that would be reset."""
    around = {row["id"]: row for row in rows}
    items = {}
    for one in load_invitations(db, around):
        row = around[one.id]
        if is_pointless(one, now):
            shown.left_out.append(str(one))
            continue
        concerns = [english(found) for found in concerns_about(one, active=row["active"], now=now)]
        shown.per_room[_label(one, row)] += 1
        shown.causes[shortened(one.shown_error, MOST_CHARACTERS)] += 1
        shown.concerns.update(concerns)
        if len(shown.first) < MOST_ROWS:
            shown.first.append(_row(one, row, ", ".join(concerns), default_time_zone))
        items[Item(one.room_mailbox_id, one.key, row["generation"])] = fingerprint(one)
    return items


def _row(invitation: Invitation, around: Row, remarks: str, default_time_zone: str) -> tuple[str, ...]:
    zone = zone_or_default(around["time_zone"], default_time_zone)
    return (
        around["room_name"],
        when(invitation.content, zone),
        str(invitation.key),
        invitation.content.summary,
        invitation.method,
        f"{around['failed_at'].astimezone(zone):%Y-%m-%d %H:%M}",
        invitation.shown_error,
        remarks,
    )


def _label(invitation: Invitation, around: Row) -> str:
    return f"{around['room_name']} ({invitation.address})"
