"""The whole circle over real mail servers: a booking goes out, the room answers, the booking knows.

The rooms are the sandbox's, which share no code with Raumpost: what stands in their calendars at the end is
compared with the bookings.
"""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.errors import BatchIncomplete
from sandbox import postfix as postfix_program
from sandbox.dovecot import Dovecot
from sandbox.ports import HOST, free_port, reachable_directory
from sandbox.postfix import Postfix
from sandbox.rooms import RoomRobot
from sandbox.roomserver import RoomServer
from tests.database import NOW, Campus, emptied
from tests.eventually import eventually
from tests.mail_pipeline import MailPipeline
from tests.servers.imap import Mailbox
from tests.servers.needs import need
from tests.servers.smtp import Mail, Smtp

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = NOW + 2 * DAY
WINTER_TIME, SUMMER_TIME = datetime(2090, 10, 29, tzinfo=BERLIN), datetime(2091, 3, 25, tzinfo=BERLIN)
ROOMS = 30


@dataclass
class Servers:
    """Mail servers with empty rooms behind them, handed out one by one."""

    kind: str
    connect: Callable[[], smtplib.SMTP]
    robots: list[RoomRobot]


@pytest.fixture(scope="module", params=["postfix", "relay"])
def servers(request: pytest.FixtureRequest, dovecot: Dovecot) -> Iterator[Servers]:
    """Return Postfix between the technical user and the rooms, or a relay in this process, where nobody is root."""
    robots = [RoomRobot(f"raum-{number}@rooms.example", f"Hörsaal {number}") for number in range(1, ROOMS + 1)]
    with ExitStack() as stack:
        if request.param == "postfix":
            need(postfix_program.obstacle())
            port = free_port()
            rooms = stack.enter_context(RoomServer(robots, (HOST, port)))
            directory = stack.enter_context(reachable_directory())
            transports = {"booking.example": dovecot.lmtp_port, "rooms.example": rooms.lmtp_port}
            stack.enter_context(Postfix(directory, transports, smtp_port=port))
            yield Servers("postfix", lambda: smtplib.SMTP(HOST, port, timeout=10), robots)
            return
        relay = stack.enter_context(Smtp())
        rooms = stack.enter_context(RoomServer(robots, (HOST, relay.port)))
        lmtp_ports = {"booking.example": dovecot.lmtp_port, "rooms.example": rooms.lmtp_port}
        relay.on_mail = lambda mail: hand_on(mail, lmtp_ports)
        yield Servers("relay", relay.connect, robots)


def hand_on(mail: Mail, lmtp_ports: dict[str, int]) -> str | None:
    """Deliver at once; return the reply where that fails."""
    with smtplib.LMTP(HOST, lmtp_ports[mail.recipient.rpartition("@")[2]], timeout=10) as client:
        try:
            client.sendmail(mail.sender, [mail.recipient], mail.octets)
        except smtplib.SMTPRecipientsRefused as exc:
            [(code, words)] = exc.recipients.values()
            return f"{code} {words.decode()}"
    return None


@dataclass
class Here:
    """A booking system of its own, its technical user's inbox, and rooms that nobody else uses."""

    campus: Campus
    pipeline: MailPipeline
    mailbox: Mailbox
    servers: Servers
    rooms: dict[int, RoomRobot] = field(default_factory=dict)

    def room(self, name: str | None = None) -> int:
        """Link a room."""
        robot = self.servers.robots.pop()
        room = self.link(robot.address, name or robot.name)
        self.rooms[room] = robot
        return room

    def link(self, address: str, name: str) -> int:
        """Link any address."""
        user = self.campus.value(
            "INSERT INTO booking.app_user (name, email, technical) VALUES ('Räume', %(email)s, true) RETURNING id",
            email=self.mailbox.address,
        )
        return self.campus.linked_room(name, address=address, technical_user_id=user)

    def statuses(self) -> dict[tuple[int, int], str]:
        """Read the status of each event in each room."""
        found = self.campus.sql("SELECT id, room_id, status FROM booking.status")
        return {(one["id"], one["room_id"]): one["status"] for one in found}

    def status(self, event: int) -> str:
        """Read the status of an event that is in one room."""
        [status] = [status for (id_, _), status in self.statuses().items() if id_ == event]
        return status

    def look(self) -> None:
        """Fetch and read what has arrived by now."""
        self.pipeline.fetch(self.mailbox.open())
        self.pipeline.read()

    def settle(self) -> None:
        """Send what there is and wait until every invitation is answered or withdrawn."""
        self.pipeline.send_all()

        def settled() -> bool:
            self.look()
            return set(self.statuses().values()) <= {"accepted", "declined", "cancelled"}

        eventually(settled, self.statuses)

    def let_go(self) -> None:
        """Give a mail server time that delivers in parallel, so that a claim can overtake a release."""
        if self.servers.kind == "postfix":
            self.settle()
            self.compare()

    def compare(self) -> None:
        """Hold the rooms' calendars against the bookings, as soon as the last cancellation has come through."""
        eventually(lambda: self.held() == self.booked(), lambda: f"{self.held()} instead of {self.booked()}")
        for robot in self.rooms.values():
            assert robot.ignored == []

    def booked(self) -> list[tuple[Any, ...]]:
        """Return what the booking system believes."""
        found = self.campus.sql(
            """SELECT er.room_id, e.title, e.starts_at, e.ends_at, s.status
               FROM booking.event AS e
               JOIN booking.event_room AS er ON er.event_id = e.id
               LEFT JOIN booking.status AS s ON s.kind = 'event' AND s.id = e.id AND s.room_id = er.room_id
               WHERE NOT e.cancelled"""
        )
        return sorted((one["room_id"], one["starts_at"], one["ends_at"], one["title"], one["status"]) for one in found)

    def held(self) -> list[tuple[Any, ...]]:
        """Return what stands in the rooms' calendars."""
        return sorted(
            (room, entry.start, entry.end, entry.summary, entry.partstat.value.lower())
            for room, robot in self.rooms.items()
            for entry in robot.calendar.values()
        )


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


