"""A server that accepts and says nothing never holds a worker longer than its timeout: every protocol, every step."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from raumpost.adapters import postgres
from raumpost.adapters.postgres import Database
from raumpost.domain.check import CheckStatus
from raumpost.domain.errors import DatabaseUnavailable, InterfaceUnavailable, MaybeSent, NotSent
from raumpost.services.checks.interface import check_interface
from raumpost.services.store.locking import exclusive
from raumpost.wiring import alerts, connections, probes
from tests.airflow_connections import SetConnection
from tests.database import NOW, Campus
from tests.servers.hung import IMAP_GREETING, IMAP_WORDS, SMTP_GREETING, SMTP_WORDS, HungServer, Line, full_port

TECH, ROOM, RAW = "tech@booking.example", "room-1@rooms.example", b"Subject: x\r\n\r\nbody\r\n"
LOGIN = {"login": TECH, "password": "secret", "timeout": 1}
PLAIN_SMTP = {"disable_ssl": True, "disable_tls": True}
PLAIN_IMAP = {"use_ssl": False}
PATIENT = 10
"""Seconds; well below the 30 of a step without the extra `timeout`, and enough for a busy machine."""


@contextmanager
def given_up() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert 0.9 <= time.monotonic() - began < PATIENT


def smtp_server(silent_at: str) -> HungServer:
    return HungServer(SMTP_GREETING, SMTP_WORDS, silent_at=silent_at)


def imap_server(silent_at: str) -> HungServer:
    return HungServer(IMAP_GREETING, IMAP_WORDS, silent_at=silent_at)


def send(conn_id: str) -> None:
    with connections.mailer(conn_id) as mailer:
        mailer.send(RAW, sender=TECH, recipient=ROOM)


def read(conn_id: str) -> None:
    with connections.mailbox(conn_id) as mailbox:
        for _ in mailbox.open("INBOX").mails_after(0, limit=10):
            pass


def archive(conn_id: str) -> None:
    with connections.mailbox(conn_id) as mailbox:
        mailbox.open_for_filing("INBOX", "Done").move([1])


# ── mail servers ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("conn_type", "act"), [("smtp", send), ("imap", read)])
def test_connecting_where_nobody_answers(
    set_connection: SetConnection, conn_type: str, act: Callable[[str], None]
) -> None:
    with full_port() as port, given_up(), pytest.raises(InterfaceUnavailable, match="timed out"):
        act(set_connection(conn_type, port, **LOGIN))


@pytest.mark.parametrize("step", ["EHLO", "STARTTLS", "AUTH"])
def test_smtp_before_the_login_is_done(set_connection: SetConnection, step: str) -> None:
    extra = {"disable_ssl": True} if step == "STARTTLS" else PLAIN_SMTP
    with smtp_server(step) as server, given_up(), pytest.raises(InterfaceUnavailable):
        send(set_connection("smtp", server.port, **LOGIN, **extra))
    assert server.asked == 1


@pytest.mark.parametrize(
    ("step", "outcome"), [("MAIL", NotSent), ("RCPT", NotSent), ("DATA", MaybeSent), (".", MaybeSent)]
)
def test_smtp_after_the_login(set_connection: SetConnection, step: str, outcome: type[Exception]) -> None:
    with smtp_server(step) as server, given_up(), pytest.raises(outcome):
        send(set_connection("smtp", server.port, **LOGIN, **PLAIN_SMTP))
    assert server.asked == 1


@pytest.mark.parametrize(
    ("server", "act", "extra"),
    [
        (HungServer(SMTP_GREETING, {**SMTP_WORDS, "never": ""}, silent_at="never"), send, {"disable_ssl": True}),
        (HungServer(IMAP_GREETING, {**IMAP_WORDS, "never": ""}, silent_at="never"), read, {"starttls": True}),
    ],
)
def test_the_tls_handshake_after_starttls(
    set_connection: SetConnection, server: HungServer, act: Callable[[str], None], extra: dict[str, bool]
) -> None:
    with server, given_up(), pytest.raises(InterfaceUnavailable, match="handshake operation timed out"):
        act(set_connection("smtp" if act is send else "imap", server.port, **LOGIN, **extra))


def test_a_goodbye_that_nobody_returns_is_waited_for_once(set_connection: SetConnection) -> None:
    with smtp_server("QUIT") as server, given_up():
        send(set_connection("smtp", server.port, **LOGIN, **PLAIN_SMTP))
    with imap_server("LOGOUT") as server, given_up():
        archive(set_connection("imap", server.port, **LOGIN, **PLAIN_IMAP))


@pytest.mark.parametrize("step", ["STARTTLS", "CAPABILITY", "LOGIN", "STATUS", "SELECT", "UID SEARCH", "UID MOVE"])
def test_imap_at_every_step_of_moving_mails(set_connection: SetConnection, step: str) -> None:
    extra = {"starttls": True} if step == "STARTTLS" else PLAIN_IMAP
    with imap_server(step) as server, given_up(), pytest.raises(InterfaceUnavailable, match="timed out"):
        archive(set_connection("imap", server.port, **LOGIN, **extra))
    assert server.asked == 1


@pytest.mark.parametrize(
    ("server", "extra"),
    [
        (smtp_server("AUTH"), PLAIN_SMTP),
        (smtp_server("MAIL"), PLAIN_SMTP),
        (smtp_server("RCPT"), PLAIN_SMTP),
        (imap_server("LOGIN"), PLAIN_IMAP),
        (imap_server("EXAMINE"), PLAIN_IMAP),
    ],
)
def test_a_check_says_at_which_step(
    db: Database, campus: Campus, set_connection: SetConnection, server: HungServer, extra: dict[str, bool]
) -> None:
    campus.linked_room()
    with server, given_up():
        conn_id = set_connection("smtp" if extra is PLAIN_SMTP else "imap", server.port, **LOGIN, **extra)
        kind = probes.kind_of(conn_id)
        asked = probes.probe(conn_id, kind, now=NOW, certificate_days=1)
        found = check_interface(db, kind=kind, conn_id=conn_id, probe=asked, now=NOW)
    assert [one.status for one in found if "timed out" in one.why] == [CheckStatus.NOT_OK]


def test_an_alert_that_a_silent_server_does_not_take_ends_the_callback_in_time(
    set_connection: SetConnection, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RAUMPOST_ALERT_EMAIL", "it@booking.example")
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    ti = SimpleNamespace(dag_id="d", task_id="t", map_index=-1, run_id="r", try_number=1, log_url="http://a.example")
    with smtp_server("MAIL") as server, given_up():
        monkeypatch.setenv("RAUMPOST_ALERT_SMTP", set_connection("smtp", server.port, **LOGIN, **PLAIN_SMTP))
        alerts.failed({"ti": ti, "exception": RuntimeError("no luck")})
    assert "No alert could be sent" in caplog.text


# ── Postgres ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def line(database: str) -> Iterator[Line]:
    """A line to the test's database."""
    with Line(urlsplit(database).port or 0) as line:
        yield line


