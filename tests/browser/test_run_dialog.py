"""The dialog that stays with a DAG run, where Airflow does what it seldom does."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from raumpost.web.app import create_app
from sandbox.pages import EVERYONE, served
from tests.browser.airflow_answers import AirflowAnswers
from tests.database import Campus


@pytest.fixture
def page(browser: Browser, database: str, campus: Campus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """Return the overview of a university with one room."""
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    campus.linked_room()
    with served(create_app(EVERYONE)) as address:
        context = browser.new_context(base_url=f"{address}/", locale="en-GB")
        yield context.new_page()
        context.close()


def test_an_answer_that_airflow_loses_is_given_again(page: Page) -> None:
    airflow = AirflowAnswers(losses=1, body="what would be done")
    airflow.take_over(page)
    page.goto("")
    page.get_by_role("button", name="Check").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Approve").click()
    expect(dialog.get_by_text("Done.", exact=True)).to_be_visible()
    assert airflow.answers == ["Approve", "Approve"]


def test_an_answer_is_sent_though_the_dialog_is_closed_at_once(page: Page) -> None:
    airflow = AirflowAnswers()
    airflow.take_over(page)
    page.goto("")
    page.get_by_role("button", name="Check").click()
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()
    with page.expect_event("load"):
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
    assert airflow.answers == ["Reject"]
