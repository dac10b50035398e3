"""Rooms with a person behind them who proposes another time."""

from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage

from icalendar import PARTSTAT

from sandbox.dialects import google, lines
from sandbox.invitations import Request, instant
from sandbox.rooms import RoomRobot, Verdict, add_calendar

LATER = timedelta(hours=2)


class CounterRoom(RoomRobot):
    """A counter-proposal as Google writes it: METHOD:COUNTER in the body, but `method=REPLY` announced."""

    leaves_open = True

    def decide(self, request: Request, now: datetime) -> Verdict:
        """Pencil the request in, whatever else there is."""
        return Verdict(PARTSTAT.TENTATIVE, "Lieber zwei Stunden später?")

    def write(self, request: Request, verdict: Verdict, now: datetime) -> EmailMessage:
        """Write the proposal with the proposed times as DTSTART and DTEND."""
        mail = google.notification(self, request, f"Neue Zeit vorgeschlagen: {request.summary}", now)
        mail.set_content(verdict.comment, cte="base64")
        mail.add_alternative(f"<span>{verdict.comment}</span>", subtype="html", cte="quoted-printable")
        proposed = replace(request, start=instant(request.start) + LATER, end=instant(request.end) + LATER)
        comment = f";X-RESPONSE-COMMENT={lines.parameter(verdict.comment)}"
        ics = google.calendar(self, proposed, "COUNTER", "PARTSTAT=TENTATIVE", comment, now)
        add_calendar(mail, ics, method="REPLY", cte="8bit")
        mail.make_mixed()
        mail.add_attachment(ics, maintype="application", subtype="ics", filename="invite.ics")
        return mail


class HiddenCounterRoom(CounterRoom):
    """A counter-proposal as iOS writes it: METHOD:REPLY with the proposal in a parameter of ATTENDEE."""

    def write(self, request: Request, verdict: Verdict, now: datetime) -> EmailMessage:
        """Write the proposal beside the times that were asked for."""
        mail = self.new_mail(request, f"Vielleicht: {request.summary}", now)
        mail.set_content("\n")
        start = instant(request.start) + LATER
        proposal = f'TO-ALL-PROPOSED-NEW-TIME="DTSTART{lines.utc(start)};STATUS:NEEDS-ACTION"'
        name, organizer = lines.parameter(self.name), lines.parameter(request.organizer_name)
        ics = lines.folded(
            (
                "BEGIN:VCALENDAR",
                "CALSCALE:GREGORIAN",
                "METHOD:REPLY",
                "PRODID:-//Apple Inc.//iOS 17.0//EN",
                "VERSION:2.0",
                "BEGIN:VEVENT",
                f"ATTENDEE;CN={name};CUTYPE=INDIVIDUAL;PARTSTAT=TENTATIVE;ROLE=REQ-PARTICIPANT;{proposal}"
                f":mailto:{self.address}",
                f"COMMENT:{lines.text(verdict.comment)}",
                f"DTEND{lines.utc(request.end)}",
                f"DTSTAMP{lines.utc(now)}",
                f"DTSTART{lines.utc(request.start)}",
                f"LAST-MODIFIED{lines.utc(now)}",
                f"ORGANIZER;CN={organizer}:mailto:{request.organizer_address}",
                f"SEQUENCE:{request.sequence}",
                f"SUMMARY:{lines.text(request.summary)}",
                f"UID:{request.uid}",
                "END:VEVENT",
                "END:VCALENDAR",
            )
        )
        add_calendar(mail, ics, method="REPLY", cte="quoted-printable", name="meeting.ics")
        return mail
