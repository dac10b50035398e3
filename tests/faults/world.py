"""What the checker compares: plain facts about bookings, the database, the mails and the rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Booking:
    """What lies ahead in a linked room, as the booking system has it; `key` is such as event-7."""

    address: str
    key: str
    starts: datetime
    ends: datetime
    summary: str


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """A row of raumpost.invitation."""

    id: int
    uid: str
    address: str
    key: str
    method: str
    sequence: int
    resend: int
    state: str
    attempts: int
    answer: str | None
    answer_sequence: int | None
    comment: str | None


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of raumpost.journal; `run` is the try that wrote it."""

    id: int
    invitation: int | None
    step: str
    message: str
    run: str


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A row of raumpost.mail, sent."""

    invitation: int
    sequence: int
    resend: int
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Received:
    """A row of raumpost.mail, received."""

    id: int
    message_id: str
    outcome: str | None


@dataclass(frozen=True, kw_only=True)
class Status:
    """A row of booking.status."""

    address: str
    key: str
    status: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """A mail that the mail server took: `number` tells when its dialogue began, `told` whether the server said 250."""

    number: int
    address: str
    raw: bytes
    told: bool


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a room said and what reached the inbox; its comment is “UID revision SEQUENCE PARTSTAT”."""

    uid: str
    sequence: int
    partstat: str
    dtstamp: datetime
    message_id: str


@dataclass(frozen=True, kw_only=True)
class Try:
    """A try of a task instance that sends a batch."""

    batch: int
    broken: bool
    """It was killed, stopped, or lost its database."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything, when all has settled at the moment `now`."""

    now: datetime
    bookings: Sequence[Booking]
    invitations: Sequence[Invitation]
    journal: Sequence[Line]
    sent: Sequence[Sent]
    received: Sequence[Received]
    statuses: Sequence[Status]
    transfers: Sequence[Transfer]
    """In the order in which the mail server took them."""
    arrivals: Sequence[Transfer]
    """In the order in which they reached the rooms; one may come twice."""
    answers: Sequence[Answer]
    """In the order in which they reached the inbox; one may come twice."""
    inbox: Sequence[str]
    """The Message-IDs of all that reached the inbox."""
    tries: Mapping[str, Try]
    """By the name of the run that the journal has."""
