"""Sent and received mails: to view as text, and to download."""

from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from raumpost.itip.charsets import decode
from raumpost.itip.readable import harmless
from raumpost.itip.sections import take_apart
from raumpost.services.ports import Database, Row
from raumpost.web.database import Db
from raumpost.web.page import render
from raumpost.web.query_params import Id

MAX_RAW = 100_000
"""Octets that are shown as they arrived."""
CHIEF = frozenset({"from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to"})
"""Header fields that people look for, in lower case; the others are collapsed."""

router = APIRouter()


@router.get("/mails/{id}")
def mail(request: Request, db: Db, id: Id) -> HTMLResponse:
    """Show a mail; nothing in it is ever rendered as markup."""
    row = _row(db, id)
    raw = bytes(row["raw"])
    sections = take_apart(raw)
    return render(
        request,
        "mail.html",
        mail=row,
        chief=[field for field in sections.headers if field[0].lower() in CHIEF],
        others=[field for field in sections.headers if field[0].lower() not in CHIEF],
        parts=sorted(sections.parts, key=lambda part: not part.is_calendar),
        trouble=sections.trouble,
        raw=harmless(decode(raw[:MAX_RAW])),
        is_cut=len(raw) > MAX_RAW,
    )


@router.get("/mails/{id}/raw")
def raw_mail(db: Db, id: Id) -> Response:
    """Return a mail as it arrived, for a mail program; no browser shows it as a page."""
    row = _row(db, id)
    headers = {
        "Content-Disposition": f'attachment; filename="raumpost-mail-{row["id"]}.eml"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(bytes(row["raw"]), media_type="application/octet-stream", headers=headers)


def _row(db: Database, id_: int) -> Row:
    for row in db.rows("mail", id=id_):
        return row
    raise HTTPException(HTTPStatus.NOT_FOUND)
