"""Write an invitation as a mail (RFC 5545, 5546, 6047; INTEROP W1 to W24).

One mail is one room, one VCALENDAR, one VEVENT, one UID (W1): multipart/alternative with a text part and
the calendar part last (W3).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from icalendar import CLASS, CUTYPE, PARTSTAT, ROLE, STATUS, Calendar, Event, vCalAddress

from raumpost.domain.errors import CannotRender
from raumpost.domain.model import Content, Invitation, Method
from raumpost.domain.planning import clean_line, days_of

PRODID = "-//Raumpost//Room bookings//EN"
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
# Headers come folded: the generator would break a long Message-ID off its name, which some systems cannot read
_CRLF = compat32.clone(linesep="\r\n", max_line_length=None)


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

    Raises CannotRender when the technical user has no usable address.
    """
    if not is_address(sender.address):
        raise CannotRender(
            f"the technical user “{sender.name}” has no valid e-mail address (“{sender.address}”); "
            "correct booking.app_user.email"
        )
    room_name = clean_line(room_name)
    dtstamp = max(now, invitation.dtstamp or now).replace(microsecond=0)
    message_id = _message_id(invitation, sender)
    # QP and base64 never hold "=_", so this boundary cannot occur in a part
    message = MIMEMultipart("alternative", boundary="=_raumpost", policy=_CRLF)
    message["From"] = _mailbox("From", sender.name, sender.address)
    message["To"] = _mailbox("To", room_name, invitation.address)
    message["Subject"] = _subject(invitation.content.summary)  # equal to SUMMARY (W18)
    message["Date"] = format_datetime(dtstamp)
    message["Message-ID"] = message_id
    if invitation.first_message_id and invitation.first_message_id != message_id:
        message["References"] = invitation.first_message_id
    message["X-Auto-Response-Suppress"] = "OOF, DR, RN, NRN"  # W19: never All, which silences the room
    message.attach(_text_part(invitation, room_name, time_zone))
    message.attach(_calendar_part(invitation, sender, room_name, dtstamp))
    return RenderedMail(message_id=message_id, dtstamp=dtstamp, raw=message.as_bytes())


def is_address(text: str) -> bool:
    """Tell whether this is an address that every mail server understands: ASCII, unquoted, at most 254 long."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def _message_id(invitation: Invitation, sender: Sender) -> str:
    """Name the mail: the same for every attempt of one revision, new after a reset (W20)."""
    local, _, _ = invitation.uid.partition("@")
    domain = sender.address.rpartition("@")[2]
    return f"<{local}.{invitation.sequence}.{invitation.dispatch}@{domain}>"


def _subject(summary: str) -> str:
    return Header(summary, None if _is_plain(summary) else "utf-8", header_name="Subject").encode()


def _mailbox(header: str, name: str, address: str) -> str:
    """Write a display name with its address; never folded inside an encoded word."""
    name = clean_line(name)
    if not name:
        return address
    if _is_plain(name):
        display = '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))
    else:
        display = Header(name, "utf-8", header_name=header).encode()
    return Header(f"{display} <{address}>", header_name=header).encode()


def _is_plain(text: str) -> bool:
    """Tell whether a header can hold text as it is: ASCII that can be folded, and no look of an encoded word."""
    return text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) < 60


def _text_part(invitation: Invitation, room_name: str, time_zone: ZoneInfo) -> MIMENonMultipart:
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
    if content.organiser:
        lines.append(f"Wer / Who:   {content.organiser}")
    if content.description and invitation.method is Method.REQUEST:
        lines += ["", content.description]
    lines += [
        "",
        "-- ",
        "Diese Nachricht wurde automatisch erzeugt; das Raumpostfach antwortet selbst.",
        "This message was generated; the room mailbox answers by itself.",
        "",
    ]
    charset = Charset("utf-8")
    charset.body_encoding = QP
    part = MIMENonMultipart("text", "plain", policy=_CRLF)
    del part["MIME-Version"]
    part.set_payload("\n".join(lines), charset)
    return part


def _slot_in_words(content: Content, time_zone: ZoneInfo) -> str:
    if content.all_day:
        first, after = days_of(content, ZoneInfo(content.time_zone or time_zone.key))
        last = date.fromordinal(after.toordinal() - 1)
        days = f"{first:%d.%m.%Y}" if first == last else f"{first:%d.%m.%Y} - {last:%d.%m.%Y}"
        return f"{days}, ganztägig / all day"
    start, end = content.starts_at.astimezone(time_zone), content.ends_at.astimezone(time_zone)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%d.%m.%Y %H:%M}"
    return f"{start:%d.%m.%Y %H:%M} - {until} ({time_zone.key})"


def _calendar_part(invitation: Invitation, sender: Sender, room_name: str, dtstamp: datetime) -> MIMENonMultipart:
    """Write the calendar part: its method parameter equals METHOD (W2); base64 keeps CRLF and charset safe (W4)."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", invitation.method.value)
    calendar.add_component(_event(invitation, sender, room_name, dtstamp))
    part = MIMENonMultipart("text", "calendar", policy=_CRLF)
    del part["MIME-Version"]
    part.replace_header("Content-Type", f"text/calendar; charset=UTF-8; method={invitation.method.value}")
    part.set_payload(calendar.to_ical(sorted=False))
    encode_base64(part)
    return part


