"""What a mail comes to; `apply` records it."""

from dataclasses import dataclass
from datetime import datetime

from raumpost.domain.feedback import Feedback
from raumpost.domain.model import Invitation, Level, MailOutcome
from raumpost.domain.transitions import Move
from raumpost.itip.reading import Reading

_TO_BE_LOOKED_AT = frozenset(
    {
        MailOutcome.FUTURE,
        MailOutcome.COUNTER,
        MailOutcome.DELEGATED,
        MailOutcome.NOT_THE_ROOM,
        MailOutcome.UNTRUSTED,
        MailOutcome.BOUNCE,
        MailOutcome.UNREADABLE,
    }
)


@dataclass(frozen=True, kw_only=True)
class UnreadMail:
    """A stored mail with what it is by itself."""

    id: int
    reading: Reading
    written_at: datetime
    """By its Date header, else when it arrived."""
    authserv_id: str | None
    """The server whose Authentication-Results count; None: nobody is asked."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a mail comes to, for one invitation or for none."""

    outcome: MailOutcome
    detail: str
    invitation: Invitation | None = None
    about_uid: str | None = None
    """What the mail is about, where no invitation has this UID."""
    move: Move | None = None
    wording: Feedback | None = None
    """New words at the booking where the state stays."""
    level: Level | None = None
    """Of the journal; None: what the outcome calls for."""
    trace: str | None = None

    @property
    def journal_level(self) -> Level | None:
        """Return the level of the journal line; None: none is needed, or the move writes its own."""
        if self.move:
            return None
        if self.level:
            return self.level
        if self.outcome in _TO_BE_LOOKED_AT:
            return Level.WARNING
        return Level.INFO if self.invitation or self.outcome is MailOutcome.UNKNOWN else None
