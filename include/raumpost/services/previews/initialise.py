"""Invite the bookings of room mailboxes that have no invitation yet: list them, and invite exactly those.

They are invited as they stand when they are applied.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from typing import Any

from raumpost.domain.errors import ConfigurationError
from raumpost.domain.initialising import FINDINGS, Concern, Place, Slot, concerns_about, fingerprint, overlaps
from raumpost.domain.model import Level, RoomMailbox
from raumpost.domain.planning import Invite, Note, plan
from raumpost.domain.time_zones import end_of_day, start_of_day, zone_or_default
from raumpost.services.ports import Database, Row
from raumpost.services.previews import stored as previews
from raumpost.services.previews.action import Action, Listing
from raumpost.services.previews.markdown import MOST_ROWS, Preview, amount, when
from raumpost.services.previews.select_mailboxes import SelectedMailbox, Selection, select_mailboxes
from raumpost.services.previews.stored import Item, Outcome
from raumpost.services.store import bookings
from raumpost.services.store.journal import JournalEntry, entry_of, write_journal
from raumpost.services.store.rows import booking_key
from raumpost.texts.wording import english

log = logging.getLogger(__name__)

STEP = "initialise"
COLUMNS = ("room", "when (time of the room)", "booking", "title", "warnings")
_SAID = {
    Outcome.INVITED_CHANGED: "changed after the preview: invited as it stands now",
    Outcome.INVITED_ALREADY: "has an invitation already: left alone",
    Outcome.NOT_WANTED: "is gone, cancelled or over, or its link is gone or leaves it out: not invited",
}


class Initialise(Action):
    """Invites what stood in a room before its link."""

    verb = "initialise"
    step = STEP

    def list(self, db: Database, params: Mapping[str, Any], *, now: datetime, default_time_zone: str) -> Listing:
        """Read the period, and list the bookings in it that have no invitation."""
        earliest = start_of_day(params["from"], default_time_zone)
        latest = end_of_day(params["until"], default_time_zone)
        wrong = []
        if latest and latest <= now:
            wrong.append(f"until {params['until']} lies in the past; only future bookings are initialised")
        if earliest and latest and earliest >= latest:
            wrong.append(f"from {params['from']} is later than until {params['until']}; exchange them")
        if wrong:
            raise ConfigurationError(*wrong)
        return list_uninvited(
            db,
            names=params["room_mailboxes"],
            group=params["room_group"],
            earliest=earliest,
            latest=latest,
            now=now,
            default_time_zone=default_time_zone,
        )

    def question(self, *, count: int, rooms: int) -> str:
        """Return what a person is asked."""
        return f"Invite {amount(count, 'booking', 'bookings')} in {amount(rooms, 'room mailbox', 'room mailboxes')}?"

    def apply(
        self, db: Database, shown: Mapping[Item, str], *, now: datetime, default_time_zone: str
    ) -> Mapping[Item, Outcome]:
        """Create the invitations, to be sent by the next run.

        What changed after the preview is planned again, and reported in the log and the journal.
        """
        db.rows("wait_for_gatherer")
        links = {row["id"]: bookings.room_mailbox(row) for row in db.rows("room_mailboxes")}
        found = db.rows("lock_invitations_of_items", **previews.bookings_of(shown))
        known = {Item(row["room_mailbox_id"], booking_key(row)) for row in found}
        wanted, notes = _wanted(db, shown.keys() - known, links, now, default_time_zone)
        bookings.invite(db, list(wanted.values()))
        db.run("adopt_items", **previews.bookings_of(shown))
        settled = {item: _outcome(print_, item in known, wanted.get(item)) for item, print_ in shown.items()}
        write_journal(db, [*_reported(settled, links), *(entry_of(note, step=STEP) for note in notes)])
        return settled


ACTION = Initialise()


def list_uninvited(
    db: Database,
    *,
    names: Sequence[str],
    group: str | None,
    earliest: datetime | None,
    latest: datetime | None,
    now: datetime,
    default_time_zone: str,
) -> Listing:
    """Plan invitations for what these room mailboxes do not know yet.

    Bookings count that end after `earliest` (and lie ahead) and start before `latest`. Blocks count where the link
    includes them. Raises ConfigurationError, which says all that is wrong at once.
    """
    selection = select_mailboxes(db, names=names, group=group, being_removed=False)
    if not selection.links:
        raise ConfigurationError(
            "no room mailbox is named", remedy="give room_mailboxes, or a room_group for all of its rooms"
        )
    shown = _Tally()
    return Listing(
        portions=(  # one by one: all bookings of all rooms may be more than fits into memory
            _look_at(db, link, shown, earliest=earliest, latest=latest, now=now, default=default_time_zone)
            for link in selection.links
        ),
        preview=lambda: _preview(selection, shown),
    )


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
    """Plan the bookings of one room mailbox; return the fingerprints of what would be invited."""
    ids = [link.mailbox.id]
    found = db.rows("uninvited", room_mailbox_ids=ids, earliest=max(now, earliest or now), latest=latest)
    if not found:
        return {}
    planned = plan(
        bookings=map(bookings.booking, found),
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


def _preview(selection: Selection, shown: _Tally) -> Preview:
    total = shown.per_room.total()
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


def _wanted(
    db: Database, items: Collection[Item], links: Mapping[int, RoomMailbox], now: datetime, default_time_zone: str
) -> tuple[dict[Item, Invite], list[Note]]:
    ids = bookings.ids_by_kind([item.key for item in items])
    places = {(links[item.room_mailbox_id].room_id, item.key) for item in items if item.room_mailbox_id in links}
    found = (bookings.booking(row) for row in db.rows("bookings", **ids, replaced=False))
    planned = plan(
        bookings=[one for one in found if (one.room_id, one.key) in places],
        invitations=(),
        mailboxes=links.values(),
        preexisting=(),
        now=now,
        default_time_zone=default_time_zone,
    )
    invites = [step for step in planned.steps if isinstance(step, Invite)]
    return {Item(one.mailbox.id, one.key): one for one in invites}, planned.notes


def _outcome(shown: str, known: bool, invite: Invite | None) -> Outcome:
    if known:
        return Outcome.INVITED_ALREADY
    if invite is None:
        return Outcome.NOT_WANTED
    return Outcome.INVITED if fingerprint(invite.content) == shown else Outcome.INVITED_CHANGED


def _reported(settled: Mapping[Item, Outcome], links: Mapping[int, RoomMailbox]) -> Iterator[JournalEntry]:
    for item, outcome in settled.items():
        if outcome is Outcome.INVITED:
            continue  # the invitation has its own line
        link = links.get(item.room_mailbox_id)
        place = link.address if link else f"room mailbox {item.room_mailbox_id}"
        message = f"{item.key} in {place} {_SAID[outcome]}"
        log.warning("%s", message)
        yield JournalEntry(
            level=Level.WARNING if outcome is Outcome.INVITED_CHANGED else Level.INFO,
            step=STEP,
            message=message,
            room_mailbox_id=link.id if link else None,
            kind=item.key.kind,
            source_id=item.key.source_id,
        )
