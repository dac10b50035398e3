"""Task processes and servers for the tests of this folder."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.dovecot import PASSWORD
from sandbox.mailserver import MailServer
from tests.database import NOW, Campus, database_in_turns, emptied
from tests.faults.rooms import TECHNICAL_USER
from tests.faults.workers import Task, Workers
from tests.mail_pipeline import IMAP_CONN_ID
from tests.servers.imap import Mailbox
from tests.servers.smtp import smtp

__all__ = ["database_in_turns", "smtp"]

Start = Callable[..., Task]


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """One process from which all task processes are forked."""
    log: Path = tmp_path_factory.mktemp("tasks") / "log"
    with Workers(log) as workers:
        yield workers


@pytest.fixture
def inbox() -> Iterator[Mailbox]:
    """Return the inbox of the technical user."""
    with MailServer({TECHNICAL_USER: PASSWORD}) as server:
        mailbox = Mailbox(server.imap_port, TECHNICAL_USER, PASSWORD)
        yield mailbox
        mailbox.close()


@pytest.fixture
def start(workers: Workers, database: str, campus: Campus, smtp: Any, inbox: Mailbox) -> Iterator[Start]:
    """Return a function that starts a task process; `point` is where it is killed, or stopped (`how`)."""
    started: list[Task] = []

    def begin(task: str, *, now: datetime = NOW, point: str = "", nth: int = 1, how: int = 9, **given: Any) -> Task:
        job = {
            "task": task,
            "run": f"{task} {len(started)}",
            "database": database,
            "now": now.isoformat(),
            "fault_plan": {"point": point, "nth": nth, "how": how} if point else {},
            "port": inbox.port if task == "fetch" else smtp.port,
            "imap_conn_id": IMAP_CONN_ID,
            "folders": ["INBOX"],
            "user": inbox.address if task == "fetch" else None,
            "password": inbox.password,
            "steps_back_at": 10**6,
            "budget": 500,
            "full": False,
            "cleared": False,
        }
        started.append(workers.start(job | given))
        return started[-1]

    yield begin
    for task in started:
        task.wake()
        task.outcome.result(30)
