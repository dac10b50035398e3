"""Trial bookings: where they go, what comes back, and that nobody ever keeps one."""

import imaplib
import smtplib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import PARTSTAT

from raumpost.adapters.imap_mailbox import ImapMailbox
from raumpost.adapters.postgres import Database
from raumpost.adapters.smtp import SmtpMailer
from raumpost.domain.canary import LENGTH, Slot, free_slot
from raumpost.domain.check import CheckStatus, Finding, Subject
from raumpost.domain.errors import ConfigurationError, InterfaceUnavailable
from raumpost.services.answers.update_status import update_status
from raumpost.services.checks import results as check_results
from raumpost.services.checks.canary_book import book
from raumpost.services.checks.canary_cancel import cancel
from raumpost.services.checks.canary_replies import check_replies
from sandbox.dialects import make_room
from sandbox.invitations import Request
from sandbox.mailserver import MailServer
from sandbox.ports import HOST, free_port
from sandbox.rooms import RoomRobot
from sandbox.rooms import Verdict as RoomVerdict
from tests.database import Campus
from tests.factories import reply
from tests.mail_pipeline import MailPipeline
from tests.servers.smtp import Fault, Smtp

TECH, ROOM = "tech@booking.example", "room-1@rooms.example"
PATIENCE = timedelta(minutes=5)
BERLIN = ZoneInfo("Europe/Berlin")


class World:
    """A room, its mailbox on a real server, and what mailbox_check does with them."""

    def __init__(self, db: Database, server: MailServer) -> None:
        self.db, self.server = db, server
        # the next noon: the whole coming night lies ahead, at whatever hour the tests run
        self.booked_at = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self.imap_port = server.imap_port

    @contextmanager
    def mailer(self, smtp_conn_id: str) -> Iterator[SmtpMailer]:
        mailer = SmtpMailer(lambda: smtplib.SMTP(HOST, self.server.smtp_port, timeout=10), name=smtp_conn_id)
        try:
            yield mailer
        finally:
            mailer.close()

    def mailbox(self) -> ImapMailbox:
        def log_in() -> imaplib.IMAP4:
            try:
                client = imaplib.IMAP4(HOST, self.imap_port, timeout=10)
            except OSError as exc:
                raise InterfaceUnavailable(f"IMAP interface imap_one cannot be reached: {exc}") from exc
            client.login(TECH, "secret")
            return client

        return ImapMailbox(log_in, name="IMAP interface imap_one")

    def book(self) -> Finding | None:
        return book(
            self.db, address=ROOM, open_mailer=self.mailer, now=self.booked_at, patience=PATIENCE,
            default_time_zone="Europe/Berlin",
        )  # fmt: skip

    def check_replies(self, after: timedelta = timedelta(seconds=10)) -> Finding | None:
        mailbox = self.mailbox()
        try:
            return check_replies(self.db, address=ROOM, mailbox=mailbox, now=self.booked_at + after, limit=100)
        finally:
            mailbox.close()

    def cancel(self, address: str | None = ROOM, after: timedelta = timedelta(seconds=20)) -> int:
        return cancel(
            self.db, open_mailer=self.mailer, now=self.booked_at + after, default_time_zone="Europe/Berlin",
            address=address,
        )  # fmt: skip


@pytest.fixture
def world(db: Database) -> Iterator[World]:
    with MailServer({TECH: "secret"}) as server:
        yield World(db, server)


@pytest.fixture
def room(campus: Campus) -> int:
    return campus.linked_room("Room 1", address=ROOM)


def states(campus: Campus) -> list[str]:
    return [row["state"] for row in campus.sql("SELECT state FROM raumpost.canary ORDER BY id")]


class _Refusing(RoomRobot):
    def __init__(self, address: str, name: str, partstat: PARTSTAT, comment: str) -> None:
        super().__init__(address, name)
        self.verdict = RoomVerdict(partstat, comment)

    def decide(self, request: Request, now: datetime) -> RoomVerdict:
        return self.verdict


