"""What Airflow shows as tabs of a DAG, of a run and of a task instance."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from raumpost.services.history.journal import LineFilter, read_lines
from raumpost.services.ports import Database, Row
from raumpost.web.database import Db
from raumpost.web.log import JOURNAL, MAIN_DAG
from raumpost.web.page import Page, render
from raumpost.web.query_params import Text, number, place, words

PAGE = 50
MAILS = 100
"""Newest mails of a run."""
OURS = (
    "mailbox_processor", "mailbox_initialise", "mailbox_reset_failed", "mailbox_link", "mailbox_check",
    "mailbox_explain", "mailbox_housekeeping", "mailbox_approve_cancellations",
)  # fmt: skip
"""The DAGs about which there are words."""

router = APIRouter()


@router.get("/dag")
def dag(request: Request, db: Db, dag: Text) -> Response:
    """Show what belongs to a DAG: everything to the main one, to another what it has done by hand."""
    if dag == MAIN_DAG:
        return RedirectResponse(Page(request).url("/"))
    found = read_lines(db, LineFilter(dag=dag), limit=PAGE)
    return render(request, "dag.html", dag=dag, is_ours=dag in OURS, found=found, **JOURNAL)


class Inbox(NamedTuple):
    """What a run read in one inbox."""

    conn_id: str
    outcomes: list[Row]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part of a run a task instance worked on."""

    wanted: str
    """“batch”, “inbox”, or nothing: the run as a whole."""
    source: str
    """The task whose return value lists the parts, by map index."""


WHOLE = Part(wanted="", source="")
PARTS = {
    "deliver": Part(wanted="batch", source="gather_pending"),
    "answers": Part(wanted="inbox", source="find_inboxes"),
    "answers_again": Part(wanted="inbox", source="sent_something"),
}
"""By the task group of the main DAG."""


@router.get("/runs")
def run(
    request: Request,
    db: Db,
    dag: Text,
    run: Text,
    step: Text = "",
    batch: Text = "",
    inbox: Text = "",
    offset: Text = "",
) -> HTMLResponse:
    """Show what a run sent and read."""
    shown = _shown(db, dag, run, step=words(step), batch=number(batch), inbox=words(inbox), skipped=place(offset))
    return render(request, "run.html", dag=dag, run=run, task=None, map_index=None, part=WHOLE, **shown)


@router.get("/tasks")
def task(
    request: Request,
    db: Db,
    dag: Text,
    run: Text,
    task: Text,
    map_index: Text = "",
    batch: Text = "",
    inbox: Text = "",
    offset: Text = "",
) -> HTMLResponse:
    """Show the batch of a task instance that writes or sends mails, the inbox of one that reads; else the whole run.

    Airflow does not fill in the map index of a task that is not mapped. Which batch or inbox a map index means, the
    page asks Airflow, and comes back with it.
    """
    is_mapped = number(map_index) is not None
    part = PARTS.get(task.partition(".")[0], WHOLE) if dag == MAIN_DAG and is_mapped else WHOLE
    shown = _shown(db, dag, run, step=None, batch=number(batch), inbox=words(inbox), skipped=place(offset))
    return render(request, "run.html", dag=dag, run=run, task=task, map_index=number(map_index), part=part, **shown)


def _shown(
    db: Database, dag: str, run: str, *, step: str | None, batch: int | None, inbox: str | None, skipped: int
) -> dict[str, Any]:
    of_run = {"dag": dag, "run": run}
    touched = db.rows("invitations_of_run", **of_run, batch=batch, step=step, offset=skipped, limit=PAGE)
    read = groupby(db.rows("inboxes_of_run", **of_run), key=lambda row: row["imap_conn_id"])
    return JOURNAL | {
        "steps": db.rows("steps_of_run", **of_run),
        "batches": db.rows("batches_of_run", **of_run),
        "touched": touched,
        "total": touched[0]["total"] if touched else 0,
        "offset": skipped,
        "limit": PAGE,
        "inboxes": [Inbox(conn_id, list(rows)) for conn_id, rows in read],
        "mails": db.rows("mails_of_run", **of_run, inbox=inbox, limit=MAILS),
        "found": read_lines(db, LineFilter(dag=dag, run=run), limit=PAGE),
        "step": step,
        "batch": batch,
        "inbox": inbox,
    }
