"""What many tests need one of: a booking, its content, an invitation, a reply. Each names only what it is about."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from typing import Any

from raumpost.domain.model import Booking, BookingKey, BookingKind, Content, Invitation, Method, State
from tests.database import NOW

_TOMORROW = NOW + timedelta(days=1)


def make_booking(**fields: Any) -> Booking:
    """Make a booking: event 7 in a lecture hall, tomorrow for an hour."""
    whole: dict[str, Any] = {
        "key": BookingKey(BookingKind.EVENT, 7),
        "room_id": 10,
        "room_name": "Hörsaal 1",
        "time_zone": "Europe/Berlin",
        "title": "Algebra",
        "description": "",
        "booked_by": "",
        "starts_at": _TOMORROW,
        "ends_at": _TOMORROW + timedelta(hours=1),
        "all_day": False,
        "confidential": False,
        "cancelled": False,
    }
    return Booking(**whole | fields)


def make_content(**fields: Any) -> Content:
    """Make what a room is told of that booking."""
    whole: dict[str, Any] = {
        "summary": "Algebra",
        "description": "",
        "booked_by": "",
        "starts_at": _TOMORROW,
        "ends_at": _TOMORROW + timedelta(hours=1),
        "all_day": False,
        "time_zone": None,
        "confidential": False,
    }
    return Content(**whole | fields)


def make_invitation(**fields: Any) -> Invitation:
    """Make an invitation to that booking that waits for its first attempt."""
    whole: dict[str, Any] = {
        "id": 100,
        "room_mailbox_id": 1,
        "room_id": 10,
        "address": "hoersaal-1@rooms.example",
        "key": BookingKey(BookingKind.EVENT, 7),
        "uid": "event-7-mailbox-1.x@raumpost",
        "method": Method.REQUEST,
        "sequence": 0,
        "content": make_content(),
        "state": State.PENDING,
        "attempts": 0,
        "last_error": None,
        "batch": None,
        "resend": 0,
        "exposed_sequence": None,
        "sent_sequence": None,
        "message_id": None,
        "first_message_id": None,
        "organizer": None,
        "organizer_name": None,
        "dtstamp": None,
        "answer": None,
        "answer_sequence": None,
        "answer_stamp": None,
    }
    return Invitation(**whole | fields)


def reply(
    uid: str | None,
    *,
    room: str,
    said: str | None = "ACCEPTED",
    sequence: object = 0,
    dtstamp: datetime | None = NOW,
    date: datetime | None = NOW,
    comment: str | None = None,
    attendee: str | None = "",
    sender: str = "",
    method: str = "REPLY",
    headers: Sequence[tuple[str, str]] = (),
    extra: Sequence[str] = (),
) -> bytes:
    """Write an answer. None leaves a property out; `attendee` and `sender` are the room if nothing is said."""
    partstat = f";PARTSTAT={said}" if said else ""
    properties = [
        ("UID:", uid),
        ("SEQUENCE:", sequence),
        ("DTSTAMP:", dtstamp and f"{dtstamp:%Y%m%dT%H%M%SZ}"),
        (f"ATTENDEE;CUTYPE=ROOM{partstat}:mailto:", room if attendee == "" else attendee),
        ("COMMENT:", comment),
    ]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT"]
    lines += [f"{name}{value}" for name, value in properties if value is not None]
    lines += [*extra, "END:VEVENT", "END:VCALENDAR", ""]
    mail = Message()
    mail["From"] = sender or room
    mail["Subject"] = "Re: Raum"
    if date is not None:
        mail["Date"] = format_datetime(date)
    mail["Content-Type"] = f"text/calendar; charset=UTF-8; method={method}"
    mail["Content-Transfer-Encoding"] = "8bit"
    for name, text in headers:
        del mail[name]
        mail[name] = text
    return mail.as_bytes().replace(b"\n", b"\r\n") + "\r\n".join(lines).encode()
