"""A booking system whose rooms live on Cyrus IMAP: what the tests of the whole circle say and see."""

import imaplib
import smtplib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Event

from sandbox.cyrus import Cyrus
from sandbox.cyrus_room import CyrusRoom
from tests.database import Campus
from tests.eventually import eventually
from tests.mail_pipeline import MailPipeline
from tests.servers.imap import Mailbox

# Cyrus looks at today's clock, so everybody does here.
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=7)


@dataclass
class Servers:
    """A mail server, and a Cyrus behind it with empty rooms, handed out one by one."""

    kind: str
    connect: Callable[[], smtplib.SMTP]
    cyrus: Cyrus
    addresses: list[str]


@dataclass
class Here:
    """A booking system of its own, its technical user's inbox, and rooms of Cyrus that nobody else uses."""

    campus: Campus
    pipeline: MailPipeline
    mailbox: Mailbox
    client: imaplib.IMAP4
    servers: Servers

    def room(self, name: str = "Hörsaal 1") -> tuple[int, CyrusRoom]:
        """Link a room of Cyrus; return its id and its calendar."""
        calendar = self.servers.cyrus.room(self.servers.addresses.pop())
        return self.link(calendar.address, name), calendar

    def link(self, address: str, name: str) -> int:
        """Link any address."""
        user = self.campus.value(
            "INSERT INTO booking.app_user (name, email, technical) VALUES ('Räume', %(email)s, true) RETURNING id",
            email=self.mailbox.address,
        )
        return self.campus.linked_room(name, address=address, technical_user_id=user)

    def invite(self, calendar: CyrusRoom, room: int, **columns: Any) -> tuple[int, str]:
        """Book a room and wait until its calendar knows; return the event and its UID."""
        event = self.campus.event(room, **{"title": "Analysis", "starts": START} | columns)
        self.send()
        uid = self.invitation(event)["uid"]
        self.stored(calendar, uid)
        return event, uid

    def send(self) -> None:
        """Gather, render and send whatever there is."""
        self.pipeline.send_all(datetime.now(UTC))

    def look(self) -> None:
        """Fetch and read what has arrived by now."""
        self.pipeline.fetch(self.mailbox.open(client=self.client))
        self.pipeline.read(datetime.now(UTC))

    def stored(self, calendar: CyrusRoom, uid: str, *, sequence: int = 0, status: str = "CONFIRMED") -> Event:
        """Wait until the room's calendar holds this revision; return its one event."""

        def found() -> tuple[Any, ...] | None:
            if (entry := calendar.entry(uid)) is None:
                return None
            event = entry.calendar.events[0]
            return event["SEQUENCE"], event["STATUS"]

        eventually(lambda: found() == (sequence, status), found)
        entry = calendar.entry(uid)
        assert entry is not None
        [event] = entry.calendar.events
        return event

    def status_becomes(self, event: int, status: str) -> None:
        """Read what comes until the booking has a status."""

        def reached() -> bool:
            self.look()
            return self.told(event)["status"] == status

        eventually(reached, lambda: (self.told(event), self.outcomes()))

    def told(self, event: int) -> dict[str, Any]:
        """Return what stands at a booking that is in one room."""
        [told] = self.campus.sql("SELECT * FROM booking.status WHERE id = %(id)s", id=event)
        return told

    def invitation(self, event: int) -> dict[str, Any]:
        """Return the invitation of a booking that is in one room."""
        [invitation] = self.campus.sql("SELECT * FROM raumpost.invitation WHERE source_id = %(id)s", id=event)
        return invitation

    def outcomes(self) -> Counter[str]:
        """Count the received mails by outcome."""
        return Counter(
            one["outcome"] for one in self.campus.sql("SELECT outcome FROM raumpost.mail WHERE direction = 'in'")
        )

    def arrived(self) -> int:
        """Count the mails in the inbox, read or not."""
        return len(self.mailbox.flags())

    def everything_has_come(self) -> None:
        """Let one more booking go round: what was sent before has arrived then."""
        room, calendar = self.room("Nachzügler")
        event, uid = self.invite(calendar, room, title="Nachzügler")
        calendar.answer(uid, "ACCEPTED")
        self.status_becomes(event, "accepted")
