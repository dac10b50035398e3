"""Room mailboxes that answer by themselves: a calendar, a decision, an answer.

`RoomRobot` is one room, pure: mail in, reply out. It behaves as RFC 5546 requires; how real groupware differs is
in `sandbox.dialects`. `sandbox.mailserver` and `sandbox.roomserver` give robots their mail and send what they answer.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import ClassVar, NamedTuple

from icalendar import PARTSTAT, Calendar, Event, vCalAddress

from sandbox.invitations import ROOM_TIME_ZONE, NotForTheRoom, Request, bare, instant, read_request

log = logging.getLogger(__name__)

# One line per header: the folding of EmailMessage would wrap a long Message-ID into an encoded word.
_ONE_LINE_HEADERS = SMTP_POLICY.clone(max_line_length=998)
GERMAN_SUBJECTS = {PARTSTAT.ACCEPTED: "Angenommen: ", PARTSTAT.DECLINED: "Abgelehnt: "}


class Ignored(NamedTuple):
    """A mail that a room did not act on, and why."""

    reason: str
    raw: bytes


class Mail(NamedTuple):
    """A mail that a room sends; `sender` and `recipient` are the envelope's, and a bounce has no sender."""

    sender: str
    recipient: str
    raw: bytes


class Verdict(NamedTuple):
    """What a room decides about a request, and why."""

    partstat: PARTSTAT
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a room's calendar knows of one UID; `start` and `end` in UTC, end exclusive."""

    sequence: int
    start: datetime
    end: datetime
    summary: str
    partstat: PARTSTAT


class RoomRobot:
    """A room mailbox: grants free slots, declines taken ones, forgets what is cancelled.

    A dialect overrides `decide` (what it grants), `write` (what its answer looks like), or `receive` as a whole.
    """

    leaves_open: ClassVar[bool] = False
    """True: whatever it says is no answer, so that an invitation stays “sent”."""

    def __init__(self, address: str, name: str) -> None:
        self.address = address.lower()
        self.name = name
        self.calendar: dict[str, Entry] = {}
        self.ignored: list[Ignored] = []

    def receive(self, raw: bytes, now: datetime, *, sender: str = "") -> Mail | None:
        """Act on a mail from the envelope sender `sender`; return the mail to send, or None."""
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
        verdict = self.decide(request, now)
        # Also when declined: what the room granted to an earlier revision is gone then.
        self.calendar[request.uid] = Entry(
            sequence=request.sequence,
            start=instant(request.start),
            end=instant(request.end),
            summary=request.summary,
            partstat=verdict.partstat,
        )
        return Mail(self.address, request.organizer_address, to_bytes(self.write(request, verdict, now)))

    def answer_due(self, now: datetime) -> Sequence[Mail]:
        """Return the replies that have become due since the last call; most rooms reply at once."""
        return ()

    def decide(self, request: Request, now: datetime) -> Verdict:
        """Grant a free slot, decline a taken one."""
        rival = self.rival(request)
        if rival is None:
            return Verdict(PARTSTAT.ACCEPTED)
        slot = f"“{rival.summary}”, {in_german(rival)}"
        return Verdict(
            PARTSTAT.DECLINED,
            f"Der Raum ist zu dieser Zeit bereits belegt: {slot}. / The room is already booked at this time: {slot}.",
        )

    def rival(self, request: Request) -> Entry | None:
        """Return another event that already occupies part of the slot."""
        start, end = instant(request.start), instant(request.end)
        for uid, entry in self.calendar.items():
            taken = uid != request.uid and entry.partstat == PARTSTAT.ACCEPTED
            if taken and entry.start < end and start < entry.end:
                return entry
        return None

    def write(self, request: Request, verdict: Verdict, now: datetime) -> EmailMessage:
        """Write the answer: an iTIP REPLY (RFC 5546, 3.2.3) as a mail to the organizer."""
        event = Event()
        event.add("UID", request.uid)
        event.add("SEQUENCE", request.sequence)
        event.add("DTSTAMP", now.astimezone(UTC))
        event.add("DTSTART", request.start)
        event.add("DTEND", request.end)
        event.add("SUMMARY", request.summary)
        event.add("ORGANIZER", request.organizer)
        attendee = vCalAddress(request.attendee)  # in the spelling of the request, as groupware does
        attendee.params.update({"CUTYPE": "ROOM", "CN": self.name, "PARTSTAT": verdict.partstat.value})
        event.add("ATTENDEE", attendee)
        if verdict.comment:
            event.add("COMMENT", verdict.comment)
        calendar = Calendar()
        calendar.add("PRODID", "-//Raumpost sandbox//Room//EN")
        calendar.add("VERSION", "2.0")
        calendar.add("METHOD", "REPLY")
        calendar.add_component(event)
        mail = self.new_mail(request, GERMAN_SUBJECTS[verdict.partstat] + request.summary, now)
        quote(mail, request)
        mail.set_content(verdict.comment or "Der Raum ist gebucht. / The room is booked.")
        add_calendar(mail, calendar.to_ical(), method="REPLY")
        return mail

    def new_mail(self, request: Request, subject: str, now: datetime) -> EmailMessage:
        """Begin a mail to the organizer."""
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"] = Address(self.name, addr_spec=self.address)
        mail["To"] = Address(addr_spec=bare(request.organizer))
        mail["Subject"] = subject
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = message_id(self.address, request.uid, request.sequence, now)
        return mail


def to_bytes(mail: EmailMessage) -> bytes:
    """Write a mail as it goes over the wire."""
    return mail.as_bytes(policy=_ONE_LINE_HEADERS)


def message_id(address: str, *seed: object) -> str:
    """Create a Message-ID: the same for the same seed."""
    digest = hashlib.sha256(repr((address, *seed)).encode()).hexdigest()
    return f"<{digest[:32]}@{address.rpartition('@')[2]}>"


def quote(mail: EmailMessage, request: Request) -> None:
    """Return the headers that name the mail this answers."""
    if request.message_id:
        mail["In-Reply-To"] = mail["References"] = request.message_id


def add_calendar(mail: EmailMessage, ics: bytes, *, method: str, cte: str = "base64", **params: str) -> None:
    """Add a calendar part as the last alternative."""
    mail.add_alternative(
        ics, maintype="text", subtype="calendar", cte=cte, params={"charset": "UTF-8", "method": method} | params
    )


def in_german(entry: Entry) -> str:
    """Write the slot of an entry as a German would."""
    first, last = (at.astimezone(ROOM_TIME_ZONE) for at in (entry.start, entry.end))
    return f"{first:%d.%m.%Y %H:%M} – {last:%d.%m.%Y %H:%M}"
