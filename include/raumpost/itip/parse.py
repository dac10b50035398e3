"""Read what a room mailbox sends back (RFC 5546 section 3.2.3; INTEROP R).

Works on content lines instead of calendar objects: a reader of answers needs five properties of a VEVENT
and must survive everything else that stands around them, time zones above all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime

from icalendar.parser import Contentline

from raumpost.domain.planning import clean_line

MAX_DEPTH, MAX_PARTS = 20, 200


@dataclass(frozen=True, kw_only=True)
class Attendee:
    """An ATTENDEE of an answer."""

    address: str | None
    """Bare, in lower case; None: no mail address."""
    partstat: str | None
    """In upper case, as it stands there."""
    comment: str | None
    """X-RESPONSE-COMMENT."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What one VEVENT of a METHOD:REPLY says. None: the property is missing or makes no sense."""

    uid: str | None
    sequence: int | None
    dtstamp: datetime | None
    attendees: tuple[Attendee, ...]
    comment: str | None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A mail as far as Raumpost cares."""

    message_id: str | None
    senders: frozenset[str]
    """Bare addresses of From and Sender, in lower case."""
    date: datetime | None
    subject: str
    replies: tuple[Reply, ...]


def read(raw: bytes) -> Reading:
    """Read a mail; one without an answer has no replies."""
    message = message_from_bytes(raw, policy=compat32)
    text = _answer_text(message)
    return Reading(
        message_id=_one_line(str(message.get("Message-ID", ""))),
        senders=frozenset(
            sender.lower()
            for _, address in getaddresses(
                [str(value) for name in ("From", "Sender") for value in message.get_all(name, [])]
            )
            if (sender := _one_line(address))
        ),
        date=_date(message),
        subject=_decoded(message.get("Subject", "")),
        replies=tuple(read_replies(text)) if text is not None else (),
    )


def read_replies(calendar: bytes) -> Iterator[Reply]:
    """Read the answers in a calendar object that says METHOD:REPLY."""
    for event in _own_lines(calendar, "VEVENT"):
        yield Reply(
            uid=_one_line(_value(event, "UID")),
            sequence=_integer(_value(event, "SEQUENCE")),
            dtstamp=_utc(_value(event, "DTSTAMP")),
            attendees=tuple(
                Attendee(
                    address=_bare_address(line.value),
                    partstat=_one_line(line.parameters.get("PARTSTAT", "").upper()),
                    comment=_one_line(line.parameters.get("X-RESPONSE-COMMENT")),
                )
                for line in event
                if line.name == "ATTENDEE"
            ),
            comment=_one_line(_value(event, "COMMENT")),
        )


@dataclass(frozen=True, kw_only=True)
class _Line:
    name: str
    parameters: dict[str, str]
    value: str


def _own_lines(calendar: bytes, component: str) -> Iterator[list[_Line]]:
    """Give the properties of each such component, without those of components inside it, such as VALARM."""
    path: list[str] = []
    lines: list[_Line] = []
    for line in _lines(calendar):
        value = line.value.strip().upper()
        if line.name == "BEGIN":
            path.append(value)
            if value == component:
                lines = []
        elif line.name == "END":
            if value in path:
                while path.pop() != value:
                    pass
            if value == component:
                yield lines
        elif path and path[-1] == component:
            lines.append(line)


def _lines(calendar: bytes) -> Iterator[_Line]:
    # Folds may stand inside a character, so they go before decoding (RFC 5545 section 3.1).
    unfolded = re.sub(rb"\r?\n[ \t]", b"", calendar)
    for text in re.split(r"\r\n?|\n", _decode(unfolded)):
        if not text.strip():
            continue
        try:
            name, parameters, value = Contentline(text.strip()).parts()  # type: ignore[no-untyped-call] # icalendar leaves it out
        except ValueError:  # not a content line: what stands beside it still counts
            continue
        flat = {str(key).upper(): _first(entry) for key, entry in parameters.items()}
        yield _Line(name=str(name).upper(), parameters=flat, value=str(value))


def _answer_text(message: Message) -> bytes | None:
    """Give the calendar object that answers; announced calendar text before attached files (R1)."""
    parts = list(_leaves(message))
    announced = (part for part in parts if part.get_content_type() == "text/calendar")
    attached = (part for part in parts if _is_calendar_file(part))
    for part in (*announced, *attached):
        calendar = part.get_payload(decode=True)
        if isinstance(calendar, bytes) and _method(calendar) == "REPLY":
            return calendar
    return None


def _is_calendar_file(part: Message) -> bool:
    if part.get_content_type() in ("application/ics", "text/x-vcalendar"):
        return True
    return (part.get_filename() or "").lower().endswith(".ics")


def _leaves(message: Message, depth: int = 0) -> Iterator[Message]:
    """Give the parts that the sender himself wrote: never what stands in a returned or forwarded mail (R1)."""
    if message.get_content_type() == "multipart/report" or message.get_content_maintype() == "message":
        return
    # get_payload only where there are parts: of a text it would try to use the charset
    parts = message.get_payload() if message.is_multipart() else None
    if not isinstance(parts, list):
        yield message
    elif depth < MAX_DEPTH:
        for part in parts[:MAX_PARTS]:
            if isinstance(part, Message):
                yield from _leaves(part, depth + 1)


def _method(calendar: bytes) -> str | None:
    """Give METHOD as the body says it; the Content-Type parameter may differ, and the body wins (R1)."""
    for line in _lines(calendar):
        if line.name == "METHOD":
            return line.value.strip().upper()
        if line.name == "BEGIN" and line.value.strip().upper() == "VEVENT":
            return None
    return None


def _decode(octets: bytes) -> str:
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return octets.decode("cp1252", errors="replace")


def _value(event: list[_Line], name: str) -> str | None:
    return next((line.value.strip() for line in event if line.name == name and line.value.strip()), None)


def _integer(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,9}", text, re.ASCII) else None


def _utc(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _bare_address(value: str) -> str | None:
    address = _one_line(re.sub(r"^\s*mailto:\s*", "", value, flags=re.IGNORECASE).lower())
    return address if address and "@" in address else None


def _one_line(text: str | None) -> str | None:
    """Make text fit for the database: one line, no NUL, no lone surrogates (some charsets decode to them)."""
    return clean_line(text.encode("utf-8", "replace").decode()) or None if text else None


def _first(entry: object) -> str:
    return str(entry[0]) if isinstance(entry, list) and entry else str(entry)


def _date(message: Message) -> datetime | None:
    try:
        date = parsedate_to_datetime(str(message["Date"]))
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):  # OverflowError: a year or an offset that no clock shows
        return None


def _decoded(header: object) -> str:
    try:
        text = str(make_header(decode_header(str(header))))
    except (ValueError, LookupError, MessageError):  # a damaged encoded word, or a charset that does not exist
        text = str(header)
    return _one_line(text) or ""
