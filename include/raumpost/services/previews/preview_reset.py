"""List failed invitations, and keep the list to be reset."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from raumpost.domain.model import Invitation
from raumpost.domain.preview import MOST_CHARACTERS, MOST_ROWS, Preview, amount, when
from raumpost.domain.resetting import concerns_about, fingerprint, is_pointless
from raumpost.domain.text import shortened
from raumpost.domain.time_zones import zone_or_default
from raumpost.services.ports import Database, Row
from raumpost.services.previews import stored as previews
from raumpost.services.previews.select_mailboxes import select_mailboxes
from raumpost.services.previews.stored import PORTION, Shown
from raumpost.services.store.invitations import load_invitations
from raumpost.texts.wording import english

log = logging.getLogger(__name__)

COLUMNS = ("room", "when (time of the room)", "booking", "title", "mail", "failed", "error", "remarks")


def preview_reset(
    db: Database,
    *,
    names: Sequence[str],
    group: str | None,
    error_contains: str,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    default_time_zone: str,
) -> Shown:
    """List what failed for good, and store the list; change nothing else.

    Without `names` and `group` all room mailboxes count. The text is looked for without regard to case. What failed
    counts from `since` and before `until`. What helps nobody any more, as `is_pointless` tells, is named and left out.
    Raises ConfigurationError, which says all that is wrong at once.
    """
    selection = select_mailboxes(
        db, names=names, group=group, being_removed=True
    )  # a failed cancellation holds its link up
    shown = _Tally()
    with db.transaction():
        stored = previews.begin(db, previews.Verb.RESET)
        for rows in _portions(
            db,
            room_mailbox_ids=[link.mailbox.id for link in selection.links] or None,
            error_contains=error_contains,
            since=since,
            until=until,
        ):
            previews.add(db, stored, _look_at(db, rows, shown, now, default_time_zone))
    total = shown.per_room.total()
    preview = Preview(
        headline=f"{amount(total, 'failed invitation', 'failed invitations')} would be reset and sent again",
        per_room=shown.per_room,
        findings=[*((f"error “{cause}”", n) for cause, n in shown.causes.most_common()), *shown.concerns.most_common()],
        remarks=[*selection.remarks, *(f"{one}: booking is over, left out" for one in shown.left_out)],
        columns=COLUMNS,
        rows=shown.first,
        total=total,
    )
    log.info("Preview %d: %d invitations to be reset, %d left out", stored, total, len(shown.left_out))
    return Shown(id=stored, count=total, preview=preview)


@dataclass
class _Tally:
    """What is shown of the invitations looked at so far."""

    first: list[tuple[str, ...]] = field(default_factory=list)
    per_room: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    concerns: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)


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
) -> dict[previews.Item, str]:
    """Note what is shown of these invitations; give the fingerprints of those that would be reset."""
    around = {row["id"]: row for row in rows}
    items = {}
    for one in load_invitations(db, around):
        row = around[one.id]
        if is_pointless(one, now):
            shown.left_out.append(str(one))
            continue
        concerns = [english(found) for found in concerns_about(one, active=row["active"], now=now)]
        shown.per_room[_label(one, row)] += 1
        shown.causes[shortened(one.last_error or "", MOST_CHARACTERS)] += 1
        shown.concerns.update(concerns)
        if len(shown.first) < MOST_ROWS:
            shown.first.append(_row(one, row, ", ".join(concerns), default_time_zone))
        items[previews.Item(one.room_mailbox_id, one.key, row["generation"])] = fingerprint(one)
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
        invitation.last_error or "",
        remarks,
    )


def _label(invitation: Invitation, around: Row) -> str:
    return f"{around['room_name']} ({invitation.address})"