def test_what_is_wrong_with_one_canary_keeps_no_other_from_being_cancelled(
    world: World, room: int, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.server.register(make_room("plain", ROOM, "Room 1"))
    assert world.book() is None
    campus.sql(
        "INSERT INTO raumpost.canary (id, room_mailbox_id, uid, organizer, organizer_name, starts_at, ends_at, state, "
        "after_mail, created_at, answer_by) SELECT 0, %(other)s, 'canary-0@raumpost', organizer, organizer_name, "
        "starts_at, ends_at, 'booked', after_mail, created_at, answer_by FROM raumpost.canary",
        other=campus.link(campus.room("Room 2"), smtp_conn_id="smtp_gone"),
    )
    whole = world.mailer

    def mailer(smtp_conn_id: str) -> AbstractContextManager[SmtpMailer]:
        if smtp_conn_id == "smtp_gone":
            raise ConfigurationError("there is no Airflow connection “smtp_gone”; create it")
        return whole(smtp_conn_id)

    monkeypatch.setattr(world, "mailer", mailer)
    with pytest.raises(InterfaceUnavailable, match="there is no Airflow connection “smtp_gone”"):
        world.cancel(address=None, after=timedelta(hours=1))
    assert states(campus) == ["booked", "cancelled"]


def test_booking_once_more_in_the_same_run_waits_for_the_newest_answer(world: World, room: int) -> None:
    world.server.register(make_room("plain", ROOM, "Room 1"))
    for _ in range(2):
        assert world.book() is None
        found = world.check_replies()
        assert found
        assert found.status is CheckStatus.OK
        assert world.cancel() == 1


# ── what comes back ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "dialect",
    ["plain", "exchange", "exchange, wrapped UID", "google", "zimbra", "kolab", "grommunio"],
)
def test_a_room_that_accepts_is_ok_and_free_again(world: World, room: int, campus: Campus, dialect: str) -> None:
    robot = make_room(dialect, ROOM, "Room 1")
    world.server.register(robot)
    assert world.book() is None
    [held] = robot.calendar.values()
    assert held.end - held.start == LENGTH
    found = world.check_replies()
    assert found
    assert found.status is CheckStatus.OK
    assert found.why.startswith("accepted after ")
    assert [one for _, _, one in check_results.load(world.db)] == [found]
    assert world.cancel() == 1
    assert robot.calendar == {}
    assert states(campus) == ["cancelled"]
    assert world.cancel() == 0


@pytest.mark.parametrize(
    ("dialect", "status", "why"),
    [
        ("silent", CheckStatus.NOT_OK, "no answer within 5 min"),
        ("out-of-office", CheckStatus.NOT_OK, "only an automatic reply or receipt came"),
        ("out-of-office, unmarked", CheckStatus.NOT_OK, "only an automatic reply or receipt came"),
        ("bouncing", CheckStatus.NOT_OK, "the mail came back"),
        ("bouncing, in words", CheckStatus.NOT_OK, "the mail came back"),
        ("counter", CheckStatus.NOT_OK, "the room says neither yes nor no: it proposes another time"),
        ("grommunio, no ATTENDEE", CheckStatus.NOT_OK, "the room says neither yes nor no: nothing"),
    ],
)
def test_what_is_no_yes_is_told_with_its_probable_cause(
    world: World, room: int, campus: Campus, dialect: str, status: CheckStatus, why: str
) -> None:
    world.server.register(make_room(dialect, ROOM, "Room 1"))
    assert world.book() is None
    if "bouncing" not in dialect:
        assert world.check_replies() is None  # there may be more to come
    found = world.check_replies(PATIENCE)
    assert found
    assert found.status is status
    assert why in found.why
    assert found.remedy
    assert world.cancel() == 1
    assert states(campus) == ["cancelled"]


@pytest.mark.parametrize(
    ("comment", "status", "remedy"),
    [
        ("Only during working hours", CheckStatus.WARNING, "-ScheduleOnlyDuringWorkHours"),
        ("You do not have permission to book this room", CheckStatus.NOT_OK, "-BookInPolicy"),
        ("No.", CheckStatus.NOT_OK, "ask who runs the room mailbox"),
    ],
)
def test_a_refusal_is_told_with_a_hint(world: World, room: int, comment: str, status: CheckStatus, remedy: str) -> None:
    world.server.register(_Refusing(ROOM, "Room 1", PARTSTAT.DECLINED, comment))
    world.book()
    found = world.check_replies()
    assert found
    assert found.status is status
    assert comment in found.why
    assert remedy in found.remedy


def test_a_tentative_answer_is_a_warning(world: World, room: int, campus: Campus) -> None:
    world.server.register(make_room("silent", ROOM, "Room 1"))
    world.book()
    uid = campus.value("SELECT uid FROM raumpost.canary")
    world.server.deliver(TECH, reply(uid, room=ROOM, said="TENTATIVE"))
    found = world.check_replies()
    assert found
    assert found.status is CheckStatus.WARNING