@pytest.fixture
def here(campus: Campus, db: Database, servers: Servers, mailbox: Mailbox) -> Iterator[Here]:
    pipeline = MailPipeline(db, servers.connect)
    yield Here(campus, pipeline, mailbox, servers)
    pipeline.mailer.close()


def test_a_booking_is_accepted_changed_and_cancelled(here: Here) -> None:
    event = here.campus.event(here.room(), title="Analysis", starts=MONDAY)
    here.settle()
    assert here.status(event) == "accepted"
    here.compare()

    here.campus.update("booking.event", event, title="Analysis II", starts_at=MONDAY + HOUR, ends_at=MONDAY + 3 * HOUR)
    here.settle()
    assert here.status(event) == "accepted"
    assert here.campus.value("SELECT answer_sequence FROM raumpost.invitation") == 1
    here.compare()

    here.campus.update("booking.event", event, cancelled=True)
    here.settle()
    assert here.status(event) == "cancelled"
    here.compare()
    assert [robot.calendar for robot in here.rooms.values()] == [{}]


def test_an_overlap_is_declined_with_its_reason_in_both_languages(here: Here) -> None:
    room = here.room()
    here.campus.event(room, title="Analysis", starts=MONDAY)
    here.settle()
    second = here.campus.event(room, title="Algebra", starts=MONDAY + HOUR)
    here.settle()
    assert here.status(second) == "declined"
    [told] = here.campus.sql("SELECT * FROM booking.status WHERE id = %(id)s", id=second)
    assert told["message_de"].startswith("Abgelehnt: Der Raum ist zu dieser Zeit bereits belegt: “Analysis”")
    assert told["message_en"].startswith("Declined: Der Raum ist")
    assert "already booked" in told["message_en"]
    here.compare()


def test_a_declined_booking_is_accepted_once_the_slot_is_free(here: Here) -> None:
    room = here.room()
    first = here.campus.event(room, title="Analysis", starts=MONDAY)
    here.settle()
    second = here.campus.event(room, title="Algebra", starts=MONDAY)
    here.settle()
    here.campus.delete("booking.event", first)
    here.let_go()
    here.campus.update("booking.event", second, title="Lineare Algebra")
    here.settle()
    assert (here.status(first), here.status(second)) == ("cancelled", "accepted")
    here.compare()


def test_a_booking_moves_to_another_room_and_frees_the_first(here: Here) -> None:
    one, two = here.room(), here.room()
    event = here.campus.event(one, title="Analysis", starts=MONDAY)
    here.settle()
    here.campus.sql("UPDATE booking.event_room SET room_id = %(room)s", room=two)
    here.let_go()
    successor = here.campus.event(one, title="Algebra", starts=MONDAY)
    here.settle()
    assert here.statuses() == {(event, one): "cancelled", (event, two): "accepted", (successor, one): "accepted"}
    here.compare()


def test_an_event_in_several_rooms_is_answered_by_each(here: Here) -> None:
    one, two = here.room(), here.room()
    here.campus.event(two, title="Algebra", starts=MONDAY)
    here.settle()
    event = here.campus.event(one, two, title="Analysis", starts=MONDAY)
    here.settle()
    assert here.statuses()[event, one] == "accepted"
    assert here.statuses()[event, two] == "declined"
    here.compare()


TITLES = [
    "Größen & Maße; Teil 1, „Grundlagen“",
    "🎉 Begrüßung der Erstsemester ☕ 👩‍👩‍👧",
    "日本語の授業",
    "Vorlesung " * 30 + "Ende",
    "x" * 300,
    'Mit "Anführung" \\ und , ; : %2C =?utf-8?q?x?=',
]


