"""The pages inside Airflow's UI, as a person meets them."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Visitor

Visitors = Callable[..., Visitor]


def test_the_page_stands_in_airflows_navigation(visitors: Visitors) -> None:
    anna = visitors()
    anna.page.get_by_role("link", name="Room mailboxes").click()
    expect(anna.frame.get_by_role("heading", level=1)).to_have_text("Overview")


def test_the_language_is_that_of_the_browser_until_it_is_switched(visitors: Visitors) -> None:
    anna = visitors(language="de-DE")
    anna.visit("/")
    heading = anna.frame.get_by_role("heading", level=1)
    expect(heading).to_have_text("Übersicht")
    anna.frame.get_by_role("button", name="English").click()
    expect(heading).to_have_text("Overview")
    anna.visit("/")
    expect(heading).to_have_text("Overview")


def test_what_is_pressed_before_the_scripts_are_there_is_done_then(visitors: Visitors) -> None:
    anna = visitors()
    anna.page.route("**/static/page.js*", lambda route: None)  # held until it is unrouted
    anna.page.goto(f"{anna.url}/raumpost/", wait_until="commit")
    anna.page.get_by_role("button", name="Deutsch").click()
    heading = anna.page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Overview")
    anna.page.unroute("**/static/page.js*")
    expect(heading).to_have_text("Übersicht")


def test_the_theme_follows_airflows(visitors: Visitors) -> None:
    def background(anna: Visitor) -> str:
        return str(anna.frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor"))

    light, dark = visitors(), visitors(theme="dark")
    for one in (light, dark):
        one.visit("/")
    assert background(light) == "rgb(255, 255, 255)"
    assert background(dark) != background(light)
    # Airflow switches its own page by a class, without loading anything again
    light.page.evaluate("document.documentElement.classList.replace('light', 'dark')")
    expect(light.frame.locator("html")).to_have_attribute("data-theme", "dark")


def test_nobody_who_has_not_signed_in_sees_anything(visitors: Visitors) -> None:
    stranger = visitors(user=None)
    answer = stranger.page.goto(f"{stranger.url}/raumpost/")
    assert answer
    assert answer.status == 401
    stranger.complaints.clear()  # the browser complains of the 401, as it should
