"""Refuses what other sites make a browser send, and tells browsers what these pages may do."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.responses import JSONResponse, Response

HEADERS = {
    # Texts of bookings and mails are strangers' words: even if one slipped into a page as markup, it could do nothing.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_READING = frozenset({"GET", "HEAD"})


async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Let reading pass, and changes that our own pages send as JSON.

    Airflow has no CSRF token and its session cookie is sent along from other sites' forms. A form cannot send JSON,
    and a script of another site may do so only after a preflight, which is not answered.
    """
    if request.method not in _READING and (refusal := _refusal(request)):
        return JSONResponse({"detail": refusal}, status_code=403, headers=HEADERS)
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _refusal(request: Request) -> str | None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return "changes are sent as JSON"
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return None if site == "same-origin" else f"a request of another site ({site}) changes nothing"
    # old browsers and scripts: a browser names the origin of every change
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        return f"a request of another site ({origin}) changes nothing"
    return None
