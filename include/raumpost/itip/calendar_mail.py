"""What a calendar mail is written from (RFC 5546, 6047); it knows nothing of delivery."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from raumpost.domain.model import Answer, Content, Method


@dataclass(frozen=True, kw_only=True)
class CalendarUser:
    """An organizer or an attendee (RFC 5545 section 3.3.3)."""

    address: str
    name: str


@dataclass(frozen=True, kw_only=True)
class CalendarMail:
    """One revision of one event for one room."""

    uid: str
    method: Method
    sequence: int
    content: Content
    attendee: CalendarUser
    """The room."""
    time_zone: ZoneInfo
    """The room's, for the text part."""
    organizer: CalendarUser
    """The technical user: ORGANIZER, From and envelope sender in one (W5)."""
    message_id: str
    references: str | None
    """Message-ID of the first mail about the event; None, or that of this mail: nothing is referred to."""
    dtstamp: datetime
    """In whole seconds."""
    known_answer: Answer | None
    """What the room said to this very revision; None: NEEDS-ACTION (W23)."""

    def __str__(self) -> str:
        return f"“{self.content.summary}” in {self.attendee.address} ({self.uid})"


def message_id_of(uid: str, *, sequence: int, resend: int, organizer: str) -> str:
    """Return the Message-ID of a mail: the same for every attempt at one revision, new after a reset (W20)."""
    local, _, _ = uid.partition("@")
    domain = organizer.rpartition("@")[2]
    return f"<{local}.{sequence}.{resend}@{domain}>"


def dtstamp_after(now: datetime, last: datetime | None) -> datetime:
    """Return the DTSTAMP of a new revision: now, but never before that of the last one; in whole seconds."""
    return max(now, last or now).replace(microsecond=0)
