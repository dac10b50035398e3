"""List the bookings of room mailboxes that have no invitation yet, and keep the list to be applied."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from raumpost.domain.errors import ConfigurationError
from raumpost.domain.initialising import ADVICE, Concern, Place, Slot, concerns_about, fingerprint, overlaps
from raumpost.domain.model import BookingKey, Level
from raumpost.domain.planning import Invite, Note, is_time_zone, plan
from raumpost.domain.preview import Preview, amount, when
from raumpost.services import ledger, previews
from raumpost.services.bookings import booking
from raumpost.services.choose import Choice, choose
from raumpost.services.ports import Database, Row
from raumpost.services.previews import Shown

log = logging.getLogger(__name__)

COLUMNS = ("room", "when (time of the room)", "booking", "title", "warnings")


def preview_initialise(
    db: Database,
    *,
    names: Sequence[str],
    group: str | None,
    earliest: datetime | None,
    latest: datetime | None,
    now: datetime,
    default_time_zone: str,
) -> Shown:
    """Plan invitations for what these room mailboxes were never told; store the plan, and change nothing else.

    Bookings count that end after `earliest` (and lie ahead) and start before `latest`. Blocks count where the link
    includes them. Raises ConfigurationError, which says all that is wrong at once.
    """
    choice = choose(db, names=names, group=group, being_removed=False)
    if not choice.links:
        raise ConfigurationError("no room mailbox is named; give room_mailboxes, or a room_group for all of its rooms")
    ids = [link.mailbox.id for link in choice.links]
    found = db.rows("uninvited", room_mailbox_ids=ids, earliest=max(now, earliest or now), latest=latest)
    planned = plan(
        bookings=map(booking, found),
        invitations=(),
        mailboxes=[link.mailbox for link in choice.links],
        preexisting=(),
        now=now,
        default_time_zone=default_time_zone,
    )
    invites = [step for step in planned.steps if isinstance(step, Invite)]
    stored = previews.store(
        db,
        previews.Verb.INITIALISE,
        {previews.Item(one.mailbox.id, one.key): fingerprint(one.content) for one in invites},
    )
    others = overlaps(_slot(row) for row in db.rows("slots", room_mailbox_ids=ids, now=now))
    zones = {row["room_id"]: _zone(row["time_zone"], default_time_zone) for row in found}
    preview = _preview(choice, invites, planned.notes, others, zones, now)
    log.info("Preview %d: %d bookings to be invited in %d room mailboxes", stored, len(invites), len(ids))
    return Shown(id=stored, count=len(invites), preview=preview)


def _preview(
    choice: Choice,
    invites: Sequence[Invite],
    notes: Sequence[Note],
    others: Mapping[Place, BookingKey],
    zones: Mapping[int, ZoneInfo],
    now: datetime,
) -> Preview:
    links = {link.mailbox.id: link for link in choice.links}
    per_room: Counter[str] = Counter()
    counted: Counter[Concern] = Counter()
    rows = []
    for one in sorted(invites, key=lambda invite: (invite.content.starts_at, invite.mailbox.id, invite.key)):
        link, zone = links[one.mailbox.id], zones[one.mailbox.room_id]
        concerns = concerns_about(
            one.content, zone=zone, active=link.active, other=others.get(Place(one.mailbox.room_id, one.key)), now=now
        )
        counted.update(concerns.keys())
        per_room[link.label] += 1
        rows.append(
            (
                link.room_name,
                when(one.content, zone),
                str(one.key),
                one.content.summary,
                ", ".join(concerns.values()),
            )
        )
    silent = [link.label for link in choice.links if not per_room[link.label]]
    return Preview(
        headline=f"{amount(len(invites), 'booking has', 'bookings have')} no invitation yet and would be invited",
        per_room=+per_room,
        findings=[(f"{concern}; {ADVICE[concern]}", counted[concern]) for concern in Concern if counted[concern]],
        remarks=[
            *choice.remarks,
            *(f"{label}: nothing to do" for label in silent),
            *(note.message for note in notes if note.level is not Level.INFO),
        ],
        columns=COLUMNS,
        rows=rows,
    )


def _slot(row: Row) -> Slot:
    return Slot(row["room_id"], ledger.key(row), row["starts_at"], row["ends_at"])


def _zone(name: str, default: str) -> ZoneInfo:
    return ZoneInfo(name if is_time_zone(name) else default)
