"""A canary is cancelled in every case, and disturbs no booking."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from raumpost.adapters.postgres import Database
from raumpost.adapters.smtp import SmtpMailer
from raumpost.domain.canary import LENGTH, Slot, free_slot
from raumpost.domain.check import CheckStatus, Subject
from raumpost.domain.errors import InterfaceUnavailable
from raumpost.services.answers.update_status import update_status
from raumpost.services.checks import results as check_results
from raumpost.services.checks.canary_book import book
from raumpost.services.checks.canary_cancel import cancel
from sandbox.dialects import make_room
from sandbox.mailserver import MailServer
from sandbox.rooms import RoomRobot
from tests.database import Campus
from tests.integration.checks.canary_scenario import PATIENCE, ROOM, TECH, World, states
from tests.mail_pipeline import MailPipeline
from tests.servers.smtp import Fault, Smtp

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def world(db: Database) -> Iterator[World]:
    with MailServer({TECH: "secret"}) as server:
        yield World(db, server)


@pytest.fixture
def room(campus: Campus) -> int:
    return campus.linked_room("Room 1", address=ROOM)


# ── cancelled in every case ────────────────────────────────────────────────────────────────────────────


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


# ── bookings are not disturbed ─────────────────────────────────────────────────────────────────────────


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


# ── the slot ───────────────────────────────────────────────────────────────────────────────────────────


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
