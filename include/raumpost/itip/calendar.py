"""Read the calendar objects of a mail (RFC 5546; INTEROP R).

Works on content lines instead of calendar objects: a reader of answers needs ten properties of a VEVENT
and must survive everything else that stands around them, time zones above all.
"""

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from raumpost.domain.time_zones import is_time_zone
from raumpost.itip.charsets import one_line
from raumpost.itip.content_lines import ContentLine, content_lines
from raumpost.itip.reading import Attendee, MailKind, Reply

MAX_EVENTS = 200
MAX_ATTENDEES = 500

GLOBAL_OBJECT_ID = "040000008200E00074C5B7101A82E008"
"""Begins each identifier of Exchange ([MS-OXOCAL] 2.2.1.27), in hexadecimal digits."""
_FOREIGN_UID = b"vCal-Uid\x01\x00\x00\x00"

_KINDS = {
    "COUNTER": MailKind.COUNTER,
    "REFRESH": MailKind.REFRESH,
    "REQUEST": MailKind.REQUEST,
    "CANCEL": MailKind.CANCEL,
    "PUBLISH": MailKind.PUBLISH,
}
_ANSWER_KINDS = {
    "ACCEPTED": MailKind.ACCEPTED,
    "DECLINED": MailKind.DECLINED,
    "TENTATIVE": MailKind.TENTATIVE,
    "DELEGATED": MailKind.DELEGATED,
}
_EVENTS = frozenset({"VEVENT", "VTODO"})
_IN_ANGLES = re.compile(r"<([^<>@]{1,300}@[^<>@]{1,300})>")
_HIDDEN_PROPOSAL = "PROPOSED-NEW-TIME"
_DATE_TIME = re.compile(r"\d{8}T\d{6}Z?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class CalendarText:
    """The calendar objects of one part: those with the method of the first one."""

    method: str | None
    """In upper case; None: no METHOD stands there."""
    events: Sequence[Sequence[ContentLine]]
    """The properties of each VEVENT or VTODO, without those of components inside it, such as VALARM."""


def read_calendar(octets: bytes, charset: str | None = None) -> CalendarText | None:
    """Read the calendar objects in a text; None: there is none."""
    found: list[tuple[str | None, list[list[ContentLine]]]] = []
    path: list[str] = []
    for line in content_lines(octets, charset):
        if line.name == "BEGIN":
            path.append(line.value.upper())
            if path[-1] == "VCALENDAR":
                path = ["VCALENDAR"]  # one that was never closed ends here
                found.append((None, []))
            elif path[-1] in _EVENTS:
                found = found or [(None, [])]  # some send no VCALENDAR around it
                found[-1][1].append([])
        elif line.name == "END":
            name = line.value.upper()
            if name in path:
                while path.pop() != name:
                    pass
        elif path and path[-1] in _EVENTS:
            found[-1][1][-1].append(line)
        elif line.name == "METHOD" and line.value and (not path or path == ["VCALENDAR"]):
            found = found or [(None, [])]
            found[-1] = (found[-1][0] or line.value.upper(), found[-1][1])
    if not found:
        return None
    method = found[0][0]
    events = [event for its_method, its_events in found if its_method == method for event in its_events]
    return CalendarText(method=one_line(method), events=events[:MAX_EVENTS])


def replies(calendar: CalendarText, method: str | None, senders: Sequence[str] = ()) -> Iterator[Reply]:
    """Return what each event says, taken as sent by `senders`, the first of them above all, with this method."""
    for event in calendar.events:
        lines = [line for line in event if line.name == "ATTENDEE"][:MAX_ATTENDEES]
        attendees = tuple(_attendee(line) for line in lines)
        attendee = _who_answers(attendees, lines, senders, organizer=bare_address(_value(event, "ORGANIZER") or ""))
        proposals = [line.value for line in event if _HIDDEN_PROPOSAL in line.name]
        if attendee and attendee.proposal:
            proposals.append(attendee.proposal)
        kind = _kind(method, attendee, hidden=bool(proposals))
        yield Reply(
            kind=kind,
            uid=unwrapped_uid(one_line(_text(event, "UID"))),
            sequence=_integer(_value(event, "SEQUENCE")),
            dtstamp=_aware(_moment(_first(event, "DTSTAMP"))),
            recurrence_id=one_line(_value(event, "RECURRENCE-ID")),
            attendee=attendee,
            attendees=attendees,
            comment=one_line(_text(event, "COMMENT")) or (attendee.comment if attendee else None),
            description=one_line(_text(event, "DESCRIPTION")),
            proposed_start=_proposed_start(event, proposals) if kind is MailKind.COUNTER else None,
        )


def unwrapped_uid(uid: str | None) -> str | None:
    """Return the UID that Exchange wrapped into its own identifier; any other stays as it is (INTEROP R2).

    16 octets that say what it is, 4 of a date, 8 of a time, 8 unused, 4 of a length; then "vCal-Uid", a
    version, and the UID ([MS-OXOCAL] 2.2.1.27).
    """
    if not uid or not uid.upper().startswith(GLOBAL_OBJECT_ID):
        return uid
    try:
        return unwrapped_global_object_id(binascii.unhexlify(uid)) or uid
    except ValueError:
        return uid


def unwrapped_global_object_id(octets: bytes) -> str | None:
    """Return the foreign UID in an identifier of Exchange; None: it is Exchange's own."""
    data = octets[40:]
    if not data.startswith(_FOREIGN_UID):
        return None
    return one_line(data.removeprefix(_FOREIGN_UID).rstrip(b"\0").decode("utf-8", "replace"))


def bare_address(value: str) -> str | None:
    """Return the mail address of a calendar address (RFC 5545 section 3.3.3), in lower case; None if it has none."""
    address = value if "@" in value else unquote(value)
    if named := _IN_ANGLES.search(address):
        address = named[1]
    # A scheme other than "mailto", or it twice; parameters that stand behind the address instead of before it.
    address = address.rpartition(":")[2].partition("?")[0].partition(";")[0]
    address = one_line(address.strip().strip("<>\"'")) or ""
    local, _, domain = address.rpartition("@")
    is_path = address.startswith("//") or "/" in domain
    return address.lower() if local and domain and " " not in address and not is_path else None


def _kind(method: str | None, attendee: Attendee | None, *, hidden: bool) -> MailKind:
    if method != "REPLY":
        return _KINDS.get(method or "", MailKind.OTHER)
    if hidden:
        return MailKind.COUNTER
    return _ANSWER_KINDS.get((attendee.partstat if attendee else None) or "", MailKind.NEEDS_ACTION)


def _who_answers(
    attendees: Sequence[Attendee], lines: Sequence[ContentLine], senders: Sequence[str], *, organizer: str | None
) -> Attendee | None:
    """Choose the sender, or for whom he says to act, else a delegate rather than who delegated to him.

    Else the first with a verdict, but not the organizer: some list him first, as one who accepted his own event.
    """

    def rank(at: int) -> tuple[bool, ...]:
        one = attendees[at]
        acts_for = bare_address(lines[at].parameters.get("SENT-BY", ""))
        has_answer, is_organizer = one.partstat in _ANSWER_KINDS, one.address is not None and one.address == organizer
        return (
            one.address in senders[:1],
            one.address in senders,
            acts_for in senders,
            has_answer and one.delegated_from is not None,
            has_answer and not is_organizer,
            has_answer,
            not is_organizer,
        )

    return attendees[max(range(len(attendees)), key=rank)] if attendees else None


def _attendee(line: ContentLine) -> Attendee:
    parameters = line.parameters
    return Attendee(
        # Apple writes a path of its own and the address in EMAIL (RFC 7986 section 6.2).
        address=bare_address(line.value) or bare_address(parameters.get("EMAIL", "")),
        partstat=one_line(parameters.get("PARTSTAT", "").upper()),
        comment=one_line(parameters.get("X-RESPONSE-COMMENT")),
        delegated_to=bare_address(parameters.get("DELEGATED-TO", "")),
        delegated_from=bare_address(parameters.get("DELEGATED-FROM", "")),
        proposal=next((one_line(value) for name, value in parameters.items() if _HIDDEN_PROPOSAL in name), None),
    )


def _proposed_start(event: Sequence[ContentLine], proposals: Sequence[str]) -> datetime | None:
    """Return the time that a proposal names; an open one has it in DTSTART, a hidden one in itself."""
    for proposal in proposals:
        if found := _DATE_TIME.search(proposal):
            return _moment(ContentLine(name="DTSTART", parameters={}, value=found[0]))
    return _moment(_first(event, "DTSTART"))


def _first(event: Sequence[ContentLine], name: str) -> ContentLine | None:
    return next((line for line in event if line.name == name and line.value), None)


def _value(event: Sequence[ContentLine], name: str) -> str | None:
    line = _first(event, name)
    return line.value if line else None


def _text(event: Sequence[ContentLine], name: str) -> str | None:
    line = _first(event, name)
    return line.text if line else None


def _integer(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,18}", text, re.ASCII) else None


def _moment(line: ContentLine | None) -> datetime | None:
    """Read DATE-TIME or DATE; in UTC where it says how, else without a zone."""
    if line is None:
        return None
    for form in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            found = datetime.strptime(line.value, form)  # noqa: DTZ007 # the zone stands beside it
        except ValueError:
            continue
        zone = line.parameters.get("TZID", "")
        try:
            if form.endswith("Z"):
                return found.replace(tzinfo=UTC)
            return found.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if zone and is_time_zone(zone) else found
        except OverflowError:  # the first or last day that a clock shows
            return found
    return None


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
