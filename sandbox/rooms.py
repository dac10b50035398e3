"""Room mailboxes that answer by themselves, as Exchange's resource booking attendant does.

`RoomRobot` is one room, pure: mail in, answer out; `sandbox.roomserver` puts robots behind a real mail server.
The parts that a groupware does in its own way stand apart: `read_request` (what it understands),
`RoomRobot._decide` (what it grants), `write_reply` (what its answer looks like).
"""

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, getaddresses
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import PARTSTAT, Calendar, Event, vCalAddress

log = logging.getLogger(__name__)

ROOM_TIME_ZONE = ZoneInfo("Europe/Berlin")

_ADDRESS = re.compile(r"[^\s@<>(),;:\"\\]+@[^\s@<>(),;:\"\\]+", re.ASCII)
_SUBJECTS = {PARTSTAT.ACCEPTED: "Angenommen: ", PARTSTAT.DECLINED: "Abgelehnt: "}


class Ignored(NamedTuple):
    """A mail that a room did not act on, and why."""

    reason: str
    raw: bytes


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a room understood of a calendar mail; the end is exclusive, days are dates, moments in UTC."""

    method: str
    uid: str
    sequence: int
    start: date
    end: date
    summary: str
    organizer: vCalAddress
    attendee: vCalAddress
    message_id: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a room's calendar knows of one UID; `start` and `end` in UTC, end exclusive."""

    sequence: int
    start: datetime
    end: datetime
    summary: str
    partstat: PARTSTAT


class NotForTheRoom(ValueError):
    """A mail that is no request to this room; the message says why."""


class RoomRobot:
    """A room mailbox: grants free slots, declines taken ones, forgets what is cancelled."""

    def __init__(self, address: str, name: str) -> None:
        self.address = address.lower()
        self.name = name
        self.calendar: dict[str, Entry] = {}
        self.ignored: list[Ignored] = []

    def receive(self, raw: bytes, now: datetime) -> bytes | None:
        """Act on a mail and return the answer to send, or None where a room stays silent."""
        try:
            request = read_request(raw, self.address)
        except NotForTheRoom as reason:
            self.ignored.append(Ignored(str(reason), raw))
            return None
        except Exception as error:  # icalendar raises anything; one mail must not stop a room
            log.exception("%s cannot read a mail", self.address)
            self.ignored.append(Ignored(f"cannot be read: {error!r}", raw))
            return None
        known = self.calendar.get(request.uid)
        if known is not None and request.sequence < known.sequence:
            older = f"SEQUENCE {request.sequence} is older than {known.sequence} of {request.uid}"
            self.ignored.append(Ignored(older, raw))
            return None
        if request.method == "CANCEL":
            self.calendar.pop(request.uid, None)
            return None
        partstat, comment = self._decide(request)
        # Also when declined: what the room granted to an earlier revision is gone then.
        self.calendar[request.uid] = Entry(
            sequence=request.sequence,
            start=_instant(request.start),
            end=_instant(request.end),
            summary=request.summary,
            partstat=partstat,
        )
        return write_reply(self.address, self.name, request, partstat, comment, now)

    def _decide(self, request: Request) -> tuple[PARTSTAT, str]:
        start, end = _instant(request.start), _instant(request.end)
        for uid, entry in self.calendar.items():
            if uid == request.uid or entry.partstat != PARTSTAT.ACCEPTED:
                continue
            if entry.start < end and start < entry.end:
                first, last = (at.astimezone(ROOM_TIME_ZONE) for at in (entry.start, entry.end))
                slot = f"“{entry.summary}”, {first:%d.%m.%Y %H:%M} – {last:%d.%m.%Y %H:%M}"
                return PARTSTAT.DECLINED, (
                    f"Der Raum ist zu dieser Zeit bereits belegt: {slot}. / "
                    f"The room is already booked at this time: {slot}."
                )
        return PARTSTAT.ACCEPTED, ""


