"""The things Raumpost talks about."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

MAX_ATTEMPTS = 5
"""A failed send is tried up to five times in all."""


class BookingKind(StrEnum):
    """What a booking is in the booking system."""

    EVENT = "event"
    BLOCK = "block"


class Method(StrEnum):
    """The iTIP methods that Raumpost sends (RFC 5546 section 1.4)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class State(StrEnum):
    """How far the wanted revision of an invitation has come; `lifecycle` says who moves it on."""

    PENDING = "pending"
    """Must be sent: new, changed, to be withdrawn, or to be tried again. `send` claims it."""
    SENDING = "sending"
    """Claimed, outcome not yet known. `send` records it; `gather` rescues it when the worker died."""
    SENT = "sent"
    """The mail server took the REQUEST. `update_status` moves it on with the room's answer or a bounce."""
    ANSWERED = "answered"
    """The room answered this revision. A change of the booking moves it on."""
    FAILED = "failed"
    """Five attempts used up, or bounced. A person resets it, the booking changes, or an answer comes after all."""
    WITHDRAWN = "withdrawn"
    """Cancellation sent, or nothing had ever been sent. Booking it again moves it on, or a bounce."""


class Answer(StrEnum):
    """What a room says (PARTSTAT, RFC 5545 section 3.2.12)."""

    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    DECLINED = "DECLINED"


class MailOutcome(StrEnum):
    """What became of a mail. Every mail sent or received ends in exactly one."""

    RENDERED = "rendered"
    """Outgoing: written, not yet sent."""
    SENT = "sent"
    """Outgoing: the mail server took it."""
    NOT_SENT = "not-sent"
    """Outgoing: each attempt was refused."""
    UNCERTAIN = "uncertain"
    """Outgoing: at one attempt the connection broke, or the worker died, after the mail was handed over."""
    APPLIED = "applied"
    """Incoming: the room's answer to the current revision; stored at the invitation."""
    SUPERSEDED = "superseded"
    """Incoming: about the current revision, but a later answer is known."""
    STALE = "stale"
    """Incoming: about an earlier revision or resend, or a withdrawn invitation; or a bounce after an answer."""
    FUTURE = "future"
    """Incoming: an answer to a revision that was never sent. Suspicious; not applied."""
    NO_ANSWER = "no-answer"
    """Incoming: about a known invitation, but says neither yes nor no."""
    COUNTER = "counter"
    """Incoming: the room proposes another time. Told at the booking; the state stays."""
    DELEGATED = "delegated"
    """Incoming: the room hands the invitation on to somebody else. Told at the booking; the state stays."""
    NOT_THE_ROOM = "not-the-room"
    """Incoming: answers a known invitation, but not from its room mailbox. Not applied."""
    UNTRUSTED = "untrusted"
    """Incoming: answers a known invitation as its room, but the mail server could not confirm that. Not applied."""
    BOUNCE = "bounce"
    """Incoming: a mail did not arrive. Fails the invitation where it is about its current mail."""
    DELAY = "delay"
    """Incoming: a mail has not arrived yet; the mail server goes on trying."""
    AUTO_REPLY = "auto-reply"
    """Incoming: out of office and the like."""
    RECEIPT = "receipt"
    """Incoming: a mail was read, or deleted unread."""
    UNKNOWN = "unknown"
    """Incoming: an answer to something that Raumpost never sent."""
    OTHER = "other"
    """Incoming: no answer at all."""
    UNREADABLE = "unreadable"
    """Incoming: could not be read; the raw mail is kept."""


class Level(StrEnum):
    """How much a journal entry matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class BookingKey(NamedTuple):
    """Names one event or one room block of the booking system."""

    kind: BookingKind
    source_id: int

    def __str__(self) -> str:
        return f"{self.kind} {self.source_id}"


@dataclass(frozen=True, kw_only=True)
class Booking:
    """One event or block in one room, as the booking system has it. Times are aware."""

    key: BookingKey
    room_id: int
    room_name: str
    time_zone: str
    title: str | None
    description: str | None
    booked_by: str | None
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    confidential: bool
    cancelled: bool


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a room should know of a booking: clean text, nothing confidential, a slot of positive length."""

    summary: str
    description: str
    booked_by: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    time_zone: str | None
    """IANA name, only where days are counted in it."""
    confidential: bool


@dataclass(frozen=True, kw_only=True)
class RoomMailbox:
    """The link of a room to its mailbox in the groupware."""

    id: int
    room_id: int
    address: str
    include_blocks: bool


@dataclass(frozen=True, kw_only=True)
class AnswerStamp:
    """Orders the answers to one revision (INTEROP R5)."""

    dtstamp: datetime | None
    date: datetime
    mail_id: int

    def is_after(self, other: "AnswerStamp") -> bool:
        """Return whether this answer was given later; DTSTAMPs count when both have one and they differ."""
        if self.dtstamp and other.dtstamp and self.dtstamp != other.dtstamp:
            return self.dtstamp > other.dtstamp
        return (self.date, self.mail_id) > (other.date, other.mail_id)


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """One booking in one room mailbox: one UID for life."""

    id: int
    room_mailbox_id: int
    room_id: int
    address: str
    key: BookingKey
    uid: str
    method: Method
    sequence: int
    content: Content
    state: State
    attempts: int
    last_error: str | None
    bounced: bool = False
    """The current mail came back undeliverable; `last_error` is what the mail server said."""
    batch: int | None
    resend: int
    exposed_sequence: int | None
    """Highest SEQUENCE that may have reached the room; None: nothing ever left."""
    sent_sequence: int | None
    message_id: str | None
    first_message_id: str | None
    organizer: str | None
    """Address of the technical user who sent the first mail; stays for life (INTEROP W6)."""
    organizer_name: str | None
    dtstamp: datetime | None
    answer: Answer | None
    answer_sequence: int | None
    answer_stamp: AnswerStamp | None
    comment: str | None = None
    """What the room said beside its last answer."""
    sequence_floor: int = 0
    """No new revision may have a lower number: of the installation, since a dump was restored."""

    @property
    def may_be_known(self) -> bool:
        """Return whether the room may know the wanted revision already."""
        return self.exposed_sequence == self.sequence

    @property
    def shown_error(self) -> str:
        """Return the last error for operators, who see by it whether the mail came back or was never accepted."""
        return f"undeliverable: {self.last_error}" if self.bounced else self.last_error or ""

    def __str__(self) -> str:
        return f"{self.key} “{self.content.summary}” in {self.address}"


@dataclass(frozen=True, kw_only=True)
class ReceivedMail:
    """A mail as the IMAP server has it; `raw` is cut after a limit, `size` is the whole."""

    imap_uid: int
    received_at: datetime
    size: int
    raw: bytes
    refusal: str | None = None
    """Names folder, UID and what the server said, where it does not give this mail; then it has no content."""