def test_the_room_reads_every_title_as_it_was_booked(here: Here) -> None:
    room = here.room("Großer Hörsaal „Süd“; Gebäude 3, 2. OG " + "ß" * 60)
    for day, title in enumerate(TITLES):
        text = f"{title}\n{title}"
        here.campus.event(room, title=title, starts=MONDAY + day * DAY, description=text, booked_by=title)
    here.settle()
    assert [(entry[3], entry[4]) for entry in here.held()] == [(title, "accepted") for title in TITLES]
    here.compare()


def test_whole_days_are_whole_days_at_the_room_also_when_the_clock_changes(here: Here) -> None:
    hours = []
    for first, days in ((WINTER_TIME, 1), (WINTER_TIME - DAY, 3), (SUMMER_TIME, 1), (SUMMER_TIME - 2 * DAY, 3)):
        starts, ends = first.astimezone(UTC), (first + days * DAY).astimezone(UTC)
        hours.append((ends - starts) / HOUR)
        here.campus.event(here.room(), starts=starts, ends_at=ends, all_day=True)
    assert hours == [25, 73, 23, 71]
    here.settle()
    assert set(here.statuses().values()) == {"accepted"}
    here.compare()


def test_an_address_that_does_not_exist_is_never_accepted_and_stops_nobody(here: Here) -> None:
    unknown = here.link("nobody@rooms.example", "Container")
    lost = here.campus.event(unknown, title="Analysis", starts=MONDAY)
    event = here.campus.event(here.room(), title="Algebra", starts=MONDAY)
    if here.servers.kind == "relay":
        with pytest.raises(BatchIncomplete):
            here.pipeline.send_all()
        error = here.campus.value("SELECT last_error FROM raumpost.invitation WHERE last_error IS NOT NULL")
        assert "<nobody@rooms.example>: no such room" in error
        wanted = {lost: "pending", event: "accepted"}
    else:
        here.pipeline.send_all()
        wanted = {lost: "failed", event: "accepted"}

    def both() -> bool:
        here.look()
        bounced = here.campus.value("SELECT count(*) FROM raumpost.mail WHERE outcome = 'bounce'")
        expected = 1 if here.servers.kind == "postfix" else 0
        return here.status(event) == "accepted" and bounced == expected

    eventually(both, here.statuses)
    assert {id_: here.status(id_) for id_ in wanted} == wanted


def test_a_busy_week_ends_with_the_rooms_and_the_bookings_of_one_mind(here: Here) -> None:
    """Bookings that come, move, grow, swap and go, over several passes."""
    one, two, three = here.room(), here.room(), here.room()
    campus = here.campus
    events = [
        campus.event(room, title=f"Termin {day} {hour} {room}", starts=MONDAY + day * DAY + hour * HOUR, hours=hours)
        for room in (one, two, three)
        for day in range(2)
        for hour, hours in ((0, 2), (2, 1), (3, 3), (4, 1))
    ]
    here.settle()
    here.compare()
    assert sorted(set(here.statuses().values())) == ["accepted", "declined"]

    shift = (
        "UPDATE booking.event SET starts_at = starts_at + %(by)s, ends_at = ends_at + %(by)s WHERE id = ANY(%(ids)s)"
    )
    campus.sql(shift, by=HOUR, ids=events[0:3])
    campus.sql("UPDATE booking.event SET cancelled = true WHERE id = ANY(%(ids)s)", ids=events[5:8])
    campus.sql("DELETE FROM booking.event WHERE id = ANY(%(ids)s)", ids=events[9:11])
    campus.sql(
        "UPDATE booking.event_room SET room_id = %(room)s WHERE event_id = ANY(%(ids)s)", room=one, ids=events[12:14]
    )
    here.settle()
    here.compare()

    campus.sql(shift, by=-HOUR, ids=events[0:3])
    campus.sql("UPDATE booking.event SET cancelled = false WHERE id = ANY(%(ids)s)", ids=events[5:7])
    campus.sql("UPDATE booking.event SET title = title || ' – neu'")
    here.settle()
    here.compare()

    campus.sql("DELETE FROM booking.event")
    here.settle()
    here.compare()
    assert set(here.statuses().values()) == {"cancelled"}


def test_an_idle_pass_sends_nothing(here: Here) -> None:
    here.campus.event(here.room(), title="Analysis", starts=MONDAY)
    here.settle()
    before: list[dict[str, Any]] = here.campus.sql("SELECT * FROM raumpost.invitation")
    for _ in range(2):
        assert here.pipeline.gather() == []
        here.look()
    assert here.campus.sql("SELECT * FROM raumpost.invitation") == before
    here.compare()