def read_request(raw: bytes, address: str) -> Request:
    """Read a REQUEST or CANCEL to the room `address`, as strictly as the strictest groupware (INTEROP W).

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
    attendee = next((one for one in attendees if _bare(one).lower() == address), None)
    if attendee is None:
        raise NotForTheRoom(f"{address} is not among the attendees")
    organizer = event.get("ORGANIZER")
    if organizer is None or isinstance(organizer, list) or not _ADDRESS.fullmatch(_bare(organizer)):
        raise NotForTheRoom(f"no ORGANIZER to answer: {organizer}")
    uid = event.get("UID")
    if uid is None or isinstance(uid, list):
        raise NotForTheRoom("not exactly one UID")
    start, end = _in_utc(event.start), _in_utc(event.end)
    if _instant(start) >= _instant(end):
        raise NotForTheRoom(f"starts at {start} and ends at {end}")
    return Request(
        method=method,
        uid=str(uid),
        sequence=int(event.get("SEQUENCE", 0)),
        start=start,
        end=end,
        summary=_one_line(event.get("SUMMARY", "")),
        organizer=organizer,
        attendee=attendee,
        message_id=_one_line(mail.get("Message-ID", "")),
    )


def write_reply(address: str, name: str, request: Request, partstat: PARTSTAT, comment: str, now: datetime) -> bytes:
    """Write the answer of the room: an iTIP REPLY (RFC 5546, 3.2.3) as a mail to the organizer."""
    event = Event()
    event.add("UID", request.uid)
    event.add("SEQUENCE", request.sequence)
    event.add("DTSTAMP", now.astimezone(UTC))
    event.add("DTSTART", request.start)
    event.add("DTEND", request.end)
    event.add("SUMMARY", request.summary)
    event.add("ORGANIZER", request.organizer)
    attendee = vCalAddress(request.attendee)  # in the spelling of the request, as groupware does
    attendee.params.update({"CUTYPE": "ROOM", "CN": name, "PARTSTAT": partstat.value})
    event.add("ATTENDEE", attendee)
    if comment:
        event.add("COMMENT", comment)
    calendar = Calendar()
    calendar.add("PRODID", "-//Raumpost sandbox//Room//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "REPLY")
    calendar.add_component(event)

    # One line per header: the folding of EmailMessage would wrap a long Message-ID into an encoded word.
    mail = EmailMessage(policy=SMTP_POLICY.clone(max_line_length=998))
    mail["From"] = Address(name, addr_spec=address)
    mail["To"] = Address(addr_spec=_bare(request.organizer))
    mail["Subject"] = _SUBJECTS[partstat] + request.summary
    mail["Date"] = format_datetime(now)
    seed = f"{address} {request.uid} {request.sequence} {now.isoformat()}"
    mail["Message-ID"] = f"<{hashlib.sha256(seed.encode()).hexdigest()[:32]}@{address.rpartition('@')[2]}>"
    if request.message_id:
        mail["In-Reply-To"] = mail["References"] = request.message_id
    mail.set_content(comment or "Der Raum ist gebucht. / The room is booked.")
    mail.add_alternative(
        calendar.to_ical(),
        maintype="text",
        subtype="calendar",
        cte="base64",
        params={"charset": "UTF-8", "method": "REPLY"},
    )
    return mail.as_bytes()


def answer_address(reply: bytes) -> str:
    """Give the lower-case address that an answer goes to."""
    headers = message_from_bytes(reply)
    return getaddresses([str(headers["To"])])[0][1].lower()


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


def _bare(address: str) -> str:
    return re.sub(r"^mailto:", "", str(address).strip(), flags=re.IGNORECASE)


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _in_utc(moment: date) -> date:
    if not isinstance(moment, datetime):
        return moment
    # Exchange 2019 reads a floating time as UTC (INTEROP W12).
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _instant(moment: date) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time(), ROOM_TIME_ZONE).astimezone(UTC)