def test_an_answer_from_another_address_is_told_as_such_unless_it_is_an_alias(
    world: World, room: int, campus: Campus
) -> None:
    world.server.register(make_room("silent", ROOM, "Room 1"))
    world.book()
    uid = campus.value("SELECT uid FROM raumpost.canary")
    world.server.deliver(TECH, reply(uid, room="hall@rooms.example"))
    found = world.check_replies(PATIENCE)
    assert found
    assert found.why == "an answer came from hall@rooms.example, which is not this room"
    assert "alias" in found.remedy
    campus.sql("INSERT INTO raumpost.room_mailbox_alias SELECT id, 'hall@rooms.example' FROM raumpost.room_mailbox")
    found = world.check_replies()
    assert found
    assert found.status is CheckStatus.OK


def test_a_mail_that_nobody_takes_is_told_at_once_and_not_cancelled(world: World, room: int, campus: Campus) -> None:
    found = world.book()
    assert found
    assert found.status is CheckStatus.NOT_OK
    assert "550 5.1.1" in found.why
    assert states(campus) == ["not-sent"]
    assert world.cancel() == 0
    assert world.server.received == []


def test_an_inbox_that_cannot_be_read_is_the_probable_cause(world: World, room: int) -> None:
    world.server.register(RoomRobot(ROOM, "Room 1"))
    world.book()
    world.imap_port = free_port()
    assert world.check_replies() is None
    found = world.check_replies(PATIENCE)
    assert found
    assert "as the inbox cannot be read: IMAP interface imap_one cannot be reached" in found.why


# ── cancelled in every case ───────────────────────────────────────────────────────────────────────────────


def test_a_canary_whose_run_was_killed_is_cancelled_by_a_later_one(world: World, room: int, campus: Campus) -> None:
    robot = RoomRobot(ROOM, "Room 1")
    world.server.register(robot)
    world.book()
    assert world.cancel(None, PATIENCE) == 0  # its own run may still do it
    assert world.cancel(None, PATIENCE + timedelta(minutes=16)) == 1
    assert robot.calendar == {}
    assert states(campus) == ["cancelled"]


def test_a_canary_whose_worker_died_while_it_sent_is_cancelled_too(world: World, room: int, campus: Campus) -> None:
    robot = RoomRobot(ROOM, "Room 1")
    world.server.register(robot)
    world.book()
    campus.sql("UPDATE raumpost.canary SET state = 'booking', sent_at = NULL")
    assert world.cancel(None, timedelta(minutes=30)) == 1
    assert robot.calendar == {}


def test_a_cancellation_that_is_refused_is_tried_again(world: World, room: int, campus: Campus) -> None:
    world.server.register(RoomRobot(ROOM, "Room 1"))
    world.book()
    world.server.refuse("try again later")
    with pytest.raises(InterfaceUnavailable, match="the room holds the slot"):
        world.cancel()
    assert states(campus) == ["booked"]
    world.server.refuse(None)
    assert world.cancel() == 1


def test_a_canary_that_may_have_left_is_waited_for_and_cancelled(
    db: Database, room: int, campus: Campus, smtp: Smtp
) -> None:
    smtp.faults = [("CONTENT", Fault.HANG_UP)]
    mailer = SmtpMailer(smtp.connect, name="SMTP interface smtp_one")
    arguments: dict[str, Any] = {"now": datetime.now(UTC), "default_time_zone": "Europe/Berlin"}

    @contextmanager
    def open_mailer(_: str) -> Iterator[SmtpMailer]:
        yield mailer

    assert book(db, address=ROOM, open_mailer=open_mailer, patience=PATIENCE, **arguments) is None
    assert states(campus) == ["booked"]
    assert cancel(db, open_mailer=open_mailer, address=ROOM, **arguments) == 1
    assert b"method=CANCEL" in smtp.mails[-1].octets
    mailer.close()


def test_a_slot_that_has_passed_is_not_cancelled_any_more(world: World, room: int, campus: Campus) -> None:
    world.server.register(RoomRobot(ROOM, "Room 1"))
    world.book()
    assert world.cancel(None, timedelta(days=2)) == 0
    assert states(campus) == ["over"]


def test_a_second_canary_waits_until_the_first_is_cancelled(world: World, room: int) -> None:
    world.server.register(RoomRobot(ROOM, "Room 1"))
    world.book()
    found = world.book()
    assert found
    assert found.status is CheckStatus.WARNING
    assert "another canary" in found.why
    world.cancel()
    assert world.book() is None


