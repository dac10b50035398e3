"""The overview: what is wrong and how to fix it, then how all room mailboxes are doing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from raumpost.domain.link_health import LONGEST_PENDING
from raumpost.domain.model import State
from raumpost.services.planning.held_cancellations import held_cancellations
from raumpost.services.ports import Database
from raumpost.web.access import Access
from raumpost.web.charts import Chart, bar_chart
from raumpost.web.database import Db
from raumpost.web.language import Language
from raumpost.web.page import Page, render
from raumpost.wiring.settings import Settings, read_settings

DAYS = 14
"""Days that the charts cover."""
SHOWN = 5
"""Most causes, rooms or findings listed; the rest are counted."""
LIMITS = (60, 300, 900, 3600, 4 * 3600, 24 * 3600)
"""Bounds, in seconds, of the classes of reply times."""
_DAY = {Language.GERMAN: "%d.%m.", Language.ENGLISH: "%m-%d"}


def routes(access: Access) -> APIRouter:
    """Create the route; linking rooms is offered only to those who may."""
    router = APIRouter()

    @router.get("/")
    def overview(request: Request, db: Db, may_link: Annotated[bool, Depends(access.may_link)]) -> HTMLResponse:
        """Show what is wrong, counts by state, and how the last days went."""
        now, settings, page = datetime.now(UTC), read_settings(), Page(request)
        [installed] = db.rows("installed")
        return render(
            request,
            "overview.html",
            installed=installed,
            troubles=_troubles(db, settings, now),
            patience=_span(page, settings.alert_unanswered.total_seconds()),
            counts=_counts(db),
            days=_days(page, db, settings.time_zone, now),
            reply_times=_reply_times(page, db, now),
            may_link=may_link,
        )

    return router


def _troubles(db: Database, settings: Settings, now: datetime) -> dict[str, Any]:
    """Return everything that somebody has to fix, by subject; a subject without problems is empty."""
    waiting = {"pending_since": now - LONGEST_PENDING, "changed_before": now - settings.lease}
    [overdue] = db.rows("overdue", now=now, **waiting)
    return {
        "failed": db.rows("failed_by_cause", now=now, limit=SHOWN),
        "late": db.rows("late_rooms", now=now, sent_before=now - settings.alert_unanswered, limit=SHOWN),
        "declined": db.rows("declining_rooms", now=now, limit=SHOWN),
        "withheld": [link for link in held_cancellations(db, now=now) if link.withheld],
        "overdue": overdue if overdue["invitations"] or overdue["changes"] else None,
        "alerts": db.rows("open_alerts"),
        "checks": db.rows("check_troubles", limit=SHOWN),
    }


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many invitations there are, by state and by reply."""

    by_state: dict[str, int]
    by_answer: dict[str, int]


def _counts(db: Database) -> Counts:
    by_state = {state.value: 0 for state in State}
    by_answer = {"ACCEPTED": 0, "TENTATIVE": 0, "DECLINED": 0}
    for row in db.rows("count_by_state"):
        by_state[row["state"]] += row["invitations"]
        if row["answer"]:
            by_answer[row["answer"]] += row["invitations"]
    return Counts(by_state=by_state, by_answer=by_answer)


def _days(page: Page, db: Database, time_zone: str, now: datetime) -> Chart:
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    since = datetime(days[0].year, days[0].month, days[0].day, tzinfo=zone)
    found = {row["day"]: (row["sent"], row["answered"]) for row in db.rows("done_per_day", zone=time_zone, since=since)}
    return bar_chart(
        [page.text("overview.sent"), page.text("overview.answered")],
        [(day.strftime(_DAY[page.language]), found.get(day, (0, 0))) for day in days],
    )


@dataclass(frozen=True, kw_only=True)
class ReplyTimes:
    """How long rooms took to reply."""

    chart: Chart
    count: int
    median: str
    slow: str
    """One in twenty took longer than this."""


def _reply_times(page: Page, db: Database, now: datetime) -> ReplyTimes:
    rows = db.rows("answer_times", since=now - timedelta(days=DAYS), limits=list(LIMITS))
    found = {row["place"]: row for row in rows}
    whole = found.pop(None)
    labels = [f"< {_span(page, limit)}" for limit in LIMITS] + [f"≥ {_span(page, LIMITS[-1])}"]
    values = [(label, (found.get(place, {"invitations": 0})["invitations"],)) for place, label in enumerate(labels)]
    return ReplyTimes(
        chart=bar_chart([page.text("overview.invitations")], values),
        count=whole["invitations"],
        median=_span(page, whole["median"] or 0),
        slow=_span(page, whole["slow"] or 0),
    )


def _span(page: Page, seconds: float) -> str:
    """Format a duration in the largest unit that fits."""
    for unit, length, least in (("days", 86400, 2 * 86400), ("hours", 3600, 2 * 3600), ("minutes", 60, 60)):
        if seconds >= least:
            return page.text(f"span.{unit}", n=round(seconds / length))
    return page.text("span.seconds", n=round(seconds))
