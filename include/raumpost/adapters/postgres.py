"""Postgres with psycopg2: runs the named statements of sql/queries/."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import psycopg2
import psycopg2.extensions
import psycopg2.extras

from raumpost.adapters.watchdog import Watchdog
from raumpost.domain.errors import DatabaseUnavailable

CONNECT_TIMEOUT = 10
"""Seconds."""
STATEMENT_TIMEOUT = 120
"""Seconds; a database that hangs must not hold a worker."""
LEEWAY = 10
"""Seconds in which a working server still reports that a statement took too long."""

_SESSION = {
    "timezone": "UTC",
    "application_name": "raumpost",
    "lock_timeout": "30s",
    # a worker that hangs halfway, or whose host is lost, must not keep its locks
    "idle_in_transaction_session_timeout": "120s",
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}

ORIGIN = frozenset({"actor", "dag_id", "dag_run"})
"""Parameters that every statement may use without the caller passing them: on whose behalf a connection writes."""

_UNFIT = (psycopg2.ProgrammingError, psycopg2.NotSupportedError, psycopg2.InternalError)
"""Errors of a database whose tables, columns or permissions differ from what this version expects."""


def connect(
    *, statement_timeout: int = STATEMENT_TIMEOUT, **parameters: str | int | None
) -> psycopg2.extensions.connection:
    """Open a connection in autocommit mode, with timeouts (in seconds), in UTC; the parameters are those of libpq.

    Raises DatabaseUnavailable, whose message leaves out the password.
    """
    session = _SESSION | {"statement_timeout": f"{statement_timeout}s"}
    own = " ".join(f"-c {name}={value}" for name, value in session.items())
    options = f"{parameters.get('options') or ''} {own}"
    try:
        settings: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT, **parameters, "options": options}
        connection: psycopg2.extensions.connection = psycopg2.connect(**settings)
    except psycopg2.Error as exc:
        raise DatabaseUnavailable(f"cannot connect to the Raumpost database: {_first_line(exc)}") from exc
    connection.autocommit = True
    return connection


class Database:
    """One connection, and on whose behalf it writes; it is cut when the server is silent for `patience` seconds."""

    def __init__(
        self,
        connection: psycopg2.extensions.connection,
        *,
        actor: str = "raumpost",
        dag_id: str | None = None,
        dag_run: str | None = None,
        patience: float = STATEMENT_TIMEOUT + LEEWAY,
    ) -> None:
        self._connection = connection
        self._watchdog = Watchdog(connection, patience=patience)
        self._origin = {"actor": actor, "dag_id": dag_id, "dag_run": dag_run}

    def rows(self, statement: str, /, **parameters: object) -> list[dict[str, Any]]:
        """Run a statement and return its rows."""
        with self._executed(statement, parameters) as cursor:
            return [dict(row) for row in cursor.fetchall()]

    def run(self, statement: str, /, **parameters: object) -> int:
        """Run a statement and return how many rows it touched."""
        with self._executed(statement, parameters) as cursor:
            return cursor.rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run all statements inside in one transaction; outside, each is its own."""
        try:
            with ExitStack() as stack:
                stack.callback(self._watchdog.end)
                stack.enter_context(self._connection)
                stack.callback(self._watchdog.begin)  # a commit or rollback is an exchange with the server too
                yield
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as exc:
            raise self._unavailable(exc) from exc

    @contextmanager
    def _executed(self, statement: str, parameters: Mapping[str, object]) -> Iterator[psycopg2.extras.RealDictCursor]:
        query = QUERIES[statement]
        if differing := parameters.keys() ^ (query.parameters - ORIGIN):
            raise TypeError(f"{statement} takes other parameters than it was given: {', '.join(sorted(differing))}")
        try:
            with self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                with self._watchdog.watching():
                    cursor.execute(query.text, {**self._origin, **_storable(parameters)})
                yield cursor
        except _UNFIT as exc:
            raise DatabaseUnavailable(
                f"the Raumpost database does not fit: {_first_line(exc)}",
                remedy="run “make migrate”, and check that the user of the connection may use the schemas booking and "
                "raumpost",
            ) from exc
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as exc:
            raise self._unavailable(exc) from exc

    def _unavailable(self, exc: psycopg2.Error) -> DatabaseUnavailable:
        why = f"it was silent for {self._watchdog.patience:g} s" if self._watchdog.has_cut else _first_line(exc)
        return DatabaseUnavailable(f"the Raumpost database gave up: {why}", remedy="nothing half-done is stored")


def _storable(parameters: Mapping[str, object]) -> dict[str, object]:
    """Replace what no text in Postgres can hold, NUL and lone surrogates: text from outside may contain them."""
    return {name: list(map(_text, one)) if isinstance(one, list) else _text(one) for name, one in parameters.items()}


def _text(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _first_line(exc: BaseException) -> str:
    return next(iter(str(exc).strip().splitlines()), type(exc).__name__)


class Query(NamedTuple):
    """A statement of sql/queries/: its text, line of purpose first, and the parameters that it names."""

    text: str
    parameters: frozenset[str]


def _query(text: str) -> Query:
    return Query(text.strip(), frozenset(re.findall(r"%\((\w+)\)s", text)))


def _read_queries(folder: Traversable) -> dict[str, Query]:
    """Read the statements of all files in a folder and below it, by name."""
    queries: dict[str, Query] = {}
    for entry in folder.iterdir():
        if entry.is_dir():
            found = _read_queries(entry)
        elif entry.name.endswith(".sql"):
            parts = re.split(r"^-- name: (\w+)$", entry.read_text(encoding="utf-8"), flags=re.MULTILINE)
            names = parts[1::2]
            found = dict(zip(names, map(_query, parts[2::2]), strict=True))
            if len(found) < len(names):
                raise ValueError(f"sql/queries/{entry.name} has two statements of one name")
        else:
            continue
        if twice := queries.keys() & found.keys():
            raise ValueError(f"two files of sql/queries have a statement {', '.join(sorted(twice))}")
        queries |= found
    return queries


QUERIES = _read_queries(files("raumpost.sql").joinpath("queries"))
"""Statements by name."""
