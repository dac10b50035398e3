"""Gather what must be sent: rescue orphans, plan booking changes, lease pending invitations into batches."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from raumpost.domain import lifecycle
from raumpost.domain.feedback import feedback
from raumpost.domain.model import Booking, BookingKey, BookingKind, Method, RoomMailbox, State
from raumpost.domain.planning import Abandon, Invite, Plan, Revise, plan
from raumpost.services import ledger
from raumpost.services.locking import exclusive
from raumpost.services.ports import Database, Row

log = logging.getLogger(__name__)

PORTION = 1000
"""Bookings planned in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Invitations that one task instance sends through one SMTP interface."""

    id: int
    smtp_conn_id: str
    invitations: int
    rooms: int


def gather(
    db: Database,
    *,
    now: datetime,
    lease: timedelta,
    budget: int,
    default_time_zone: str,
    full: bool = False,
) -> list[Batch]:
    """Plan what has changed and give the batches to send now.

    `budget` is the most that one interface gets in this pass. With `full` every booking of every linked
    room is compared, not only the changed ones; the outcome is the same. One gatherer works at a time:
    where another one does, this gives nothing.
    """
    with exclusive(db, "raumpost.gather") as alone:
        if not alone:
            log.info("Another pass is gathering; nothing to do")
            return []
        rescued = _rescue(db, now)
        planned = _plan_changes(db, now, default_time_zone)
        if full:
            planned += _plan_everything(db, now, default_time_zone)
        batches = [
            Batch(id=row["batch"], smtp_conn_id=row["smtp_conn_id"], invitations=row["invitations"], rooms=row["rooms"])
            for row in db.rows("lease", now=now, lease_until=now + lease, budget=budget)
        ]
    log.info(
        "Gathered: %d planned, %d rescued, %d to send in %d batches",
        planned, rescued, sum(batch.invitations for batch in batches), len(batches),
    )  # fmt: skip
    return batches


def _rescue(db: Database, now: datetime) -> int:
    with db.transaction():
        ids = [row["id"] for row in db.rows("lock_orphans", batch=None, now=now)]
        return len(ledger.move(db, [lifecycle.rescue(orphan) for orphan in ledger.load(db, ids)]))


def _plan_changes(db: Database, now: datetime, default_time_zone: str) -> int:
    upto = db.rows("newest_change")[0]["id"]
    steps = 0
    while True:
        with db.transaction():
            taken = {ledger.key(row): row["changed_at"] for row in db.rows("take_changes", upto=upto, limit=PORTION)}
            if not taken:
                return steps
            db.run("adopt_changed", **_columns(taken))
            result = _plan(db, list(taken), now, default_time_zone)
            steps += _store(db, result)
            ledger.write(
                db,
                (
                    ledger.JournalEntry(
                        level=note.level,
                        step="plan",
                        message=note.message,
                        room_mailbox_id=note.room_mailbox_id,
                        kind=note.key.kind,
                        source_id=note.key.source_id,
                    )
                    for note in result.notes
                ),
            )
            if result.postponed:
                db.run("put_back_changes", **_columns({key: taken[key] for key in result.postponed}))


def _plan_everything(db: Database, now: datetime, default_time_zone: str) -> int:
    """Compare everything; what is wrong with a booking was noted when it changed, and is not noted again."""
    steps = 0
    for keys in _portions([ledger.key(row) for row in db.rows("all_booking_keys")]):
        with db.transaction():
            result = _plan(db, keys, now, default_time_zone)
            steps += _store(db, result)
    return steps


def _plan(db: Database, keys: Sequence[BookingKey], now: datetime, default_time_zone: str) -> Plan:
    ids = {
        "event_ids": [key.source_id for key in keys if key.kind is BookingKind.EVENT],
        "block_ids": [key.source_id for key in keys if key.kind is BookingKind.BLOCK],
    }
    locked = [row["id"] for row in db.rows("lock_invitations_of_bookings", **ids)]
    return plan(
        bookings=[_booking(row) for row in db.rows("bookings", **ids)],
        invitations=ledger.load(db, locked),
        mailboxes=[_room_mailbox(row) for row in db.rows("room_mailboxes")],
        preexisting={(row["room_mailbox_id"], ledger.key(row)) for row in db.rows("preexisting", **ids)},
        now=now,
        default_time_zone=default_time_zone,
    )


def _store(db: Database, result: Plan) -> int:
    invites = [step for step in result.steps if isinstance(step, Invite)]
    if invites:
        db.run("invite", invitations=ledger.as_json([_invitation_row(invite) for invite in invites]))
    moves = []
    for step in result.steps:
        match step:
            case Revise(invitation=invitation, method=method, content=content):
                moves.append(lifecycle.change(invitation, method=method, content=content))
            case Abandon(invitation=invitation):
                moves.append(lifecycle.abandon(invitation))
            case Invite():
                pass
    return len(invites) + len(ledger.move(db, moves))


def _invitation_row(invite: Invite) -> Row:
    said = feedback(State.PENDING, method=Method.REQUEST, sequence=0)
    return {
        "room_mailbox_id": invite.mailbox.id,
        "kind": invite.key.kind,
        "source_id": invite.key.source_id,
        **asdict(invite.content),
        "journal": f"{invite.key} “{invite.content.summary}” in {invite.mailbox.address}: to be invited",
        **said._asdict(),
    }


def _booking(row: Row) -> Booking:
    starts_at, ends_at = row["starts_at"], row["ends_at"]
    return Booking(
        key=ledger.key(row),
        room_id=row["room_id"],
        room_name=row["room_name"],
        time_zone=row["time_zone"],
        title=row["title"],
        description=row["description"],
        organiser=row["organiser"],
        starts_at=starts_at,
        ends_at=min(ends_at, starts_at) if row["reversed"] else ends_at,
        all_day=row["all_day"],
        confidential=row["confidential"],
        cancelled=row["cancelled"],
    )


def _room_mailbox(row: Row) -> RoomMailbox:
    return RoomMailbox(
        id=row["id"], room_id=row["room_id"], address=row["address"], include_blocks=row["include_blocks"]
    )


def _columns(changes: Mapping[BookingKey, datetime]) -> dict[str, list[object]]:
    return {
        "kinds": [key.kind for key in changes],
        "source_ids": [key.source_id for key in changes],
        "changed_ats": list(changes.values()),
    }


def _portions(keys: Sequence[BookingKey]) -> Iterator[Sequence[BookingKey]]:
    for start in range(0, len(keys), PORTION):
        yield keys[start : start + PORTION]
