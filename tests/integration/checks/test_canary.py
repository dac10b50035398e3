"""A canary, and what comes back about it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from icalendar import PARTSTAT

from raumpost.adapters.postgres import Database
from raumpost.adapters.smtp import SmtpMailer
from raumpost.domain.canary import LENGTH
from raumpost.domain.check import CheckStatus
from raumpost.domain.errors import ConfigurationError, InterfaceUnavailable
from raumpost.services.checks import results as check_results
from sandbox.dialects import make_room
from sandbox.invitations import Request
from sandbox.mailserver import MailServer
from sandbox.ports import free_port
from sandbox.rooms import RoomRobot
from sandbox.rooms import Verdict as RoomVerdict
from tests.database import Campus
from tests.factories import reply
from tests.integration.checks.canary_scenario import PATIENCE, ROOM, TECH, World, states


@pytest.fixture
def world(db: Database) -> Iterator[World]:
    with MailServer({TECH: "secret"}) as server:
        yield World(db, server)


@pytest.fixture
def room(campus: Campus) -> int:
    return campus.linked_room("Room 1", address=ROOM)


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
