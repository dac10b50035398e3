"""The way of a room through the pages, as somebody goes who has never seen the code."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from sandbox.world import SandboxWorld
from tests.browser.conftest import Visitor
from tests.database import Campus
from tests.eventually import eventually

Visitors = Callable[..., Visitor]
PATIENCE = 120
"""Seconds until a mail has been sent, five times if need be, or answered."""


def _invitations(university: Campus, room: str) -> list[dict[str, Any]]:
    return university.sql(
        """SELECT i.id, i.source_id, i.state, i.answer, i.last_error FROM raumpost.invitation AS i
           JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id JOIN booking.room AS r ON r.id = m.room_id
           WHERE r.name = %(room)s ORDER BY i.id""",
        room=room,
    )


def _approve(anna: Visitor, *shown: str) -> None:
    """Look at the preview in the dialog, approve it, and wait for the end of the run."""
    dialog = anna.frame.get_by_role("dialog")
    for text in shown:
        expect(dialog.get_by_role("cell", name=text, exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Approve").click()
    expect(dialog.get_by_text("Done.", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def _row(anna: Visitor, text: str) -> Locator:
    return anna.frame.get_by_role("row").filter(has_text=text)


def test_a_room_is_linked_and_its_older_bookings_are_invited_and_answered(
    visitors: Visitors, university: Campus
) -> None:
    anna = visitors()
    anna.page.get_by_role("link", name="Room mailboxes").click()
    views = anna.frame.get_by_role("navigation", name="Views")
    views.get_by_role("link", name="Room mailboxes").click()

    anna.frame.get_by_role("link", name="New link").click()
    expect(anna.frame.get_by_role("heading", level=1)).to_have_text("New link")
    anna.frame.get_by_role("combobox", name="Room", exact=True).press_sequentially("Lehr")
    anna.frame.get_by_role("option", name="Lehrwerkstatt").click()
    anna.frame.get_by_label("Address", exact=True).fill("lehrwerkstatt@rooms.example")
    anna.frame.get_by_label("SMTP interface").fill("smtp_campus")
    anna.frame.get_by_label("IMAP interface").fill("imap_campus")
    anna.frame.get_by_role("combobox", name="Technical user").press_sequentially("Raum")
    anna.frame.get_by_role("option", name="Raumpost").first.click()
    anna.frame.get_by_role("button", name="Link the room").click()
    expect(anna.frame.get_by_role("heading", level=1)).to_have_text("Lehrwerkstatt")

    anna.frame.get_by_role("button", name="Initialise").first.click()
    anna.frame.get_by_role("button", name="Show the preview").click()
    _approve(anna, "Schweißkurs für Maschinenbau", "Sicherheitsunterweisung")
    eventually(
        lambda: {row["answer"] for row in _invitations(university, "Lehrwerkstatt")} == {"ACCEPTED", "DECLINED"},
        lambda: _invitations(university, "Lehrwerkstatt"),
        timeout=PATIENCE,
    )
    anna.frame.get_by_role("main").get_by_role("link", name="Invitations").click()
    expect(_row(anna, "Schweißkurs für Maschinenbau").locator(".badge")).to_have_text("accepted")
    expect(_row(anna, "Sicherheitsunterweisung").locator(".badge")).to_have_text("declined")


def test_a_mail_server_that_fails_is_seen_and_mended_and_its_mails_are_sent_again(
    visitors: Visitors, world: SandboxWorld, university: Campus, screenshots: Path
) -> None:
    broken = {"connection_id": "smtp_container", "conn_type": "smtp", "port": 1}
    world.airflow.api("PATCH", "/connections/smtp_container?update_mask=port", broken)
    starts = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=9)
    event = university.event(
        world.bookings.rooms["Container C1"], starts=starts, title="Kolloquium Baustoffkunde", booked_by="Prof. Groß"
    )

    def of_event() -> dict[str, Any]:
        return next((row for row in _invitations(university, "Container C1") if row["source_id"] == event), {})

    def causes() -> int:
        return int(
            university.value("SELECT count(DISTINCT last_error) FROM raumpost.invitation WHERE state = 'failed'")
        )

    eventually(lambda: of_event().get("state") == "failed" and causes() > 1, of_event, timeout=PATIENCE)
    anna = visitors()
    anna.visit("/")
    failed = anna.frame.locator("section.notice.bad").filter(has_text="Failed invitations")
    cause = failed.get_by_role("listitem").filter(has_text="smtp_container cannot be reached")
    expect(cause).to_be_visible()
    expect(failed).to_have_css("border-left-width", "4px")
    expect(anna.frame.get_by_text("Last run of").get_by_role("link")).to_be_visible()
    anna.page.screenshot(path=screenshots / "overview.png")

    failed.get_by_role("link", name="Interfaces").click()
    _row(anna, "smtp_container").get_by_role("link", name="Edit").click()
    expect(anna.frame.get_by_label("Port")).to_have_value("1")
    anna.frame.get_by_label("Port").fill(str(world.mail.smtp_port))
    anna.frame.get_by_role("button", name="Save").click()
    expect(_row(anna, "smtp_container")).to_contain_text(f"127.0.0.1:{world.mail.smtp_port}")

    anna.look("/")
    cause.get_by_role("button", name="Send these again").click()
    _approve(anna, "Kolloquium Baustoffkunde")
    expect(cause).to_have_count(0)
    eventually(lambda: of_event().get("answer") == "ACCEPTED", of_event, timeout=PATIENCE)
    anna.look(f"/invitations?q=event+{event}")
    expect(_row(anna, "Kolloquium Baustoffkunde").locator(".badge")).to_have_text("accepted")

    night = visitors(theme="dark")
    night.visit(f"/invitations/{of_event()['id']}")
    expect(night.frame.get_by_text("Kolloquium Baustoffkunde").first).to_be_visible()
    night.page.screenshot(path=screenshots / "invitation.png")
