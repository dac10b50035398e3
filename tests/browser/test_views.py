"""Every view in both languages, both themes and two widths, and without a mouse."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import looks
from tests.browser.conftest import Theme, Visitor
from tests.browser.views import NO_VIEWS, VIEWS, addresses, routes, settled
from tests.database import Campus

Visitors = Callable[..., Visitor]


@pytest.fixture
def views(university: Campus) -> dict[str, str]:
    """Return the addresses of all views, once there is something to see."""
    settled(university)
    return addresses(university)


def test_no_view_is_left_out() -> None:
    assert routes() == VIEWS.keys() | NO_VIEWS


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["de-DE", "en-GB"])
def test_every_view_fits_its_window_and_can_be_read(
    visitors: Visitors, views: dict[str, str], language: str, theme: Theme, screenshots: Path
) -> None:
    anna = visitors(language=language, theme=theme)
    anna.visit("/")
    found = {}
    for width in (1000, 400):
        anna.page.set_viewport_size({"width": width, "height": 900})
        for name, path in views.items():
            frame = anna.look(path)
            expect(anna.frame.locator("html")).to_have_attribute("data-theme", theme)
            expect(anna.frame.locator("html")).to_have_attribute("lang", language[:2])
            found[f"{name}, {width}"] = looks.too_wide(frame) + looks.too_dim(frame)
            anna.page.screenshot(path=screenshots / f"{name}-{language[:2]}-{theme}-{width}.png")
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("language", ["de-DE", "en-GB"])
def test_everything_has_a_name_and_headings_are_in_order(
    visitors: Visitors, views: dict[str, str], language: str
) -> None:
    anna = visitors(language=language)
    session = anna.page.context.new_cdp_session(anna.page)
    for name, path in views.items():
        anna.page.goto(f"{anna.url}/raumpost{path}")
        nodes = looks.heard(session)
        assert (name, looks.without_name(nodes)) == (name, [])
        found = looks.levels(nodes)
        assert found[0] == 1, name
        assert found.count(1) == 1, name
        assert all(after <= before + 1 for before, after in pairwise(found)), (name, found)


def test_the_focus_can_be_seen_wherever_the_keyboard_leads(visitors: Visitors, views: dict[str, str]) -> None:
    anna = visitors()
    for name, path in views.items():
        anna.page.goto(f"{anna.url}/raumpost{path}")
        seen = set()
        for _ in range(25):
            anna.page.keyboard.press("Tab")
            place, outline = anna.page.evaluate(_FOCUS)
            if place is None or place in seen:
                break
            seen.add(place)
            assert outline, (name, place)
        assert len(seen) > 5, name


_FOCUS = """() => {
  const one = document.activeElement;
  if (one === document.body) return [null, true];
  const style = getComputedStyle(one);
  const all = [...document.querySelectorAll("*")];
  const visible = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return [`${all.indexOf(one)} ${one.outerHTML.slice(0, 80)}`, visible];
}"""


@pytest.mark.parametrize(
    ("act", "title"), [("initialise", "Initialise"), ("check", "Check"), ("remove", "Remove link")]
)
def test_a_dialog_opens_by_keyboard_and_gives_the_focus_back(visitors: Visitors, act: str, title: str) -> None:
    anna = visitors()
    anna.visit("/room-mailboxes?q=Werkhalle")
    button = anna.frame.get_by_role("row", name="Werkhalle").get_by_role("button", name=f"{title}: ")
    anna.frame.get_by_label("Room, address or user").focus()
    for _ in range(40):
        anna.page.keyboard.press("Tab")
        if button.evaluate("one => one === document.activeElement"):
            break
    expect(button).to_be_focused()
    anna.page.keyboard.press("Enter")
    dialog = anna.frame.get_by_role("dialog", name=f"{title}: Werkhalle")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("one => one.contains(document.activeElement)")
    anna.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_the_first_tab_leads_past_the_navigation(visitors: Visitors) -> None:
    anna = visitors()
    anna.page.goto(f"{anna.url}/raumpost/")
    anna.page.keyboard.press("Tab")
    expect(anna.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    anna.page.keyboard.press("Enter")
    expect(anna.page.get_by_role("main")).to_be_focused()
