"""All tasks of the main DAG against real servers, one run after the other."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from raumpost.adapters.postgres import connect as connect_to
from sandbox.airflow import Airflow
from sandbox.mailserver import MailServer
from sandbox.postgres import PrivatePostgres
from sandbox.rooms import RoomRobot
from tests.dags.dag_runs import Run, dag_runner
from tests.dags.metadata import create_metadata
from tests.database import Campus, Databases

TECH, ROOM = "tech@booking.example", "room-1@rooms.example"
TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with MailServer({TECH: "secret"}) as server:
        server.register(RoomRobot(ROOM, "Room 1"))
        yield server


@pytest.fixture(scope="module")
def uri(databases: Databases) -> Iterator[str]:
    with databases.copy() as uri:
        yield uri


@pytest.fixture(scope="module")
def airflow(postgres: PrivatePostgres, uri: str, mail: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """Airflow's metadata and configuration, without its processes."""
    create_metadata(postgres, "airflow_for_dags")
    airflow = Airflow(
        tmp_path_factory.mktemp("airflow"),
        database_uri=lambda driver: postgres.uri("airflow_for_dags", driver),
        environment={
            "RAUMPOST_RETRY_DELAY": "1",
            "AIRFLOW_CONN_RAUMPOST_DB": uri.replace("postgresql://", "postgres://"),
            "AIRFLOW_CONN_SMTP_ONE": json.dumps(
                {
                    "conn_type": "smtp",
                    "host": "127.0.0.1",
                    "port": mail.smtp_port,
                    "extra": {"disable_ssl": True, "disable_tls": True},
                }
            ),
            "AIRFLOW_CONN_IMAP_ONE": json.dumps(
                {
                    "conn_type": "imap",
                    "host": "127.0.0.1",
                    "port": mail.imap_port,
                    "login": TECH,
                    "password": "secret",
                    "extra": {"use_ssl": False},
                }
            ),
            "AIRFLOW_CONN_SMTP_WRONG_TYPE": json.dumps({"conn_type": "http", "host": "127.0.0.1"}),
        },
    )
    return airflow


@pytest.fixture(scope="module")
def run(airflow: Airflow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Return a function that runs mailbox_processor once, to its end."""
    log = tmp_path_factory.mktemp("runner") / "stderr.log"
    with dag_runner(airflow, log) as run_once:
        yield lambda **conf: run_once("mailbox_processor", conf)


@pytest.fixture
def here(uri: str) -> Iterator[Campus]:
    """The booking system's view; empty again after each test."""
    with closing(connect_to(dsn=uri)) as connection:
        yield Campus(connection)
        connection.cursor().execute(
            "TRUNCATE raumpost.journal, raumpost.mail, raumpost.invitation, raumpost.preexisting, "
            "raumpost.room_mailbox, booking.status, booking.room, booking.event, booking.app_user CASCADE"
        )
        connection.cursor().execute("TRUNCATE raumpost.booking_change")


def status(campus: Campus, event: int) -> str:
    return str(campus.value("SELECT status FROM booking.status WHERE kind = 'event' AND id = %(id)s", id=event))


def test_a_booking_is_answered_changed_and_cancelled(run: Run, here: Campus) -> None:
    room = here.linked_room(address=ROOM)
    event = here.event(room, starts=TOMORROW)

    first = run()
    assert first["state"] == "success", first
    assert first["tasks"]["deliver.send[0]"] == "success"
    assert first["tasks"]["answers_again.update_status[0]"] == "success"
    assert status(here, event) == "accepted"

    here.update("booking.event", event, starts_at=TOMORROW + timedelta(minutes=30))
    run()
    assert status(here, event) == "accepted"
    assert here.value("SELECT answer_sequence FROM raumpost.invitation") == 1

    here.delete("booking.event", event)
    run()
    assert status(here, event) == "cancelled"


def test_an_idle_run_skips_what_there_is_not_to_do(run: Run) -> None:
    idle = run()
    assert idle["state"] == "success"
    assert idle["tasks"]["gather_pending[-1]"] == "success"
    assert set(idle["tasks"].values()) == {"success", "skipped"}


def test_an_unreachable_inbox_turns_the_run_red_but_sends_nevertheless(run: Run, here: Campus) -> None:
    room = here.linked_room(address=ROOM, imap_conn_id="imap_missing")
    event = here.event(room, starts=TOMORROW + timedelta(days=1))
    red = run()
    assert red["state"] == "failed"
    assert red["tasks"]["answers.fetch_replies[0]"] == "failed"
    assert red["tasks"]["answers.update_status[0]"] == "success"
    assert red["tasks"]["deliver.send[0]"] == "success"
    assert "there is no Airflow connection “imap_missing”; create it with type imap" in red["log"]
    assert status(here, event) == "sent"


def test_a_missing_or_wrong_connection_is_named_after_five_attempts(run: Run, here: Campus) -> None:
    for number, conn_id in enumerate(("smtp_missing", "smtp_wrong_type"), start=2):
        room = here.linked_room(address=f"room-{number}@rooms.example", smtp_conn_id=conn_id)
        here.event(room, starts=TOMORROW + timedelta(days=2))
    red = run()
    assert red["state"] == "failed"
    found = here.sql("SELECT state, attempts, last_error FROM raumpost.invitation ORDER BY id")
    assert [(row["state"], row["attempts"]) for row in found] == [("failed", 5), ("failed", 5)]
    assert "there is no Airflow connection “smtp_missing”; create it with type smtp" in found[0]["last_error"]
    assert "the Airflow connection “smtp_wrong_type” has type http; it needs smtp" in found[1]["last_error"]
    words = [row["message_de"] for row in here.sql("SELECT message_de FROM booking.status")]
    assert [word.startswith("Fehler: ") for word in words] == [True, True]


def test_bad_bookings_are_named_in_the_journal_and_stop_nobody(run: Run, here: Campus) -> None:
    room = here.linked_room(address=ROOM)
    reversed_ = here.event(room, starts=TOMORROW + timedelta(days=3), hours=-1)
    untitled = here.event(room, starts=TOMORROW + timedelta(days=4), title=None)
    broken = here.event(room, starts=TOMORROW + timedelta(days=5), title="One\r\nBcc: all@campus.example 🎓")
    here.event(here.room("Unlinked"), starts=TOMORROW)
    done = run()
    assert done["state"] == "success", done
    run()
    assert [status(here, event) for event in (untitled, broken)] == ["accepted", "accepted"]
    journal = "\n".join(row["message"] for row in here.sql("SELECT message FROM raumpost.journal"))
    assert f"event {reversed_} in room “Hörsaal 1” ends before it starts: not mirrored" in journal
    assert f"event {untitled} in room “Hörsaal 1” has no title" in journal
    assert f"event {broken} in room “Hörsaal 1”: line breaks or control characters" in journal
    assert "which has no mailbox: nothing is sent" in journal


def test_a_full_comparison_finds_what_no_trigger_told(run: Run, here: Campus) -> None:
    room = here.linked_room(address=ROOM)
    event = here.event(room, starts=TOMORROW + timedelta(days=6))
    here.sql("DELETE FROM raumpost.booking_change")
    run()
    assert here.sql("SELECT id FROM raumpost.invitation") == []
    run(full=True)
    assert status(here, event) == "accepted"
