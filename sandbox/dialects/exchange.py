"""Exchange: rooms with a resource booking attendant."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from html import escape
from types import MappingProxyType

from icalendar import PARTSTAT

from sandbox.dialects import lines
from sandbox.invitations import ROOM_TIME_ZONE, Request, instant
from sandbox.rooms import Entry, RoomRobot, Verdict, add_calendar, quote

BOOKING_WINDOW = timedelta(days=180)
MAXIMUM_DURATION = timedelta(days=1)
WINDOWS_ZONE = "W. Europe Standard Time"
_GLOBAL_OBJECT_ID = bytes.fromhex("040000008200E00074C5B7101A82E008")


@dataclass(frozen=True, kw_only=True)
class _Words:
    """What the attendant says, in the language of the room mailbox."""

    language: str
    accepted: str
    declined: str
    conflict: str
    window: str
    duration: str
    slot: str


_WORDS = MappingProxyType(
    {
        # how the German version puts it is known only from hearsay
        "de": _Words(
            language="de-DE",
            accepted="Angenommen: ",
            declined="Abgelehnt: ",
            conflict="Ihre Anfrage wurde abgelehnt, da Konflikte bestehen.\n\nOrganisator und Zeit der in Konflikt "
            "stehenden Besprechung:\n{who} - {slot}\n",
            window="Diese Ressource kann nur bis zu {days} Tage im Voraus gebucht werden. "
            "Die Endzeit muss vor dem {last:%d.%m.%Y} liegen.\n",
            duration="Diese Ressource kann höchstens {minutes} Minuten lang gebucht werden (maximale Dauer).\n",
            slot="%d.%m.%Y %H:%M",
        ),
        "en": _Words(
            language="en-US",
            accepted="Accepted: ",
            declined="Declined: ",
            conflict="Your request was declined because there are conflicts.\n\n"
            "Organizer and Time of Conflicting Meeting\n{who} - {slot}\n",
            window="This resource can only be scheduled up to {days} days in advance. "
            "The end time should fall before {last:%m/%d/%Y}.\n",
            duration="This resource cannot be booked for longer than {minutes} minutes (maximum duration).\n",
            slot="%m/%d/%Y %I:%M %p",
        ),
    }
)


class ExchangeRoom(RoomRobot):
    """Exchange: no ORGANIZER, no VTIMEZONE for its Windows zone, lines of any length, policies.

    Replies leave out SEQUENCE; with `wraps_uid` they leave out DTSTAMP instead, the UID comes back inside a
    GlobalObjectId, and the organizer's name replaces the title (AddOrganizerToSubject, DeleteSubject).
    """

    def __init__(self, address: str, name: str, *, language: str = "de", wraps_uid: bool = False) -> None:
        super().__init__(address, name)
        self.words = _WORDS[language]
        self.wraps_uid = wraps_uid

    def decide(self, request: Request, now: datetime) -> Verdict:
        """Hold the request against the defaults of Set-CalendarProcessing."""
        start, end = instant(request.start), instant(request.end)
        if end - start > MAXIMUM_DURATION:
            reason = self.words.duration.format(minutes=MAXIMUM_DURATION // timedelta(minutes=1))
            return Verdict(PARTSTAT.DECLINED, reason)
        if end > now + BOOKING_WINDOW:
            last = (now + BOOKING_WINDOW).astimezone(ROOM_TIME_ZONE)
            return Verdict(PARTSTAT.DECLINED, self.words.window.format(days=BOOKING_WINDOW.days, last=last))
        if rival := self.rival(request):
            return Verdict(
                PARTSTAT.DECLINED, self.words.conflict.format(who=request.organizer_name, slot=self._slot(rival))
            )
        return Verdict(PARTSTAT.ACCEPTED, "\n")

    def write(self, request: Request, verdict: Verdict, now: datetime) -> EmailMessage:
        """Write the answer as Outlook would, with the comment as text and as COMMENT."""
        accepted = verdict.partstat == PARTSTAT.ACCEPTED
        title = request.organizer_name if self.wraps_uid else request.summary
        subject = (self.words.accepted if accepted else self.words.declined) + title
        mail = self.new_mail(request, subject, now)
        quote(mail, request)
        mail["Thread-Topic"] = title
        mail["X-MS-Has-Attach"] = mail["X-MS-TNEF-Correlator"] = ""
        mail.set_content(verdict.comment, charset="iso-8859-1", cte="quoted-printable")
        body = escape(verdict.comment.strip()).replace("\n", "<br>")
        mail.add_alternative(f"<html><body>{body}</body></html>", subtype="html", cte="quoted-printable")
        add_calendar(mail, self._calendar(request, verdict, subject, now), method="REPLY")
        mail["Accept-Language"] = mail["Content-Language"] = self.words.language
        return mail

    def _calendar(self, request: Request, verdict: Verdict, subject: str, now: datetime) -> bytes:
        language, busy = self.words.language, "BUSY" if verdict.partstat == PARTSTAT.ACCEPTED else "FREE"
        return lines.unfolded(
            (
                "BEGIN:VCALENDAR",
                "METHOD:REPLY",
                "PRODID:Microsoft Exchange Server 2010",
                "VERSION:2.0",
                "BEGIN:VEVENT",
                f"ATTENDEE;PARTSTAT={verdict.partstat.value};CN={lines.parameter(self.name)}:MAILTO:{self.address}",
                f"COMMENT;LANGUAGE={language}:{lines.text(verdict.comment)}",
                f"UID:{global_object_id(request.uid) if self.wraps_uid else request.uid}",
                f"SUMMARY;LANGUAGE={language}:{lines.text(subject)}",
                f"DTSTART;TZID={WINDOWS_ZONE}:{lines.local(request.start)}",
                f"DTEND;TZID={WINDOWS_ZONE}:{lines.local(request.end)}",
                "CLASS:PUBLIC",
                "PRIORITY:5",
                f"SEQUENCE:{request.sequence}" if self.wraps_uid else f"DTSTAMP{lines.utc(now)}",
                "TRANSP:OPAQUE",
                "STATUS:CONFIRMED",
                f"LOCATION;LANGUAGE={language}:{lines.text(request.location)}",
                f"X-MICROSOFT-CDO-APPT-SEQUENCE:{request.sequence}",
                f"X-MICROSOFT-CDO-BUSYSTATUS:{busy}",
                "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY",
                f"X-MICROSOFT-CDO-ALLDAYEVENT:{str(request.all_day).upper()}",
                "X-MICROSOFT-CDO-IMPORTANCE:1",
                "X-MICROSOFT-CDO-INSTTYPE:0",
                "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
                "END:VEVENT",
                "END:VCALENDAR",
            )
        )

    def _slot(self, entry: Entry) -> str:
        return " - ".join(
            moment.astimezone(ROOM_TIME_ZONE).strftime(self.words.slot) for moment in (entry.start, entry.end)
        )


def global_object_id(uid: str) -> str:
    """Wrap a foreign UID as Exchange-type systems do (MS-OXOCAL, 2.2.1.27): hexadecimal, with vCal-Uid inside."""
    data = b"vCal-Uid\x01\0\0\0" + uid.encode() + b"\0"
    # class, date of the occurrence, time of creation, reserved: none of them known for a foreign UID
    return (_GLOBAL_OBJECT_ID + bytes(20) + len(data).to_bytes(4, "little") + data).hex().upper()
