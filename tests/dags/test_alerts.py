"""Alerts as Airflow itself calls them: with its own context, from tasks that really fail and work again."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, AsyncCallback, DeadlineReference

from raumpost.adapters.postgres import connect as connect_to
from raumpost.wiring import alerts
from raumpost.wiring.settings import read_settings
from sandbox.airflow import PROJECT, Airflow
from sandbox.mailserver import MailServer
from sandbox.postgres import PrivatePostgres
from sandbox.rooms import RoomRobot
from tests.dags.dag_runs import Run, dag_runner
from tests.dags.metadata import create_metadata
from tests.dags.test_policy import load
from tests.database import Campus, Databases

TECH, ROOM, IT = "tech@booking.example", "room-1@rooms.example", "it@booking.example"
TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
PROCESSOR = PROJECT / "dags" / "mailbox_processor.py"
APPROVAL = PROJECT / "dags" / "mailbox_approve_cancellations.py"


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
    """Return a function that runs a DAG once, to its end: mailbox_processor, if nothing else is said."""
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
    with dag_runner(airflow, home / "runner.log") as run_once:
        yield lambda dag=PROCESSOR, **conf: run_once(dag.stem, conf)


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


def test_a_mass_of_cancellations_is_told_and_waits_for_an_approval_while_everything_else_goes_on(
    run: Run, campus: tuple[Campus, str], mail: MailServer, operators: MailServer
) -> None:
    source = campus[0]
    mail.register(RoomRobot("guarded@rooms.example", "Guarded"))
    room = source.linked_room("Guarded", address="guarded@rooms.example")
    events = [source.event(room, starts=TOMORROW + timedelta(days=day)) for day in range(10, 40)]
    assert run()["state"] == "success"
    known = len(operators.received)
    source.sql("DELETE FROM booking.event WHERE id = ANY(%(ids)s)", ids=events[:25])
    new = source.event(room, starts=TOMORROW + timedelta(days=50))

    red = run()
    assert red["state"] == "failed", red["log"][-5000:]
    assert [name for name, state in red["tasks"].items() if state == "failed"] == ["guard[-1]", "watcher[-1]"]
    statuses = source.sql("SELECT id, status FROM booking.status WHERE room_id = %(room)s", room=room)
    assert {row["status"] for row in statuses} == {"accepted"}
    assert new in {row["id"] for row in statuses}
    assert run()["state"] == "failed"  # not told again within the hour
    [(_, _, raw)] = operators.received[known:]
    told = message_from_bytes(raw, policy=policy.default)
    assert told["Subject"] == "[Raumpost] cancellations are held back"
    text = " ".join(told.get_content().split())
    assert "Ihre Absagen werden zurückgehalten." in text
    assert "Found: 25 of the 30 future invitations of Guarded (guarded@rooms.example) would be cancelled" in text
    assert "docs/operate/alerts.md#guard" in text

    refused = run(APPROVAL, rooms=["guarded@rooms.example"], require_approval=False)
    assert refused["state"] == "failed"
    assert "there is no parameter “rooms”; there are preview_only, require_approval, room_group" in refused["log"]
    shown = run(APPROVAL, preview_only=True)
    assert "25 future invitations would be cancelled: their bookings are gone" in shown["log"]
    assert run()["state"] == "failed"
    approved = run(APPROVAL, room_mailboxes=["guarded@rooms.example"], require_approval=False)
    assert approved["state"] == "success", approved["log"][-5000:]
    assert "was applied: 25 approved; the next run of mailbox_processor sends" in approved["log"]
    assert run()["state"] == "success"
    cancelled = source.sql("SELECT id FROM booking.status WHERE status = 'cancelled' AND room_id = %(room)s", room=room)
    assert {row["id"] for row in cancelled} == set(events[:25])
    subjects = [message_from_bytes(raw, policy=policy.default)["Subject"] for _, _, raw in operators.received[known:]]
    assert [subject for subject in subjects if "held back" in subject] == [
        "[Raumpost] cancellations are held back",
        "[Raumpost] OK: no cancellations are held back any more",
    ]


def test_every_task_but_the_watcher_tells_of_its_failures() -> None:
    dag = load(PROCESSOR)
    silent = {task.task_id for task in dag.tasks if _callbacks(task) != [alerts.failed]}
    assert silent == {"watcher"}


def test_a_run_has_a_deadline_that_clearing_a_task_survives() -> None:
    dag = load(PROCESSOR)
    [deadline] = dag.deadline if isinstance(dag.deadline, list) else []
    assert deadline.reference is DeadlineReference.DAGRUN_LOGICAL_DATE
    assert timedelta() < deadline.interval == read_settings().overdue < dag.dagrun_timeout
    assert isinstance(deadline.callback, AsyncCallback)
    assert deadline.callback.path == "raumpost.wiring.late_runs.overdue"


@pytest.mark.parametrize("name", ["mailbox_processor", "mailbox_housekeeping"])
def test_scheduled_dags_tell_of_their_failures(name: str) -> None:
    dag: DAG = load(Path(PROJECT / "dags" / f"{name}.py"))
    assert any(_callbacks(task) == [alerts.failed] for task in dag.tasks)


def _callbacks(task: Any) -> list[object]:
    found = getattr(task, "partial_kwargs", {}).get("on_failure_callback", getattr(task, "on_failure_callback", []))
    return list(found) if isinstance(found, list | tuple) else [found]
