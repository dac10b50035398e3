"""The pages on a web server of their own, with users that are let in without Airflow."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI, HTTPException, Request

from raumpost.web.access import Access
from sandbox.ports import HOST, NotStarted, free_port


def _read(request: Request) -> None:
    request.state.user_name = request.headers.get("X-User", "anna")


def _may_link(request: Request) -> bool:
    return request.headers.get("X-User") != "viewer"


def _link(request: Request) -> None:
    if not _may_link(request):
        raise HTTPException(403)


EVERYONE = Access(read=_read, link=_link, may_link=_may_link)
"""Lets everyone in as the user of the header X-User; only a viewer may not link."""


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application where Airflow would mount it; return its address. Raises NotStarted."""
    port = free_port()
    outside = FastAPI()
    outside.mount("/raumpost", app)
    server = uvicorn.Server(uvicorn.Config(outside, host=HOST, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise NotStarted("the web server of the pages does not start")
            time.sleep(0.01)
        yield f"http://{HOST}:{port}/raumpost"
    finally:
        server.should_exit = True
        thread.join()
