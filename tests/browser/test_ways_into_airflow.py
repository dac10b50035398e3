"""Links into Airflow's own pages: the iframe forbids to open them, yet they work, and Back leads back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visitor
from tests.browser.views import settled
from tests.database import Campus

Visitors = Callable[..., Visitor]


@pytest.fixture
def run(university: Campus) -> str:
    """Return a run of the main DAG that has sent something."""
    settled(university)
    statement = "SELECT dag_run FROM raumpost.journal WHERE step = 'confirm' ORDER BY id LIMIT 1"
    return str(university.value(statement))


def _go_and_come_back(anna: Visitor, link: Locator, address: str, shown: Callable[[], Locator]) -> None:
    """Follow a link out of our page; the window is at Airflow's page then, and Back shows ours again."""
    before = anna.page.url
    heading = anna.frame.get_by_role("heading", level=1).inner_text()
    link.click()
    expect(anna.page).to_have_url(re.compile(address))
    expect(shown()).to_be_visible()
    anna.page.go_back()
    expect(anna.page).to_have_url(before)
    expect(anna.frame.get_by_role("heading", level=1)).to_have_text(heading)


def test_the_overview_leads_to_the_last_run(visitors: Visitors) -> None:
    anna = visitors()
    anna.visit("/")
    link = anna.frame.get_by_role("status").get_by_role("link")
    _go_and_come_back(
        anna, link, r"/dags/mailbox_processor/runs/[^/]+$", lambda: anna.page.get_by_text("gather_pending").first
    )


def test_a_line_of_the_log_leads_to_its_run_and_to_the_log_of_its_task(visitors: Visitors, run: str) -> None:
    anna = visitors()
    anna.visit("/log?step=confirm")
    line = anna.frame.get_by_role("row").nth(1)
    _go_and_come_back(
        anna,
        line.get_by_role("link", name="DAG run"),
        r"/dags/mailbox_processor/runs/[^/]+$",
        lambda: anna.page.get_by_text("gather_pending").first,
    )
    _go_and_come_back(
        anna,
        line.get_by_role("link", name="deliver.send"),
        r"/dags/mailbox_processor/runs/[^/]+/tasks/deliver.send",
        lambda: anna.page.get_by_text("send").first,
    )


def test_interfaces_lead_to_the_list_of_connections(visitors: Visitors) -> None:
    anna = visitors()
    anna.visit("/interfaces")
    _go_and_come_back(
        anna,
        anna.frame.get_by_role("link", name="All connections in Airflow"),
        r"/connections$",
        lambda: anna.page.get_by_role("cell", name="smtp_campus", exact=True),
    )


@pytest.mark.parametrize("place", ["", "/tasks/gather_pending"])
def test_tabs_lead_on_too(visitors: Visitors, run: str, place: str) -> None:
    anna = visitors()
    anna.page.goto(f"{anna.url}/dags/mailbox_processor/runs/{run}{place}")
    anna.page.get_by_role("link", name="Raumpost").click()
    link = anna.frame.get_by_role("link", name="DAG run").first
    _go_and_come_back(
        anna, link, r"/dags/mailbox_processor/runs/[^/]+$", lambda: anna.page.get_by_text("gather_pending").first
    )
