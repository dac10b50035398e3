"""Postgres by psycopg2: runs the named statements of sql/queries.sql."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import psycopg2
import psycopg2.extensions
import psycopg2.extras

from raumpost.domain.errors import DatabaseUnavailable

CONNECT_TIMEOUT = 10
"""Seconds."""

_SESSION = {
    "timezone": "UTC",
    "application_name": "raumpost",
    # a database that hangs must not hold a worker
    "statement_timeout": "120s",
    "lock_timeout": "30s",
    # and a worker's host that is lost must not hold its locks
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}

_UNFIT = (psycopg2.ProgrammingError, psycopg2.NotSupportedError, psycopg2.InternalError)
"""What a database raises whose tables, columns or rights are not those that this version expects."""


def connect(**parameters: str | int | None) -> psycopg2.extensions.connection:
    """Open a connection in autocommit mode, with timeouts, in UTC; the parameters are those of libpq.

    Raises DatabaseUnavailable, whose message leaves out the password.
    """
    own = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    options = f"{parameters.get('options') or ''} {own}"
    try:
        settings: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT, **parameters, "options": options}
        connection: psycopg2.extensions.connection = psycopg2.connect(**settings)
    except psycopg2.Error as exc:
        raise DatabaseUnavailable(f"cannot connect to the Raumpost database: {_first_line(exc)}") from exc
    connection.autocommit = True
    return connection


class Database:
    """One connection, and on whose behalf it writes."""

    def __init__(
        self,
        connection: psycopg2.extensions.connection,
        *,
        actor: str = "raumpost",
        dag_id: str | None = None,
        dag_run: str | None = None,
    ) -> None:
        self._connection = connection
        self._origin = {"actor": actor, "dag_id": dag_id, "dag_run": dag_run}

    def rows(self, statement: str, /, **parameters: object) -> list[dict[str, Any]]:
        """Run a statement and give its rows."""
        with self._executed(statement, parameters) as cursor:
            return [dict(row) for row in cursor.fetchall()]

    def run(self, statement: str, /, **parameters: object) -> int:
        """Run a statement and tell how many rows it touched."""
        with self._executed(statement, parameters) as cursor:
            return cursor.rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all statements inside one transaction; outside, each is its own."""
        try:
            with self._connection:
                yield
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as exc:
            raise _unavailable(exc) from exc

    @contextmanager
    def _executed(self, statement: str, parameters: Mapping[str, object]) -> Iterator[psycopg2.extras.RealDictCursor]:
        try:
            with self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                cursor.execute(QUERIES[statement], {**self._origin, **parameters})
                yield cursor
        except _UNFIT as exc:
            raise DatabaseUnavailable(
                f"the Raumpost database does not fit: {_first_line(exc)}; run “make migrate”, and check that the "
                "user of the connection may use the schemas booking and raumpost"
            ) from exc
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as exc:
            raise _unavailable(exc) from exc


def _unavailable(exc: psycopg2.Error) -> DatabaseUnavailable:
    return DatabaseUnavailable(f"the Raumpost database gave up: {_first_line(exc)}; nothing half-done is stored")


def _first_line(exc: BaseException) -> str:
    return next(iter(str(exc).strip().splitlines()), type(exc).__name__)


def _read_queries(text: str) -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)$", text, flags=re.MULTILINE)
    names, statements = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        raise ValueError("a statement name stands twice in sql/queries.sql")
    return dict(zip(names, (statement.strip() for statement in statements), strict=True))


QUERIES = _read_queries(files("raumpost").joinpath("sql/queries.sql").read_text(encoding="utf-8"))
"""Statements by name."""
