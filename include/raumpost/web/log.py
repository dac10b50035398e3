"""The log: the journal, line by line, as it grows."""

from dataclasses import asdict
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse

from raumpost.domain.model import Level
from raumpost.domain.transitions import Transition
from raumpost.services.history.journal import REACH, LineFilter, LinePage, read_lines
from raumpost.services.ports import Row
from raumpost.web.database import Db
from raumpost.web.page import Page, render
from raumpost.web.query_params import Text, as_typed, not_understood, parse_id, parse_moment, parse_text, typed_zone

PAGE = 100
PORTION = 500
"""Most lines returned at once to a page in follow mode."""
FILTERS = ("level", "mailbox", "invitation", "step", "dag", "run", "from", "until", "q")
STEPS: tuple[str, ...] = (
    "plan", "invite", "render", *Transition, "fetch", "read", "link", "initialise", "guard", "canary",
)  # fmt: skip
"""What a line can be about."""
MAIN_DAG = "mailbox_processor"
TASKS: dict[str, str] = {
    **dict.fromkeys(("plan", "invite", Transition.CHANGE, Transition.ABANDON), "gather_pending"),
    "render": "deliver.render/mapped",
    **dict.fromkeys((Transition.CLAIM, Transition.CONFIRM, Transition.DEFER, Transition.FAIL), "deliver.send/mapped"),
}
"""The task of the main DAG that writes lines of a step, as Airflow's addresses name it; only where it is one task."""

router = APIRouter()


class Link(NamedTuple):
    """A link of a line."""

    text: str
    href: str
    airflow: bool = False
    """Whether it leads to a page of Airflow itself."""


def _filter(
    level: Text = "",
    mailbox: Text = "",
    invitation: Text = "",
    step: Text = "",
    dag: Text = "",
    run: Text = "",
    since: Annotated[str, Query(alias="from", max_length=50)] = "",
    until: Text = "",
    q: Text = "",
) -> LineFilter:
    return LineFilter(
        level=Level(level) if level in set(Level) else None,
        mailbox=parse_id(mailbox),
        invitation=parse_id(invitation),
        step=parse_text(step),
        dag=parse_text(dag),
        run=parse_text(run),
        since=parse_moment(since),
        until=parse_moment(until, whole_day=True),
        text=parse_text(q),
    )


Filter = Annotated[LineFilter, Depends(_filter)]


@router.get("/log")
def log(request: Request, db: Db, line_filter: Filter, before: Text = "", after: Text = "") -> HTMLResponse:
    """Show the newest lines, or those before or after a line."""
    lines = read_lines(db, line_filter, limit=PAGE, before=parse_id(before), after=parse_id(after))
    typed = as_typed(request, *FILTERS)
    return render(
        request,
        "log.html",
        found=lines,
        is_newest=not before and not after,
        mailboxes=db.rows("mailbox_choices"),
        levels=[Level.WARNING, Level.ERROR],
        reach=REACH,
        **JOURNAL,
        typed=typed,
        not_understood=not_understood(typed, asdict(line_filter) | {"from": line_filter.since}),
        zone=typed_zone(),
    )


@router.get("/log/lines")
def lines(request: Request, db: Db, line_filter: Filter, after: Text = "") -> JSONResponse:
    """Return the lines after one, oldest first, for a page in follow mode; `more` is true if there are others."""
    found: LinePage = read_lines(db, line_filter, limit=PORTION, after=parse_id(after) or 0)
    page = Page(request)
    given = [_as_json(page, row) for row in reversed(found.lines)]
    return JSONResponse({"lines": given, "more": found.newer is not None, "last": found.newer})


def _as_json(page: Page, row: Row) -> dict[str, Any]:
    step = row["step"]
    return {
        "id": row["id"],
        "at": row["at"].isoformat(),
        "local": page.local_time(row["at"], row["time_zone"], precise=True),
        "level": row["level"],
        "levelText": page.text(f"level.{row['level']}"),
        "step": page.text(f"step.{step}") if step in STEPS else step,
        "message": row["message"],
        "detail": row["detail"],
        "actor": row["actor"],
        "links": [link._asdict() for link in links(page, row)],
    }


def links(page: Page, row: Row) -> list[Link]:
    """Return the links of a line."""
    found: list[Link] = []
    if row["invitation_id"]:
        found.append(Link(page.text("log.invitation"), page.url(f"/invitations/{row['invitation_id']}")))
    if row["mail_id"]:
        found.append(Link(page.text("log.mail"), page.url(f"/mails/{row['mail_id']}")))
    if row["room_mailbox_id"]:
        found.append(Link(row["room_name"] or row["address"], page.url("/log", mailbox=row["room_mailbox_id"])))
    if row["dag_id"] and row["dag_run"]:
        found.append(Link(page.text("log.run"), page.run(row["dag_id"], row["dag_run"]), airflow=True))
        if row["dag_id"] == MAIN_DAG and (task := TASKS.get(row["step"])):
            href = page.run(row["dag_id"], row["dag_run"], task)
            found.append(Link(task.partition("/")[0], href, airflow=True))
    return found


JOURNAL: dict[str, Any] = {"steps_known": STEPS, "links": links}
"""Values for templates that show lines with journal.html."""
