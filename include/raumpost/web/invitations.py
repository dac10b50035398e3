"""Invitations: a search, and the whole history of one."""

import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from raumpost.domain.errors import NothingKnown
from raumpost.domain.model import Answer, BookingKind, State
from raumpost.services.history.of_invitation import follow
from raumpost.web.database import Db
from raumpost.web.log import JOURNAL
from raumpost.web.page import Page, render
from raumpost.web.query_params import (
    Id,
    Text,
    as_typed,
    not_understood,
    parse_id,
    parse_moment,
    parse_offset,
    parse_text,
    typed_zone,
)

PAGE = 50
FILTERS = ("q", "mailbox", "room", "state", "answer", "from", "until", "past")
SORTS = ("starts", "room", "title", "state", "changed")
_BOOKING = re.compile(r"(event|block)[\s-]+(\d{1,18})(-.*)?", re.IGNORECASE)

router = APIRouter()


@router.get("/invitations")
def invitations(
    request: Request,
    db: Db,
    q: Text = "",
    mailbox: Text = "",
    room: Text = "",
    state: Text = "",
    answer: Text = "",
    since: Annotated[str, Query(alias="from", max_length=50)] = "",
    until: Text = "",
    past: Text = "",
    sort: Text = "",
    offset: Text = "",
) -> Response:
    """Show a page of matching invitations; without `from` and `past`, only of bookings that are not over."""
    column = sort.removeprefix("-")
    sort, column = (sort, column) if column in SORTS else ("starts", "starts")
    start = parse_moment(since)
    filters = {
        "mailbox": parse_id(mailbox),
        "room": parse_id(room),
        "state": state if state in set(State) else None,
        "answer": answer if answer in set(Answer) else None,
        "since": start or (None if past else datetime.now(UTC)),
        "until": parse_moment(until, whole_day=True),
        **_searched(parse_text(q)),
    }
    skipped = parse_offset(offset)
    found = db.rows(
        "find_invitations", **filters, sort=column, descending=sort.startswith("-"), offset=skipped, limit=PAGE
    )
    typed = as_typed(request, *FILTERS, "sort")
    if not found and skipped:  # the list has become shorter
        return RedirectResponse(Page(request).here(offset=None))
    return render(
        request,
        "invitations.html",
        found=found,
        total=found[0]["total"] if found else 0,
        offset=skipped,
        limit=PAGE,
        sort=sort,
        mailboxes=db.rows("mailbox_choices"),
        states=list(State),
        answers=list(Answer),
        typed=typed,
        not_understood=not_understood(typed, filters | {"from": start}),
        zone=typed_zone(),
    )


def _searched(text: str | None) -> dict[str, object]:
    """Interpret a search: the beginnings of words, or a booking by its id or by a UID that begins with it."""
    tokens = re.findall(r"[^\W_]+", text or "")
    booking = _BOOKING.fullmatch(text or "")
    kinds = [booking[1].lower()] if booking else list(BookingKind)
    return {
        "text": text,
        "words": " & ".join(f"'{token}':*" for token in tokens) or None,
        "kinds": kinds,
        "source_id": parse_id(booking[2]) if booking else parse_id(text or ""),
    }


@router.get("/invitations/{id}")
def invitation(request: Request, db: Db, id: Id) -> HTMLResponse:
    """Show the history of one."""
    try:
        course = follow(db, id, now=datetime.now(UTC))
    except NothingKnown:
        raise HTTPException(HTTPStatus.NOT_FOUND) from None
    return render(request, "invitation.html", course=course, one=course.invitation, facts=course.facts, **JOURNAL)
