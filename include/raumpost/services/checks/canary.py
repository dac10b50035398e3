"""Canaries in the database, and as the mails that rooms get. Real invitations never meet them."""

from collections.abc import Iterable
from datetime import datetime

from raumpost.domain.canary import Canary, CanaryState, Slot
from raumpost.domain.model import BookingKey, BookingKind, Content, Invitation, Level, Method, State
from raumpost.domain.time_zones import zone_or_default
from raumpost.itip.render import RenderedMail, Sender, render
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
    """Change the state of an open canary, and tell the journal."""
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


def written(canary: Canary, method: Method, *, now: datetime, default_time_zone: str) -> RenderedMail:
    """Write its mail, as that of a real invitation is written. Raises CannotRender."""
    local, _, _ = canary.uid.partition("@")
    domain = canary.organizer.rpartition("@")[2]
    invitation = Invitation(
        id=0,
        room_mailbox_id=canary.room_mailbox_id,
        room_id=0,
        address=canary.address,
        key=BookingKey(BookingKind.EVENT, 0),
        uid=canary.uid,
        method=method,
        sequence=0 if method is Method.REQUEST else 1,
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
        state=State.SENDING,
        attempts=1,
        last_error=None,
        batch=None,
        resend=0,
        exposed_sequence=None,
        sent_sequence=None,
        message_id=None,
        first_message_id=f"<{local}.0.0@{domain}>",
        organizer=canary.organizer,
        organizer_name=canary.organizer_name,
        dtstamp=canary.sent_at,
        answer=None,
        answer_sequence=None,
        answer_stamp=None,
    )
    return render(
        invitation,
        sender=Sender(address=canary.organizer, name=canary.organizer_name),
        room_name=canary.room_name,
        time_zone=zone_or_default(canary.time_zone, default_time_zone),
        now=now,
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
