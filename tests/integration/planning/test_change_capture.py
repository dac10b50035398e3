"""Every change of a booking is noted, in whatever way it is made."""

from collections.abc import Callable
from datetime import timedelta

import psycopg2
import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from tests.database import NOW, Campus
from tests.integration.planning.change_scenario import gather_now, invited, queued

# ── insert, update, delete, truncate ───────────────────────────────────────────────────────────────────


def test_an_event_is_queued_when_it_is_inserted_updated_and_deleted(campus: Campus) -> None:
    event = campus.event()
    assert queued(campus) == [("event", event)]
    campus.update("booking.event", event, title="Analysis")
    assert queued(campus) == [("event", event)]
    campus.delete("booking.event", event)
    assert queued(campus) == [("event", event)]


def test_an_event_is_queued_when_it_enters_changes_and_leaves_a_room(campus: Campus) -> None:
    event, one, two = campus.event(), campus.room(), campus.room()
    queued(campus)
    campus.sql("INSERT INTO booking.event_room VALUES (%(event)s, %(room)s)", event=event, room=one)
    assert queued(campus) == [("event", event)]
    campus.sql("UPDATE booking.event_room SET room_id = %(room)s", room=two)
    assert queued(campus) == [("event", event)]
    campus.sql("DELETE FROM booking.event_room")
    assert queued(campus) == [("event", event)]


def test_a_block_is_queued_when_it_is_inserted_updated_and_deleted(campus: Campus) -> None:
    block = campus.block(campus.room())
    assert queued(campus) == [("block", block)]
    campus.update("booking.room_block", block, reason="Wasserschaden")
    assert queued(campus) == [("block", block)]
    campus.delete("booking.room_block", block)
    assert queued(campus) == [("block", block)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("title", None),
        ("description", "neu"),
        ("booked_by", "Dr. Hilbert"),
        ("starts_at", NOW),
        ("ends_at", NOW + timedelta(days=9)),
        ("all_day", True),
        ("confidential", True),
        ("cancelled", True),
    ],
)
def test_no_column_of_an_event_changes_unnoticed(campus: Campus, column: str, value: object) -> None:
    event = campus.event()
    queued(campus)
    campus.update("booking.event", event, **{column: value})
    assert queued(campus) == [("event", event)]


def test_truncating_queues_every_row(campus: Campus) -> None:
    room = campus.room()
    events = [campus.event(room), campus.event()]
    block = campus.block(room)
    queued(campus)
    campus.sql("TRUNCATE booking.event_room")
    assert queued(campus) == [("event", events[0])]
    campus.sql("TRUNCATE booking.room_block")
    assert queued(campus) == [("block", block)]
    campus.sql("TRUNCATE booking.event CASCADE")
    assert queued(campus) == [("event", event) for event in events]


def test_truncating_the_rooms_queues_everything_in_them(campus: Campus) -> None:
    room = campus.room()
    event, block = campus.event(room), campus.block(room)
    queued(campus)
    campus.sql("TRUNCATE booking.room CASCADE")
    assert queued(campus) == [("block", block), ("event", event)]


def test_deleting_a_room_queues_everything_in_it(campus: Campus) -> None:
    room, other = campus.room(), campus.room()
    event, block = campus.event(room, other), campus.block(room)
    campus.event(other)
    queued(campus)
    campus.delete("booking.room", room)
    assert queued(campus) == [("block", block), ("event", event)]


def test_deleting_an_event_queues_it_although_its_rooms_go_by_cascade(campus: Campus) -> None:
    event = campus.event(campus.room(), campus.room())
    queued(campus)
    campus.delete("booking.event", event)
    assert set(queued(campus)) == {("event", event)}


@pytest.mark.parametrize("table", ["booking.event", "booking.event_room", "booking.room_block", "booking.room"])
def test_an_update_that_changes_nothing_queues_nothing(campus: Campus, table: str) -> None:
    room = campus.room()
    campus.event(room, all_day=True)
    campus.block(room, all_day=True)
    queued(campus)
    column = {"booking.event_room": "room_id", "booking.room": "time_zone"}.get(table, "ends_at")
    campus.sql(f"UPDATE {table} SET {column} = {column}")
    campus.sql(f"UPDATE {table} SET {column} = {column} WHERE false")
    campus.sql(f"DELETE FROM {table} WHERE false")
    assert queued(campus) == []


def test_a_new_primary_key_queues_the_old_and_the_new_one(campus: Campus) -> None:
    event, block = campus.event(), campus.block(campus.room())
    queued(campus)
    campus.update("booking.event", event, id=91)
    assert queued(campus) == [("event", event), ("event", 91)]
    campus.update("booking.room_block", block, id=92)
    assert queued(campus) == [("block", block), ("block", 92)]


def test_a_room_that_passes_to_another_event_queues_both(campus: Campus) -> None:
    room = campus.room()
    one, two = campus.event(room), campus.event()
    queued(campus)
    campus.sql("UPDATE booking.event_room SET event_id = %(two)s", two=two)
    assert queued(campus) == [("event", one), ("event", two)]


