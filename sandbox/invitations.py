"""What a room understands of a calendar mail, as strictly as the strictest groupware (INTEROP W)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email import message_from_bytes
from email.message import Message
from zoneinfo import ZoneInfo

from icalendar import Calendar, vCalAddress

ROOM_TIME_ZONE = ZoneInfo("Europe/Berlin")

_ADDRESS = re.compile(r"[^\s@<>(),;:\"\\]+@[^\s@<>(),;:\"\\]+", re.ASCII)


class NotForTheRoom(ValueError):
    """A mail that is no request to this room; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a room understood of a calendar mail; the end is exclusive, days are dates, moments in UTC."""

    method: str
    uid: str
    sequence: int
    dtstamp: datetime | None
    start: date
    end: date
    summary: str
    description: str
    location: str
    organizer: vCalAddress
    attendee: vCalAddress
    message_id: str

    @property
    def organizer_address(self) -> str:
        """Return the bare lower-case address that an answer goes to."""
        return bare(self.organizer).lower()

    @property
    def organizer_name(self) -> str:
        """Return the organizer's name, or else the address."""
        return str(self.organizer.params.get("CN", "")) or bare(self.organizer)

    @property
    def all_day(self) -> bool:
        """Return whether the slot is made of days."""
        return not isinstance(self.start, datetime)


def read_request(raw: bytes, address: str) -> Request:
    """Read a REQUEST or CANCEL to the room `address`.

    Raises NotForTheRoom with the reason; a hostile mail may make icalendar raise anything else.
    """
    mail = message_from_bytes(raw)
    part = next((part for part in _leaves(mail) if part.get_content_type() == "text/calendar"), None)
    if part is None:
        raise NotForTheRoom("no calendar mail: no text/calendar part")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)  # a leaf
    # Without a declared charset Exchange reads latin-1: a forgotten one shows as broken umlauts (W4).
    calendar = Calendar.from_ical(payload.decode(part.get_content_charset("iso-8859-1")))
    method = str(calendar.get("METHOD", "")).upper()
    if method not in ("REQUEST", "CANCEL"):
        raise NotForTheRoom(f"no request: METHOD is {method or 'missing'}")
    announced = str(part.get_param("method", "")).upper()
    if announced != method:  # W2: a plain attachment to Zimbra, Kolab, Outlook
        raise NotForTheRoom(f"no calendar mail: METHOD is {method}, Content-Type says {announced or 'nothing'}")
    events = calendar.events
    if len(events) != 1:
        raise NotForTheRoom(f"{len(events)} events in one mail, not 1")  # W1
    event = events[0]
    if "RRULE" in event or "RDATE" in event:
        raise NotForTheRoom("a series; this room knows single events only")
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    attendee = next((one for one in attendees if bare(one).lower() == address), None)
    if attendee is None:
        raise NotForTheRoom(f"{address} is not among the attendees")
    organizer = event.get("ORGANIZER")
    if organizer is None or isinstance(organizer, list) or not _ADDRESS.fullmatch(bare(organizer)):
        raise NotForTheRoom(f"no ORGANIZER to answer: {organizer}")
    uid = event.get("UID")
    if uid is None or isinstance(uid, list):
        raise NotForTheRoom("not exactly one UID")
    start, end = _in_utc(event.start), _in_utc(event.end)
    if instant(start) >= instant(end):
        raise NotForTheRoom(f"starts at {start} and ends at {end}")
    return Request(
        method=method,
        uid=str(uid),
        sequence=int(event.get("SEQUENCE", 0)),
        dtstamp=event.DTSTAMP,
        start=start,
        end=end,
        summary=_one_line(event.get("SUMMARY", "")),
        description=str(event.get("DESCRIPTION", "")),
        location=_one_line(event.get("LOCATION", "")),
        organizer=organizer,
        attendee=attendee,
        message_id=_one_line(mail.get("Message-ID", "")),
    )


def bare(address: str) -> str:
    """Return a calendar address without `mailto:`."""
    return re.sub(r"^mailto:", "", str(address).strip(), flags=re.IGNORECASE)


def instant(moment: date) -> datetime:
    """Return a moment in UTC; a day begins at midnight of the rooms' time zone."""
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time(), ROOM_TIME_ZONE).astimezone(UTC)


def _leaves(part: Message) -> Iterator[Message]:
    """Walk the parts, but not into a mail inside the mail: a bounce carries somebody else's request."""
    if part.get_content_type() in ("message/rfc822", "multipart/report"):
        return
    if part.is_multipart():
        for child in part.get_payload():
            if isinstance(child, Message):
                yield from _leaves(child)
    else:
        yield part


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _in_utc(moment: date) -> date:
    if not isinstance(moment, datetime):
        return moment
    # Exchange 2019 reads a floating time as UTC (INTEROP W12).
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
