"""Interfaces, made and changed in the browser: Airflow keeps them, and no secret comes back."""

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg2
import pytest
from cryptography.fernet import Fernet
from playwright.sync_api import FrameLocator, Locator, expect

from sandbox.world import SandboxWorld
from tests.browser.conftest import PATIENCE, Visitor

Visitors = Callable[..., Visitor]
NAME, SECRET = "smtp_of_test", "a-secret-that-stays"


@pytest.fixture(autouse=True)
def _clean(world: SandboxWorld) -> Iterator[None]:
    yield
    world.airflow.api("PATCH", "/connections", {"actions": [_DELETE]})


_DELETE = {"action": "delete", "action_on_non_existence": "skip", "entities": [NAME]}


def _stored_password(world: SandboxWorld) -> str:
    """Look into Airflow's own database, as no API gives a secret away."""
    with closing(psycopg2.connect(world.postgres.uri("airflow"))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT password FROM connection WHERE conn_id = %s", (NAME,))
        [(encrypted,)] = cursor.fetchall()
    return Fernet(world.airflow.environment["AIRFLOW__CORE__FERNET_KEY"]).decrypt(encrypted).decode()


def _row(frame: FrameLocator, name: str) -> Locator:
    return frame.get_by_role("row").filter(has=frame.get_by_role("cell", name=name, exact=True))


def _create(anna: Visitor) -> None:
    frame = anna.frame
    anna.visit("/interfaces")
    frame.get_by_role("link", name="SMTP interface").click()
    frame.get_by_label("Name of the connection").fill(NAME)
    frame.get_by_label("Host").fill("127.0.0.1")
    frame.get_by_label("Encryption").select_option("STARTTLS")
    frame.get_by_label("Port").fill("1")
    frame.get_by_label("User").fill("anna")
    frame.get_by_label("Password").fill(SECRET)
    frame.get_by_role("button", name="Save").click()
    expect(_row(frame, NAME)).to_contain_text("127.0.0.1:1 · STARTTLS")


def test_an_interface_is_created_and_edited_and_its_password_stays_unseen(
    visitors: Visitors, world: SandboxWorld
) -> None:
    anna = visitors()
    seen: list[str] = []
    anna.page.on("response", lambda answer: seen.append(answer.text()) if "connections" in answer.url else None)
    _create(anna)
    frame = anna.frame
    _row(frame, NAME).get_by_role("link", name="Edit").click()
    expect(frame.get_by_label("Host")).to_have_value("127.0.0.1")
    expect(frame.get_by_label("Password")).to_have_value("")
    frame.get_by_label("Port").fill("2")
    frame.get_by_role("button", name="Save").click()
    expect(_row(frame, NAME)).to_contain_text("127.0.0.1:2 · STARTTLS")
    assert seen
    assert SECRET not in "".join(seen)
    assert _stored_password(world) == SECRET


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_stored(visitors: Visitors, world: SandboxWorld) -> None:
    anna = visitors()
    _create(anna)
    frame = anna.frame
    anna.visit("/interfaces/new?kind=smtp")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_label("Host")).to_have_attribute("aria-invalid", "true")
    expect(frame.locator("#host-wrong")).to_have_text("This field is required.")
    frame.get_by_label("Name of the connection").fill(NAME)
    frame.get_by_label("Host").fill("other.example")
    frame.get_by_role("button", name="Save").click()
    expect(frame.locator("#id-wrong")).to_have_text("A connection with this name already exists.")
    assert world.airflow.api("GET", f"/connections/{NAME}")["host"] == "127.0.0.1"
    anna.complaints = [one for one in anna.complaints if "409" not in one]  # the browser tells of the refusal too


def test_a_check_started_here_leaves_its_result_here(visitors: Visitors) -> None:
    anna = visitors()
    _create(anna)
    frame = anna.frame
    _row(frame, NAME).get_by_role("button", name="Check now").click()
    expect(frame.get_by_role("status").filter(has_text="Failed")).to_be_visible(timeout=2 * PATIENCE)
    frame.get_by_role("button", name="Close").click()
    expect(_row(frame, NAME).locator(".badge")).to_have_text("not ok")
