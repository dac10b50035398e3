"""The journal (Raumpostfach Logging) in the database: write lines for people."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from raumpost.domain.model import BookingKind, Invitation, Level
from raumpost.domain.planning import Note
from raumpost.services.ports import Database
from raumpost.services.store.rows import as_json
from raumpost.texts.wording import english


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """A line for people; `detail` holds what an engineer needs beside it, such as a traceback.

    `mail_id` is the received mail that is behind it.
    """

    level: Level
    step: str
    message: str
    detail: str | None = None
    invitation_id: int | None = None
    room_mailbox_id: int | None = None
    kind: BookingKind | None = None
    source_id: int | None = None
    mail_id: int | None = None


def write_journal(db: Database, entries: Iterable[JournalEntry]) -> None:
    """Write lines into the journal."""
    if rows := [asdict(entry) for entry in entries]:
        db.run("write_journal", entries=as_json(rows))


def entry_about(
    invitation: Invitation,
    *,
    level: Level,
    step: str,
    message: str,
    detail: str | None = None,
    mail_id: int | None = None,
) -> JournalEntry:
    """Make a journal line about an invitation."""
    return JournalEntry(
        level=level,
        step=step,
        message=f"{invitation}: {message}",
        detail=detail,
        invitation_id=invitation.id,
        room_mailbox_id=invitation.room_mailbox_id,
        kind=invitation.key.kind,
        source_id=invitation.key.source_id,
        mail_id=mail_id,
    )


def entry_of(note: Note, *, step: str) -> JournalEntry:
    """Make a journal line of what planning noted about a booking."""
    return JournalEntry(
        level=note.level,
        step=step,
        message=english(note.message),
        room_mailbox_id=note.room_mailbox_id,
        kind=note.key.kind,
        source_id=note.key.source_id,
    )
