"""The pages on a real web server, over a real database, with users that are let in without Airflow."""

from collections.abc import Iterator

import httpx
import pytest

from raumpost.web.app import create_app
from sandbox.pages import EVERYONE, served
from tests.mail_pipeline import pipeline
from tests.servers.smtp import smtp
from tests.web.office import office

__all__ = ["office", "pipeline", "smtp"]

OURS = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says when one of our own pages asks."""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Return the address of the pages; which database they show, the fixture `site` says."""
    with served(create_app(EVERYONE)) as address:
        yield address


@pytest.fixture
def site(address: str, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """Return a client for the pages over this test's database, as a browser asks that prefers English."""
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    with httpx.Client(base_url=address, headers=OURS | {"Accept": "text/html", "Accept-Language": "en"}) as client:
        yield client
