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
from raumpost.web.query_params import Text, given, moment, number, unread, words, zone

PAGE = 100
PORTION = 500
"""Lines given at once to a page that follows."""
FILTERS = ("level", "mailbox", "invitation", "step", "dag", "run", "from", "until", "q")
STEPS: tuple[str, ...] = (
    "plan", "invite", "render", *Transition, "fetch", "read", "link", "initialise", "guard", "canary",
)  # fmt: skip
"""What lines may be about."""
MAIN_DAG = "mailbox_processor"
TASKS: dict[str, str] = {
    **dict.fromkeys(("plan", "invite", Transition.CHANGE, Transition.ABANDON), "gather_pending"),
    "render": "deliver.render/mapped",
    **dict.fromkeys((Transition.CLAIM, Transition.CONFIRM, Transition.DEFER, Transition.FAIL), "deliver.send/mapped"),
}
"""The task of the main DAG that writes lines of a step, as Airflow's addresses name it; where it is only one."""

router = APIRouter()


class Link(NamedTuple):
    """Where a line leads to."""

    text: str
    href: str
    airflow: bool = False
    """A page of Airflow itself."""


def _wanted(
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
        mailbox=number(mailbox),
        invitation=number(invitation),
        step=words(step),
        dag=words(dag),
        run=words(run),
        since=moment(since),
        until=moment(until, whole_day=True),
        text=words(q),
    )


Wanted = Annotated[LineFilter, Depends(_wanted)]


@router.get("/log")
def log(request: Request, db: Db, wanted: Wanted, before: Text = "", after: Text = "") -> HTMLResponse:
    """Show the newest lines, or those next to a line."""
    lines = read_lines(db, wanted, limit=PAGE, before=number(before), after=number(after))
    asked = given(request, *FILTERS)
    return render(
        request,
        "log.html",
        found=lines,
        is_newest=not before and not after,
        mailboxes=db.rows("mailbox_choices"),
        levels=[Level.WARNING, Level.ERROR],
        reach=REACH,
        **JOURNAL,
        asked=asked,
        unread=unread(asked, asdict(wanted) | {"from": wanted.since}),
        zone=zone(),
    )


@router.get("/log/lines")
def lines(request: Request, db: Db, wanted: Wanted, after: Text = "") -> JSONResponse:
    """Give the lines after one, oldest first, for a page that follows; `more` when there are yet more."""
    found: LinePage = read_lines(db, wanted, limit=PORTION, after=number(after) or 0)
    page = Page(request)
    given = [_as_json(page, row) for row in reversed(found.lines)]
    return JSONResponse({"lines": given, "more": found.newer is not None, "last": found.newer})


def _as_json(page: Page, row: Row) -> dict[str, Any]:
    step = row["step"]
    return {
        "id": row["id"],
        "at": row["at"].isoformat(),
        "there": page.there(row["at"], row["time_zone"], precise=True),
        "level": row["level"],
        "levelText": page.words(f"level.{row['level']}"),
        "step": page.words(f"step.{step}") if step in STEPS else step,
        "message": row["message"],
        "detail": row["detail"],
        "actor": row["actor"],
        "links": [link._asdict() for link in links(page, row)],
    }


def links(page: Page, row: Row) -> list[Link]:
    """Say where a line leads to."""
    found: list[Link] = []
    if row["invitation_id"]:
        found.append(Link(page.words("log.invitation"), page.url(f"/invitations/{row['invitation_id']}")))
    if row["mail_id"]:
        found.append(Link(page.words("log.mail"), page.url(f"/mails/{row['mail_id']}")))
    if row["room_mailbox_id"]:
        found.append(Link(row["room_name"] or row["address"], page.url("/log", mailbox=row["room_mailbox_id"])))
    if row["dag_id"] and row["dag_run"]:
        found.append(Link(page.words("log.run"), page.run(row["dag_id"], row["dag_run"]), airflow=True))
        if row["dag_id"] == MAIN_DAG and (task := TASKS.get(row["step"])):
            href = page.run(row["dag_id"], row["dag_run"], task)
            found.append(Link(task.partition("/")[0], href, airflow=True))
    return found


JOURNAL: dict[str, Any] = {"steps_known": STEPS, "links": links}
"""What templates need that show lines by journal.html."""
