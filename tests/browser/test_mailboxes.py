"""Linking a room and what its symbols do, as a person meets it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.database import Campus

Visitors = Callable[..., Visitor]


@pytest.fixture
def unlinked(university: Campus) -> str:
    """Add a room with an older booking and without a mailbox; return its name."""
    university.event(university.room("Planetarium"), title="<b>Saturn</b>")
    return "Planetarium"


def test_a_room_is_linked_and_initialised(visitors: Visitors, unlinked: str) -> None:
    anna = visitors()
    anna.visit("/room-mailboxes")
    anna.frame.get_by_role("link", name="New link").click()
    create = anna.frame.get_by_role("button", name="Link the room")
    create.click()
    room, user = anna.frame.get_by_label("Room", exact=True).first, anna.frame.get_by_label("Technical user").first
    expect(room).to_have_attribute("aria-invalid", "true")
    expect(room).to_be_focused()
    expect(anna.frame.get_by_text("missing: the SMTP interface, an Airflow connection.")).to_be_visible()
    assert "422" in anna.complaints.pop()  # the browser tells of every refusal

    room.press_sequentially("netar")
    expect(anna.frame.get_by_role("option", name=unlinked)).to_be_visible()
    room.press("ArrowDown")
    room.press("Enter")
    expect(room).to_have_value(unlinked)
    user.press("ArrowDown")
    expect(anna.frame.get_by_role("option").first).to_be_visible()
    user.press("ArrowUp")
    user.press("Escape")
    expect(anna.frame.get_by_role("option")).to_have_count(0)
    user.fill("raumpost")
    anna.frame.get_by_label("Address", exact=True).fill("planetarium@rooms.example")
    anna.frame.get_by_label("SMTP interface").fill("smtp_campus")
    anna.frame.get_by_label("IMAP interface").fill("imap_campus")
    create.click()
    expect(anna.frame.get_by_role("heading", level=1)).to_have_text(unlinked)
    expect(anna.frame.get_by_text("The room is linked.")).to_be_visible()

    anna.frame.get_by_role("button", name="Initialise").first.click()
    anna.frame.get_by_role("button", name="Show the preview").click()
    expect(anna.frame.get_by_text("<b>Saturn</b>")).to_be_visible()
    anna.frame.get_by_role("button", name="Approve").click()
    expect(anna.frame.get_by_text("Done.", exact=True)).to_be_visible()
    anna.frame.get_by_role("button", name="Close").click()
    expect(anna.frame.get_by_text("and not invited")).to_have_count(0)


def test_a_mailbox_is_switched_off_and_on_in_the_list(visitors: Visitors) -> None:
    anna = visitors(width=400, theme="dark", language="de-DE")
    anna.visit("/room-mailboxes?q=Werkhalle")
    row = anna.frame.get_by_role("row", name="Werkhalle")
    row.get_by_role("button", name="Deaktivieren: Werkhalle", exact=True).click()
    expect(row.get_by_text("Raumpostfach inaktiv")).to_be_attached()
    row.get_by_role("button", name="Aktivieren: Werkhalle", exact=True).click()
    expect(row.get_by_text("Raumpostfach aktiv")).to_be_attached()


def test_who_may_not_link_reads_only(visitors: Visitors) -> None:
    guest = visitors(user="viewer")
    guest.visit("/room-mailboxes")
    expect(guest.frame.get_by_role("row").nth(1)).to_be_visible()
    expect(guest.frame.get_by_role("link", name="New link")).to_have_count(0)
    expect(guest.frame.get_by_role("button", name="Deactivate")).to_have_count(0)
