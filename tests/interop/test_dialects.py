"""Every dialect of the sandbox's rooms, through the whole pipeline: booking, SMTP, room, IMAP, booking."""

import smtplib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from raumpost.adapters.postgres import Database
from sandbox.dialects import DIALECTS, make_room
from sandbox.invitations import ROOM_TIME_ZONE
from sandbox.mailserver import MailServer
from sandbox.ports import HOST
from sandbox.rooms import RoomRobot
from tests.database import Campus
from tests.mail_pipeline import MailPipeline
from tests.servers.imap import Mailbox

TECH, ROOM, PASSWORD = "tech@booking.example", "hoersaal-1@rooms.example", "geheim"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Here:
    """A room that speaks one dialect, and the pipeline on today's clock: rooms know how far ahead it is."""

    def __init__(
        self, campus: Campus, pipeline: MailPipeline, mail: MailServer, mailbox: Mailbox, robot: RoomRobot
    ) -> None:
        self.campus, self.pipeline, self.mail, self.mailbox, self.robot = campus, pipeline, mail, mailbox, robot
        self.room = campus.linked_room("Hörsaal 1", address=ROOM)
        self.start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + 2 * DAY

    def book(self, title: str, *, after: timedelta = timedelta(0), hours: float = 2) -> int:
        """Book the room; a description could be taken for a reason."""
        starts = self.start + after
        return self.campus.event(self.room, title=title, starts=starts, hours=hours, description="Bitte Kreide.")

    def once(self) -> None:
        """Send what there is, then read what has come."""
        self.pipeline.send_all(datetime.now(UTC))
        self.look()

    def look(self) -> None:
        """Fetch and read."""
        self.pipeline.fetch(self.mailbox.open())
        self.pipeline.read(datetime.now(UTC))

    def wait_a_day(self) -> None:
        """Let late rooms answer."""
        self.mail.answer_due(datetime.now(UTC) + DAY)
        self.look()

    def status(self, event: int) -> str:
        """Read the status at a booking."""
        return str(self.campus.value("SELECT status FROM booking.status WHERE id = %(id)s", id=event))

    def invitation(self, event: int) -> dict[str, Any]:
        """Read the invitation of a booking."""
        [row] = self.campus.sql("SELECT * FROM raumpost.invitation WHERE source_id = %(id)s", id=event)
        return row

    def told(self, event: int) -> str:
        """Read in both languages what is written at a booking."""
        [row] = self.campus.sql("SELECT message_de, message_en FROM booking.status WHERE id = %(id)s", id=event)
        return f"{row['message_de']}\n{row['message_en']}"

    def outcomes(self) -> Counter[str]:
        """Count the received mails by outcome."""
        rows = self.campus.sql("SELECT outcome FROM raumpost.mail WHERE direction = 'in'")
        return Counter(str(row["outcome"]) for row in rows)

    def journal(self) -> str:
        """Read what reading has left in the journal."""
        rows = self.campus.sql("SELECT message FROM raumpost.journal WHERE step = 'read' ORDER BY id")
        return "\n".join(row["message"] for row in rows)


@pytest.fixture
def pipeline(db: Database, mail: MailServer) -> Iterator[MailPipeline]:
    pipeline = MailPipeline(db, lambda: smtplib.SMTP(HOST, mail.smtp_port, timeout=10))
    yield pipeline
    pipeline.mailer.close()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer({TECH: PASSWORD}) as server:
        yield server


@pytest.fixture
def here(request: pytest.FixtureRequest, campus: Campus, pipeline: MailPipeline, mail: MailServer) -> Iterator[Here]:
    robot = make_room(request.param, ROOM, "Hörsaal 1")
    mail.register(robot)
    mailbox = Mailbox(mail.imap_port, TECH, PASSWORD)
    yield Here(campus, pipeline, mail, mailbox, robot)
    mailbox.close()


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What becomes of two bookings that overlap, of the first one's move, and of its end."""

    at_once: str = "accepted"
    invited: str = "accepted"
    rival: str = "declined"
    moved: str = "accepted"
    ended: tuple[str, str] = ("cancelled", "withdrawn")
    """Status and state at the end."""
    outcomes: dict[str, int]
    """Of the mails that came back until the move was answered."""
    told: str = ""
    """Stands at the rival booking, in one language at least."""


ANSWERS = Expected(outcomes={"applied": 3})
NEVER = Expected(at_once="sent", invited="sent", rival="sent", moved="sent", outcomes={})
BOUNCES = Expected(
    at_once="failed",
    invited="failed",
    rival="failed",
    moved="failed",
    ended=("failed", "failed"),  # nothing but a bounce contradicts a cancellation (INTEROP W16)
    outcomes={"bounce": 3},
    told=ROOM,
)

