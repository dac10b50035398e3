"""grommunio: rooms with automatic processing."""

from datetime import datetime
from email.message import EmailMessage

from icalendar import PARTSTAT

from sandbox.dialects import lines
from sandbox.invitations import Request
from sandbox.rooms import RoomRobot, Verdict, add_calendar

_SUBJECTS = {PARTSTAT.ACCEPTED: "Accepted: ", PARTSTAT.DECLINED: "Declined: "}


class GrommunioRoom(RoomRobot):
    """grommunio: few properties, no ORGANIZER, no DTSTAMP, MAILTO in capitals.

    ATTENDEE is missing where the server does not know the room's SMTP address (`names_itself` is False). PARTSTAT
    is missing with it then: only subject and SUMMARY distinguish yes from no.
    """

    def __init__(self, address: str, name: str, *, names_itself: bool = True) -> None:
        super().__init__(address, name)
        self.names_itself = names_itself

    def decide(self, request: Request, now: datetime) -> Verdict:
        """Grant a free slot; return a short reason for declining another one."""
        if self.rival(request):
            return Verdict(PARTSTAT.DECLINED, "The requested time slot conflicts with another booking.")
        return Verdict(PARTSTAT.ACCEPTED)

    def write(self, request: Request, verdict: Verdict, now: datetime) -> EmailMessage:
        """Write text and calendar."""
        subject = _SUBJECTS[verdict.partstat] + request.summary
        mail = self.new_mail(request, subject, now)
        mail.set_content(verdict.comment)
        attendee = f"ATTENDEE;PARTSTAT={verdict.partstat.value}:MAILTO:{self.address}"
        ics = lines.folded(
            (
                "BEGIN:VCALENDAR",
                "METHOD:REPLY",
                "PRODID:gromox-oxcical",
                "VERSION:2.0",
                "BEGIN:VEVENT",
                *((attendee,) if self.names_itself else ()),
                *((f"COMMENT:{lines.text(verdict.comment)}",) if verdict.comment else ()),
                f"UID:{request.uid}",
                f"SUMMARY:{lines.text(subject)}",
                f"DTSTART{lines.utc(request.start)}",
                f"DTEND{lines.utc(request.end)}",
                "CLASS:PUBLIC",
                f"SEQUENCE:{request.sequence}",
                "END:VEVENT",
                "END:VCALENDAR",
            )
        )
        add_calendar(mail, ics, method="REPLY")
        return mail
