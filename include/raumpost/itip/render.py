"""Write a calendar mail (RFC 5545, 5546, 6047; INTEROP W1 to W24).

One mail is one room, one VCALENDAR, one VEVENT, one UID (W1): multipart/alternative with a text part and
the calendar part last (W3). The mail is put together line by line, as it looks on the wire; folding and encoding
are left to the standard library, whose message objects would cost several times as much.
"""

from base64 import encodebytes
from binascii import b2a_qp
from datetime import date
from email.header import Header
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from raumpost.domain.address import is_address
from raumpost.domain.errors import CannotRender
from raumpost.domain.model import Content, Method
from raumpost.domain.text import clean_line
from raumpost.domain.time_zones import days_of
from raumpost.itip.calendar_mail import CalendarMail, CalendarUser
from raumpost.itip.render_calendar import render_calendar

# Quoted-printable and base64 never hold "=_", so no part can hold this
_BOUNDARY = "=_raumpost"


def render(mail: CalendarMail) -> bytes:
    """Write a mail as it goes over the wire: CRLF line ends, 7-bit.

    Raises CannotRender when the organizer has no usable address, or the room's own.
    """
    _check_organizer(mail)
    room_name = clean_line(mail.attendee.name)
    lines = [
        f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"',
        "MIME-Version: 1.0",
        f"From: {_mailbox('From', mail.organizer)}",
        f"To: {_mailbox('To', mail.attendee)}",
        f"Subject: {_words('Subject', mail.content.summary)}",  # equal to SUMMARY (W18)
        f"Date: {format_datetime(mail.dtstamp)}",
        f"Message-ID: {mail.message_id}",  # never folded: some systems cannot read it then
    ]
    if mail.references and mail.references != mail.message_id:
        lines.append(f"References: {mail.references}")
    lines += [
        "X-Auto-Response-Suppress: OOF, DR, RN, NRN",  # W19: never All, which silences the room
        "",
        f"--{_BOUNDARY}",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        _quoted_printable(_text_part(mail, room_name)),
        f"--{_BOUNDARY}",
        f"Content-Type: text/calendar; charset=UTF-8; method={mail.method}",  # equal to METHOD (W2)
        "Content-Transfer-Encoding: base64",  # keeps CRLF and charset safe (W4)
        "",
        _base64(render_calendar(mail)),
        f"--{_BOUNDARY}--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


def _check_organizer(mail: CalendarMail) -> None:
    organizer = mail.organizer
    if not is_address(organizer.address):
        raise CannotRender(
            f"the technical user “{organizer.name}” has no valid e-mail address (“{organizer.address}”)",
            remedy="correct booking.app_user.email",
        )
    if organizer.address.lower() == mail.attendee.address.lower():  # W5
        raise CannotRender(
            f"the technical user “{organizer.name}” has the address of the room mailbox itself ({organizer.address}), "
            "and no room accepts its own invitation",
            remedy="correct booking.app_user.email or link another technical user",
        )


def _mailbox(header: str, user: CalendarUser) -> str:
    """Write a display name with its address."""
    name = clean_line(user.name)
    if not name:
        return user.address
    quoted = '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))
    return _folded(header, f"{quoted if _is_plain(name) else _words(header, name)} <{user.address}>")


def _words(header: str, text: str) -> str:
    """Write text as it is where that is possible, else as encoded words; never folded inside one."""
    if _is_plain(text):
        return _folded(header, text)
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    """Return whether a header can hold text as it is: ASCII that can be folded, and no look of an encoded word."""
    printable = text.isascii() and text.isprintable()
    return printable and "=?" not in text and max(map(len, text.split()), default=0) < 60


def _folded(header: str, value: str) -> str:
    fits = len(f"{header}: {value}") <= 76
    return value if fits else Header(value, header_name=header).encode(linesep="\r\n")


def _quoted_printable(text: str) -> str:
    return b2a_qp(text.replace("\n", "\r\n").encode()).decode("ascii")


def _base64(octets: bytes) -> str:
    return encodebytes(octets).decode("ascii").replace("\n", "\r\n")


def _text_part(mail: CalendarMail, room_name: str) -> str:
    content = mail.content
    if mail.method is Method.CANCEL:
        what = "Diese Buchung wurde storniert.\nThis booking has been cancelled."
    else:
        what = "Bitte diesen Raum buchen.\nPlease book this room."
    lines = [
        what,
        "",
        f"Was / What:  {content.summary}",
        f"Wann / When: {_slot_in_words(content, mail.time_zone)}",
        f"Raum / Room: {room_name}",
    ]
    if content.booked_by:
        lines.append(f"Wer / Who:   {content.booked_by}")
    if content.description and mail.method is Method.REQUEST:
        lines += ["", content.description]
    lines += [
        "",
        "-- ",
        "Diese Nachricht wurde automatisch erzeugt; das Raumpostfach antwortet selbst.",
        "This message was generated; the room mailbox answers by itself.",
        "",
    ]
    return "\n".join(lines)


def _slot_in_words(content: Content, time_zone: ZoneInfo) -> str:
    if content.all_day:
        first, after = days_of(content, ZoneInfo(content.time_zone or time_zone.key))
        last = date.fromordinal(after.toordinal() - 1)
        days = f"{first:%d.%m.%Y}" if first == last else f"{first:%d.%m.%Y} - {last:%d.%m.%Y}"
        return f"{days}, ganztägig / all day"
    start, end = content.starts_at.astimezone(time_zone), content.ends_at.astimezone(time_zone)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%d.%m.%Y %H:%M}"
    return f"{start:%d.%m.%Y %H:%M} - {until} ({time_zone.key})"
