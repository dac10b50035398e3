"""Google Calendar: rooms of a Workspace."""

from datetime import datetime
from email.message import EmailMessage
from html import escape

from icalendar import PARTSTAT

from sandbox.dialects import lines
from sandbox.invitations import Request
from sandbox.rooms import GERMAN_SUBJECTS, RoomRobot, Verdict, add_calendar, in_german

PRODID = "-//Google Inc//Google Calendar 70.9054//EN"


class GoogleRoom(RoomRobot):
    """Google: a genuine answer that says Auto-Submitted, and comes as calendar text and as a file.

    The two copies differ: the file still has the state from before the answer.
    """

    def decide(self, request: Request, now: datetime) -> Verdict:
        """Grant a free slot; say in one line why not."""
        if rival := self.rival(request):
            comment = f"Abgelehnt, da der Raum bereits gebucht ist: {in_german(rival)}"
            return Verdict(PARTSTAT.DECLINED, comment)
        return Verdict(PARTSTAT.ACCEPTED)

    def write(self, request: Request, verdict: Verdict, now: datetime) -> EmailMessage:
        """Write the answer as the room, sent by the notification service."""
        mail = notification(self, request, GERMAN_SUBJECTS[verdict.partstat] + request.summary, now)
        mail.set_content(f"{self.name}: {request.summary}\n{verdict.comment}", cte="base64")
        mail.add_alternative(f"<span>{escape(self.name)}</span>", subtype="html", cte="quoted-printable")
        comment = f";X-RESPONSE-COMMENT={lines.parameter(verdict.comment)}" if verdict.comment else ""
        answer = calendar(self, request, "REPLY", f"PARTSTAT={verdict.partstat.value}", comment, now)
        add_calendar(mail, answer, method="REPLY", cte="8bit")
        copy = calendar(self, request, "REPLY", "PARTSTAT=NEEDS-ACTION", "", now)
        mail.make_mixed()
        mail.add_attachment(copy, maintype="application", subtype="ics", filename="invite.ics")
        return mail


def notification(room: RoomRobot, request: Request, subject: str, now: datetime) -> EmailMessage:
    """Begin a mail of the notification service in the name of the room."""
    mail = room.new_mail(request, subject, now)
    mail["Reply-To"] = room.address
    mail["Sender"] = "Google Kalender <calendar-notification@google.example>"
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def calendar(room: RoomRobot, request: Request, method: str, said: str, comment: str, now: datetime) -> bytes:
    """Write the calendar object; the times are those of `request`."""
    who = f"CN={lines.parameter(room.name)};X-NUM-GUESTS=0{comment}:mailto:{room.address}"
    organizer = f"CN={lines.parameter(request.organizer_name)}:mailto:{request.organizer_address}"
    return lines.folded(
        (
            "BEGIN:VCALENDAR",
            f"PRODID:{PRODID}",
            "VERSION:2.0",
            "CALSCALE:GREGORIAN",
            f"METHOD:{method}",
            "BEGIN:VEVENT",
            f"DTSTART{lines.utc(request.start)}",
            f"DTEND{lines.utc(request.end)}",
            f"DTSTAMP{lines.utc(now)}",
            f"ORGANIZER;{organizer}",
            f"UID:{request.uid}",
            f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;{said};{who}",
            f"CREATED{lines.utc(now)}",
            "DESCRIPTION:",
            f"LAST-MODIFIED{lines.utc(now)}",
            f"LOCATION:{lines.text(request.location)}",
            f"SEQUENCE:{request.sequence}",
            "STATUS:CONFIRMED",
            f"SUMMARY:{lines.text(request.summary)}",
            "TRANSP:OPAQUE",
            "END:VEVENT",
            "END:VCALENDAR",
        )
    )
