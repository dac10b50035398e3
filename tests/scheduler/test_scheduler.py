"""The main job under a real scheduler: what operators will see, fear and do."""

import os
import signal
import socket
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import psutil
import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from sandbox.mailserver import MailServer
from sandbox.ports import HOST, free_port
from sandbox.rooms import RoomRobot
from sandbox.world import IMAP_CONN_ID, SMTP_CONN_ID, SandboxWorld
from tests.scheduler.conftest import INTERVAL, add_smtp
from tests.scheduler.started import wait_for

DAG = "mailbox_processor"
TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)


def one(connection: Connection, statement: str, *values: object) -> Any:
    """Return the only value of the only row, or None."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def book(connection: Connection, room: int, title: str, days: int = 0) -> int:
    event = one(
        connection,
        "INSERT INTO booking.event (title, starts_at, ends_at) VALUES (%s, %s, %s) RETURNING id",
        title, TOMORROW + timedelta(days=days), TOMORROW + timedelta(days=days, hours=1),
    )  # fmt: skip
    one(connection, "INSERT INTO booking.event_room VALUES (%s, %s)", event, room)
    return int(event)


def status(connection: Connection, event: int) -> str | None:
    return one(connection, "SELECT status FROM booking.status WHERE kind = 'event' AND id = %s", event)


def invitation(connection: Connection, event: int) -> dict[str, Any]:
    statement = "SELECT to_jsonb(i) FROM raumpost.invitation AS i WHERE kind = 'event' AND source_id = %s"
    return dict(one(connection, statement, event) or {})


def linked_room(world: SandboxWorld, connection: Connection, name: str, smtp_port: int | None = None) -> int:
    """Add a room that answers; with `smtp_port` it has an SMTP interface of its own, named after the room."""
    address, conn_id = f"{name}@rooms.example", SMTP_CONN_ID
    world.mail.register(RoomRobot(address, name))
    if smtp_port:
        conn_id = f"smtp_{name}"
        add_smtp(world, conn_id, smtp_port)
    room = one(connection, "INSERT INTO booking.room (name) VALUES (%s) RETURNING id", name)
    one(
        connection,
        "INSERT INTO raumpost.room_mailbox (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id) "
        "VALUES (%s, %s, %s, %s, %s)",
        room, address, conn_id, IMAP_CONN_ID, world.bookings.technical_user_id,
    )  # fmt: skip
    return int(room)


def mails_to(mail: MailServer, room: str) -> list[bytes]:
    return [raw for _, recipient, raw in mail.received if recipient == f"{room}@rooms.example"]


def send_of(world: SandboxWorld, conn_id: str) -> dict[str, Any]:
    """Find the task instance that sends by this interface."""
    found = world.airflow.api("GET", f"/dags/{DAG}/dagRuns/~/taskInstances?task_id=deliver.send&limit=1000")
    for instance in found["task_instances"]:
        if str(instance["rendered_map_index"]).endswith(f" by {conn_id}"):
            return dict(instance)
    return {}


def test_an_event_inserted_by_sql_is_accepted_changed_and_cancelled(
    world: SandboxWorld, connection: Connection
) -> None:
    room = linked_room(world, connection, "plain-sql")
    event = book(connection, room, "Inserted by SQL")
    wait_for(lambda: status(connection, event) == "accepted", "acceptance", timeout=2 * INTERVAL + 40)
    one(connection, "UPDATE booking.event SET starts_at = starts_at - interval '30 minutes' WHERE id = %s", event)
    wait_for(lambda: invitation(connection, event)["answer_sequence"] == 1, "answer to the change")
    assert status(connection, event) == "accepted"
    one(connection, "DELETE FROM booking.event WHERE id = %s", event)
    wait_for(lambda: status(connection, event) == "cancelled", "cancellation")
    assert invitation(connection, event)["sequence"] == 2
    assert len(mails_to(world.mail, "plain-sql")) == 3


def test_an_unreachable_server_gets_five_attempts_while_everything_else_goes_on(
    world: SandboxWorld, connection: Connection
) -> None:
    port = free_port()
    dead = book(connection, linked_room(world, connection, "dead", smtp_port=port), "Nobody listens")
    alive = book(connection, linked_room(world, connection, "alive"), "Somebody listens")
    wait_for(lambda: status(connection, alive) == "accepted", "acceptance in the other room")
    wait_for(lambda: status(connection, dead) == "failed", "failure")
    row = invitation(connection, dead)
    assert row["attempts"] == 5
    assert "SMTP interface smtp_dead cannot be reached" in row["last_error"]
    red = wait_for(lambda: (ti := send_of(world, "smtp_dead")).get("state") == "failed" and ti, "red task")
    assert red["try_number"] == 5
    words = one(connection, "SELECT message_de FROM booking.status WHERE kind = 'event' AND id = %s", dead)
    assert words.startswith("Fehler: ")
    run = world.airflow.api("GET", f"/dags/{DAG}/dagRuns/{urllib.parse.quote(red['dag_run_id'])}")
    wait_for(lambda: run["state"] == "failed" or _reload(world, run), "red run")

    # A person mends the server and clears the task instance: that resets its batch.
    with MailServer({"dead@rooms.example": "secret"}, smtp_port=port):
        body = {
            "dry_run": False,
            "dag_run_id": red["dag_run_id"],
            "task_ids": [["deliver.send", red["map_index"]]],
            "only_failed": True,
        }
        world.airflow.api("POST", f"/dags/{DAG}/clearTaskInstances", body)
        wait_for(lambda: invitation(connection, dead)["state"] == "sent", "mail after the reset")
    assert invitation(connection, dead)["resend"] == 1
    assert invitation(connection, dead)["attempts"] == 1


def _reload(world: SandboxWorld, run: dict[str, Any]) -> bool:
    run |= world.airflow.api("GET", f"/dags/{DAG}/dagRuns/{urllib.parse.quote(run['dag_run_id'])}")
    return False


class FreezingProxy:
    """Passes SMTP on, but while frozen it swallows what the client says after DATA."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        self.frozen = True
        self.holds = threading.Event()
        """Set when a connection hangs."""
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def thaw(self) -> None:
        """Break the connections that hang; those to come are passed on."""
        self.frozen = False
        for one_socket in self._sockets[1:]:
            with suppress(OSError):
                one_socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for one_socket in self._sockets:
            with suppress(OSError):
                one_socket.shutdown(socket.SHUT_RDWR)
            one_socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((HOST, self._target))
            self._sockets += [client, server]
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if from_client and self.frozen and data.upper().startswith(b"DATA"):
                    self.holds.set()
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(world: SandboxWorld) -> Iterator[FreezingProxy]:
    with closing(FreezingProxy(world.mail.smtp_port)) as proxy:
        yield proxy


