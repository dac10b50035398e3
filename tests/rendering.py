"""What tests of outgoing mails need: invitations to write, and eyes of their own to read the mails with."""

import re
from base64 import b64decode
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from raumpost.domain.model import (
    Booking,
    Invitation,
    Method,
    RoomMailbox,
)
from raumpost.domain.planning import content_of
from raumpost.itip.calendar_mail import CalendarMail, CalendarUser
from raumpost.itip.render import render
from raumpost.services.sending.render import calendar_mail
from tests.factories import make_booking, make_content, make_invitation

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)
START, END = datetime(2026, 7, 6, 8, 15, tzinfo=UTC), datetime(2026, 7, 6, 9, 45, tzinfo=UTC)
TECH = CalendarUser(address="tech@booking.example", name="Raumpost")
ROOM = "Hoersaal-1@rooms.example"
UID = "event-7-mailbox-3.6f1d2c7e-0000-4000-8000-0123456789ab@raumpost"
CONTENT = make_content(summary="Vorlesung", starts_at=START, ends_at=END)
FIRST = make_invitation(room_mailbox_id=3, room_id=30, address=ROOM, uid=UID, content=CONTENT, batch=5)
UPDATE = replace(FIRST, sequence=1, exposed_sequence=0, first_message_id="<first@booking.example>", dtstamp=NOW)
CANCEL = replace(UPDATE, method=Method.CANCEL, sequence=2, exposed_sequence=1)

BOOKING = make_booking(
    room_id=30,
    title="Berufungskommission",
    description="Bewerbungsgespräche",
    booked_by="Dekanat",
    starts_at=START,
    ends_at=END,
)


def told(booking: Booking) -> Invitation:
    """Make the invitation to a booking as the plan makes it."""
    link = RoomMailbox(id=3, room_id=30, address=ROOM, include_blocks=False)
    content, _ = content_of(booking, link, "Europe/Berlin")
    assert content is not None
    return replace(FIRST, content=content)


@dataclass(frozen=True, kw_only=True)
class RenderedMail:
    """What was to be written, and what is on the wire."""

    mail: CalendarMail
    raw: bytes

    @property
    def message_id(self) -> str:
        return self.mail.message_id


def write(
    invitation: Invitation = FIRST, *, sender: CalendarUser = TECH, room: str = "Hörsaal 1", now: datetime = NOW
) -> RenderedMail:
    """Write the mail about an invitation, as `send` does."""
    mail = calendar_mail(invitation, organizer=sender, room_name=room, time_zone=BERLIN, now=now)
    return RenderedMail(mail=mail, raw=render(mail))


def about(**columns: object) -> Invitation:
    """Make an invitation with other content."""
    return replace(FIRST, content=replace(CONTENT, **columns))


def days(first: date, after: date, zone: ZoneInfo = BERLIN) -> Invitation:
    """Make an all-day invitation from a day to the day after its last one."""
    starts_at, ends_at = (datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in (first, after))
    return about(starts_at=starts_at, ends_at=ends_at, all_day=True, time_zone=zone.key)


def parts(mail: RenderedMail) -> tuple[Message, Message]:
    text, calendar = message_from_bytes(mail.raw).get_payload()
    assert isinstance(text, Message)
    assert isinstance(calendar, Message)
    return text, calendar


def header(mail: RenderedMail, name: str) -> str:
    """Decode the only header of this name, unfolded."""
    [value] = message_from_bytes(mail.raw).get_all(name, [])
    return str(make_header(decode_header(re.sub(r"\r\n(?=[ \t])", "", value))))


def address(mail: RenderedMail, name: str) -> tuple[str, str]:
    """Return display name and address of a header with one mailbox."""
    [value] = message_from_bytes(mail.raw).get_all(name, [])
    [(display, bare)] = getaddresses([re.sub(r"\r\n(?=[ \t])", "", value)])
    return str(make_header(decode_header(display))), bare


def octets(mail: RenderedMail) -> bytes:
    """Decode the calendar part."""
    return b64decode(str(parts(mail)[1].get_payload()))


def lines(mail: RenderedMail) -> list[str]:
    """Return the unfolded lines of the VEVENT."""
    text = octets(mail).replace(b"\r\n ", b"").decode()
    return text.partition("BEGIN:VEVENT\r\n")[2].partition("\r\nEND:VEVENT\r\n")[0].split("\r\n")


def event(mail: RenderedMail) -> Event:
    [found] = Calendar.from_ical(octets(mail)).walk("VEVENT")
    assert isinstance(found, Event)
    return found


def text(mail: RenderedMail) -> str:
    """Decode the text part."""
    payload = parts(mail)[0].get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def names(mail: RenderedMail) -> list[str]:
    """Return the names of all properties of the VEVENT."""
    return [re.split("[:;]", line)[0] for line in lines(mail)]


def check_lines(mail: RenderedMail) -> None:
    """No line is longer than it should be (RFC 5322 section 2.1.1), and all end with CRLF."""
    assert b"\r" not in mail.raw.replace(b"\r\n", b"")
    assert b"\n" not in mail.raw.replace(b"\r\n", b"")
    for line in mail.raw.split(b"\r\n"):
        foldable = re.search(rb"\S[ \t]", re.sub(rb"^[A-Za-z-]+: ", b"", line))
        assert len(line) <= (78 if foldable else 998), line
        if b"=?" in line:
            assert len(line) <= 78
