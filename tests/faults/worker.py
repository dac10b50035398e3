"""Task processes, as Airflow starts them: each forked from one that has everything imported already.

Reads jobs as lines of JSON, forks a process for each, and tells by lines of JSON when one was stopped, and what it
came to: what it returned, what it raised, or the signal that ended it. A process may be ended at any moment; nothing
else notices.
"""

import json
import logging
import os
import signal
import sys
import traceback
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from raumpost.adapters import imap_mailbox, smtp
from raumpost.adapters.endpoint import Endpoint, Security
from raumpost.adapters.imap_mailbox import ImapMailbox
from raumpost.adapters.postgres import Database, connect
from raumpost.adapters.smtp import SmtpMailer
from raumpost.domain.errors import BatchIncomplete, RaumpostError
from raumpost.services.answers.fetch import fetch_folders
from raumpost.services.answers.update_status import update_status
from raumpost.services.planning.gather import gather
from raumpost.services.previews import reset_failed
from raumpost.services.previews.action import apply, show
from raumpost.services.sending.render import render_batch
from raumpost.services.sending.send import send_batch
from sandbox.ports import HOST
from tests.faults.fault_plan import FaultPlan, MortalDatabase, MortalMailer, mortal_client

LEASE = timedelta(minutes=30)
TIME_ZONE = "Europe/Berlin"
TIMEOUT = 1.0
"""Seconds for each step of a dialogue with a mail server."""

Job = dict[str, Any]


def perform(job: Job, plan: FaultPlan) -> Any:
    """Do what the task of this name does; return what it would give on."""
    now = datetime.fromisoformat(job["now"])
    with closing(connect(dsn=job["database"])) as connection:
        db = MortalDatabase(Database(connection, actor="mailbox_processor", dag_run=job["run"]), plan)
        match job["task"]:
            case "gather":
                found = gather(
                    db, now=now, lease=LEASE, budget=job["budget"], default_time_zone=TIME_ZONE, full=job["full"]
                )
                return [[batch.id, batch.smtp_conn_id] for batch in found]
            case "render":
                return render_batch(db, batch=job["batch"], now=now, default_time_zone=TIME_ZONE)
            case "send":
                return _send(job, db, plan, now)
            case "fetch":
                return _fetch(job, db)
            case "read":
                return update_status(db, imap_conn_id=job["imap_conn_id"], now=now)
            case "reset":
                listing = reset_failed.list_failed(
                    db,
                    names=[],
                    group=None,
                    error_contains="",
                    since=None,
                    until=None,
                    now=now,
                    default_time_zone=TIME_ZONE,
                )
                shown = show(db, reset_failed.ACTION, listing)
                return apply(db, reset_failed.ACTION, preview=shown.id, now=now, default_time_zone=TIME_ZONE)
    raise ValueError(job["task"])


def _send(job: Job, db: MortalDatabase, plan: FaultPlan, now: datetime) -> int:
    endpoint = _endpoint(job, "SMTP")
    glances = count()

    def clock() -> datetime:
        """Return the time, which may step back between two glances."""
        glance = next(glances)
        stepped = timedelta(minutes=20) if glance >= job["steps_back_at"] else timedelta()
        return now + timedelta(seconds=glance) - stepped

    mailer = SmtpMailer(lambda: mortal_client(smtp.connect(endpoint), plan), name=endpoint.name)
    with closing(mailer):
        return send_batch(
            db,
            batch=job["batch"],
            mailer=MortalMailer(mailer, plan),
            clock=clock,
            lease=LEASE,
            default_time_zone=TIME_ZONE,
            cleared=job["cleared"],
        ).sent


def _fetch(job: Job, db: MortalDatabase) -> int:
    endpoint = _endpoint(job, "IMAP")
    mailbox = ImapMailbox(lambda: imap_mailbox.connect(endpoint), name=endpoint.name, folders=job["folders"])
    with closing(mailbox):
        return fetch_folders(db, imap_conn_id=job["imap_conn_id"], mailbox=mailbox, limit=1000)


def _endpoint(job: Job, kind: str) -> Endpoint:
    return Endpoint(
        name=f"{kind} interface",
        host=HOST,
        port=job["port"],
        security=Security.NONE,
        verify=False,
        ca_file=None,
        timeout=TIMEOUT,
        user=job.get("user"),
        password=job.get("password"),
        token=None,
    )


def attempt(job: Job) -> dict[str, Any]:
    """Perform a job; tell what it came to, as Airflow would learn of it."""
    try:
        return {"gave": perform(job, FaultPlan(**job["fault_plan"]))}
    except BatchIncomplete as exc:
        return {"raised": type(exc).__name__, "words": str(exc), "retry": exc.retry}
    except RaumpostError as exc:
        return {"raised": type(exc).__name__, "words": str(exc), "retry": True}
    except Exception:  # noqa: BLE001 - told to the campaign, which counts it as a defect
        return {"raised": "", "words": traceback.format_exc(), "retry": True}


def _watch(job: Job) -> None:
    """Fork the process of a job, and tell how it goes with it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as result:
            json.dump(attempt(job), result)
        os._exit(0)
    os.close(writing)
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        _tell({"id": job["id"], "stopped": child})
    with os.fdopen(reading) as result:
        said = result.read()
    outcome = {"killed": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else json.loads(said)
    _tell({"id": job["id"], **outcome})


def _tell(what: dict[str, Any]) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())


def main() -> None:
    """Fork a process for each line, until there are no more."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(message)s", stream=sys.stderr)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        job = json.loads(line)
        if os.fork() == 0:
            _watch(job)
            os._exit(0)


if __name__ == "__main__":
    main()
