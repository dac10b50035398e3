"""List the bookings of room mailboxes that have no invitation yet, and keep the list to be applied."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from typing import Any

from raumpost.domain.errors import ConfigurationError
from raumpost.domain.initialising import FINDINGS, Concern, Place, Slot, concerns_about, fingerprint, overlaps
from raumpost.domain.model import Level
from raumpost.domain.planning import Invite, plan
from raumpost.domain.preview import MOST_ROWS, Preview, amount, when
from raumpost.domain.time_zones import zone_or_default
from raumpost.services.ports import Database, Row
from raumpost.services.previews import stored as previews
from raumpost.services.previews.select_mailboxes import SelectedMailbox, Selection, select_mailboxes
from raumpost.services.previews.stored import Item, Shown
from raumpost.services.store.bookings import booking
from raumpost.services.store.rows import booking_key
from raumpost.texts.wording import english

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
    selection = select_mailboxes(db, names=names, group=group, being_removed=False)
    if not selection.links:
        raise ConfigurationError(
            "no room mailbox is named", remedy="give room_mailboxes, or a room_group for all of its rooms"
        )
    shown = _Tally()
    with db.transaction():
        stored = previews.begin(db, previews.Verb.INITIALISE)
        for link in selection.links:  # one by one: all bookings of all rooms may be more than fits into memory
            items = _look_at(db, link, shown, earliest=earliest, latest=latest, now=now, default=default_time_zone)
            previews.add(db, stored, items)
    total = shown.per_room.total()
    log.info("Preview %d: %d bookings to be invited in %d room mailboxes", stored, total, len(selection.links))
    return Shown(id=stored, count=total, preview=_preview(selection, shown, total))


@dataclass
class _Tally:
    """What is shown of the bookings looked at so far."""

    first: list[tuple[Any, tuple[str, ...]]] = field(default_factory=list)
    """The earliest rows, with what they are sorted by."""
    per_room: Counter[str] = field(default_factory=Counter)
    concerns: Counter[Concern] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def _look_at(
    db: Database,
    link: SelectedMailbox,
    shown: _Tally,
    *,
    earliest: datetime | None,
    latest: datetime | None,
    now: datetime,
    default: str,
) -> dict[Item, str]:
    """Plan the bookings of one room mailbox; give the fingerprints of what would be invited."""
    ids = [link.mailbox.id]
    found = db.rows("uninvited", room_mailbox_ids=ids, earliest=max(now, earliest or now), latest=latest)
    if not found:
        return {}
    planned = plan(
        bookings=map(booking, found),
        invitations=(),
        mailboxes=[link.mailbox],
        preexisting=(),
        now=now,
        default_time_zone=default,
    )
    zone = zone_or_default(found[0]["time_zone"], default)
    others = overlaps(_slot(row) for row in db.rows("slots", room_mailbox_ids=ids, now=now))
    invites = [step for step in planned.steps if isinstance(step, Invite)]
    rows = []
    for one in invites:
        other = others.get(Place(one.mailbox.room_id, one.key))
        concerns = concerns_about(one.content, zone=zone, active=link.active, other=other, now=now)
        shown.concerns.update(concerns.keys())
        said = (str(one.key), one.content.summary, ", ".join(map(english, concerns.values())))
        rows.append(
            (
                (one.content.starts_at, one.mailbox.id, one.key),
                (link.room_name, when(one.content, zone), *said),
            )
        )
    shown.first = nsmallest(MOST_ROWS, [*shown.first, *rows])
    shown.per_room[link.label] += len(invites)
    shown.notes += [english(note.message) for note in planned.notes if note.level is not Level.INFO]
    return {Item(one.mailbox.id, one.key): fingerprint(one.content) for one in invites}


def _preview(selection: Selection, shown: _Tally, total: int) -> Preview:
    silent = [link.label for link in selection.links if not shown.per_room[link.label]]
    return Preview(
        headline=f"{amount(total, 'booking has', 'bookings have')} no invitation yet and would be invited",
        per_room=+shown.per_room,
        findings=[(english(FINDINGS[one]), shown.concerns[one]) for one in Concern if shown.concerns[one]],
        remarks=[*selection.remarks, *(f"{label}: nothing to do" for label in silent), *shown.notes],
        columns=COLUMNS,
        rows=[row for _, row in shown.first],
        total=total,
    )


def _slot(row: Row) -> Slot:
    return Slot(row["room_id"], booking_key(row), row["starts_at"], row["ends_at"])
