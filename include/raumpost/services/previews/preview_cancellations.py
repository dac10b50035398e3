"""List the cancellations that the guard holds back, and keep the list to be approved."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from raumpost.domain.model import Invitation
from raumpost.domain.preview import MOST_ROWS, Preview, when
from raumpost.domain.time_zones import zone_or_default
from raumpost.services.planning.held_cancellations import held_cancellations
from raumpost.services.ports import Database, Row
from raumpost.services.previews import stored as previews
from raumpost.services.previews.select_mailboxes import select_mailboxes
from raumpost.services.previews.stored import Shown
from raumpost.services.store.invitations import load_invitations

log = logging.getLogger(__name__)

COLUMNS = ("room", "when (time of the room)", "booking", "title", "answer", "gone since")


def preview_cancellations(
    db: Database, *, names: Sequence[str], group: str | None, now: datetime, default_time_zone: str
) -> Shown:
    """List what waits for an approval, and store the list; change nothing else.

    Without `names` and `group` all room mailboxes count. Raises ConfigurationError, which says all that is wrong at
    once.
    """
    selection = select_mailboxes(db, names=names, group=group, being_removed=False)
    chosen = [link.mailbox.id for link in selection.links] or None
    around = {row["id"]: row for row in db.rows("withheld_cancellations", room_mailbox_ids=chosen)}
    invitations = load_invitations(db, around)
    with db.transaction():
        stored = previews.begin(db, previews.Verb.APPROVE)
        previews.add(
            db,
            stored,
            {
                previews.Item(one.room_mailbox_id, one.key, row["generation"]): row["noted_at"].isoformat()
                for one, row in zip(invitations, (around[one.id] for one in invitations), strict=True)
            },
        )
    per_room = Counter(f"{around[one.id]['room_name']} ({one.address})" for one in invitations)
    first = [_row(one, around[one.id], default_time_zone) for one in invitations[:MOST_ROWS]]
    known = Counter({link.label: link.known for link in held_cancellations(db, now=now) if link.withheld})
    preview = Preview(
        headline=f"{len(invitations)} future invitations would be cancelled: their bookings are gone",
        per_room=per_room,
        findings=[(f"future invitations that {label} knows", number) for label, number in known.items()],
        remarks=[
            *selection.remarks,
            "if bookings are missing by mistake, reject this and bring them back: then nothing is sent",
        ],
        columns=COLUMNS,
        rows=first,
        total=len(invitations),
    )
    log.info("Preview %d: %d cancellations wait for an approval", stored, len(invitations))
    return Shown(id=stored, count=len(invitations), preview=preview)


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
