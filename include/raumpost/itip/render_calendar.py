"""Write the calendar object of a mail (RFC 5545, 5546; INTEROP W5 to W17).

Line by line, as it looks on the wire; escaping, quoting and folding are left to `icalendar`, whose tree of
components would cost several times as much.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from icalendar import CLASS, CUTYPE, PARTSTAT, ROLE, STATUS, vText
from icalendar.parser import Contentline, Contentlines, Parameters

from raumpost.domain.errors import CannotRender
from raumpost.domain.model import Method
from raumpost.domain.text import clean_line
from raumpost.domain.time_zones import days_of
from raumpost.itip.calendar_mail import CalendarMail

PRODID = "-//Raumpost//Room bookings//EN"


def render_calendar(mail: CalendarMail) -> bytes:
    """Write a VCALENDAR with one VEVENT (W1) in UTF-8: CRLF, folded at 75 octets, never inside a character (W4)."""
    content = mail.content
    cancelled = mail.method is Method.CANCEL
    room_name = clean_line(mail.attendee.name)
    organizer = Parameters(CN=_parameter(mail.organizer.name) or mail.organizer.address)
    room = Parameters(
        CUTYPE=CUTYPE.ROOM.value,
        ROLE=ROLE.REQ_PARTICIPANT.value,
        PARTSTAT=(mail.known_answer or PARTSTAT.NEEDS_ACTION).value,
        RSVP="TRUE",
        CN=_parameter(room_name) or mail.attendee.address,
    )
    lines = [
        "BEGIN:VCALENDAR",
        f"PRODID:{PRODID}",
        "VERSION:2.0",
        f"METHOD:{mail.method}",
        "BEGIN:VEVENT",
        f"UID:{mail.uid}",
        f"SEQUENCE:{mail.sequence}",
        f"DTSTAMP:{_utc(mail.dtstamp)}",
        *_slot(mail),
        f"SUMMARY:{_text(content.summary)}",
    ]
    if content.description and not cancelled:
        lines.append(f"DESCRIPTION:{_text(content.description)}")
    lines += [
        f"LOCATION:{_text(room_name)}",
        f"STATUS:{STATUS.CANCELLED if cancelled else STATUS.CONFIRMED}",
        f"CLASS:{CLASS.PRIVATE if content.confidential else CLASS.PUBLIC}",
        f"ORGANIZER;{_written(organizer)}:mailto:{mail.organizer.address}",
        f"ATTENDEE;{_written(room)}:mailto:{mail.attendee.address}",
        # W14; no TRANSP: OPAQUE is the default, and Cyrus stores a written one twice
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY",
        "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    octets: bytes = Contentlines(map(Contentline, lines)).to_ical()  # type: ignore[no-untyped-call] # icalendar leaves it out
    return octets


def _slot(mail: CalendarMail) -> Iterator[str]:
    content = mail.content
    if not content.all_day:
        yield f"DTSTART:{_utc(content.starts_at)}"
        yield f"DTEND:{_utc(content.ends_at)}"
        return
    if content.time_zone is None:
        raise CannotRender(f"{mail}: an all-day slot needs its time zone", remedy="this is a defect of Raumpost")
    first, after = days_of(content, ZoneInfo(content.time_zone))
    yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{after:%Y%m%d}"  # exclusive (W12)
    yield "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"


def _utc(moment: datetime) -> str:
    """Write a moment in UTC: no VTIMEZONE is needed then (W11)."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    return str(vText(value).to_ical(), "utf-8")


def _written(parameters: Parameters) -> str:
    return str(parameters.to_ical(sorted=False), "utf-8")


def _parameter(text: str) -> str:
    """Make text fit for a parameter value: it cannot hold a double quote (RFC 5545 section 3.2).

    A backslash means nothing there, but readers take it for an escape of what follows.
    """
    return clean_line(text).replace('"', "'").replace("\\", "/")
