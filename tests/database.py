"""Databases for tests, and rooms, links and bookings in plain SQL, as the booking system would write them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg2
import psycopg2.extras
import pytest
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import connect
from raumpost.sql.migrate import migrate
from sandbox.postgres import PrivatePostgres

NOW = datetime(2090, 5, 2, 12, tzinfo=UTC)
"""What services are told; far ahead, because triggers ask the database's own clock what has ended already."""

_TEMPLATE = "raumpost_template"


class Databases:
    """Fresh copies of one migrated database."""

    def __init__(self, postgres: PrivatePostgres) -> None:
        self._postgres = postgres
        self._numbers = count(1)
        postgres.create_database(_TEMPLATE)
        migrate(lambda: psycopg2.connect(postgres.uri(_TEMPLATE)))

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Return the address of a fresh database; drop it at the end."""
        name = f"test_{next(self._numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, _TEMPLATE)
        try:
            yield self._postgres.uri(name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Return the address of a database in which nothing has been made yet; drop it at the end."""
        name = f"test_{next(self._numbers)}"
        self._run("CREATE DATABASE {}", name)
        try:
            yield self._postgres.uri(name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def _run(self, statement: str, *names: str) -> None:
        with closing(connect(dsn=self._postgres.uri())) as connection, connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class Campus:
    """Writes rooms, links and bookings, and reads whatever a test wants to see."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def sql(self, statement: str, **parameters: object) -> list[dict[str, Any]]:
        """Run a statement; return its rows, if it has any."""
        with self.connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(statement, parameters)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def value(self, statement: str, **parameters: object) -> Any:
        """Run a statement that gives one value."""
        [row] = self.sql(statement, **parameters)
        [value] = row.values()
        return value

    def room(self, name: str = "Hörsaal 1", *, time_zone: str = "Europe/Berlin") -> int:
        """Add a room without a mailbox."""
        return self._insert("booking.room", name=name, time_zone=time_zone)

    def link(self, room: int, **columns: object) -> int:
        """Link a room to its mailbox."""
        user = self._insert("booking.app_user", name="Raumpost", email="tech@booking.example", technical=True)
        defaults = {
            "room_id": room,
            "address": f"room-{room}@rooms.example",
            "smtp_conn_id": "smtp_one",
            "imap_conn_id": "imap_one",
            "technical_user_id": user,
        }
        return self._insert("raumpost.room_mailbox", **defaults | columns)

    def linked_room(self, name: str = "Hörsaal 1", **columns: object) -> int:
        """Add a room with a mailbox."""
        room = self.room(name)
        self.link(room, **columns)
        return room

    def event(self, *rooms: int, starts: datetime | None = None, hours: float = 2, **columns: object) -> int:
        """Book rooms; tomorrow, if nothing else is said."""
        starts = starts or NOW + timedelta(days=1)
        defaults = {"title": "Vorlesung", "starts_at": starts, "ends_at": starts + timedelta(hours=hours)}
        event = self._insert("booking.event", **defaults | columns)
        for room in rooms:
            self.sql("INSERT INTO booking.event_room VALUES (%(event)s, %(room)s)", event=event, room=room)
        return event

    def block(self, room: int, *, starts: datetime | None = None, hours: float = 2, **columns: object) -> int:
        """Block a room; tomorrow, if nothing else is said."""
        starts = starts or NOW + timedelta(days=1)
        defaults = {"room_id": room, "starts_at": starts, "ends_at": starts + timedelta(hours=hours)}
        return self._insert("booking.room_block", **defaults | columns)

    def update(self, table: str, id_: int, **columns: object) -> None:
        """Change columns of one row."""
        assignments = sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in columns
        )
        statement = sql.SQL("UPDATE {} SET {} WHERE id = {}").format(
            sql.Identifier(*table.split(".")), assignments, sql.Placeholder("id_")
        )
        self.sql(statement.as_string(self.connection), id_=id_, **columns)

    def delete(self, table: str, id_: int) -> None:
        """Delete one row."""
        statement = sql.SQL("DELETE FROM {} WHERE id = %(id)s").format(sql.Identifier(*table.split(".")))
        self.sql(statement.as_string(self.connection), id=id_)

    def _insert(self, table: str, **columns: object) -> int:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(map(sql.Placeholder, columns)),
        )
        return int(self.value(statement.as_string(self.connection), **columns))


@pytest.fixture(scope="session")
def database_in_turns(databases: Databases) -> Iterator[str]:
    """One database that is emptied after each test: much faster than one for each."""
    with databases.copy() as uri:
        yield uri


def emptied(uri: str) -> Iterator[str]:
    """Lend the database to a test, and empty it then."""
    yield uri
    with closing(connect(dsn=uri)) as connection, connection.cursor() as cursor:
        cursor.execute(
            """TRUNCATE raumpost.journal, raumpost.mail, raumpost.invitation, raumpost.preexisting,
                   raumpost.reply_cursor, raumpost.room_mailbox, raumpost.check_result, raumpost.preview,
                   raumpost.alert,
                   booking.status, booking.room, booking.event, booking.app_user
               RESTART IDENTITY CASCADE"""
        )
        cursor.execute("UPDATE raumpost.installation SET sequence_floor = DEFAULT, restored_at = DEFAULT")
        cursor.execute("TRUNCATE raumpost.booking_change")  # last: emptying bookings is a change too
