"""Refuses changes that other sites make a browser send, and restricts what these pages may do in a browser."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.responses import JSONResponse, Response

HEADERS = {
    # Bookings and mails contain text from strangers: even if it reached a page as markup, it could do nothing.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_SAFE_METHODS = frozenset({"GET", "HEAD"})


async def secure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Let reads pass, and changes that our own pages send as JSON.

    Airflow has no CSRF token, and browsers send its session cookie with other sites' forms. A form cannot send JSON,
    and a script of another site may do so only after a preflight request, which is refused.
    """
    if request.method not in _SAFE_METHODS and (refusal := _refusal(request)):
        return JSONResponse({"detail": refusal}, status_code=403, headers=HEADERS)
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _refusal(request: Request) -> str | None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return "changes must be sent as JSON"
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return None if site == "same-origin" else f"requests from another site ({site}) cannot change anything"
    # old browsers and scripts: a browser sends the origin with every change
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        return f"requests from another site ({origin}) cannot change anything"
    return None
