"""Room groups with their rooms and the state of their mailboxes, and one room's state as an image for other sites."""

from http import HTTPStatus
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from raumpost.services.ports import Row
from raumpost.web.access import Access
from raumpost.web.database import Db
from raumpost.web.page import Page, picture, render
from raumpost.web.query_params import Text, parse_offset, parse_text

LIMIT = 300
"""Rooms per page."""
FRESH = "private, max-age=60"
"""How long a browser may show a badge without revalidating it."""


def routes(access: Access) -> APIRouter:
    """Create the routes; linking rooms is offered only to those who may."""
    router = APIRouter()

    @router.get("/room-groups")
    def room_groups(
        request: Request,
        db: Db,
        may_link: Annotated[bool, Depends(access.may_link)],
        text: Text = "",
        offset: Text = "",
    ) -> Response:
        """Show groups with their rooms; rooms without a group come last."""
        wanted, skipped = parse_text(text), parse_offset(offset)
        rows = db.rows("rooms_by_group", text=wanted, limit=LIMIT, offset=skipped)
        if not rows and skipped:  # the list has become shorter
            return RedirectResponse(Page(request).here(offset=None))
        return render(
            request,
            "room_groups.html",
            groups=[(name, list(rooms)) for (_, name), rooms in groupby(rows, _group)],
            empty_groups=[] if skipped else db.rows("empty_groups", text=wanted),
            text=text,
            may_link=may_link,
            offset=skipped,
            limit=LIMIT,
            total=rows[0]["total"] if rows else 0,
        )

    @router.get("/badge/room/{room_id}.svg")
    def badge(request: Request, db: Db, room_id: int) -> Response:
        """Return the inbox symbol of a room: green if its mailbox is active, red if inactive, grey if it has none."""
        found = db.rows("room_badge", room_id=room_id) if abs(room_id) < 2**63 else []
        if not found:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        state = {True: "active", False: "inactive", None: "none"}[found[0]["active"]]
        return picture(
            request,
            "badge.svg",
            room=found[0]["name"],
            state=state,
            headers={"Cache-Control": FRESH, "Vary": "Cookie, Authorization, Accept-Language"},
        )

    return router


def _group(row: Row) -> tuple[int | None, str | None]:
    return row["group_id"], row["group_name"]