def test_two_events_that_swap_everything_are_both_queued(campus: Campus) -> None:
    one, two = campus.event(title="A"), campus.event(title="B")
    queued(campus)
    campus.sql("UPDATE booking.event SET title = CASE title WHEN 'A' THEN 'B' ELSE 'A' END")
    assert queued(campus) == [("event", one), ("event", two)]


def test_a_statement_over_many_rows_queues_those_that_it_changed(campus: Campus) -> None:
    campus.sql(
        "INSERT INTO booking.event (title, starts_at, ends_at) "
        "SELECT n::text, now(), now() FROM generate_series(1, 9) AS n"
    )
    assert queued(campus) == [("event", n) for n in range(1, 10)]
    campus.sql("UPDATE booking.event SET title = CASE WHEN id > 6 THEN 'neu' ELSE title END")
    assert queued(campus) == [("event", 7), ("event", 8), ("event", 9)]
    campus.sql("DELETE FROM booking.event WHERE id < 4")
    assert queued(campus) == [("event", 1), ("event", 2), ("event", 3)]


def test_an_upsert_queues_what_it_inserted_and_what_it_changed(campus: Campus) -> None:
    same, other = campus.event(title="A"), campus.event(title="B")
    queued(campus)
    campus.sql(
        "INSERT INTO booking.event (id, title, starts_at, ends_at) "
        "SELECT id, 'A', starts_at, ends_at FROM booking.event UNION ALL SELECT 50, 'C', now(), now() "
        "ON CONFLICT (id) DO UPDATE SET title = excluded.title"
    )
    assert queued(campus) == [("event", other), ("event", 50)]
    assert same != other


def test_a_new_time_zone_of_a_room_queues_its_all_day_bookings(campus: Campus) -> None:
    room, other = campus.room(), campus.room()
    days = campus.event(room, other, all_day=True), campus.block(room, all_day=True)
    campus.event(room)
    campus.block(room)
    campus.event(other, all_day=True)
    queued(campus)
    campus.update("booking.room", room, name="Audimax")
    assert queued(campus) == []
    campus.update("booking.room", room, time_zone="Europe/Lisbon")
    assert queued(campus) == [("block", days[1]), ("event", days[0])]


# ── transactions ───────────────────────────────────────────────────────────────────────────────────────


def test_an_uncommitted_change_is_not_seen_early_and_not_lost_when_a_pass_overtakes_it(
    campus: Campus, connect: Callable[[], Connection], db: Database
) -> None:
    room = campus.linked_room()
    slow = Campus(connect())
    slow.connection.autocommit = False
    late = slow.event(room)
    early = campus.event(room)
    assert late < early

    gather_now(db)
    assert invited(campus) == {("event", early)}
    slow.connection.commit()
    gather_now(db)
    assert invited(campus) == {("event", early), ("event", late)}
    assert queued(campus) == []


def test_a_change_that_is_rolled_back_was_never_there(
    campus: Campus, connect: Callable[[], Connection], db: Database
) -> None:
    room = campus.linked_room()
    regretful = Campus(connect())
    regretful.connection.autocommit = False
    regretful.event(room)
    gather_now(db)
    regretful.connection.rollback()
    gather_now(db)
    assert invited(campus) == set()


def test_a_booking_is_not_held_up_by_a_pass_that_is_planning_it(
    campus: Campus, connect: Callable[[], Connection], db: Database
) -> None:
    event = campus.event(campus.linked_room())
    gather_now(db)
    campus.update("booking.event", event, title="Analysis")
    hasty = Campus(connect())
    hasty.sql("SET lock_timeout = '1s'")
    with db.transaction():
        assert len(db.rows("take_changes", upto=2**62, limit=10)) == 1
        db.rows("lock_invitations_of_bookings", event_ids=[event], block_ids=[])
        hasty.update("booking.event", event, title="Topologie")
        hasty.delete("booking.event", event)
    assert set(queued(campus)) == {("event", event)}  # the later changes, for the next pass


def test_a_pass_that_breaks_off_puts_its_changes_back(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    taken: list[object] = []

    def break_off() -> None:
        with db.transaction():
            taken.extend(db.rows("take_changes", upto=2**62, limit=10))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert len(taken) == 1
    assert set(queued(campus)) == {("event", event)}


def test_the_booking_system_needs_no_right_in_schema_raumpost(campus: Campus) -> None:
    room = campus.linked_room()
    campus.connection.autocommit = False  # a role belongs to the whole server: it goes with the rollback
    campus.sql(
        "CREATE ROLE booking_writer;"
        "GRANT USAGE ON SCHEMA booking TO booking_writer;"
        "GRANT ALL ON ALL TABLES IN SCHEMA booking TO booking_writer;"
        "SET LOCAL ROLE booking_writer"
    )
    event, block = campus.event(room, all_day=True), campus.block(room)
    campus.update("booking.event", event, title="Analysis")
    campus.update("booking.room", room, time_zone="Europe/Lisbon")
    campus.sql("TRUNCATE booking.room_block")
    campus.sql("TRUNCATE booking.event CASCADE")
    campus.sql("SAVEPOINT closed")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        campus.sql("SELECT count(*) FROM raumpost.booking_change")
    campus.sql("ROLLBACK TO closed")
    campus.sql("RESET ROLE")
    assert set(queued(campus)) == {("event", event), ("block", block)}
    campus.connection.rollback()
