"""What the rooms should know, against what was sent to them: the difference is the plan.

Pure: bookings and invitations in, steps out. The rules, per room mailbox and booking:

* wanted is a booking that is not cancelled, of a kind that the link includes, with a slot of positive length;
* never invited: invited when it ends in the future and did not exist before the link;
* invited and different: a new revision; several changes before sending are one mail;
* vanished, or moved into the past: cancelled if the slot that the room knows lies ahead, dropped if nothing
  ever left, left alone if it all lies in the past;
* booked again after a cancellation: same UID, higher SEQUENCE;
* broken data: a note that names the booking; what was sent to the room stays as it is.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from raumpost.domain.message import Message, message
from raumpost.domain.model import (
    Booking,
    BookingKey,
    BookingKind,
    Content,
    Invitation,
    Level,
    Method,
    RoomMailbox,
    State,
)
from raumpost.domain.text import clean_line, clean_text, has_control
from raumpost.domain.time_zones import is_time_zone

CONFIDENTIAL_SUMMARY = "Belegt"
"""All that a room sees of a confidential booking: rooms drop the private flag (INTEROP W17)."""
UNTITLED_SUMMARY = "(ohne Titel)"
BLOCK_SUMMARY = "Raumsperre"
EARLIEST_YEAR, LATEST_YEAR = 1900, 2999
"""A date outside is a mistake of whoever entered it, and some calendars cannot hold it."""


@dataclass(frozen=True, kw_only=True)
class Invite:
    """Send a booking to its room for the first time."""

    mailbox: RoomMailbox
    key: BookingKey
    content: Content


@dataclass(frozen=True, kw_only=True)
class Revise:
    """Send a change to the room, or withdraw."""

    invitation: Invitation
    method: Method
    content: Content


@dataclass(frozen=True, kw_only=True)
class Abandon:
    """Drop an invitation of which nothing ever left."""

    invitation: Invitation


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something an operator should know about a booking."""

    key: BookingKey
    room_mailbox_id: int | None
    level: Level
    message: Message


Step = Invite | Revise | Abandon


@dataclass(kw_only=True)
class Plan:
    """Steps to take now, bookings to look at again in the next pass, and notes for the journal."""

    steps: list[Step] = field(default_factory=list)
    postponed: set[BookingKey] = field(default_factory=set)
    """Their invitation is being sent at this moment: the change must not be lost."""
    notes: list[Note] = field(default_factory=list)


def plan(
    *,
    bookings: Iterable[Booking],
    invitations: Iterable[Invitation],
    mailboxes: Collection[RoomMailbox],
    preexisting: Collection[tuple[int, BookingKey]],
    now: datetime,
    default_time_zone: str,
) -> Plan:
    """Compare bookings with invitations, both complete for the same booking keys.

    `preexisting` holds (room mailbox id, booking key) of what stood in the room before the link.
    """
    result = Plan()
    by_room = {mailbox.room_id: mailbox for mailbox in mailboxes}
    known = {(invitation.room_mailbox_id, invitation.key): invitation for invitation in invitations}
    wanted: dict[tuple[int, BookingKey], Content | None] = dict.fromkeys(known)
    for booking in bookings:
        mailbox = by_room.get(booking.room_id)
        if booking.cancelled or (mailbox and booking.key.kind is BookingKind.BLOCK and not mailbox.include_blocks):
            continue
        if mailbox is None:
            if booking.key.kind is BookingKind.EVENT and booking.ends_at > now:
                result.notes.append(_no_mailbox(booking))
            continue
        content, notes = content_of(booking, mailbox, default_time_zone)
        result.notes += notes
        if content is None:
            wanted.pop((mailbox.id, booking.key), None)
        else:
            wanted[mailbox.id, booking.key] = content

    links = {mailbox.id: mailbox for mailbox in mailboxes}
    for (mailbox_id, key), content in wanted.items():
        invitation = known.get((mailbox_id, key))
        if invitation is None:
            if content and content.ends_at > now and (mailbox_id, key) not in preexisting:
                result.steps.append(Invite(mailbox=links[mailbox_id], key=key, content=content))
        elif step := _next_step(invitation, content, now):
            if invitation.state is State.SENDING:
                result.postponed.add(key)
            else:
                result.steps.append(step)
    return result


