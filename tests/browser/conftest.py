"""A real browser, signed in to a real Airflow that runs a whole university."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Frame, FrameLocator, Page, expect

from sandbox import bookings
from sandbox.try_this import MANUAL_DAGS
from sandbox.world import SandboxWorld
from tests.database import Campus

PATIENCE = 60_000
"""Milliseconds; under load a DAG run takes its time."""
expect.set_options(timeout=PATIENCE)
PAGES = "/plugin/room-mailboxes/raumpost"
Theme = Literal["light", "dark"]

# Airflow's own pages are framed so; every framed plugin gets this warning.
_OF_AIRFLOW = "allow-scripts and allow-same-origin"


@pytest.fixture(scope="session")
def world() -> Iterator[SandboxWorld]:
    """Return a university whose DAG runs every few seconds."""
    with SandboxWorld(settings={"RAUMPOST_INTERVAL": "10", "RAUMPOST_RETRY_DELAY": "1"}) as world:
        for dag in ("mailbox_processor", *MANUAL_DAGS):
            world.airflow.unpause(dag)
        with closing(world.connect()) as connection:
            bookings.book(connection, world.bookings, datetime.now(UTC))
        yield world


@pytest.fixture
def university(world: SandboxWorld) -> Iterator[Campus]:
    """Return the university as its booking system sees it."""
    with closing(world.connect()) as connection:
        connection.autocommit = True
        yield Campus(connection)


class Visitor:
    """Somebody in front of the browser."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @property
    def frame(self) -> FrameLocator:
        """Our page inside Airflow's."""
        return self.page.frame_locator("iframe")

    def sign_in(self, user: str = "admin") -> None:
        """Use Airflow's own form; in the sandbox names and passwords are the same."""
        self.page.goto(f"{self.url}/auth/login")
        self.page.fill("input[name=username]", user)
        self.page.fill("input[name=password]", user)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(lambda url: "login" not in url)

    def visit(self, path: str) -> None:
        """Open one of our pages inside Airflow, as a bookmark does."""
        self.page.goto(f"{self.url}{PAGES}{path}")
        self.frame.locator("h1").wait_for()

    def look(self, path: str) -> Frame:
        """Go from one of our pages inside Airflow to another, which is quicker; return the frame."""
        frame = self.page.frame(url=lambda url: "/raumpost/" in url and PAGES not in url)
        assert frame, "no page of ours is open"
        frame.goto(f"{self.url}/raumpost{path}")
        return frame

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and _OF_AIRFLOW not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
def visitors(browser: Browser, world: SandboxWorld) -> Iterator[Callable[..., Visitor]]:
    """Return a function that lets somebody in; at the end no browser may have complained of anything."""
    opened: list[Visitor] = []

    def visitor(
        *, language: str = "en-GB", theme: Theme = "light", width: int = 1280, user: str | None = "admin"
    ) -> Visitor:
        context = browser.new_context(
            locale=language, color_scheme=theme, viewport={"width": width, "height": 900}, timezone_id="Europe/Berlin"
        )
        context.set_default_timeout(PATIENCE)
        context.add_init_script(f"localStorage.setItem('theme', '{theme}')")
        opened.append(Visitor(context.new_page(), world.airflow.url))
        if user:
            opened[-1].sign_in(user)
        return opened[-1]

    yield visitor
    for one in opened:
        one.page.context.close()
    assert [complaint for one in opened for complaint in one.complaints] == []


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory for screenshots; `make screenshots` sets it, to see them and to have new ones in docs."""
    wanted = os.environ.get("SCREENSHOTS")
    directory = Path(wanted) if wanted else tmp_path_factory.mktemp("screenshots")
    directory.mkdir(parents=True, exist_ok=True)
    return directory
