"""Which changes of bookings reach the gatherer: all of them, once, whoever makes them and however."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.services.planning.gather import gather
from raumpost.sql.migrate import migrate
from tests.database import NOW, Campus

Change = tuple[str, int]


def queued(campus: Campus) -> list[Change]:
    """Take what is queued."""
    rows = campus.sql("DELETE FROM raumpost.booking_change RETURNING kind, source_id")
    return sorted((row["kind"], row["source_id"]) for row in rows)


def invited(campus: Campus) -> set[Change]:
    return {(row["kind"], row["source_id"]) for row in campus.sql("SELECT kind, source_id FROM raumpost.invitation")}


def gather_now(db: Database) -> None:
    gather(db, now=NOW, lease=timedelta(minutes=30), budget=500, default_time_zone="Europe/Berlin")


# ── insert, update, delete, truncate ──────────────────────────────────────────────────────────────────────


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


# ── transactions ──────────────────────────────────────────────────────────────────────────────────────────


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


# ── links ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("before", [True, False])
def test_switching_the_block_choice_queues_the_blocks_of_the_room(campus: Campus, before: bool) -> None:
    room, other = campus.room(), campus.linked_room()
    link = campus.link(room, include_blocks=before)
    blocks = [campus.block(room), campus.block(room)]
    campus.block(other)
    campus.event(room)
    queued(campus)
    campus.update("raumpost.room_mailbox", link, include_blocks=before, active=False, technical_user_id=0)
    assert queued(campus) == []
    campus.update("raumpost.room_mailbox", link, include_blocks=not before)
    assert queued(campus) == [("block", block) for block in blocks]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", 99),
        ("room_id", 99),
        ("address", "other@rooms.example"),
        ("smtp_conn_id", "smtp_other"),
        ("imap_conn_id", "imap_other"),
        ("created_at", NOW),
    ],
)
def test_a_link_keeps_what_its_invitations_were_sent_under(campus: Campus, column: str, value: object) -> None:
    link = campus.link(campus.room())
    with pytest.raises(psycopg2.errors.IntegrityConstraintViolation, match="may change") as refusal:
        campus.update("raumpost.room_mailbox", link, **{column: value})
    assert refusal.value.diag.message_hint == (
        "Every invitation was sent under them; they are fixed when the link is made."
    )


def test_what_stands_in_a_room_when_it_is_linked_is_remembered(campus: Campus) -> None:
    room, other = campus.room(), campus.room()
    event, block = campus.event(room, other), campus.block(room)
    over = datetime(2020, 1, 1, tzinfo=UTC)
    for write in (campus.event, campus.block):
        write(room, starts=over)
        write(other)
    link = campus.link(room)
    campus.event(room)
    campus.block(room)
    rows = campus.sql("SELECT room_mailbox_id, kind, source_id FROM raumpost.preexisting ORDER BY kind")
    assert [tuple(row.values()) for row in rows] == [(link, "block", block), (link, "event", event)]


def test_what_stood_there_is_invited_once_it_changes_and_not_for_changes_before_the_link(
    campus: Campus, db: Database
) -> None:
    room = campus.room()
    changes, stays = campus.event(room), campus.event(room)
    campus.update("booking.event", stays, title="noch vor der Verknüpfung")
    campus.link(room)
    gather_now(db)
    assert invited(campus) == set()
    campus.update("booking.event", changes, title="Analysis")
    gather_now(db)
    assert invited(campus) == {("event", changes)}


# ── migrations ────────────────────────────────────────────────────────────────────────────────────────────

_CATALOG = """
WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('booking', 'raumpost'))
SELECT 'schema' AS what, oid::text, nspname AS name, '' AS definition FROM ours
UNION ALL
SELECT 'relation', c.oid::text, c.oid::regclass::text,
    concat_ws(' ', c.relkind, c.relowner, c.relacl, c.xmin, obj_description(c.oid, 'pg_class'),
        pg_get_indexdef(i.indexrelid))
FROM pg_class AS c JOIN ours AS o ON o.oid = c.relnamespace LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
UNION ALL
SELECT 'column', a.attrelid::text, a.attrelid::regclass || '.' || a.attname,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid),
        col_description(a.attrelid, a.attnum), a.xmin)
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN ours AS o ON o.oid = c.relnamespace
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT 'constraint', k.oid::text, k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint AS k JOIN ours AS o ON o.oid = k.connamespace
UNION ALL
SELECT 'function', p.oid::text, p.proname, pg_get_functiondef(p.oid) || p.xmin::text
FROM pg_proc AS p JOIN ours AS o ON o.oid = p.pronamespace
UNION ALL
SELECT 'trigger', t.oid::text, t.tgname, pg_get_triggerdef(t.oid) || t.xmin::text
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN ours AS o ON o.oid = c.relnamespace
UNION ALL
SELECT 'installation', '', id::text, '' FROM raumpost.installation
UNION ALL
SELECT 'revision', '', version_num, '' FROM raumpost.alembic_version
ORDER BY 1, 3, 2
"""


def test_migrating_again_changes_nothing(campus: Campus, connect: Callable[[], Connection]) -> None:
    def catalog() -> list[dict[str, Any]]:
        return campus.sql(_CATALOG)

    campus.event(campus.linked_room())
    before = catalog()
    assert len(before) > 100
    migrate(connect)
    assert catalog() == before
    assert campus.value("SELECT count(*) FROM raumpost.booking_change") > 0


def test_a_column_of_the_booking_systems_own_changes_nothing(campus: Campus) -> None:
    event = campus.event(campus.room())
    campus.sql("ALTER TABLE booking.event ADD COLUMN extras json DEFAULT '{}'")
    campus.sql("DELETE FROM raumpost.booking_change")
    campus.sql("UPDATE booking.event SET extras = '{\"projector\": true}'")
    assert campus.value("SELECT count(*) FROM raumpost.booking_change") == 0
    campus.update("booking.event", event, title="Analysis")
    assert campus.value("SELECT count(*) FROM raumpost.booking_change") == 1