EXPECTED = {
    "plain": replace(ANSWERS, told="already booked"),
    "exchange": replace(ANSWERS, told="da Konflikte bestehen"),
    "exchange, English": replace(ANSWERS, told="because there are conflicts"),
    "exchange, wrapped UID": replace(ANSWERS, told="da Konflikte bestehen"),
    "google": replace(ANSWERS, told="da der Raum bereits gebucht ist"),
    "zimbra": replace(ANSWERS, told="automatisch abgelehnt"),
    "zimbra, single part": replace(ANSWERS, told="automatisch abgelehnt"),
    "kolab": replace(ANSWERS, told="your reservation was declined"),
    "grommunio": replace(ANSWERS, told="conflicts with another booking"),
    # without ATTENDEE there is no PARTSTAT, and nothing else may be taken for one (INTEROP R6)
    "grommunio, no ATTENDEE": replace(NEVER, outcomes={"no-answer": 3}),
    "silent": NEVER,
    "late": replace(ANSWERS, at_once="sent", told="already booked"),
    "counter": replace(NEVER, outcomes={"counter": 3}),
    "counter, hidden": replace(NEVER, outcomes={"counter": 3}),
    "out-of-office": replace(NEVER, outcomes={"auto-reply": 3}),
    "out-of-office, unmarked": replace(NEVER, outcomes={"auto-reply": 3}),
    "bouncing": replace(BOUNCES, told="5.1.1"),
    "bouncing, in words": BOUNCES,
}


def test_every_dialect_has_expectations() -> None:
    assert EXPECTED.keys() == DIALECTS.keys()


@pytest.mark.parametrize(("here", "expected"), list(EXPECTED.items()), ids=list(EXPECTED), indirect=["here"])
def test_a_room_is_understood_from_invitation_to_cancellation(here: Here, expected: Expected) -> None:
    first = here.book("Vorlesung Analysis – Größen & Maße")
    here.once()
    assert here.status(first) == expected.at_once
    here.wait_a_day()
    assert here.status(first) == expected.invited

    second = here.book("Übung", after=HOUR)
    here.once()
    here.wait_a_day()
    assert here.status(second) == expected.rival
    assert expected.told in here.told(second)
    assert "Kreide" not in here.told(second)

    moved_to = here.start + 4 * HOUR
    here.campus.update("booking.event", first, starts_at=moved_to, ends_at=moved_to + HOUR)
    here.once()
    here.wait_a_day()
    assert here.status(first) == expected.moved
    invitation = here.invitation(first)
    assert (invitation["sequence"], invitation["starts_at"]) == (1, moved_to)
    if expected.moved == "accepted":
        assert (invitation["answer"], invitation["answer_sequence"]) == ("ACCEPTED", 1)
        assert here.robot.calendar[invitation["uid"]].start == moved_to
    else:
        assert invitation["answer"] is None
    assert here.outcomes() == expected.outcomes

    here.campus.update("booking.event", first, cancelled=True)
    here.campus.delete("booking.event", second)
    here.once()
    here.wait_a_day()
    assert {(here.status(event), here.invitation(event)["state"]) for event in (first, second)} == {expected.ended}
    assert here.robot.calendar == {}


@pytest.mark.parametrize("here", ["counter", "counter, hidden"], indirect=True)
def test_a_counter_proposal_is_in_the_journal_and_moves_nothing(here: Here) -> None:
    event = here.book("Vorlesung Analysis")
    here.once()
    proposed = here.start + 2 * HOUR
    written = {proposed.astimezone(zone).strftime("%H:%M") for zone in (UTC, ROOM_TIME_ZONE)}
    assert any(time in here.journal() for time in written), here.journal()
    assert here.invitation(event)["starts_at"] == here.start
    assert here.invitation(event)["state"] == "sent"
    assert here.campus.value("SELECT starts_at FROM booking.event") == here.start


@pytest.mark.parametrize("here", ["bouncing", "bouncing, in words"], indirect=True)
def test_a_bounce_tells_the_address_and_the_reason(here: Here) -> None:
    event = here.book("Vorlesung Analysis")
    here.once()
    invitation = here.invitation(event)
    assert invitation["state"] == "failed"
    assert ROOM in invitation["last_error"]
    assert "5.1.1" in invitation["last_error"]
    assert invitation["last_error"] in here.told(event)


@pytest.mark.parametrize(
    ("days_ahead", "hours", "limit", "hint"),
    [(200, 2, "180", "extend the booking window"), (2, 30, "1440", "raise the maximum duration")],
    ids=["too far ahead", "too long"],
)
@pytest.mark.parametrize("here", ["exchange", "exchange, English", "exchange, wrapped UID"], indirect=True)
def test_an_exchange_room_says_which_limit_a_booking_exceeds_and_the_booking_what_to_do(
    here: Here, days_ahead: int, hours: float, limit: str, hint: str
) -> None:
    event = here.book("Tagung", after=days_ahead * DAY, hours=hours)
    here.once()
    assert here.status(event) == "declined"
    assert limit in here.told(event)
    assert hint in here.told(event)


@pytest.mark.parametrize("here", ["late"], indirect=True)
def test_an_answer_that_comes_after_the_cancellation_changes_nothing(here: Here) -> None:
    event = here.book("Vorlesung Analysis")
    here.once()
    here.campus.update("booking.event", event, cancelled=True)
    here.once()
    here.wait_a_day()
    assert here.status(event) == "cancelled"
    assert here.outcomes() == {"stale": 1}
    assert here.robot.calendar == {}
