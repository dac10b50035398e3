"""The database roles of docs/operate/server.md, made by the very files that operators run."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege, ReadOnlySqlTransaction

from raumpost.adapters.postgres import Database, connect
from raumpost.services.planning.gather import gather
from raumpost.services.sending.render import render_batch
from raumpost.sql.migrate import migrate
from sandbox.ports import HOST, reachable_directory
from sandbox.postgres import PrivatePostgres
from tests.database import NOW, Campus
from tests.mail_pipeline import LEASE

PROJECT = Path(__file__).parents[3]
OWNER, BOOKING_SYSTEM, REPORTS = "raumpost", "booking_system", "raumpost_reports"
As = Callable[[str], Campus]


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    """A Postgres of its own, because roles belong to the whole server: set up as docs/operate/server.md says."""
    with reachable_directory() as directory, PrivatePostgres(directory / "postgres") as server:
        with closing(psycopg2.connect(server.uri())) as connection:
            connection.autocommit = True
            for statement in _statements(PROJECT / "docker/databases.sql"):
                connection.cursor().execute(statement)
        migrate(lambda: psycopg2.connect(_uri(server, OWNER)))
        with closing(psycopg2.connect(_uri(server, "postgres"))) as connection, connection:
            for _ in range(2):  # it may run again
                connection.cursor().execute((PROJECT / "docs/operate/roles.sql").read_text(encoding="utf-8"))
        yield server


def _statements(file: Path) -> list[str]:
    """Return the statements of a file for psql, with something for each variable."""
    text = re.sub(r"^(\\|--).*$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [one for one in re.sub(r":'\w+'", "'secret'", text).split(";") if one.strip()]


def _uri(server: PrivatePostgres, role: str) -> str:
    return f"postgresql://{role}@{HOST}:{server.port}/raumpost"


@pytest.fixture
def as_(server: PrivatePostgres) -> Iterator[As]:
    """Return a function that connects as a role; what was written is gone after the test."""
    with ExitStack() as stack:
        yield lambda role: Campus(stack.enter_context(closing(connect(dsn=_uri(server, role)))))
    with closing(connect(dsn=_uri(server, OWNER))) as connection, connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE booking.room, booking.app_user, booking.event, booking.status, raumpost.room_mailbox,"
            " raumpost.mail, raumpost.journal CASCADE; TRUNCATE raumpost.booking_change"
        )


def test_no_role_is_more_than_it_must_be(as_: As) -> None:
    found = as_("postgres").sql(
        "SELECT rolname FROM pg_roles WHERE rolname IN (%(a)s, %(b)s, %(c)s) AND NOT "
        "(rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)",
        a=OWNER, b=BOOKING_SYSTEM, c=REPORTS,
    )  # fmt: skip
    assert {row["rolname"] for row in found} == {OWNER, BOOKING_SYSTEM, REPORTS}


@pytest.mark.parametrize("role", [OWNER, BOOKING_SYSTEM, REPORTS])
def test_nobody_enters_the_database_of_airflow(server: PrivatePostgres, role: str) -> None:
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(_uri(server, role).removesuffix("/raumpost") + "/airflow")


def test_the_owner_plans_and_renders_what_the_booking_system_has_booked_which_then_reads_its_status(as_: As) -> None:
    office, owner = as_(BOOKING_SYSTEM), as_(OWNER)
    room = office.room()
    office.sql("INSERT INTO booking.app_user (name, email, technical) VALUES ('R', 'tech@booking.example', true)")
    owner.link(room, technical_user_id=office.value("SELECT id FROM booking.app_user"))
    event, block = office.event(room), office.block(room)
    office.update("booking.event", event, title="Analysis")
    office.delete("booking.room_block", block)
    db = Database(owner.connection)
    [batch] = gather(db, now=NOW, lease=LEASE, budget=500, default_time_zone="Europe/Berlin")
    assert render_batch(db, batch=batch.id, now=NOW, default_time_zone="Europe/Berlin") == 1
    assert office.sql("SELECT id, status FROM booking.status") == [{"id": event, "status": "pending"}]


def test_every_change_of_the_booking_system_is_noted_although_it_may_not_write_there(as_: As) -> None:
    office, owner = as_(BOOKING_SYSTEM), as_(OWNER)
    as_("postgres").sql("GRANT TRUNCATE ON booking.event, booking.event_room, booking.room_block TO booking_system")
    room, other = office.room(), office.room("Hörsaal 2")

    def noted() -> list[tuple[str, int]]:
        rows = owner.sql("DELETE FROM raumpost.booking_change RETURNING kind, source_id")
        return sorted({(row["kind"], row["source_id"]) for row in rows})

    event, block = office.event(room, all_day=True), office.block(room, all_day=True)
    assert noted() == [("block", block), ("event", event)]
    office.update("booking.event", event, title="neu")
    assert noted() == [("event", event)]
    office.sql("UPDATE booking.event_room SET room_id = %(room)s", room=other)
    assert noted() == [("event", event)]
    office.update("booking.room_block", block, reason="neu")
    assert noted() == [("block", block)]
    office.update("booking.room", other, time_zone="Europe/Lisbon")
    assert noted() == [("event", event)]
    office.sql("TRUNCATE booking.event_room, booking.room_block")
    assert noted() == [("block", block), ("event", event)]
    office.delete("booking.event", event)
    assert noted() == [("event", event)]
    office.event(room)
    noted()
    office.sql("TRUNCATE booking.event CASCADE")
    assert len(noted()) == 1


def test_every_trigger_on_bookings_runs_with_its_owners_rights_and_a_fixed_search_path(as_: As) -> None:
    found = as_(OWNER).sql(
        """SELECT t.tgname, c.relname, p.prosecdef, p.proconfig
           FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS p ON p.oid = t.tgfoid
           WHERE c.relnamespace = 'booking'::regnamespace AND NOT t.tgisinternal"""
    )
    assert len(found) > 10
    for row in found:
        assert row["prosecdef"], row
        assert row["proconfig"] == ["search_path=pg_catalog, pg_temp"], row


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT FROM raumpost.invitation",
        "SELECT FROM raumpost.mail",
        "INSERT INTO raumpost.booking_change (kind, source_id) VALUES ('event', 1)",
        "DELETE FROM raumpost.booking_change",
        "UPDATE booking.status SET status = 'accepted'",
        "INSERT INTO booking.status VALUES ('event', 1, 1, 'accepted', '', '')",
        "DELETE FROM booking.status",
        "TRUNCATE booking.status",
        "DROP TABLE booking.room",
        "ALTER TABLE booking.event DISABLE TRIGGER ALL",
        "CREATE TABLE booking.mine ()",
        "CREATE TEMPORARY TABLE mine ()",
    ],
)
def test_the_booking_system_is_refused_all_else(as_: As, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        as_(BOOKING_SYSTEM).sql(statement)


def test_reports_read_every_table_and_of_mails_all_but_the_raw_text(as_: As) -> None:
    reports = as_(REPORTS)
    tables = as_(OWNER).sql(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname IN ('booking', 'raumpost')"
    )
    names = {row["name"] for row in tables}
    assert {"booking.event", "booking.status", "raumpost.invitation", "raumpost.journal"} <= names
    for name in names - {"raumpost.mail"}:
        reports.sql(f"SELECT * FROM {name}")
    columns = as_(OWNER).sql(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'raumpost.mail'::regclass AND attnum > 0"
    )
    reports.sql(f"SELECT {', '.join(row['attname'] for row in columns if row['attname'] != 'raw')} FROM raumpost.mail")


@pytest.mark.parametrize("statement", ["SELECT raw FROM raumpost.mail", "SELECT * FROM raumpost.mail"])
def test_reports_never_read_a_raw_mail(as_: As, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        as_(REPORTS).sql(statement)


@pytest.mark.parametrize("writable", [False, True])
def test_reports_change_nothing_even_where_they_ask_for_a_session_that_writes(as_: As, writable: bool) -> None:
    reports = as_(REPORTS)
    if writable:
        reports.sql("SET default_transaction_read_only = off")
    for table in ("booking.event", "raumpost.invitation", "raumpost.mail"):
        with pytest.raises((ReadOnlySqlTransaction, InsufficientPrivilege)):
            reports.sql(f"DELETE FROM {table}")
