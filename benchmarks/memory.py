"""Measure how much memory tasks need at most with a large backlog, and hold it against the limit: `make bench-memory`.

Each task runs in a process of its own that has loaded what a worker of Airflow loads, its DAG among it. Its peak is
that of the whole process (VmHWM), Airflow included.
"""

import argparse
import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.backlog import HUGE, ROOMS, TECH, Inbox, book, receive
from raumpost.adapters.postgres import connect
from raumpost.sql.migrate import migrate
from sandbox.airflow import PROJECT
from sandbox.mailserver import MailServer
from sandbox.ports import HOST, reachable_directory
from sandbox.postgres import PrivatePostgres
from sandbox.rooms import RoomRobot

LIMIT = 250
"""Megabytes (2^20 octets) that a task may need."""
EVERYTHING = {"room_mailboxes": [], "room_group": "alle"}
RUN = SimpleNamespace(run_id="benchmark", conf={}, triggering_user_name=None)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task of a DAG, and on which database it runs."""

    dag: str
    name: str
    database: str
    act: Callable[[Any], object]
    """Gets the settings."""


def _processor() -> Any:
    from raumpost.wiring.tasks import mailbox_processor

    return mailbox_processor


def _gather(settings: Any) -> object:
    return len(_processor().gather_pending(settings, "benchmark", full=False))


def _gather_full(settings: Any) -> object:
    return len(_processor().gather_pending(settings, "benchmark", full=True))


def _render_and_send(settings: Any) -> object:
    batch = {"id": 1, "smtp_conn_id": "smtp_one", "label": "batch 1"}
    _processor().render(settings, "benchmark", batch)
    return _processor().send(settings, "benchmark", batch, cleared=False)


def _fetch(settings: Any) -> object:
    return _processor().fetch_replies("benchmark", "imap_one")


def _fetch_huge(settings: Any) -> object:
    return _processor().fetch_replies("benchmark", "imap_huge")


def _update_status_huge(settings: Any) -> object:
    return _processor().update_status("benchmark", "imap_huge")


def _update_status(settings: Any) -> object:
    return _processor().update_status("benchmark", "imap_one")


def _preview(settings: Any) -> object:
    from raumpost.wiring.tasks import approval_flow

    params = EVERYTHING | {"from": None, "until": None}
    return approval_flow.preview("mailbox_initialise", settings, params, RUN, known=params)["count"]


def _initialise(settings: Any) -> object:
    from raumpost.wiring.tasks import approval_flow

    return approval_flow.apply("mailbox_initialise", settings, {"preview": 1}, RUN)


def _preview_reset(settings: Any) -> object:
    from raumpost.wiring.tasks import approval_flow

    params = EVERYTHING | {"failed_since": None, "failed_until": None, "error_contains": None}
    return approval_flow.preview("mailbox_reset_failed", settings, params, RUN, known=params)["count"]


def _reset(settings: Any) -> object:
    from raumpost.wiring.tasks import approval_flow

    return approval_flow.apply("mailbox_reset_failed", settings, {"preview": 1}, RUN)


def _check(settings: Any) -> object:
    from raumpost.wiring.tasks import mailbox_check

    return mailbox_check.check_links(RUN)


def _housekeep(settings: Any) -> object:
    from raumpost.wiring.tasks import mailbox_housekeeping

    return mailbox_housekeeping.remove_old(settings, RUN)["invitations"]


TASKS = (
    Task(dag="mailbox_processor", name="gather_pending", database="linked", act=_gather),
    Task(dag="mailbox_processor", name="gather_pending (full)", database="linked", act=_gather_full),
    Task(dag="mailbox_processor", name="render, then send", database="linked", act=_render_and_send),
    Task(dag="mailbox_processor", name="fetch_replies", database="linked", act=_fetch),
    Task(dag="mailbox_processor", name="fetch_replies (5 MiB each)", database="linked", act=_fetch_huge),
    Task(dag="mailbox_processor", name="update_status (5 MiB each)", database="linked", act=_update_status_huge),
    Task(dag="mailbox_check", name="check_links", database="linked", act=_check),
    Task(dag="mailbox_processor", name="update_status", database="linked", act=_update_status),
    Task(dag="mailbox_initialise", name="preview", database="uninvited", act=_preview),
    Task(dag="mailbox_initialise", name="apply", database="uninvited", act=_initialise),
    Task(dag="mailbox_processor", name="gather_pending (all over)", database="over", act=_gather),
    Task(dag="mailbox_reset_failed", name="preview", database="failed", act=_preview_reset),
    Task(dag="mailbox_reset_failed", name="apply", database="failed", act=_reset),
    Task(dag="mailbox_housekeeping", name="remove_old", database="old", act=_housekeep),
)
AFTERWARDS = {
    "over": "UPDATE raumpost.invitation SET starts_at = now() - interval '9 days', ends_at = now() - interval '8 days'",
    "failed": "UPDATE raumpost.invitation SET state = 'failed', attempts = 5, last_error = '550 no such user'",
    "old": "UPDATE raumpost.invitation SET method = 'CANCEL', state = 'withdrawn', batch = NULL, lease_until = NULL,"
    " starts_at = now() - interval '900 days', ends_at = now() - interval '800 days'",
}
"""What makes another database of the planned one."""


def run_one(number: int) -> None:
    """Do one task in this process, as a worker would, and print its peak."""
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.context import set_current_context

    from raumpost.wiring.settings import read_settings

    task = TASKS[number]
    runpy.run_path(str(PROJECT / "dags" / f"{task.dag}.py"))
    before = _peak()
    with set_current_context({}):  # for the label only
        result = task.act(read_settings())
    print(json.dumps({"before": before, "peak": _peak(), "result": result, "runner": task_runner.__name__}))


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the backlog, run each task, print the table; give 1 if one needs more than it may."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__.splitlines()[0])
    parser.add_argument("--invitations", type=int, default=100_000)
    parser.add_argument("--unread", type=int, default=50_000, help="mails")
    parser.add_argument("--only", default="", help="tasks whose name contains this, and what they build on")
    options = parser.parse_args(arguments)
    if not Path("/proc/self/status").exists():
        sys.exit("the peak of a process is read from /proc, which only Linux has")
    with (
        reachable_directory() as directory,
        PrivatePostgres(directory / "postgres") as postgres,
        MailServer({TECH: "x"}) as mail,
        Inbox(options.unread) as inbox,
        Inbox(10, HUGE) as huge,
    ):
        for room in range(1, ROOMS + 1):
            mail.register(RoomRobot(f"room-{room}@rooms.example", f"Hörsaal {room}"))
        environment = _environment(directory, mail.smtp_port, inbox.port, huge.port)
        _build(postgres, options.invitations, linked_first=True, name="linked")
        _build(postgres, options.invitations, linked_first=False, name="uninvited")
        print(f"{options.invitations} invitations, {options.unread} unread mails")
        print(f"{'peak of the process, MiB':46}{'at start':>9}{'peak':>7}{'limit':>7}   result")
        within = True
        for number, task in enumerate(TASKS):
            if task.name != "gather_pending" and options.only not in f"{task.dag} {task.name}":
                continue
            _prepare(postgres, task, options.unread)
            database = {"AIRFLOW_CONN_RAUMPOST_DB": postgres.uri(task.database).replace("postgresql:", "postgres:")}
            found = _measure(number, environment | database)
            over = found["peak"] >= LIMIT
            within = within and not over
            note = "  OVER THE LIMIT" if over else ""
            name = f"{task.dag}, {task.name}"
            print(f"{name:46}{found['before']:9.0f}{found['peak']:7.0f}{LIMIT:7}   {found['result']}{note}", flush=True)
    return 0 if within else 1


def _environment(directory: Path, smtp_port: int, imap_port: int, huge_port: int) -> dict[str, str]:
    plain = {"disable_ssl": True, "disable_tls": True}
    smtp = {"conn_type": "smtp", "host": HOST, "port": smtp_port, "extra": plain}
    imap = {
        "conn_type": "imap",
        "host": HOST,
        "port": imap_port,
        "login": TECH,
        "password": "x",
        "extra": {"use_ssl": False},
    }
    return os.environ | {
        "AIRFLOW_HOME": str(directory / "airflow"),
        "AIRFLOW_CONN_SMTP_ONE": json.dumps(smtp),
        "AIRFLOW_CONN_IMAP_ONE": json.dumps(imap),
        "AIRFLOW_CONN_IMAP_HUGE": json.dumps(imap | {"port": huge_port}),
    }


def _build(postgres: PrivatePostgres, bookings: int, *, linked_first: bool, name: str) -> None:
    postgres.create_database(name)
    with closing(connect(dsn=postgres.uri(name))) as connection:
        migrate(lambda: connect(dsn=postgres.uri(name)))
        book(connection, bookings, linked_first=linked_first)


def _prepare(postgres: PrivatePostgres, task: Task, unread: int) -> None:
    """Create the database that a task needs, if it does not exist yet; it starts from what has been gathered."""
    with closing(connect(dsn=postgres.uri(), statement_timeout=0)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", (task.database,))
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {task.database} TEMPLATE linked")
            with closing(connect(dsn=postgres.uri(task.database))) as copy:
                copy.cursor().execute(AFTERWARDS[task.database])
    if task.act is _update_status:
        with closing(connect(dsn=postgres.uri(task.database))) as connection:
            receive(connection, unread)


def _measure(number: int, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-c", f"from benchmarks.memory import run_one; run_one({number})"]
    done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{TASKS[number].name} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    sys.exit(main())
