"""Canaries in the database, and as the mails that rooms get. Real invitations never meet them."""

from collections.abc import Iterable
from datetime import datetime

from raumpost.domain.canary import Canary, CanaryState, Slot
from raumpost.domain.model import Content, Level, Method
from raumpost.domain.time_zones import zone_or_default
from raumpost.itip.calendar_mail import CalendarMail, CalendarUser, dtstamp_after, message_id_of
from raumpost.services.ports import Database, Row
from raumpost.services.store.journal import JournalEntry, write_journal

OPEN = (CanaryState.BOOKING, CanaryState.BOOKED)
"""The room may hold the slot."""

SUMMARY = "Raumpost: Probebuchung / trial booking"
DESCRIPTION = (
    "Raumpost prüft, ob dieses Raumpostfach antwortet, und sagt diese Buchung gleich wieder ab.\n"
    "Raumpost checks whether this room mailbox answers, and will cancel this booking in a moment."
)


def load(db: Database, ids: Iterable[int]) -> list[Canary]:
    """Read canaries."""
    return [_canary(row) for row in db.rows("canaries", ids=list(ids))]


def of_run(db: Database, address: str) -> list[Canary]:
    """Read the canaries that this run booked in a room."""
    return load(db, (row["id"] for row in db.rows("canaries_of_run", address=address)))


def move(
    db: Database,
    canary: Canary,
    state: CanaryState,
    *,
    message: str,
    level: Level = Level.INFO,
    sent_at: datetime | None = None,
    cancelled_at: datetime | None = None,
    error: str | None = None,
) -> None:
    """Change the state of an open canary, and write it into the journal."""
    with db.transaction():
        moved = db.run(
            "move_canary",
            id=canary.id,
            state=state,
            sources=list(OPEN),
            sent_at=sent_at,
            cancelled_at=cancelled_at,
            error=error,
        )
        if moved:
            write_journal(db, [about(canary, level=level, message=message)])


def about(canary: Canary, *, level: Level, message: str) -> JournalEntry:
    """Make a journal line about a canary."""
    return JournalEntry(
        level=level,
        step="canary",
        message=f"canary in {canary.address}, {canary.slot.starts_at:%Y-%m-%d %H:%M} UTC ({canary.uid}): {message}",
        room_mailbox_id=canary.room_mailbox_id,
    )


def calendar_mail(canary: Canary, method: Method, *, now: datetime, default_time_zone: str) -> CalendarMail:
    """Return the mail that books or cancels it, as that of a real invitation would be."""
    sequence = 0 if method is Method.REQUEST else 1
    first = message_id_of(canary.uid, sequence=0, resend=0, organizer=canary.organizer)
    return CalendarMail(
        uid=canary.uid,
        method=method,
        sequence=sequence,
        content=Content(
            summary=SUMMARY,
            description=DESCRIPTION,
            booked_by="",
            starts_at=canary.slot.starts_at,
            ends_at=canary.slot.ends_at,
            all_day=False,
            time_zone=None,
            confidential=False,
        ),
        attendee=CalendarUser(address=canary.address, name=canary.room_name),
        time_zone=zone_or_default(canary.time_zone, default_time_zone),
        organizer=CalendarUser(address=canary.organizer, name=canary.organizer_name),
        message_id=message_id_of(canary.uid, sequence=sequence, resend=0, organizer=canary.organizer),
        references=first,
        dtstamp=dtstamp_after(now, canary.sent_at),
        known_answer=None,
    )


def _canary(row: Row) -> Canary:
    return Canary(
        id=row["id"],
        room_mailbox_id=row["room_mailbox_id"],
        address=row["address"],
        room_name=row["room_name"],
        time_zone=row["time_zone"],
        imap_conn_id=row["imap_conn_id"],
        smtp_conn_id=row["smtp_conn_id"],
        uid=row["uid"],
        organizer=row["organizer"],
        organizer_name=row["organizer_name"],
        slot=Slot(row["starts_at"], row["ends_at"]),
        state=CanaryState(row["state"]),
        after_mail=row["after_mail"],
        sent_at=row["sent_at"],
        created_at=row["created_at"],
        answer_by=row["answer_by"],
        answered_at=row["answered_at"],
        error=row["error"],
    )