@pytest.fixture
def far(database: str, line: Line) -> Iterator[Database]:
    """The test's database at the other end of the line."""
    with closing(postgres.connect(dsn=database, port=line.port, sslmode="disable")) as connection:
        yield Database(connection, patience=1)


@pytest.mark.parametrize("kind", ["full", "silent"])
def test_a_database_that_accepts_no_connection_is_given_up(silent_port: int, kind: str) -> None:
    with full_port() as full, given_up(), pytest.raises(DatabaseUnavailable, match="timeout expired"):
        postgres.connect(host="127.0.0.1", port=full if kind == "full" else silent_port, connect_timeout=2)


def test_a_database_that_falls_silent_is_cut_off(far: Database, line: Line) -> None:
    assert far.rows("inboxes") == []
    line.hang()
    with given_up(), pytest.raises(DatabaseUnavailable, match="gave up: it was silent for 1 s; nothing half-done"):
        far.rows("inboxes")
    with pytest.raises(DatabaseUnavailable):  # and it does not come back unasked
        far.rows("inboxes")


def test_a_database_that_falls_silent_at_the_commit_is_cut_off_and_nothing_is_stored(
    far: Database, line: Line, campus: Campus
) -> None:
    campus.event(campus.linked_room())

    def consume() -> None:
        with far.transaction():
            assert far.rows("take_changes", upto=1000, limit=10)
            line.hang()

    with given_up(), pytest.raises(DatabaseUnavailable, match="silent for 1 s"):
        consume()
    with pytest.raises(DatabaseUnavailable), exclusive(far, "x"):
        pass
    line.__exit__()  # now the server sees that nobody is there
    changes = campus.value("SELECT count(*) FROM raumpost.booking_change")
    assert changes > 0
    campus.sql("BEGIN; LOCK TABLE raumpost.booking_change IN ACCESS EXCLUSIVE MODE; COMMIT")  # it rolls back first
    assert campus.value("SELECT count(*) FROM raumpost.booking_change") == changes


def test_a_database_that_is_only_slow_is_waited_for(far: Database) -> None:
    for _ in range(3):
        time.sleep(0.5)  # longer than the patience in all, but nothing was asked meanwhile
        assert far.rows("inboxes") == []


def test_statements_of_tasks_and_of_pages_have_their_limits(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from raumpost.web.database import PAGE_TIMEOUT

    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    assert PAGE_TIMEOUT == 10
    for given, said in (({}, "2min"), ({"statement_timeout": PAGE_TIMEOUT}, "10s")):
        with closing(connections.connect(**given)) as connection, connection.cursor() as cursor:
            for name, limit in (
                ("statement_timeout", said),
                ("lock_timeout", "30s"),
                ("idle_in_transaction_session_timeout", "2min"),
            ):
                cursor.execute(f"SHOW {name}")
                assert cursor.fetchone() == (limit,)


def test_a_statement_for_a_page_that_takes_too_long_is_told_as_trouble(database: str, campus: Campus) -> None:
    with closing(postgres.connect(dsn=database, statement_timeout=1)) as connection:
        db = Database(connection)
        other = Campus(connection)
        campus.sql("BEGIN")
        campus.sql("LOCK TABLE raumpost.room_mailbox IN ACCESS EXCLUSIVE MODE")
        with given_up(), pytest.raises(DatabaseUnavailable, match="canceling statement due to statement timeout"):
            db.rows("inboxes")
        campus.sql("ROLLBACK")
        assert other.value("SELECT 1") == 1
