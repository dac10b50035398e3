"""What a mail is by itself, before anybody asks which invitation it belongs to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MailKind(StrEnum):
    """What a mail, or one event in it, says. Exactly one each; matching it to an invitation comes later."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    DELEGATED = "delegated"
    """An answer that hands the invitation on to somebody else."""
    NEEDS_ACTION = "needs-action"
    """An answer without a verdict: PARTSTAT says NEEDS-ACTION, nothing, or something unknown."""
    COUNTER = "counter"
    """Proposes another time (METHOD:COUNTER, or hidden in a REPLY)."""
    REFRESH = "refresh"
    """Asks for the newest version of an event."""
    REQUEST = "request"
    CANCEL = "cancel"
    PUBLISH = "publish"
    BOUNCE = "bounce"
    """A mail could not be delivered to at least one recipient, for good."""
    DELAY = "delay"
    """A mail could not be delivered yet; the server goes on trying."""
    AUTO_REPLY = "auto-reply"
    """Out of office and the like."""
    RECEIPT = "receipt"
    """Says that a mail was read, or deleted unread (RFC 8098)."""
    UNREADABLE = "unreadable"
    """Reading it met an error."""
    OTHER = "other"
    """Nothing of all this."""


ANSWERS = frozenset({MailKind.ACCEPTED, MailKind.DECLINED, MailKind.TENTATIVE})
"""What moves an invitation."""


@dataclass(frozen=True, kw_only=True)
class Attendee:
    """An ATTENDEE of an answer."""

    address: str | None
    """Bare, in lower case; None: no mail address."""
    partstat: str | None
    """In upper case, as it stands there."""
    comment: str | None = None
    """X-RESPONSE-COMMENT."""
    delegated_to: str | None = None
    delegated_from: str | None = None
    proposal: str | None = None
    """A hidden proposal of another time (TO-ALL-PROPOSED-NEW-TIME), as it stands there."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What one VEVENT says. None: the property is missing or makes no sense."""

    kind: MailKind
    uid: str | None
    """As the organizer wrote it: what Exchange wraps around it is taken off."""
    sequence: int | None
    dtstamp: datetime | None
    recurrence_id: str | None
    """As it stands there; the answer is then about one occurrence of a series."""
    attendee: Attendee | None
    """Who answers, out of `attendees`."""
    attendees: tuple[Attendee, ...]
    comment: str | None
    """COMMENT, else X-RESPONSE-COMMENT of the attendee who answers."""
    description: str | None
    """DESCRIPTION: some systems write the comment there, others return ours."""
    proposed_start: datetime | None
    """Of a counter-proposal; without a zone where it names one that IANA does not know."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A recipient whom a mail did not reach (RFC 3464)."""

    recipient: str | None
    """Bare, in lower case, as it was written to where the report says so."""
    status: str | None
    """Enhanced status code (RFC 3463), such as 5.1.1."""
    reason: str | None
    """The diagnostic in words, on one line."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A mail as far as Raumpost cares."""

    kind: MailKind
    method: str | None = None
    """The iTIP method, as the body of the calendar part says it."""
    message_id: str | None = None
    senders: frozenset[str] = frozenset()
    """Bare addresses of From and Sender, in lower case."""
    sender: str | None = None
    """The first address of From, else of Sender."""
    date: datetime | None = None
    subject: str = ""
    text: str | None = None
    """The text part of an answer, on one line; a comment may stand nowhere else."""
    authentication: tuple[str, ...] = ()
    """Authentication-Results headers (RFC 8601), topmost first, each on one line."""
    replies: tuple[Reply, ...] = ()
    """One for each event of the calendar object that counts, whatever its method."""
    failures: tuple[Failure, ...] = ()
    """Of a bounce: who did not get it. Of a delay: who has not got it yet."""
    original_message_id: str | None = None
    """Of the mail that a bounce, delay, receipt or automatic reply is about."""
    original_uid: str | None = None
    """Of the event in the mail that came back."""
    original_sequence: int | None = None
    """Of the same event."""
    reason: str | None = None
    """Why the mail is what it is, where that is not obvious."""
    error: str | None = None
    """The traceback of an error that reading met: a defect of the reader, never the sender's right."""
