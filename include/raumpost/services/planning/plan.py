"""Plan what has changed in the booking system and store the plan, a portion of bookings at a time."""

import logging
import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from raumpost.domain import lifecycle
from raumpost.domain.errors import DatabaseUnavailable
from raumpost.domain.model import BookingKey, Level
from raumpost.domain.planning import Abandon, Invite, Plan, Revise, plan
from raumpost.services.planning.hold_cancellations import hold
from raumpost.services.ports import Database
from raumpost.services.store.bookings import booking, ids_by_kind, invite, room_mailbox
from raumpost.services.store.invitations import carry_out, load_invitations
from raumpost.services.store.journal import JournalEntry, entry_of, write_journal
from raumpost.services.store.rows import booking_key

log = logging.getLogger(__name__)

PORTION = 1000
"""Bookings planned in one transaction."""


def plan_changes(db: Database, *, now: datetime, default_time_zone: str) -> int:
    """Consume the changes noted so far and store what follows from them; return the number of steps.

    A booking that cannot be planned is set aside with a journal entry, and the others go on.
    """
    upto = db.rows("newest_change")[0]["id"]
    portion, steps = PORTION, 0
    taken: dict[BookingKey, datetime] = {}
    while True:
        try:
            with db.transaction():
                taken = _take(db, upto, portion)
                if not taken:
                    return steps
                steps += _plan_taken(db, taken, now, default_time_zone)
        except DatabaseUnavailable:
            raise
        except Exception as exc:  # noqa: BLE001 - one booking must not stop the others
            if portion == 1:
                [key] = taken
                with db.transaction():
                    db.run("drop_changes", kind=key.kind, source_id=key.source_id, upto=upto)
                    _set_aside(db, key, exc)
            portion = 1  # to find the one that cannot be planned


def plan_everything(db: Database, *, now: datetime, default_time_zone: str) -> int:
    """Compare every booking of a linked room, and store what follows; return the number of steps."""
    keys = [booking_key(row) for row in db.rows("all_booking_keys")]
    return plan_keys(db, keys, now=now, default_time_zone=default_time_zone)


def plan_keys(db: Database, keys: Sequence[BookingKey], *, now: datetime, default_time_zone: str) -> int:
    """Compare these bookings, and store what follows; return the number of steps.

    What is wrong with a booking was noted when it changed, and is not noted again.
    """
    steps = 0
    waiting = list(_portions(keys))
    while waiting:
        portion = waiting.pop(0)
        try:
            with db.transaction():
                steps += _store(db, _plan(db, portion, now, default_time_zone))
        except DatabaseUnavailable:
            raise
        except Exception as exc:  # noqa: BLE001 - one booking must not stop the others
            if len(portion) == 1:
                _set_aside(db, portion[0], exc)
            else:
                waiting[:0] = [[key] for key in portion]  # to find the one that cannot be planned
    return steps


def _take(db: Database, upto: int, limit: int) -> dict[BookingKey, datetime]:
    return {booking_key(row): row["changed_at"] for row in db.rows("take_changes", upto=upto, limit=limit)}


def _plan_taken(db: Database, taken: Mapping[BookingKey, datetime], now: datetime, default_time_zone: str) -> int:
    db.run("adopt_changed", **_columns(taken))
    result = _plan(db, list(taken), now, default_time_zone)
    steps = _store(db, result)
    write_journal(db, (entry_of(note, step="plan") for note in result.notes))
    if result.postponed:
        db.run("put_back_changes", **_columns({key: taken[key] for key in result.postponed}))
    return steps


def _set_aside(db: Database, key: BookingKey, exc: Exception) -> None:
    log.error("%s cannot be planned", key, exc_info=exc)
    message = f"{key} cannot be planned: {exc}; it is left out until it changes"
    trace = "".join(traceback.format_exception(exc))
    entry = JournalEntry(
        level=Level.ERROR, step="plan", message=message, detail=trace, kind=key.kind, source_id=key.source_id
    )
    write_journal(db, [entry])


def _plan(db: Database, keys: Sequence[BookingKey], now: datetime, default_time_zone: str) -> Plan:
    ids = ids_by_kind(keys)
    locked = db.rows("lock_invitations_of_bookings", **ids)
    invitations = load_invitations(db, (row["id"] for row in locked))
    mailboxes = [room_mailbox(row) for row in db.rows("room_mailboxes")]
    planned = plan(
        bookings=[booking(row) for row in db.rows("bookings", **ids, replaced=False)],
        invitations=invitations,
        mailboxes=mailboxes,
        preexisting={(row["room_mailbox_id"], booking_key(row)) for row in db.rows("preexisting", **ids)},
        now=now,
        default_time_zone=default_time_zone,
    )
    replaced = {row["id"] for row in locked if row["replaced"]}
    return hold(db, planned, invitations=invitations, mailboxes=mailboxes, replaced=replaced, now=now)


def _store(db: Database, result: Plan) -> int:
    invites = [step for step in result.steps if isinstance(step, Invite)]
    invite(db, invites)
    moves = []
    for step in result.steps:
        match step:
            case Revise(invitation=invitation, method=method, content=content):
                moves.append(lifecycle.change(invitation, method=method, content=content))
            case Abandon(invitation=invitation):
                moves.append(lifecycle.abandon(invitation))
            case Invite():
                pass
    return len(invites) + len(carry_out(db, moves))


def _columns(changes: Mapping[BookingKey, datetime]) -> dict[str, list[object]]:
    return {
        "kinds": [key.kind for key in changes],
        "source_ids": [key.source_id for key in changes],
        "changed_ats": list(changes.values()),
    }


def _portions(keys: Sequence[BookingKey]) -> Iterator[Sequence[BookingKey]]:
    for start in range(0, len(keys), PORTION):
        yield keys[start : start + PORTION]