# ── bookings are not disturbed ────────────────────────────────────────────────────────────────────────────


def test_no_booking_hears_of_a_canary(world: World, room: int, campus: Campus, pipeline: MailPipeline) -> None:
    world.server.register(RoomRobot(ROOM, "Room 1"))
    world.book()
    world.check_replies()
    world.cancel()
    pipeline.gather()
    pipeline.read()
    assert campus.value("SELECT count(*) FROM raumpost.invitation") == 0
    assert campus.value("SELECT count(*) FROM booking.status") == 0
    assert campus.value("SELECT count(*) FROM raumpost.mail WHERE outcome IS NULL") == 0


@pytest.mark.parametrize("dialect", ["bouncing", "bouncing, in words"])
def test_the_bounce_of_a_canary_fails_no_invitation(
    world: World, room: int, campus: Campus, pipeline: MailPipeline, smtp: Smtp, dialect: str
) -> None:
    now = datetime.now(UTC)
    campus.event(room, starts=now + timedelta(days=3))
    pipeline.send_all(now - timedelta(hours=1))
    world.server.register(make_room(dialect, ROOM, "Room 1"))
    world.book()
    world.check_replies(PATIENCE)
    assert update_status(world.db, imap_conn_id="imap_one", now=now) == {"bounce": 1}
    assert campus.value("SELECT state FROM raumpost.invitation") == "sent"
    assert "canary" in campus.value("SELECT detail FROM raumpost.mail WHERE outcome = 'bounce'")


def test_the_answer_to_a_canary_is_known_as_such(world: World, room: int, campus: Campus) -> None:
    world.server.register(RoomRobot(ROOM, "Room 1"))
    world.book()
    world.check_replies()
    update_status(world.db, imap_conn_id="imap_one", now=datetime.now(UTC))
    assert f"the canary of mailbox_check in {ROOM}" in campus.value(
        "SELECT detail FROM raumpost.mail WHERE direction = 'in'"
    )


# ── the slot ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-06-01 09:00", "2026-06-02 03:00"),
        ("2026-06-01 23:00", "2026-06-02 03:00"),
        ("2026-06-02 02:00", "2026-06-02 04:00"),
        ("2026-06-02 03:50", "2026-06-03 03:00"),
        ("2026-03-28 12:00", "2026-03-29 03:00"),  # summer time begins
        ("2026-10-24 12:00", "2026-10-25 03:00"),  # and ends
    ],
)
def test_the_slot_lies_in_the_coming_night_and_far_enough_ahead(local: str, expected: str) -> None:
    slot = free_slot([], zone=BERLIN, now=datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(UTC))
    assert slot
    assert slot.starts_at == datetime.fromisoformat(expected).replace(tzinfo=BERLIN)
    assert slot.ends_at - slot.starts_at == LENGTH


def test_a_slot_that_is_taken_is_left_alone(world: World, room: int, campus: Campus) -> None:
    robot = RoomRobot(ROOM, "Room 1")
    world.server.register(robot)
    free = free_slot([], zone=BERLIN, now=world.booked_at)
    assert free
    campus.event(room, starts=free.starts_at - timedelta(minutes=5), hours=0.5)
    campus.block(room, starts=free.starts_at - timedelta(hours=1), hours=0.9)
    world.book()
    [held] = robot.calendar.values()
    assert held.start >= free.starts_at + timedelta(minutes=25)


def test_a_room_that_is_taken_all_night_is_left_alone(world: World, room: int, campus: Campus) -> None:
    campus.event(room, starts=world.booked_at - timedelta(days=1), hours=72)
    found = world.book()
    assert found
    assert found.status is CheckStatus.WARNING
    assert "no free quarter of an hour" in found.why
    assert states(campus) == []
    assert world.server.received == []
    assert [kind for kind, _, _ in check_results.load(world.db)] == [Subject.CANARY]


def test_no_slot_overlaps_what_is_taken() -> None:
    now = datetime(2026, 6, 1, 9, tzinfo=UTC)
    taken = [Slot(now + timedelta(hours=hour), now + timedelta(hours=hour, minutes=50)) for hour in range(24)]
    assert free_slot(taken, zone=BERLIN, now=now) is None
    taken[17] = Slot(now, now + LENGTH)
    slot = free_slot(taken, zone=BERLIN, now=now)
    assert slot
    assert now + timedelta(hours=16, minutes=50) <= slot.starts_at
    assert slot.ends_at <= now + timedelta(hours=18)
