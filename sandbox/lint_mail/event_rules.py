"""Rules about the event that a mail carries; each check yields what is wrong."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

from sandbox.lint_mail.reading import CalendarMail

_REQUIRED = {
    "UID",
    "SEQUENCE",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "SUMMARY",
    "LOCATION",
    "STATUS",
    "CLASS",
    "ORGANIZER",
    "ATTENDEE",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-CDO-INTENDEDSTATUS",
    "X-MICROSOFT-DISALLOW-COUNTER",
}
_OPTIONAL = {"DESCRIPTION", "X-MICROSOFT-CDO-ALLDAYEVENT"}
_SERIES = {"RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}
_OVERRIDING = {"TRANSP", "X-MICROSOFT-CDO-APPT-SEQUENCE"}
_NEUTRAL = "Belegt"


def _room(mail: CalendarMail) -> Iterator[str]:
    attendee = mail.event.line("ATTENDEE")
    for name, expected in (("CUTYPE", "ROOM"), ("ROLE", "REQ-PARTICIPANT"), ("RSVP", "TRUE")):
        found = attendee.parameters.get(name, "missing")
        if found != expected:
            yield f"{name} of ATTENDEE is {found}, not {expected}"
    answers = {"NEEDS-ACTION"}
    if mail.calendar.value("METHOD") == "REQUEST":
        answers |= {"ACCEPTED", "TENTATIVE", "DECLINED"}  # a re-send carries the known answer (W23)
    if attendee.parameters.get("PARTSTAT") not in answers:
        yield f"PARTSTAT of ATTENDEE is {attendee.parameters.get('PARTSTAT', 'missing')}"
    if not attendee.parameters.get("CN", "").strip():
        yield "ATTENDEE has no CN"
    if not attendee.value.startswith("mailto:"):
        yield "ATTENDEE has no mailto:"
    if mail.addresses("To") != [mail.room]:
        yield f"To is {', '.join(mail.addresses('To')) or 'missing'}, ATTENDEE {mail.room}"
    if mail.envelope_to is not None and mail.envelope_to != mail.room:
        yield f"the envelope recipient is {mail.envelope_to}, ATTENDEE {mail.room}"


def _uid(mail: CalendarMail) -> Iterator[str]:
    uid = mail.event.value("UID")
    if not re.fullmatch(r"[A-Za-z0-9.@-]{1,199}", uid, re.ASCII):
        yield f"UID is “{uid[:60]}”, not up to 199 of letters, digits, -, . and @"


def _sequence(mail: CalendarMail) -> Iterator[str]:
    sequence = mail.event.value("SEQUENCE")
    if not re.fullmatch(r"\d{1,9}", sequence, re.ASCII):
        yield f"SEQUENCE is {sequence or 'missing'}, not a number"


def _moments(mail: CalendarMail) -> Iterator[str]:
    if any(component.name == "VTIMEZONE" for component in mail.calendar.inside):
        yield "there is a VTIMEZONE, which a single event in UTC does not need"
    for name in ("DTSTART", "DTEND"):
        line = mail.event.line(name)
        if "TZID" in line.parameters:
            yield f"{name} has a TZID instead of being in UTC"
        elif line.value and not _is_date(mail, name) and not _parse(line.value, "%Y%m%dT%H%M%SZ"):
            yield f"{name} is {line.value}, not in UTC"


def _days(mail: CalendarMail) -> Iterator[str]:
    whole = {_is_date(mail, name) for name in ("DTSTART", "DTEND")}
    marked = mail.event.value("X-MICROSOFT-CDO-ALLDAYEVENT") == "TRUE"
    if len(whole) > 1:
        yield "one of DTSTART and DTEND is a day, the other a moment"
    elif whole != {marked}:
        yield f"X-MICROSOFT-CDO-ALLDAYEVENT:TRUE is {'there' if marked else 'missing'}, contrary to DTSTART"
    for name in ("DTSTART", "DTEND"):
        line = mail.event.line(name)
        if _is_date(mail, name) and not _parse(line.value, "%Y%m%d"):
            yield f"{name} is {line.value}, no day"
        if re.fullmatch(r"\d{8}T\d{6}", line.value) and "TZID" not in line.parameters:
            yield f"{name} is floating: {line.value}"
    # Both in the same shape, so they order as text
    if len(whole) == 1 and mail.event.value("DTSTART") >= mail.event.value("DTEND") > "":
        yield "DTEND, which is exclusive, does not lie after DTSTART"


def _is_date(mail: CalendarMail, name: str) -> bool:
    return mail.event.line(name).parameters.get("VALUE") == "DATE"


def _parse(value: str, shape: str) -> datetime | None:
    try:
        return datetime.strptime(value, shape)  # noqa: DTZ007 - only the shape counts
    except ValueError:
        return None


def _single(mail: CalendarMail) -> Iterator[str]:
    for name in _SERIES & {line.name for line in mail.event.lines}:
        yield f"{name} makes it a series"


def _properties(mail: CalendarMail) -> Iterator[str]:
    expected = [("CLASS", {"PUBLIC", "PRIVATE"})]
    if mail.calendar.value("METHOD") == "REQUEST":
        expected.append(("STATUS", {"CONFIRMED"}))
    expected += [
        ("X-MICROSOFT-CDO-BUSYSTATUS", {"BUSY"}),
        ("X-MICROSOFT-CDO-INTENDEDSTATUS", {"BUSY"}),
        ("X-MICROSOFT-DISALLOW-COUNTER", {"TRUE"}),
    ]
    for name, values in expected:
        if mail.event.value(name) not in values:
            yield f"{name} is {mail.event.value(name) or 'missing'}, not {' or '.join(sorted(values))}"
    for name in _OVERRIDING & {line.name for line in mail.event.lines}:
        yield f"{name} must not be written"
    if mail.calendar.value("VERSION") != "2.0" or not mail.calendar.value("PRODID"):
        yield "VERSION:2.0 or PRODID is missing"


def _cancellation(mail: CalendarMail) -> Iterator[str]:
    for name in ("DTSTART", "DTEND"):
        if not mail.event.value(name):
            yield f"{name} is missing"
    if mail.calendar.value("METHOD") == "CANCEL":
        if mail.event.value("STATUS") != "CANCELLED":
            yield f"STATUS is {mail.event.value('STATUS') or 'missing'}, not CANCELLED"
        if mail.event.value("SEQUENCE") == "0":
            yield "SEQUENCE is 0, but something was invited before"


def _confidential(mail: CalendarMail) -> Iterator[str]:
    if mail.event.value("CLASS") == "PRIVATE":
        if mail.event.line("SUMMARY").text != _NEUTRAL:
            yield f"the title of a private event is not “{_NEUTRAL}”"
        if mail.event.count("DESCRIPTION"):
            yield "a private event has a DESCRIPTION"


def _nothing_else(mail: CalendarMail) -> Iterator[str]:
    names = [line.name for line in mail.event.lines]
    for name in sorted(set(names)):
        if name not in _REQUIRED | _OPTIONAL | _SERIES | _OVERRIDING:
            yield f"there is a property {name} that nobody meant"
        if names.count(name) > 1:
            yield f"there are {names.count(name)} properties {name}"
    if [line.name for line in mail.calendar.lines] != ["PRODID", "VERSION", "METHOD"]:
        yield "VCALENDAR has other properties than PRODID, VERSION and METHOD"
    for component in (*mail.event.inside, *mail.calendar.inside):
        if component.name not in ("VEVENT", "VTIMEZONE") or component in mail.event.inside:
            yield f"there is a {component.name} that nobody meant"


EVENT_RULES: tuple[tuple[str, Callable[[CalendarMail], Iterator[str]]], ...] = (
    ("W7", _room),
    ("W8", _uid),
    ("W9", _sequence),
    ("W11", _moments),
    ("W12", _days),
    ("W13", _single),
    ("W14", _properties),
    ("W15", _cancellation),
    ("W17", _confidential),
    ("W21", _nothing_else),
)
