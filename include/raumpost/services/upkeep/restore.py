"""After a dump was restored: tell the rooms everything again, above every SEQUENCE that may have been used since."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from raumpost.domain import lifecycle
from raumpost.domain.model import Level, MailOutcome, State
from raumpost.domain.restoring import sequence_floor
from raumpost.services.ports import Database
from raumpost.services.store.invitations import carry_out, load_invitations
from raumpost.services.store.journal import JournalEntry, write_journal

log = logging.getLogger(__name__)

PORTION = 1000
STEP = "restore"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What is sent again."""

    floor: int
    """SEQUENCE from now on."""
    per_room: Counter[str]
    """How many invitations and cancellations go to each room mailbox."""


def restore(db: Database, *, now: datetime, apply: bool) -> Restored:
    """Raise the SEQUENCE of all invitations that lie ahead and have them sent again; without `apply` only count them.

    What was sent since the dump was made is not known, so each room gets what the database wants of it now, as
    REQUEST or CANCEL, above all that it can have. New invitations begin there too, as they may have had predecessors
    of the same UID. The next pass compares every booking.
    """
    if not apply:  # and hold up nobody who works meanwhile
        found = {row["address"]: row["invitations"] for row in db.rows("count_ahead", now=now)}
        return Restored(floor=_floor(db, now), per_room=Counter(found))
    per_room: Counter[str] = Counter()
    with db.transaction():
        db.rows("wait_for_gatherer")
        floor = _floor(db, now)
        after = 0
        while ids := [row["id"] for row in db.rows("lock_ahead", after=after, now=now, limit=PORTION)]:
            invitations = load_invitations(db, ids)
            per_room.update(one.address for one in invitations)
            # what was being sent when the dump was made, or is just now, may have left
            claimed = [one.id for one in invitations if one.state is State.SENDING]
            db.run("note_claimed_mails", ids=claimed, outcome=MailOutcome.UNCERTAIN)
            carry_out(db, [lifecycle.restore(one, sequence=floor) for one in invitations])
            after = ids[-1]
        db.run("note_restored", floor=floor)
        db.run("compare_everything", now=now)
        message = f"database restored: {per_room.total()} invitations to be sent again from revision {floor} on"
        write_journal(db, [JournalEntry(level=Level.WARNING, step=STEP, message=message)])
        log.info("%s", message)
    return Restored(floor=floor, per_room=per_room)


def _floor(db: Database, now: datetime) -> int:
    return sequence_floor(db.rows("highest_sequence")[0]["sequence"], now)
