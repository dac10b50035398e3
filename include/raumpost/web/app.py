"""The web application that Airflow mounts; each view is a module with its routes."""

import logging
from http import HTTPStatus
from typing import NoReturn

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from raumpost.domain.errors import RaumpostError
from raumpost.web import (
    interfaces,
    invitations,
    log,
    mailbox_changes,
    mailboxes,
    mails,
    overview,
    room_groups,
    search,
    tabs,
)
from raumpost.web.access import Access
from raumpost.web.page import STATIC, render
from raumpost.web.security_headers import HEADERS, guard

logger = logging.getLogger(__name__)

TOLD = (401, 403, 404, 422, 500, 503)
"""What is wrong, by status; there are words for these."""


def create_app(access: Access) -> FastAPI:
    """Make the application. Every route asks for read access; those that act ask for more."""
    app = FastAPI(
        title="Raumpost",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(access.read)],
    )
    app.middleware("http")(guard)
    app.mount("/static", _Static(directory=str(STATIC)), name="static")  # open to everyone: nothing private there
    for view in (invitations, mails, log, tabs):
        app.include_router(view.router)
    for view_by_rights in (overview, mailboxes, mailbox_changes, search, room_groups, interfaces):
        app.include_router(view_by_rights.routes(access))
    app.add_exception_handler(RaumpostError, _trouble)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Exception, _broken)
    # what no route of ours takes must be refused like a route: an unknown path tells strangers nothing either
    app.add_api_route("/{path:path}", _not_found, response_model=None)
    return app


class _Static(StaticFiles):
    """Files that a browser keeps and asks about: their addresses say nothing of their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _not_found() -> NoReturn:
    raise HTTPException(HTTPStatus.NOT_FOUND)


def _trouble(request: Request, exc: Exception) -> Response:
    """Say what is wrong where the database is away or an Airflow connection makes no sense."""
    logger.error("%s %s: %s", request.method, request.url.path, exc)
    return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, str(exc))


def _refused(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # registered for it
    return _answer(request, exc.status_code, str(exc.detail))


def _unreadable(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # registered for it
    # only where and why, in ASCII: what was sent may be nothing that can be sent back
    said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in exc.errors())
    return _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, said.encode("ascii", "backslashreplace").decode())


def _broken(request: Request, _: Exception) -> Response:
    # the server logs the exception; nothing of it is for the page. No guard is around this answer
    response = _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")
    response.headers.update(HEADERS)
    return response


def _answer(request: Request, status_code: int, detail: str) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": detail}, status_code=status_code)
    page: HTMLResponse = render(
        request, "error.html", status_code=status_code, code=int(status_code), known=TOLD, detail=detail
    )
    return page