def _event(invitation: Invitation, sender: Sender, room_name: str, dtstamp: datetime) -> Event:
    content = invitation.content
    cancelled = invitation.method is Method.CANCEL
    event = Event()
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", dtstamp)
    if content.all_day:
        if content.time_zone is None:
            raise CannotRender(f"{invitation}: an all-day slot needs its time zone; this is a defect of Raumpost")
        first, after = days_of(content, ZoneInfo(content.time_zone))
        event.add("dtstart", first)
        event.add("dtend", after)  # exclusive (W12)
        event.add("x-microsoft-cdo-alldayevent", "TRUE")
    else:
        event.add("dtstart", content.starts_at.astimezone(UTC))  # hence no VTIMEZONE (W11)
        event.add("dtend", content.ends_at.astimezone(UTC))
    event.add("summary", content.summary)
    if content.description and not cancelled:
        event.add("description", content.description)
    event.add("location", room_name)
    event.add("status", STATUS.CANCELLED if cancelled else STATUS.CONFIRMED)
    event.add("class", CLASS.PRIVATE if content.confidential else CLASS.PUBLIC)
    organizer = vCalAddress(f"mailto:{sender.address}")
    organizer.params["CN"] = _parameter(sender.name) or sender.address
    event.add("organizer", organizer)
    room = vCalAddress(f"mailto:{invitation.address}")
    room.params["CUTYPE"] = CUTYPE.ROOM
    room.params["ROLE"] = ROLE.REQ_PARTICIPANT
    room.params["PARTSTAT"] = _known_partstat(invitation)
    room.params["RSVP"] = "TRUE"
    room.params["CN"] = _parameter(room_name) or invitation.address
    event.add("attendee", room)
    # W14; no TRANSP: OPAQUE is the default, and Cyrus stores a written one twice
    event.add("x-microsoft-cdo-busystatus", "BUSY")
    event.add("x-microsoft-cdo-intendedstatus", "BUSY")
    event.add("x-microsoft-disallow-counter", "TRUE")
    return event


def _known_partstat(invitation: Invitation) -> str:
    """Give what the room said to this very revision: NEEDS-ACTION would make it forget (W23)."""
    if invitation.method is Method.REQUEST and invitation.answer and invitation.answer_sequence == invitation.sequence:
        return invitation.answer.value
    return PARTSTAT.NEEDS_ACTION.value


def _parameter(text: str) -> str:
    """Make text fit for a parameter value: it cannot hold a double quote (RFC 5545 section 3.2).

    A backslash means nothing there, but readers take it for an escape of what follows.
    """
    return clean_line(text).replace('"', "'").replace("\\", "/")
