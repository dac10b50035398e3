"""The context menu of a room, by keyboard and by mouse."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from raumpost.web.app import create_app
from sandbox.pages import EVERYONE, served
from tests.database import Campus


@pytest.fixture
def page(browser: Browser, database: str, campus: Campus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """Return the page of room groups over two linked rooms."""
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    campus.linked_room("Hörsaal 1")
    campus.linked_room("Hörsaal 2")
    with served(create_app(EVERYONE)) as address:
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(f"{address}/room-groups")
        yield page
        context.close()


def test_the_menu_opens_by_keyboard_and_escape_leads_back_to_its_button(page: Page) -> None:
    button = page.get_by_label("Menu for Hörsaal 1")
    button.focus()
    page.keyboard.press("Enter")
    log = page.get_by_role("main").get_by_role("link", name="Log")
    expect(log).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(log).to_be_focused()
    page.keyboard.press("Escape")
    expect(log).to_be_hidden()
    expect(button).to_be_focused()


def test_only_one_menu_is_open_at_a_time(page: Page) -> None:
    page.get_by_label("Menu for Hörsaal 1").click()
    page.get_by_text("Hörsaal 2").click(button="right")
    expect(page.locator("details[open]")).to_have_count(1)
    expect(page.get_by_role("listitem").filter(has_text="Hörsaal 2").locator("details")).to_have_attribute("open", "")
    page.get_by_role("heading", level=1).click()
    expect(page.locator("details[open]")).to_have_count(0)
