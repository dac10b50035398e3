"""A booking, its invitation in each state, and the steps of a plan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from raumpost.domain.model import (
    Booking,
    BookingKey,
    BookingKind,
    Content,
    Invitation,
    Method,
    RoomMailbox,
    State,
)
from raumpost.domain.planning import Invite, Plan, Revise, content_of, plan
from tests.factories import make_booking, make_content, make_invitation

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)


HOUR = timedelta(hours=1)


KEY = BookingKey(BookingKind.EVENT, 7)


BLOCK = BookingKey(BookingKind.BLOCK, 7)


ROOM = RoomMailbox(id=1, room_id=10, address="hoersaal-1@rooms.example", include_blocks=False)


OTHER = RoomMailbox(id=2, room_id=20, address="hoersaal-2@rooms.example", include_blocks=False)


BOOKING = make_booking(
    key=KEY,
    room_id=ROOM.room_id,
    description="Mit Übung",
    booked_by="Prof. Noether",
    starts_at=TOMORROW,
    ends_at=TOMORROW + HOUR,
)


CONTENT = make_content(description="Mit Übung", booked_by="Prof. Noether", starts_at=TOMORROW, ends_at=TOMORROW + HOUR)


NEVER_SENT = make_invitation(content=CONTENT)


SENT = replace(NEVER_SENT, state=State.SENT, exposed_sequence=0, sent_sequence=0)


WITHDRAWN = replace(SENT, state=State.WITHDRAWN, method=Method.CANCEL, sequence=1, exposed_sequence=1, sent_sequence=1)


def planned(
    *bookings: Booking,
    told: Invitation | None = None,
    mailboxes: tuple[RoomMailbox, ...] = (ROOM, OTHER),
    preexisting: set[tuple[int, BookingKey]] | None = None,
) -> Plan:
    return plan(
        bookings=bookings,
        invitations=[told] if told else [],
        mailboxes=mailboxes,
        preexisting=preexisting or set(),
        now=NOW,
        default_time_zone="Europe/Vienna",
    )


def at(starts: datetime, ends: datetime | None = None) -> Booking:
    return replace(BOOKING, starts_at=starts, ends_at=ends or starts + HOUR)


def known(starts: datetime, told: Invitation = SENT) -> Invitation:
    return replace(told, content=replace(CONTENT, starts_at=starts, ends_at=starts + HOUR))


def invite(content: Content = CONTENT, mailbox: RoomMailbox = ROOM, key: BookingKey = KEY) -> Invite:
    return Invite(mailbox=mailbox, key=key, content=content)


def cancel(told: Invitation) -> Revise:
    return Revise(invitation=told, method=Method.CANCEL, content=told.content)


def request(told: Invitation, content: Content = CONTENT) -> Revise:
    return Revise(invitation=told, method=Method.REQUEST, content=content)


def content(**changes: object) -> Content:
    result, _ = content_of(replace(BOOKING, **changes), ROOM, "Europe/Vienna")
    assert result is not None
    return result
