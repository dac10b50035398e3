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
from raumpost.web.security_headers import HEADERS, secure

logger = logging.getLogger(__name__)

EXPLAINED = (401, 403, 404, 422, 500, 503)
"""Statuses that the catalogue has an explanation for."""


def create_app(access: Access) -> FastAPI:
    """Create the application. Every route requires read access; those that change something require more."""
    app = FastAPI(
        title="Raumpost",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(access.read)],
    )
    app.middleware("http")(secure)
    app.mount("/static", _Static(directory=str(STATIC)), name="static")  # open to everyone: it holds nothing private
    for view in (invitations, mails, log, tabs):
        app.include_router(view.router)
    for view_by_rights in (overview, mailboxes, mailbox_changes, search, room_groups, interfaces):
        app.include_router(view_by_rights.routes(access))
    app.add_exception_handler(RaumpostError, _unavailable)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(Exception, _internal_error)
    # an unknown path is checked like a route, so that it reveals nothing to strangers
    app.add_api_route("/{path:path}", _not_found, response_model=None)
    return app


class _Static(StaticFiles):
    """Files that a browser caches and revalidates: their addresses do not depend on their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _not_found() -> NoReturn:
    raise HTTPException(HTTPStatus.NOT_FOUND)


def _unavailable(request: Request, exc: Exception) -> Response:
    """Explain what is wrong when the database is unreachable or an Airflow connection is not valid."""
    logger.error("%s %s: %s", request.method, request.url.path, exc)
    return _error_response(request, HTTPStatus.SERVICE_UNAVAILABLE, str(exc))


def _http_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # registered for it
    return _error_response(request, exc.status_code, str(exc.detail))


def _invalid_request(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # registered for it
    # only where and why, in ASCII: the input itself may not be encodable
    reasons = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in exc.errors())
    return _error_response(
        request, HTTPStatus.UNPROCESSABLE_ENTITY, reasons.encode("ascii", "backslashreplace").decode()
    )


def _internal_error(request: Request, _: Exception) -> Response:
    # the server logs the exception; the page shows nothing of it. The middleware does not see this response
    response = _error_response(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")
    response.headers.update(HEADERS)
    return response


def _error_response(request: Request, status_code: int, detail: str) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": detail}, status_code=status_code)
    page: HTMLResponse = render(
        request, "error.html", status_code=status_code, code=int(status_code), known=EXPLAINED, detail=detail
    )
    return page
