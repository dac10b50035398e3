"""Zimbra: calendar resources."""

from datetime import date, datetime
from email.message import EmailMessage

from icalendar import PARTSTAT

from sandbox.dialects import lines
from sandbox.invitations import Request
from sandbox.rooms import GERMAN_SUBJECTS, RoomRobot, Verdict, add_calendar, in_german

VTIMEZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:Europe/Berlin",
    "BEGIN:STANDARD",
    "DTSTART:16010101T030000",
    "TZOFFSETTO:+0100",
    "TZOFFSETFROM:+0200",
    "RRULE:FREQ=YEARLY;WKST=MO;INTERVAL=1;BYMONTH=10;BYDAY=-1SU",
    "TZNAME:CET",
    "END:STANDARD",
    "BEGIN:DAYLIGHT",
    "DTSTART:16010101T020000",
    "TZOFFSETTO:+0200",
    "TZOFFSETFROM:+0100",
    "RRULE:FREQ=YEARLY;WKST=MO;INTERVAL=1;BYMONTH=3;BYDAY=-1SU",
    "TZNAME:CEST",
    "END:DAYLIGHT",
    "END:VTIMEZONE",
)


class ZimbraRoom(RoomRobot):
    """Zimbra: local times with a VTIMEZONE, the reason as DESCRIPTION, a DTSTAMP never before ours.

    `single_part` sends the calendar object as the whole mail, as phones do that answer through Zimbra.
    """

    def __init__(self, address: str, name: str, *, single_part: bool = False) -> None:
        super().__init__(address, name)
        self.single_part = single_part

    def decide(self, request: Request, now: datetime) -> Verdict:
        """Grant a free slot; otherwise name the conflicting entry."""
        if rival := self.rival(request):
            comment = f"Ihre Besprechungsanfrage wurde automatisch abgelehnt. Konflikt:\r\n\r\n * {in_german(rival)}"
            return Verdict(PARTSTAT.DECLINED, comment)
        return Verdict(PARTSTAT.ACCEPTED, "Ihre Besprechungsanfrage wurde automatisch angenommen.")

    def write(self, request: Request, verdict: Verdict, now: datetime) -> EmailMessage:
        """Write text, HTML and calendar, or the calendar alone."""
        subject = GERMAN_SUBJECTS[verdict.partstat] + request.summary
        mail = self.new_mail(request, subject, now)
        ics = self._calendar(request, verdict, subject, now)
        if self.single_part:
            params = {"charset": "utf-8", "method": "REPLY", "name": "meeting.ics"}
            mail.set_content(ics, maintype="text", subtype="calendar", cte="8bit", params=params)
            return mail
        mail.set_content(verdict.comment)
        mail.add_alternative(f"<html><body><pre>{verdict.comment}</pre></body></html>", subtype="html")
        add_calendar(mail, ics, method="REPLY", cte="8bit", name="meeting.ics")
        return mail

    def _calendar(self, request: Request, verdict: Verdict, subject: str, now: datetime) -> bytes:
        name, organizer = lines.parameter(self.name), lines.parameter(request.organizer_name)
        said = f"CN={name};CUTYPE=ROOM;ROLE=REQ-PARTICIPANT;PARTSTAT={verdict.partstat.value}"
        dtstamp = max(now, request.dtstamp or now)
        return lines.folded(
            (
                "BEGIN:VCALENDAR",
                "PRODID:Zimbra-Calendar-Provider",
                "VERSION:2.0",
                "METHOD:REPLY",
                *(() if request.all_day else VTIMEZONE),
                "BEGIN:VEVENT",
                f"UID:{request.uid}",
                f"SUMMARY:{lines.text(subject)}",
                f"DESCRIPTION:{lines.text(verdict.comment)}",
                f"LOCATION:{lines.text(request.location)}",
                f"ATTENDEE;{said}:mailto:{self.address}",
                f"ORGANIZER;CN={organizer}:mailto:{request.organizer_address}",
                f"DTSTART{_moment(request.start)}",
                f"DTEND{_moment(request.end)}",
                "STATUS:CONFIRMED",
                "CLASS:PUBLIC",
                "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY",
                "TRANSP:OPAQUE",
                "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
                f"DTSTAMP{lines.utc(dtstamp)}",
                f"SEQUENCE:{request.sequence}",
                "END:VEVENT",
                "END:VCALENDAR",
            )
        )


def _moment(moment: date) -> str:
    return f';TZID="Europe/Berlin":{lines.local(moment)}' if isinstance(moment, datetime) else lines.utc(moment)
