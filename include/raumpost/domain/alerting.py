"""What operators are notified of by mail: the causes of trouble, and how much they concern."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What kind of thing is wrong; each is explained in the handbook under its own name."""

    DATABASE = "database"
    """The Raumpost database cannot be reached."""
    SENDING = "sending"
    """An SMTP interface does not take invitations."""
    READING = "reading"
    """Answers of an IMAP interface cannot be read."""
    TASK = "task"
    """Any other task failed."""
    UNFINISHED = "unfinished"
    """A run takes too long."""
    GUARD = "guard"
    """Cancellations are held back, because too many bookings vanished at once."""
    UNANSWERED = "unanswered"
    """Rooms do not answer."""
    DECLINED = "declined"
    """Rooms have declined bookings. Nothing is broken, so nothing recovers."""


class Cause(NamedTuple):
    """One reason for trouble, however many tasks fail of it."""

    kind: Kind
    subject: str = ""
    """The interface, the task or the DAG; empty where the kind says all."""
    run: str = ""
    """One late run of the DAG; empty: the cause as a whole."""

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


@dataclass(frozen=True, kw_only=True)
class Incident:
    """Trouble of one cause, from its first failure on."""

    cause: Cause
    first_at: datetime
    count: int
    notified_at: datetime | None
    """When operators were last notified; None: they do not know of it."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """How many invitations to future bookings a cause concerns."""

    failed: int
    waiting: int
    unanswered: int
    last_error: str | None


class AlertMail(NamedTuple):
    """A mail to operators, without its addresses."""

    subject: str
    text: str
