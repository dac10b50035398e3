"""Invite the bookings of a preview: exactly those that were shown, as they stand now."""

import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from raumpost.domain.initialising import fingerprint
from raumpost.domain.model import BookingKind, Level, RoomMailbox
from raumpost.domain.planning import Invite, Note, plan
from raumpost.services.ports import Database
from raumpost.services.previews import stored as previews
from raumpost.services.previews.stored import Item, Outcome
from raumpost.services.store import bookings
from raumpost.services.store.journal import JournalEntry, write_journal
from raumpost.services.store.rows import booking_key
from raumpost.texts.wording import english

log = logging.getLogger(__name__)

STEP = "initialise"
_SAID = {
    Outcome.INVITED_CHANGED: "changed after the preview: invited as it stands now",
    Outcome.INVITED_ALREADY: "has an invitation already: left alone",
    Outcome.NOT_WANTED: "is gone, cancelled or over, or its link is gone or leaves it out: not invited",
}


def initialise(db: Database, *, preview: int, now: datetime, default_time_zone: str) -> dict[Outcome, int]:
    """Create the invitations of a preview, to be sent by the next run; count what became of each booking.

    What changed after the preview is planned anew, and told in the log and the journal. Doing it twice changes nothing.
    """
    done = 0
    while True:
        with db.transaction():
            db.rows("wait_for_gatherer")
            shown = previews.take(db, preview, previews.Verb.INITIALISE)
            if not shown:
                break
            links = {row["id"]: bookings.room_mailbox(row) for row in db.rows("room_mailboxes")}
            found = db.rows("lock_invitations_of_items", **previews.bookings_of(shown))
            told = {Item(row["room_mailbox_id"], booking_key(row)) for row in found}
            wanted, notes = _wanted(db, shown.keys() - told, links, now, default_time_zone)
            bookings.invite(db, list(wanted.values()))
            db.run("adopt_items", **previews.bookings_of(shown))
            settled = {item: _outcome(print_, item in told, wanted.get(item)) for item, print_ in shown.items()}
            previews.settle(db, preview, settled)
            write_journal(db, [*_told(settled, links), *map(_entry, notes)])
            done += len(shown)
    return previews.finish(db, preview, STEP, done=done)


def _wanted(
    db: Database, items: Collection[Item], links: Mapping[int, RoomMailbox], now: datetime, default_time_zone: str
) -> tuple[dict[Item, Invite], list[Note]]:
    ids = {
        "event_ids": [item.key.source_id for item in items if item.key.kind is BookingKind.EVENT],
        "block_ids": [item.key.source_id for item in items if item.key.kind is BookingKind.BLOCK],
    }
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


def _outcome(shown: str, told: bool, invite: Invite | None) -> Outcome:
    if told:
        return Outcome.INVITED_ALREADY
    if invite is None:
        return Outcome.NOT_WANTED
    return Outcome.INVITED if fingerprint(invite.content) == shown else Outcome.INVITED_CHANGED


def _told(settled: Mapping[Item, Outcome], links: Mapping[int, RoomMailbox]) -> Iterator[JournalEntry]:
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


def _entry(note: Note) -> JournalEntry:
    return JournalEntry(
        level=note.level,
        step=STEP,
        message=english(note.message),
        room_mailbox_id=note.room_mailbox_id,
        kind=note.key.kind,
        source_id=note.key.source_id,
    )
