"""Write an invitation as a mail (RFC 5545, 5546, 6047; INTEROP W1 to W24).

One mail is one room, one VCALENDAR, one VEVENT, one UID (W1): multipart/alternative with a text part and
the calendar part last (W3). The mail is put together line by line, as it looks on the wire; folding and encoding
are left to the standard library, whose message objects would cost several times as much.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import date, datetime
from email.header import Header
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from raumpost.domain.errors import CannotRender
from raumpost.domain.model import Content, Invitation, Method
from raumpost.domain.text import clean_line
from raumpost.domain.time_zones import days_of
from raumpost.itip.render_calendar import render_calendar

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
# Quoted-printable and base64 never hold "=_", so no part can hold this
_BOUNDARY = "=_raumpost"


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The technical user: ORGANIZER, From and envelope sender in one (W5)."""

    address: str
    name: str


@dataclass(frozen=True, kw_only=True)
class RenderedMail:
    """A mail as it goes over the wire, CRLF line ends, 7-bit."""

    message_id: str
    dtstamp: datetime
    raw: bytes


def render(
    invitation: Invitation, *, sender: Sender, room_name: str, time_zone: ZoneInfo, now: datetime
) -> RenderedMail:
    """Write the wanted revision of an invitation; `time_zone` is the room's, for the text part.

    Raises CannotRender when the technical user has no usable address, or the room's own.
    """
    _check(sender, invitation)
    room_name = clean_line(room_name)
    dtstamp = max(now, invitation.dtstamp or now).replace(microsecond=0)
    message_id = _message_id(invitation, sender)
    calendar = render_calendar(
        invitation,
        organizer_address=sender.address,
        organizer_name=sender.name,
        room_name=room_name,
        dtstamp=dtstamp,
    )
    lines = [
        f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"',
        "MIME-Version: 1.0",
        f"From: {_mailbox('From', sender.name, sender.address)}",
        f"To: {_mailbox('To', room_name, invitation.address)}",
        f"Subject: {_words('Subject', invitation.content.summary)}",  # equal to SUMMARY (W18)
        f"Date: {format_datetime(dtstamp)}",
        f"Message-ID: {message_id}",  # never folded: some systems cannot read it then
    ]
    if invitation.first_message_id and invitation.first_message_id != message_id:
        lines.append(f"References: {invitation.first_message_id}")
    lines += [
        "X-Auto-Response-Suppress: OOF, DR, RN, NRN",  # W19: never All, which silences the room
        "",
        f"--{_BOUNDARY}",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        _quoted_printable(_text_part(invitation, room_name, time_zone)),
        f"--{_BOUNDARY}",
        f"Content-Type: text/calendar; charset=UTF-8; method={invitation.method}",  # equal to METHOD (W2)
        "Content-Transfer-Encoding: base64",  # keeps CRLF and charset safe (W4)
        "",
        _base64(calendar),
        f"--{_BOUNDARY}--",
        "",
    ]
    return RenderedMail(message_id=message_id, dtstamp=dtstamp, raw="\r\n".join(lines).encode("ascii"))


def is_address(text: str) -> bool:
    """Tell whether this is an address that every mail server understands: ASCII, unquoted, at most 254 long."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def _check(sender: Sender, invitation: Invitation) -> None:
    if not is_address(sender.address):
        raise CannotRender(
            f"the technical user “{sender.name}” has no valid e-mail address (“{sender.address}”); "
            "correct booking.app_user.email"
        )
    if sender.address.lower() == invitation.address.lower():  # W5
        raise CannotRender(
            f"the technical user “{sender.name}” has the address of the room mailbox itself ({sender.address}), "
            "and no room accepts its own invitation; correct booking.app_user.email or link another technical user"
        )


def _message_id(invitation: Invitation, sender: Sender) -> str:
    """Name the mail: the same for every attempt of one revision, new after a reset (W20)."""
    local, _, _ = invitation.uid.partition("@")
    domain = sender.address.rpartition("@")[2]
    return f"<{local}.{invitation.sequence}.{invitation.resend}@{domain}>"


def _mailbox(header: str, name: str, address: str) -> str:
    """Write a display name with its address."""
    name = clean_line(name)
    if not name:
        return address
    quoted = '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))
    return _folded(header, f"{quoted if _is_plain(name) else _words(header, name)} <{address}>")


def _words(header: str, text: str) -> str:
    """Write text as it is where that is possible, else as encoded words; never folded inside one."""
    if _is_plain(text):
        return _folded(header, text)
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    """Tell whether a header can hold text as it is: ASCII that can be folded, and no look of an encoded word."""
    printable = text.isascii() and text.isprintable()
    return printable and "=?" not in text and max(map(len, text.split()), default=0) < 60


def _folded(header: str, value: str) -> str:
    fits = len(f"{header}: {value}") <= 76
    return value if fits else Header(value, header_name=header).encode(linesep="\r\n")


def _quoted_printable(text: str) -> str:
    return b2a_qp(text.replace("\n", "\r\n").encode()).decode("ascii")


def _base64(octets: bytes) -> str:
    return encodebytes(octets).decode("ascii").replace("\n", "\r\n")


def _text_part(invitation: Invitation, room_name: str, time_zone: ZoneInfo) -> str:
    content = invitation.content
    if invitation.method is Method.CANCEL:
        what = "Diese Buchung wurde storniert.\nThis booking has been cancelled."
    else:
        what = "Bitte diesen Raum buchen.\nPlease book this room."
    lines = [
        what,
        "",
        f"Was / What:  {content.summary}",
        f"Wann / When: {_slot_in_words(content, time_zone)}",
        f"Raum / Room: {room_name}",
    ]
    if content.booked_by:
        lines.append(f"Wer / Who:   {content.booked_by}")
    if content.description and invitation.method is Method.REQUEST:
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
