"""The tabs that Airflow shows for a DAG, a run and a task instance."""

from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from raumpost.services.history.journal import LineFilter, read_lines
from raumpost.services.ports import Database, Row
from raumpost.web.database import Db
from raumpost.web.log import JOURNAL, MAIN_DAG
from raumpost.web.page import Page, render
from raumpost.web.query_params import Text, parse_id, parse_offset, parse_text

PAGE = 50
MAILS = 100
"""Most mails of a run that are listed, newest first."""
OURS = (
    "mailbox_processor", "mailbox_initialise", "mailbox_reset_failed", "mailbox_link", "mailbox_check",
    "mailbox_explain", "mailbox_housekeeping", "mailbox_approve_cancellations",
)  # fmt: skip
"""The DAGs that the catalogue describes."""

router = APIRouter()


@router.get("/dag")
def dag(request: Request, db: Db, dag: Text) -> Response:
    """Show what belongs to a DAG: for the main one the overview, for another what its runs did."""
    if dag == MAIN_DAG:
        return RedirectResponse(Page(request).url("/"))
    found = read_lines(db, LineFilter(dag=dag), limit=PAGE)
    return render(request, "dag.html", dag=dag, is_ours=dag in OURS, found=found, **JOURNAL)


class Inbox(NamedTuple):
    """What a run read from one inbox."""

    conn_id: str
    outcomes: list[Row]


@dataclass(frozen=True, kw_only=True)
class Part:
    """The part of a run that a task instance worked on."""

    wanted: str
    """“batch”, “inbox”, or empty for the whole run."""
    source: str
    """The task whose return value lists the parts, by map index."""


WHOLE = Part(wanted="", source="")
PARTS = {
    "deliver": Part(wanted="batch", source="gather_pending"),
    "answers": Part(wanted="inbox", source="find_inboxes"),
    "answers_again": Part(wanted="inbox", source="sent_something"),
}
"""By the task group of the main DAG."""


class Selection(NamedTuple):
    """The batch or inbox of a run to show, and how many of its invitations to skip."""

    batch: int | None
    inbox: str | None
    skipped: int


def _selection(batch: Text = "", inbox: Text = "", offset: Text = "") -> Selection:
    return Selection(batch=parse_id(batch), inbox=parse_text(inbox), skipped=parse_offset(offset))


Selected = Annotated[Selection, Depends(_selection)]


@router.get("/runs")
def run(
    request: Request,
    db: Db,
    dag: Text,
    run: Text,
    selection: Selected,
    step: Text = "",
) -> HTMLResponse:
    """Show what a run sent and read."""
    shown = _shown(db, dag, run, selection, step=parse_text(step))
    return render(request, "run.html", dag=dag, run=run, task=None, map_index=None, part=WHOLE, **shown)


@router.get("/tasks")
def task(
    request: Request,
    db: Db,
    dag: Text,
    run: Text,
    task: Text,
    selection: Selected,
    map_index: Text = "",
) -> HTMLResponse:
    """Show the batch of a task instance that writes or sends mails, the inbox of one that reads, or the whole run.

    Airflow does not fill in the map index of a task that is not mapped. The page asks Airflow which batch or inbox a
    map index means, and loads again with the answer.
    """
    is_mapped = parse_id(map_index) is not None
    part = PARTS.get(task.partition(".")[0], WHOLE) if dag == MAIN_DAG and is_mapped else WHOLE
    shown = _shown(db, dag, run, selection, step=None)
    return render(request, "run.html", dag=dag, run=run, task=task, map_index=parse_id(map_index), part=part, **shown)


def _shown(db: Database, dag: str, run: str, selection: Selection, *, step: str | None) -> dict[str, Any]:
    batch, inbox, skipped = selection
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
