"""Rules about the mail around the calendar; each check yields what is wrong."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sandbox.lint_mail.reading import CalendarMail

_HEADERS = {
    "content-type",
    "mime-version",
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "references",
    "x-auto-response-suppress",
}
_PART_HEADERS = {"content-type", "content-transfer-encoding"}
# Every control character of Unicode, C0 and C1; a calendar and a text know line breaks besides
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_CONTROL_IN_TEXT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def _one_room(mail: CalendarMail) -> Iterator[str]:
    recipients = mail.addresses("To", "Cc", "Bcc")
    if len(recipients) != 1:
        yield f"{len(recipients)} recipients instead of one room"
    if sum(part.get_content_type() == "text/calendar" for part in mail.message.walk()) != 1:
        yield "more than one calendar part"
    if sum(component.name == "VEVENT" for component in mail.calendar.inside) != 1:
        yield "more than one VEVENT"
    for name in ("UID", "ATTENDEE"):
        if mail.event.count(name) != 1:
            yield f"{mail.event.count(name)} {name} instead of one"


def _method(mail: CalendarMail) -> Iterator[str]:
    method, announced = mail.calendar.value("METHOD"), str(mail.part.get_param("method", "")) or "nothing"
    if method not in ("REQUEST", "CANCEL"):
        yield f"METHOD is {method or 'missing'}, not REQUEST or CANCEL"
    if announced != method:
        yield f"Content-Type announces {announced}, METHOD is {method or 'missing'}"


def _alternatives(mail: CalendarMail) -> Iterator[str]:
    kinds = [part.get_content_type() for part in mail.message.walk()]
    if kinds != ["multipart/alternative", "text/plain", "text/calendar"]:
        yield f"the mail is built of {', '.join(kinds)} instead of multipart/alternative, text/plain, text/calendar"
    for part in mail.message.walk():
        if part["Content-Disposition"] is not None or part.get_filename() is not None:
            yield f"{part.get_content_type()} is an attachment"


def _encoding(mail: CalendarMail) -> Iterator[str]:
    encoding = str(mail.part.get("Content-Transfer-Encoding", "missing"))
    if encoding not in ("base64", "quoted-printable"):
        yield f"Content-Transfer-Encoding is {encoding}, not base64 or quoted-printable"
    if str(mail.part.get_param("charset", "")).upper() != "UTF-8":
        yield "the calendar part does not declare charset UTF-8"
    if not mail.raw.isascii():
        yield "the mail is not 7-bit"
    for what, octets in (("mail", mail.raw), ("calendar", mail.octets)):
        if re.search(rb"\r(?!\n)|(?<!\r)\n", octets):
            yield f"a line of the {what} does not end with CRLF"
    if not mail.octets.endswith(b"END:VCALENDAR\r\n"):
        yield "the calendar does not end with END:VCALENDAR and CRLF"
    if any(len(line) > 998 for line in mail.raw.split(b"\r\n")):
        yield "a line of the mail is longer than 998 octets"
    for line in mail.octets.split(b"\r\n"):
        if len(line) > 75:
            yield f"a calendar line has {len(line)} octets, more than 75: {line[:30].decode(errors='replace')}…"
        try:
            line.decode()
        except UnicodeDecodeError:
            yield f"folded inside a character: {line[:30].decode(errors='replace')}…"


def _sender(mail: CalendarMail) -> Iterator[str]:
    organizer = mail.event.line("ORGANIZER")
    if not organizer.value.startswith("mailto:"):
        yield "ORGANIZER is missing or has no mailto:"
    if not organizer.parameters.get("CN", "").strip():
        yield "ORGANIZER has no CN"
    if mail.addresses("From") != [mail.organizer]:
        yield f"From is {', '.join(mail.addresses('From')) or 'missing'}, ORGANIZER {mail.organizer}"
    if mail.envelope_from is not None and mail.envelope_from != mail.organizer:
        yield f"the envelope sender is {mail.envelope_from}, ORGANIZER {mail.organizer}"
    if mail.organizer.lower() in (mail.room.lower(), *(address.lower() for address in mail.addresses("To"))):
        yield f"the room itself is ORGANIZER: {mail.organizer}"


def _stamp(mail: CalendarMail) -> Iterator[str]:
    stamp = mail.event.value("DTSTAMP")
    try:
        written = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        yield f"DTSTAMP is {stamp or 'missing'}, not a moment in UTC"
        return
    try:
        sent = parsedate_to_datetime(mail.header("Date"))
    except ValueError:
        yield f"Date is {mail.header('Date') or 'missing'}, which no clock shows"
        return
    if written > sent or (mail.now is not None and written > mail.now):
        yield f"DTSTAMP {stamp} lies in the future"


def _title(mail: CalendarMail) -> Iterator[str]:
    subject, summary = mail.header("Subject"), mail.event.line("SUMMARY").text
    if not summary.strip():
        yield "SUMMARY is missing"
    if subject != summary:
        yield f"Subject is “{subject[:60]}”, SUMMARY “{summary[:60]}”"


def _automatic_replies(mail: CalendarMail) -> Iterator[str]:
    suppressed = mail.header("X-Auto-Response-Suppress")
    if {word.strip() for word in suppressed.split(",")} != {"OOF", "DR", "RN", "NRN"}:
        yield f"X-Auto-Response-Suppress is {suppressed or 'missing'}, not OOF, DR, RN, NRN"
    for name in ("Auto-Submitted", "Precedence"):
        if mail.message[name] is not None:
            yield f"there is a header {name}, which can silence the room"


def _message_id(mail: CalendarMail) -> Iterator[str]:
    for name, required in (("Message-ID", True), ("References", False)):
        value = str(mail.message.get(name, ""))
        if (required or value) and not re.fullmatch(r"<[!-;=?A-~]+@[!-;=?A-~]+>", value, re.ASCII):
            yield f"{name} is {value or 'missing'}, not <…@…>"


def _nothing_breaks_out(mail: CalendarMail) -> Iterator[str]:
    names = [name.lower() for name in mail.message.keys()]  # noqa: SIM118 - a mail can hold a header twice
    for name in sorted(set(names)):
        if name not in _HEADERS and name not in ("auto-submitted", "precedence"):
            yield f"there is a header {name} that nobody meant"
        if names.count(name) > 1:
            yield f"there are {names.count(name)} headers {name}"
        if control := _CONTROL.search(mail.header(name)):
            yield f"there is a control character U+{ord(control[0]):04X} in {name}"
    for part in mail.message.walk():
        yield from (f"the mail is damaged: {defect!r}" for defect in part.defects)
        if not part.is_multipart():
            for name in set(map(str.lower, part.keys())) - _PART_HEADERS - {"content-disposition"}:
                yield f"{part.get_content_type()} has a header {name} that nobody meant"
            text = bytes(part.get_payload(decode=True) or b"").decode(errors="replace").replace("\r\n", "\n")
            if control := _CONTROL_IN_TEXT.search(text):
                yield f"there is a control character U+{ord(control[0]):04X} in {part.get_content_type()}"


MAIL_RULES: tuple[tuple[str, Callable[[CalendarMail], Iterator[str]]], ...] = (
    ("W1", _one_room),
    ("W2", _method),
    ("W3", _alternatives),
    ("W4", _encoding),
    ("W5", _sender),
    ("W10", _stamp),
    ("W18", _title),
    ("W19", _automatic_replies),
    ("W20", _message_id),
    ("W21", _nothing_breaks_out),
)
