"""The terms of linking: what somebody wants of the link of a room to its mailbox, what there is, the difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from raumpost.domain.message import Message, message

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
    """Invite future bookings again under the link's technical user, where another one invited them."""
    remove: bool = False
    give_up: bool = False
    """Remove although some cancellations have failed for good."""
    new: bool = False
    """Only make a new link: refuse a room that has one."""


class Room(NamedTuple):
    """A room of the booking system."""

    id: int
    name: str

    @property
    def named(self) -> Message:
        """Return its name for people."""
        return message("linking.room", name=self.name, id=self.id)


class User(NamedTuple):
    """A user of the booking system."""

    id: int
    name: str
    email: str | None
    technical: bool

    @property
    def named(self) -> Message:
        """Return its name for people."""
        return message("linking.user", name=self.name, id=self.id)


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
    """A link as it is, with what its room knows of the future."""

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
    """How much lies ahead in a room."""

    events: int = 0
    blocks: int = 0


@dataclass(frozen=True, kw_only=True)
class LinkContext:
    """All that requests are compared with."""

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
    message: Message

    @property
    def named(self) -> Message:
        """Return the reason with its field before it."""
        if self.field:
            return message("linking.problem", field=self.field, problem=self.message)
        return self.message


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
    details: tuple[Message, ...] = ()
    """What changes, or all reasons of a refusal with their fields."""
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
