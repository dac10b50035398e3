"""Interfaces: the SMTP and IMAP servers that room mailboxes use, as Airflow connections, and a form for them.

The browser exchanges connections and their secrets with Airflow's own REST API, with the user's permissions: none of
them pass through this application.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from raumpost.domain.check import CheckStatus, Subject
from raumpost.services.ports import Database, Row
from raumpost.web.access import Access
from raumpost.web.database import Db
from raumpost.web.page import render
from raumpost.web.query_params import Text

Kind = Annotated[Subject, Query(pattern="^(smtp|imap)$")]


@dataclass(frozen=True, kw_only=True)
class LastCheck:
    """The last check of one interface."""

    status: CheckStatus
    """The worst of its findings."""
    at: datetime
    findings: list[Row]
    """The worst findings come first."""


def routes(access: Access) -> APIRouter:
    """Create the routes; the form requires permission to change connections."""
    router = APIRouter()

    @router.get("/interfaces")
    def interfaces(
        request: Request, db: Db, may_link: Annotated[bool, Depends(access.may_link)], saved: Text = ""
    ) -> HTMLResponse:
        """Show the connections that rooms use, with their last check; the browser adds unused ones from Airflow."""
        used = db.rows("interfaces")
        checks = _checks(db)
        return render(
            request,
            "interfaces.html",
            used=[row | {"check": checks.pop((row["kind"], row["conn_id"]), None)} for row in used],
            unused={conn_id: check for (_, conn_id), check in checks.items()},
            may_link=may_link,
            saved=saved,
        )

    @router.get("/interfaces/new", dependencies=[Depends(access.link)])
    def new_interface(request: Request, kind: Kind = Subject.SMTP) -> HTMLResponse:
        """Show the form for a new connection."""
        return render(request, "interface.html", kind=kind, conn_id="")

    @router.get("/interfaces/edit", dependencies=[Depends(access.link)])
    def edit_interface(
        request: Request, kind: Kind, conn_id: Annotated[str, Query(alias="id", min_length=1)]
    ) -> HTMLResponse:
        """Show the form for an existing connection; the browser fills it in."""
        return render(request, "interface.html", kind=kind, conn_id=conn_id)

    return router


def _checks(db: Database) -> dict[tuple[str, str], LastCheck]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in db.rows("interface_checks"):
        found[row["kind"], row["subject"]].append(row)
    order = [CheckStatus.NOT_OK, CheckStatus.WARNING, CheckStatus.OK]
    checks = {}
    for subject, rows in found.items():
        rows.sort(key=lambda row: order.index(row["status"]))
        checks[subject] = LastCheck(status=CheckStatus(rows[0]["status"]), at=rows[0]["checked_at"], findings=rows)
    return checks
