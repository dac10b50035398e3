"""The pages on a real web server, over a real database, with users that are let in without Airflow."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, HTTPException, Request

from raumpost.web.access import Access
from raumpost.web.app import create_app
from sandbox.ports import HOST, free_port
from tests.mailservers import post, smtp
from tests.web.office import office

__all__ = ["office", "post", "smtp"]

OURS = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says when one of our own pages asks."""


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
    """Serve an application where Airflow would mount it; give its address."""
    port = free_port()
    outside = FastAPI()
    outside.mount("/raumpost", app)
    server = uvicorn.Server(uvicorn.Config(outside, host=HOST, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive(), "the web server does not start"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield f"http://{HOST}:{port}/raumpost"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Give the address of the pages; which database they show, the fixture `site` says."""
    with served(create_app(EVERYONE)) as address:
        yield address


@pytest.fixture
def site(address: str, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """Give a client for the pages over this test's database, as a browser asks that prefers English."""
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    with httpx.Client(base_url=address, headers=OURS | {"Accept": "text/html", "Accept-Language": "en"}) as client:
        yield client
