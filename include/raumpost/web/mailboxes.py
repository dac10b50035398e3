"""The room mailboxes: the list, and the page of one."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from raumpost.services.links.find import find_rooms
from raumpost.services.ports import Database, Row
from raumpost.web.access import Access
from raumpost.web.database import Db
from raumpost.web.page import Page, render
from raumpost.web.query_params import Id, Text, parse_offset

PER_PAGE = 50
COLUMNS = (
    "active", "room", "address", "smtp", "imap", "user", "blocks",
    "pending", "unanswered", "accepted", "declined", "failed",
)  # fmt: skip
"""Columns that the list can be sorted by."""
STATUSES = ("active", "inactive", "leaving", "removed")
TROUBLES = ("failed", "declined", "unanswered")


def routes(access: Access) -> APIRouter:
    """Create the routes that show room mailboxes."""
    router = APIRouter()
    may_link = Annotated[bool, Depends(access.may_link)]

    @router.get("/room-mailboxes")
    def mailboxes(
        request: Request,
        db: Db,
        may_link: may_link,
        q: Text = "",
        status: Text = "",
        trouble: Text = "",
        interface: Text = "",
        group: Text = "",
        sort: Text = "room",
        offset: Text = "",
    ) -> Response:
        """List room mailboxes."""
        filters = {"text": q.strip(), "status": status, "trouble": trouble, "interface": interface, "room_group": group}
        skipped = parse_offset(offset)
        rows = _rows(db, **filters, sort=sort, offset=skipped)
        if not rows and skipped:  # the list has become shorter
            return RedirectResponse(Page(request).here(offset=None))
        return render(
            request,
            "mailboxes.html",
            rows=rows,
            total=rows[0]["total"] if rows else 0,
            offset=skipped,
            limit=PER_PAGE,
            sort=sort,
            filters=filters,
            statuses=STATUSES,
            troubles=TROUBLES,
            interfaces=db.rows("interfaces"),
            groups=db.rows("room_groups_to_choose"),
            may_link=may_link,
        )

    @router.get("/room-mailboxes/new", dependencies=[Depends(access.link)])
    def new(request: Request, db: Db, room: Text = "") -> HTMLResponse:
        """Show the form for a new link."""
        by_id = [one for one in find_rooms(db, [room]) if one["rank"] == 1] if room else []
        return render(
            request,
            "mailbox_new.html",
            interfaces=db.rows("interfaces"),
            room=by_id[0]["name"] if by_id else room,
            chosen=room if by_id else "",
        )

    @router.get("/room-mailboxes/{mailbox_id}")
    def mailbox(
        request: Request, db: Db, may_link: may_link, mailbox_id: Id, linked: Text = "", saved: Text = ""
    ) -> HTMLResponse:
        """Show one room mailbox."""
        found = find(db, mailbox_id)
        return render(
            request,
            "mailbox.html",
            one=found,
            ahead=_ahead(db, found),
            checks=[] if found["removed_at"] else _checks(db, found),
            # a removed link has no future invitations, and another link may have its address by now
            may_link=may_link and not found["removed_at"],
            linked=bool(linked),
            saved=bool(saved),
        )

    return router


def find(db: Database, mailbox_id: int) -> Row:
    """Return a room mailbox, including one whose link was removed. Raises HTTPException 404."""
    for row in _rows(db, id=mailbox_id):
        return row
    raise HTTPException(HTTPStatus.NOT_FOUND)


def _rows(db: Database, *, sort: str = "room", **given: Any) -> list[Row]:
    nothing = {"id": None, "text": "", "status": "", "trouble": "", "interface": "", "room_group": "", "offset": 0}
    return db.rows(
        "list_room_mailboxes",
        **nothing | given,
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        now=datetime.now(UTC),
        limit=PER_PAGE,
    )


def _ahead(db: Database, found: Row) -> Row:
    [ahead] = db.rows(
        "ahead_of_mailbox",
        id=found["id"],
        now=datetime.now(UTC),
        email=found["user_email"] or "",
        include_blocks=found["include_blocks"],
    )
    return ahead


def _checks(db: Database, found: Row) -> list[Row]:
    wanted = {name: found[name] for name in ("address", "smtp_conn_id", "imap_conn_id")}
    return db.rows("checks_of_mailbox", **wanted)
