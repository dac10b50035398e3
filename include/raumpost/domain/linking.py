"""The words of linking: what somebody wants of the link of a room to its mailbox, what there is, and the difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class LinkRequest:
    """What a link should be, as people write it; None: as it is, or the default of a new link."""

    where: str
    """Where it was written, such as “line 3”."""
    room: str | None = None
    """Id, whole name, or a part of the name that fits one room only; #7 is always an id."""
    address: str | None = None
    smtp_conn_id: str | None = None
    imap_conn_id: str | None = None
    technical_user: str | None = None
    """As the room, or the whole address; a part of the name must fit one technical user only."""
    include_blocks: bool | None = None
    active: bool | None = None
    aliases: tuple[str, ...] | None = None
    reinvite: bool = False
    """Invite future bookings anew under the link's technical user, where another one invited them."""
    remove: bool = False
    give_up: bool = False
    """Remove although some cancellations have failed for good."""
    new: bool = False
    """Only make a new link: refuse a room that has one."""


class Room(NamedTuple):
    """A room of the booking system."""

    id: int
    name: str

    def __str__(self) -> str:
        return f"“{self.name}” (#{self.id})"

    @property
    def german(self) -> str:
        """Name it in German."""
        return f"„{self.name}“ (#{self.id})"


class User(NamedTuple):
    """A user of the booking system."""

    id: int
    name: str
    email: str | None
    technical: bool

    def __str__(self) -> str:
        return f"{self.name} (#{self.id})"

    @property
    def german(self) -> str:
        """Name it in German."""
        return str(self)


class Match(NamedTuple, Generic[T]):
    """Something that a typed text may mean; the lower the rank, the better it fits."""

    rank: int
    thing: T


PART_OF_NAME = 3
"""Rank of a match by a part of the name."""


@dataclass(frozen=True, kw_only=True)
class LinkSettings:
    """Everything that a link says."""

    room: Room
    address: str
    smtp_conn_id: str
    imap_conn_id: str
    user: User
    include_blocks: bool
    active: bool
    aliases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link as it is, with what its room was told of the future."""

    id: int
    settings: LinkSettings
    being_removed: bool = False
    removed: bool = False
    open: int = 0
    """Invitations that removing it withdraws."""
    to_cancel: int = 0
    """Those of them that need a cancellation, because something may have left."""
    failed: int = 0
    """Cancellations among them that were given up."""
    blocks: int = 0
    """Invitations of room blocks among them."""
    organizers: Mapping[str, int] = field(default_factory=dict)
    """Number of future invitations by the address, in small letters, under which they stand."""

    def under_others(self, email: str) -> int:
        """Count the future invitations under another organizer than this address."""
        return sum(number for organizer, number in self.organizers.items() if organizer != email.lower())


class UpcomingBookings(NamedTuple):
    """What stands ahead in a room."""

    events: int = 0
    blocks: int = 0


@dataclass(frozen=True, kw_only=True)
class LinkContext:
    """All that requests are judged by."""

    rooms: Mapping[str, Sequence[Match[Room]]]
    """By the text that somebody typed; so `users`."""
    users: Mapping[str, Sequence[Match[User]]]
    links: Sequence[Link]
    connection_types: Mapping[str, str | None]
    """By connection id; None: there is no such connection."""
    upcoming: Mapping[int, UpcomingBookings]
    """By room id."""


class Problem(NamedTuple):
    """A reason of a refusal, with its remedy."""

    field: str | None
    """The field of a request that it is about; None: the link as a whole."""
    english: str
    german: str

    def __str__(self) -> str:
        return f"{self.field}: {self.english}" if self.field else self.english


class Verb(StrEnum):
    """What becomes of a request."""

    CREATE = "create"
    CHANGE = "change"
    UNCHANGED = "unchanged"
    REMOVE = "remove"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one request comes to."""

    where: str
    verb: Verb
    room: str
    address: str
    details: tuple[str, ...] = ()
    """What changes, or all reasons of a refusal in English."""
    problems: tuple[Problem, ...] = ()
    """All reasons of a refusal."""
    link: Link | None = None
    """The link that there is."""
    settings: LinkSettings | None = None
    """What it will say; None where it is removed or refused."""
    reinvite: bool = False
    give_up: bool = False
    room_id: int | None = None
    claims: frozenset[str] = frozenset()
    """Addresses, in small letters, that the room mailbox is to answer under."""


def table(outcomes: Sequence[Outcome]) -> str:
    """Lay outcomes out as a table of text, for logs."""
    head = ("where", "what", "room", "address", "details")
    rows = [(o.where, str(o.verb), o.room, o.address, "; ".join(o.details)) for o in outcomes]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head) - 1)]
    return "\n".join(
        " | ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in [head, *rows]
    )
