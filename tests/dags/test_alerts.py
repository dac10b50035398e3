"""Alerts as Airflow itself calls them: with its own context, from tasks that really fail and work again."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, AsyncCallback, DeadlineReference

from raumpost.adapters.postgres import connect as connect_to
from raumpost.wiring import alerts
from raumpost.wiring.settings import settings
from sandbox.airflow import PROJECT, Airflow
from sandbox.mailserver import MailServer
from sandbox.postgres import PrivatePostgres
from sandbox.rooms import RoomRobot
from tests.dags.metadata import create_metadata
from tests.dags.test_policy import load
from tests.database import Campus, Databases

Run = Callable[[], dict[str, Any]]
TECH, ROOM, IT = "tech@booking.example", "room-1@rooms.example", "it@booking.example"
TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
PROCESSOR = PROJECT / "dags" / "mailbox_processor.py"


@pytest.fixture(scope="module")
def operators() -> Iterator[MailServer]:
    """The mail server of the operators, which is not that of the invitations."""
    with MailServer({IT: "secret"}) as server:
        yield server


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with MailServer({TECH: "secret"}) as server:
        server.register(RoomRobot(ROOM, "Room 1"))
        yield server


@pytest.fixture(scope="module")
def campus(databases: Databases) -> Iterator[tuple[Campus, str]]:
    with databases.copy() as uri, closing(connect_to(dsn=uri)) as connection:
        yield Campus(connection), uri


@pytest.fixture(scope="module")
def run(
    postgres: PrivatePostgres,
    campus: tuple[Campus, str],
    mail: MailServer,
    operators: MailServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Run]:
    """Give a function that runs mailbox_processor once, to its end."""
    create_metadata(postgres, "airflow_for_alerts")
    plain = {"disable_ssl": True, "disable_tls": True}

    def connection(conn_type: str, port: int, **fields: object) -> str:
        return json.dumps({"conn_type": conn_type, "host": "127.0.0.1", "port": port} | fields)

    home = tmp_path_factory.mktemp("airflow")
    airflow = Airflow(
        home,
        database_uri=lambda driver: postgres.uri("airflow_for_alerts", driver),
        environment={
            "RAUMPOST_RETRY_DELAY": "1",
            "RAUMPOST_ALERT_EMAIL": IT,
            "TMPDIR": str(tmp_path_factory.mktemp("tmp")),
            "AIRFLOW_CONN_RAUMPOST_DB": campus[1].replace("postgresql://", "postgres://"),
            "AIRFLOW_CONN_SMTP_DEFAULT": connection("smtp", operators.smtp_port, extra=plain),
            "AIRFLOW_CONN_SMTP_ONE": connection("smtp", mail.smtp_port, extra=plain),
            "AIRFLOW_CONN_IMAP_ONE": connection(
                "imap", mail.imap_port, login=TECH, password="secret", extra={"use_ssl": False}
            ),
        },
    )
    log = home / "runner.log"
    with log.open("wb") as errors, subprocess.Popen(
        [sys.executable, "-m", "tests.dags.runner"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=airflow.environment, cwd=PROJECT,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout

        def run_once() -> dict[str, Any]:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps({"dag": str(PROCESSOR), "conf": {}}).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            assert answer, log.read_text()[-5000:]
            return json.loads(answer) | {"log": log.read_text()}

        yield run_once
        process.stdin.close()


def test_a_task_that_fails_is_told_by_its_interface_and_so_is_its_recovery(
    run: Run, campus: tuple[Campus, str], mail: MailServer, operators: MailServer
) -> None:
    room = campus[0].linked_room(address=ROOM)
    campus[0].event(room, starts=TOMORROW)
    mail.refuse("disk full")
    red = run()
    assert red["state"] == "failed"
    [told] = [message_from_bytes(raw, policy=policy.default) for _, _, raw in operators.received]
    assert told["Subject"] == "[Raumpost] invitations cannot be sent by smtp_one", red["log"][-5000:]
    text = " ".join(told.get_content().split())
    assert "451 4.3.0 disk full" in text
    assert "Invitations: 1 failed" in text
    assert "Where: mailbox_processor, deliver.send[0], run" in text
    assert "/dags/mailbox_processor/runs/" in text

    mail.refuse(None)
    campus[0].event(room, starts=TOMORROW + timedelta(hours=5))
    green = run()
    assert green["state"] == "success", green["log"][-5000:]
    subjects = [message_from_bytes(raw, policy=policy.default)["Subject"] for _, _, raw in operators.received[1:]]
    assert subjects == ["[Raumpost] OK: invitations are sent by smtp_one again"]


def test_every_task_but_the_watcher_tells_of_its_failures() -> None:
    dag = load(PROCESSOR)
    silent = {task.task_id for task in dag.tasks if _callbacks(task) != [alerts.failed]}
    assert silent == {"watcher"}


def test_a_run_has_a_deadline_that_clearing_a_task_survives() -> None:
    dag = load(PROCESSOR)
    [deadline] = dag.deadline if isinstance(dag.deadline, list) else []
    assert deadline.reference is DeadlineReference.DAGRUN_LOGICAL_DATE
    assert timedelta() < deadline.interval == settings().overdue < dag.dagrun_timeout
    assert isinstance(deadline.callback, AsyncCallback)
    assert deadline.callback.path == "raumpost.wiring.late_runs.overdue"


@pytest.mark.parametrize("name", ["mailbox_processor", "mailbox_housekeeping"])
def test_scheduled_dags_tell_of_their_failures(name: str) -> None:
    dag: DAG = load(Path(PROJECT / "dags" / f"{name}.py"))
    assert any(_callbacks(task) == [alerts.failed] for task in dag.tasks)


def _callbacks(task: Any) -> list[object]:
    found = getattr(task, "partial_kwargs", {}).get("on_failure_callback", getattr(task, "on_failure_callback", []))
    return list(found) if isinstance(found, list | tuple) else [found]