def running_send(world: SandboxWorld) -> dict[str, Any]:
    """Find the only task instance that is sending."""
    running = f"/dags/{DAG}/dagRuns/~/taskInstances?task_id=deliver.send&state=running"
    [instance] = world.airflow.api("GET", running)["task_instances"]
    return dict(instance)


def kill_sender(world: SandboxWorld) -> None:
    """Kill -9 the process of the task that is sending, and the worker that supervises it."""
    task = psutil.Process(running_send(world)["pid"])
    worker = task.parent()
    scheduler = psutil.Process(world.airflow.pid_of("scheduler"))
    assert worker in scheduler.children(recursive=True)
    os.kill(worker.pid, signal.SIGKILL)
    os.kill(task.pid, signal.SIGKILL)


def test_a_killed_worker_loses_nothing_and_leaves_nothing_stuck(
    world: SandboxWorld, connection: Connection, proxy: FreezingProxy
) -> None:
    room = linked_room(world, connection, "killed", smtp_port=proxy.port)
    events = [book(connection, room, f"Event {number}", days=number) for number in range(3)]
    wait_for(proxy.holds.is_set, "mail on its way")
    assert {invitation(connection, event)["state"] for event in events} == {"sending", "pending"}
    kill_sender(world)
    proxy.frozen = False
    for event in events:
        wait_for(lambda event=event: status(connection, event) == "accepted", "acceptance after the kill", timeout=150)
    assert one(connection, "SELECT count(*) FROM raumpost.journal WHERE step = 'rescue'") == 1
    assert len(mails_to(world.mail, "killed")) == 3
    world.airflow.check()


def told(operators: MailServer, subject: str) -> bool:
    """Return whether operators got a mail with this subject."""
    return any(message_from_bytes(raw, policy=policy.default)["Subject"] == subject for *_, raw in operators.received)


def let_hours_pass(world: SandboxWorld, run_id: str) -> None:
    """Make Airflow believe that this run has been open for two hours."""
    with closing(psycopg2.connect(world.postgres.uri("airflow"))) as metadata, metadata, metadata.cursor() as cursor:
        cursor.execute("UPDATE dag_run SET queued_at = queued_at - interval '2 hours' WHERE run_id = %s", [run_id])
        cursor.execute(
            "UPDATE deadline SET deadline_time = deadline_time - interval '2 hours' "
            "FROM dag_run WHERE dag_run.id = deadline.dagrun_id AND run_id = %s",
            [run_id],
        )
        assert cursor.rowcount == 1


def test_a_run_that_hangs_is_told_and_so_is_its_end(
    world: SandboxWorld, connection: Connection, proxy: FreezingProxy, operators: MailServer
) -> None:
    event = book(connection, linked_room(world, connection, "hanging", smtp_port=proxy.port), "Takes too long")
    wait_for(proxy.holds.is_set, "mail on its way")
    let_hours_pass(world, running_send(world)["dag_run_id"])
    wait_for(lambda: told(operators, "[Raumpost] a run of mailbox_processor does not finish"), "alert")
    over = "[Raumpost] OK: all runs of mailbox_processor have ended"
    assert not told(operators, over)
    proxy.thaw()
    wait_for(lambda: status(connection, event) == "accepted", "acceptance")
    wait_for(lambda: told(operators, over), "word that it is over")
    world.airflow.check()
