"""Kolab: resources that Wallace answers for."""

from datetime import datetime
from email.message import EmailMessage

from icalendar import PARTSTAT

from sandbox.dialects import lines
from sandbox.invitations import Request
from sandbox.rooms import RoomRobot, Verdict

_STATUS = {PARTSTAT.ACCEPTED: "accepted", PARTSTAT.DECLINED: "declined"}


class KolabRoom(RoomRobot):
    """Kolab: the reason is in the text part only; DESCRIPTION is our own, sent back with the whole event."""

    def decide(self, request: Request, now: datetime) -> Verdict:
        """Grant a free slot; Wallace gives no reason beyond the answer."""
        partstat = PARTSTAT.DECLINED if self.rival(request) else PARTSTAT.ACCEPTED
        return Verdict(partstat, f"This is an automated response: your reservation was {_STATUS[partstat]}.")

    def write(self, request: Request, verdict: Verdict, now: datetime) -> EmailMessage:
        """Write multipart/mixed with the text first."""
        subject = f"Reservation Request for {request.summary} was {_STATUS[verdict.partstat]}"
        mail = self.new_mail(request, subject, now)
        mail.set_content(verdict.comment, cte="quoted-printable")
        mail.make_mixed()
        params = {"charset": "UTF-8", "method": "REPLY"}
        ics = self._calendar(request, verdict, now)
        mail.add_attachment(ics, maintype="text", subtype="calendar", cte="8bit", params=params)
        for part in mail.iter_attachments():
            del part["Content-Disposition"]
        return mail

    def _calendar(self, request: Request, verdict: Verdict, now: datetime) -> bytes:
        name, organizer = lines.parameter(self.name), lines.parameter(request.organizer_name)
        said = f"CN={name};PARTSTAT={verdict.partstat.value};ROLE=REQ-PARTICIPANT;CUTYPE=RESOURCE;RSVP=FALSE"
        return lines.folded(
            (
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                "PRODID:-//Kolab//Wallace//EN",
                "CALSCALE:GREGORIAN",
                "METHOD:REPLY",
                "BEGIN:VEVENT",
                f"UID:{request.uid}",
                f"CREATED{lines.utc(now)}",
                f"DTSTAMP{lines.utc(now)}",
                f"LAST-MODIFIED{lines.utc(now)}",
                f"SEQUENCE:{request.sequence}",
                "CLASS:PUBLIC",
                f"DTSTART{lines.utc(request.start)}",
                f"DTEND{lines.utc(request.end)}",
                f"SUMMARY:{lines.text(request.summary)}",
                f"DESCRIPTION:{lines.text(request.description)}",
                f"LOCATION:{lines.text(request.location)}",
                "STATUS:CONFIRMED",
                f"ORGANIZER;CN={organizer}:mailto:{request.organizer_address}",
                f"ATTENDEE;{said}:mailto:{self.address}",
                "END:VEVENT",
                "END:VCALENDAR",
            )
        )
