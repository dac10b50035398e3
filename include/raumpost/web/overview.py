"""The overview: how all room mailboxes are doing."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from raumpost.web.database import Db
from raumpost.web.page import render

router = APIRouter()


@router.get("/")
def overview(request: Request, db: Db) -> HTMLResponse:
    """Show counts by state."""
    return render(request, "overview.html", counts=db.rows("count_by_state"))
