"""The schema: schema.sql and the drawn picture show what the revisions make, and older databases are refused."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from raumpost.domain.errors import ConfigurationError
from raumpost.sql.migrate import migrate
from sandbox.postgres import PrivatePostgres
from tests.catalog import catalog
from tests.database import Campus, Databases

DOCS = Path(__file__).parents[3] / "docs"
PICTURE = DOCS / "develop" / "database.md"
LEGACY = "0015_readings"
"""The last revision before 1.0.0."""


@pytest.fixture
def empty(databases: Databases) -> Iterator[str]:
    """Return the address of a database in which nothing has been made yet."""
    with databases.empty() as uri:
        yield uri


def _connection(uri: str) -> Connection:
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    return connection


def test_schema_sql_is_what_the_revisions_make(database: str, empty: str) -> None:
    with closing(_connection(empty)) as fresh, closing(_connection(database)) as migrated:
        fresh.cursor().execute(files("raumpost.sql").joinpath("schema.sql").read_text(encoding="utf-8"))
        by_hand, by_revisions = catalog(fresh), catalog(migrated)

    assert len(by_revisions) > 400
    assert by_hand == by_revisions


def test_the_picture_names_every_table_and_draws_every_foreign_key(campus: Campus) -> None:
    text = PICTURE.read_text(encoding="utf-8")
    tables = campus.sql(
        "SELECT schemaname AS schema, tablename AS name FROM pg_tables "
        "WHERE schemaname IN ('booking', 'raumpost') AND tablename <> 'alembic_version'"
    )
    keys = campus.sql(
        "SELECT confrelid::regclass::text AS one, conrelid::regclass::text AS many "
        "FROM pg_constraint WHERE contype = 'f'"
    )
    drawn = set(re.findall(r'^ +"([\w.]+)" [|o]{2}--o[{|] "([\w.]+)" :', text, re.MULTILINE))
    named = set(re.findall(r'"(\w+\.\w+)"', text))
    listed = set(re.findall(r"`(?:booking\.|raumpost\.)?(\w+)`", text[text.index("| table |") :]))

    assert named == {f"{row['schema']}.{row['name']}" for row in tables}
    assert listed >= {row["name"] for row in tables}
    assert drawn == {(row["one"], row["many"]) for row in keys}


# ── databases that this version does not know ───────────────────────────────────────────────────────────────


def _from_before_the_first_release(uri: str) -> None:
    """Make what matters of such a database: its revision, and a booking whose column had another name."""
    contract = files("raumpost.sql").joinpath("versions", "v1_0_booking.sql").read_text(encoding="utf-8")
    with closing(_connection(uri)) as connection, connection.cursor() as cursor:
        cursor.execute(contract)
        cursor.execute("ALTER TABLE booking.event RENAME COLUMN booked_by TO organiser")
        cursor.execute("CREATE SCHEMA raumpost; CREATE TABLE raumpost.alembic_version (version_num varchar(32))")
        cursor.execute("INSERT INTO raumpost.alembic_version VALUES (%s)", (LEGACY,))
        cursor.execute("INSERT INTO booking.room (name) VALUES ('Hörsaal 1')")
        cursor.execute(
            "INSERT INTO booking.event (title, organiser, starts_at, ends_at) "
            "VALUES ('Algebra', 'Professorin Noether', '2090-05-03 10:00Z', '2090-05-03 12:00Z')"
        )
        cursor.execute("INSERT INTO booking.event_room VALUES (1, 1)")
        cursor.execute("INSERT INTO booking.status VALUES ('event', 1, 1, 'sent', 'gesendet', 'sent')")


def test_a_database_from_before_the_first_release_is_refused_with_the_remedy_and_not_touched(empty: str) -> None:
    _from_before_the_first_release(empty)
    with closing(_connection(empty)) as connection:
        before = catalog(connection)

        with pytest.raises(ConfigurationError, match=rf"at revision {LEGACY}, from before 1\.0\.0.*docs/upgrade\.md"):
            migrate(lambda: psycopg2.connect(empty))

        assert catalog(connection) == before


def test_a_database_of_a_newer_release_is_refused(database: str, campus: Campus) -> None:
    campus.sql("UPDATE raumpost.alembic_version SET version_num = 'v9_0_telepathy'")

    with pytest.raises(ConfigurationError, match=r"at revision v9_0_telepathy, which this version .* does not know"):
        migrate(lambda: psycopg2.connect(database))


def test_the_commands_of_the_handbook_keep_the_bookings(empty: str, tmp_path: Path) -> None:
    _from_before_the_first_release(empty)
    text = (DOCS / "upgrade.md").read_text(encoding="utf-8")
    keep, read_again = re.findall(r"```sh\n(.*?)```", text[text.index("## From before 1.0.0") :], re.DOTALL)
    path = f"{PrivatePostgres.program('psql').parent}:{os.environ['PATH']}"

    def run(commands: str) -> None:
        environment = {"PATH": path, "RAUMPOST": empty}
        subprocess.run(["sh", "-ec", commands], cwd=tmp_path, env=environment, check=True, capture_output=True)

    run(keep)
    migrate(lambda: psycopg2.connect(empty))
    run(read_again)

    with closing(_connection(empty)) as connection:
        campus = Campus(connection)
        assert campus.value("SELECT booked_by FROM booking.event") == "Professorin Noether"
        assert campus.value("SELECT count(*) FROM booking.event_room") == 1
        assert campus.value("SELECT count(*) FROM booking.status") == 0
        assert campus.room("Hörsaal 2") == 2  # ids go on where they were
        assert campus.value("SELECT count(*) FROM raumpost.booking_change") > 0