def _next_step(invitation: Invitation, wanted: Content | None, now: datetime) -> Revise | Abandon | None:
    ahead = wanted is not None and wanted.ends_at > now
    if invitation.method is Method.CANCEL:
        if wanted is None or not ahead:
            return None
        return Revise(invitation=invitation, method=Method.REQUEST, content=wanted)
    if wanted is not None and ahead:
        if wanted == invitation.content:
            return None
        return Revise(invitation=invitation, method=Method.REQUEST, content=wanted)
    if wanted == invitation.content:
        return None
    if invitation.exposed_sequence is None:
        return Abandon(invitation=invitation)
    # An update that has not left hides which slot the room knows: then a needless CANCEL is the safe side.
    known_slot_is_past = invitation.content.ends_at <= now
    hides_older_slot = not invitation.may_be_known
    if known_slot_is_past and not hides_older_slot:
        return None
    return Revise(invitation=invitation, method=Method.CANCEL, content=invitation.content)


def content_of(booking: Booking, mailbox: RoomMailbox, default_time_zone: str) -> tuple[Content | None, list[Note]]:
    """Turn a booking into what its room should know; None if it has no usable slot."""
    notes: list[Note] = []

    def note(level: Level, said: Message) -> None:
        notes.append(Note(key=booking.key, room_mailbox_id=mailbox.id, level=level, message=said))

    name, table = _named(booking), _table(booking)
    # In whole seconds, calendars know no less; as timestamps, because local times compare by the clock on the wall.
    starts, ends = (moment.replace(microsecond=0).timestamp() for moment in (booking.starts_at, booking.ends_at))
    if ends <= starts:
        note(Level.ERROR, message("planning.ends-before-start", booking=name, table=table))
        return None, notes
    if booking.starts_at.year < EARLIEST_YEAR or booking.ends_at.year > LATEST_YEAR:
        note(Level.ERROR, message("planning.outside-the-years", booking=name, table=table))
        return None, notes
    time_zone = booking.time_zone
    if booking.all_day and not is_time_zone(time_zone):
        said = message("planning.no-such-time-zone", booking=name, time_zone=time_zone, instead=default_time_zone)
        note(Level.WARNING, said)
        time_zone = default_time_zone
    if booking.confidential:
        summary, description, booked_by = CONFIDENTIAL_SUMMARY, "", ""
    else:
        summary = clean_line(booking.title or "")
        description = clean_text(booking.description or "")
        booked_by = clean_line(booking.booked_by or "")
        if booking.key.kind is BookingKind.BLOCK:
            summary = f"{BLOCK_SUMMARY}: {summary}" if summary else BLOCK_SUMMARY
        elif not summary:
            summary = UNTITLED_SUMMARY
            note(Level.WARNING, message("planning.no-title", booking=name, seen=summary, table=table))
        if summary and booking.title and has_control(booking.title):
            note(Level.INFO, message("planning.control-characters", booking=name, table=table))
    return (
        Content(
            summary=summary,
            description=description,
            booked_by=booked_by,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            all_day=booking.all_day,
            time_zone=time_zone if booking.all_day else None,
            confidential=booking.confidential,
        ),
        notes,
    )


def _no_mailbox(booking: Booking) -> Note:
    return Note(
        key=booking.key,
        room_mailbox_id=None,
        level=Level.INFO,
        message=message(
            "planning.no-mailbox", id=booking.key.source_id, room=booking.room_name, room_id=booking.room_id
        ),
    )


def _named(booking: Booking) -> Message:
    if booking.key.kind is BookingKind.EVENT:
        return message("planning.event", id=booking.key.source_id, room=booking.room_name)
    return message("planning.block", id=booking.key.source_id, room=booking.room_name)


def _table(booking: Booking) -> Message:
    """Return the table of the booking system in which the booking is corrected."""
    if booking.key.kind is BookingKind.EVENT:
        return message("planning.table-of-events")
    return message("planning.table-of-blocks")
