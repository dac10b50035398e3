"""Approve the cancellations that the guard holds back: list them, and release exactly those for the next pass."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from raumpost.domain.model import Invitation, Level
from raumpost.domain.time_zones import zone_or_default
from raumpost.services.planning.held_cancellations import held_cancellations
from raumpost.services.ports import Database, Row
from raumpost.services.previews import stored as previews
from raumpost.services.previews.action import Action, Listing
from raumpost.services.previews.markdown import MOST_ROWS, Preview, when
from raumpost.services.previews.select_mailboxes import select_mailboxes
from raumpost.services.previews.stored import Item, Outcome
from raumpost.services.store.invitations import load_invitations
from raumpost.services.store.journal import entry_about, write_journal

STEP = "guard"
COLUMNS = ("room", "when (time of the room)", "booking", "title", "answer", "gone since")


class ApproveCancellations(Action):
    """Releases cancellations that wait for an approval; the next pass carries them out."""

    verb = "approve"
    step = STEP

    def list(self, db: Database, params: Mapping[str, Any], *, now: datetime, default_time_zone: str) -> Listing:
        """List what waits for an approval."""
        return list_withheld(
            db,
            names=params["room_mailboxes"],
            group=params["room_group"],
            now=now,
            default_time_zone=default_time_zone,
        )

    def question(self, *, count: int, rooms: int) -> str:
        """Return what a person is asked."""
        return f"Cancel {count} future invitations of {rooms} room mailboxes?"

    def apply(
        self, db: Database, shown: Mapping[Item, str], *, now: datetime, default_time_zone: str
    ) -> Mapping[Item, Outcome]:
        """Release the cancellations.

        What came back, was cancelled otherwise, or vanished a second time since it was shown is left alone.
        """
        found = db.rows("approve_cancellations", noted_ats=list(shown.values()), **previews.columns(shown))
        invitations = load_invitations(db, (row["id"] for row in found))
        approved = {previews.item(row) for row in found}
        message = "its cancellation was approved"
        write_journal(db, [entry_about(one, level=Level.INFO, step=STEP, message=message) for one in invitations])
        return {item: Outcome.APPROVED if item in approved else Outcome.MOVED_ON for item in shown}


ACTION = ApproveCancellations()


def list_withheld(
    db: Database, *, names: Sequence[str], group: str | None, now: datetime, default_time_zone: str
) -> Listing:
    """List what waits for an approval.

    Without `names` and `group` all room mailboxes count. Raises ConfigurationError, which says all that is wrong at
    once.
    """
    selection = select_mailboxes(db, names=names, group=group, being_removed=False)
    chosen = [link.mailbox.id for link in selection.links] or None
    around = {row["id"]: row for row in db.rows("withheld_cancellations", room_mailbox_ids=chosen)}
    invitations = load_invitations(db, around)
    known = Counter({link.label: link.known for link in held_cancellations(db, now=now) if link.withheld})
    preview = Preview(
        headline=f"{len(invitations)} future invitations would be cancelled: their bookings are gone",
        per_room=Counter(f"{around[one.id]['room_name']} ({one.address})" for one in invitations),
        findings=[(f"future invitations that {label} knows", number) for label, number in known.items()],
        remarks=[
            *selection.remarks,
            "if bookings are missing by mistake, reject this and bring them back: then nothing is sent",
        ],
        columns=COLUMNS,
        rows=[_row(one, around[one.id], default_time_zone) for one in invitations[:MOST_ROWS]],
        total=len(invitations),
    )
    return Listing(portions=[dict(_item(one, around[one.id]) for one in invitations)], preview=lambda: preview)


def _item(invitation: Invitation, around: Row) -> tuple[Item, str]:
    return Item(invitation.room_mailbox_id, invitation.key, around["generation"]), around["noted_at"].isoformat()


def _row(invitation: Invitation, around: Row, default_time_zone: str) -> tuple[str, ...]:
    zone = zone_or_default(around["time_zone"], default_time_zone)
    return (
        around["room_name"],
        when(invitation.content, zone),
        str(invitation.key),
        invitation.content.summary,
        invitation.answer or "",
        f"{around['noted_at'].astimezone(zone):%Y-%m-%d %H:%M}",
    )
