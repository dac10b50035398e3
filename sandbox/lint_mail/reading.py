"""Read a calendar mail as strictly as RFC 5322, 2045 and 5545 allow: what is not quite right is not read."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"\x00-\x1f\x7f]*"|[^";:,\x00-\x1f\x7f]*)')
_LINE = re.compile(rf"(?P<name>[A-Za-z0-9-]+)(?P<parameters>(?:{_PARAMETER.pattern})*):(?P<value>.*)", re.DOTALL)


class NotACalendar(ValueError):
    """A mail whose calendar cannot be read; `rule` is broken, the message says how."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True, kw_only=True)
class Line:
    """A property; names in upper case, parameters without quotation marks, the value as it is written there."""

    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """The value of a TEXT property (RFC 5545 section 3.3.11)."""
        return re.sub(r"\\(.)", lambda escape: {"n": "\n", "N": "\n"}.get(escape[1], escape[1]), self.value)


@dataclass(frozen=True, kw_only=True)
class Component:
    """A component with its own lines and what is inside it."""

    name: str
    lines: list[Line] = field(default_factory=list)
    inside: list["Component"] = field(default_factory=list)

    def line(self, name: str) -> Line:
        """Return the first property of this name, or an empty one."""
        return next((line for line in self.lines if line.name == name), Line(name=name, parameters={}, value=""))

    def value(self, name: str) -> str:
        """Return the value of the first property of this name, or nothing."""
        return self.line(name).value

    def count(self, name: str) -> int:
        """Count the properties of this name."""
        return sum(line.name == name for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class CalendarMail:
    """A mail and the first event of its only calendar part."""

    raw: bytes
    message: Message
    part: Message
    """The calendar part."""
    octets: bytes
    """What the calendar part holds."""
    calendar: Component
    event: Component
    envelope_from: str | None
    envelope_to: str | None
    now: datetime | None

    def header(self, name: str) -> str:
        """Decode the first header of this name, unfolded; nothing if there is none."""
        value = _unfold(str(self.message.get(name, "")))
        try:
            return str(make_header(decode_header(value)))
        except (ValueError, LookupError, MessageError):  # a damaged encoded word, or a charset that does not exist
            return value

    def addresses(self, *names: str) -> list[str]:
        """Return the bare addresses of all headers of these names."""
        values = [_unfold(str(value)) for name in names for value in self.message.get_all(name, [])]
        return [address for _, address in getaddresses(values)]

    @property
    def organizer(self) -> str:
        """The address of ORGANIZER."""
        return self.event.value("ORGANIZER").removeprefix("mailto:")

    @property
    def room(self) -> str:
        """The address of ATTENDEE."""
        return self.event.value("ATTENDEE").removeprefix("mailto:")


def _unfold(header: str) -> str:
    return re.sub(r"\r?\n(?=[ \t])", "", header)


def read_mail(raw: bytes, *, envelope_from: str | None, envelope_to: str | None, now: datetime | None) -> CalendarMail:
    """Read a mail; raises NotACalendar where no calendar can be found in it."""
    message = message_from_bytes(raw)
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        raise NotACalendar("W2", "there is no part text/calendar")
    octets = parts[0].get_payload(decode=True)
    if not isinstance(octets, bytes):
        raise NotACalendar("W2", "the part text/calendar holds other parts")
    calendars = read_components(octets)
    if [calendar.name for calendar in calendars] != ["VCALENDAR"]:
        names = ", ".join(calendar.name for calendar in calendars)
        raise NotACalendar("W1", f"the calendar part holds {names or 'nothing'} instead of one VCALENDAR")
    events = [component for component in calendars[0].inside if component.name == "VEVENT"]
    if not events:
        raise NotACalendar("W1", "there is no VEVENT")
    return CalendarMail(
        raw=raw,
        message=message,
        part=parts[0],
        octets=octets,
        calendar=calendars[0],
        event=events[0],
        envelope_from=envelope_from,
        envelope_to=envelope_to,
        now=now,
    )


def read_components(octets: bytes) -> list[Component]:
    """Read calendar text; raises NotACalendar at the first line that is not as it should be."""
    try:
        text = re.sub(rb"\r?\n[ \t]", b"", octets).decode("utf-8")
    except UnicodeDecodeError as exc:
        raise NotACalendar("W4", f"the calendar is not UTF-8: {exc}") from exc
    outermost = Component(name="")
    path = [outermost]
    for content in re.split(r"\r?\n", text.removesuffix("\n").removesuffix("\r")):
        line = _read_line(content)
        if line.name == "BEGIN":
            component = Component(name=line.value)
            path[-1].inside.append(component)
            path.append(component)
        elif line.name == "END":
            if len(path) == 1 or path.pop().name != line.value:
                raise NotACalendar("W21", f"END:{line.value} ends nothing that has begun")
        else:
            path[-1].lines.append(line)
    if len(path) > 1 or outermost.lines:
        raise NotACalendar("W21", "lines stand outside of VCALENDAR, or it never ends")
    return outermost.inside


def _read_line(text: str) -> Line:
    match = _LINE.fullmatch(text)
    if match is None:
        raise NotACalendar("W21", f"“{text[:60]}” is no content line")
    parameters = {name.upper(): value.strip('"') for name, value in _PARAMETER.findall(match["parameters"])}
    return Line(name=match["name"].upper(), parameters=parameters, value=match["value"])
