"""The dialog that stays with a DAG run, in a real browser, before an Airflow that misbehaves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.database import Campus

PATIENCE = 20_000
"""Milliseconds; an answer waits some seconds before it is sent."""
RUN = {"dag_id": "mailbox_check", "dag_run_id": "manual__1", "state": "running"}


@dataclass
class PlayedAirflow:
    """Answers what the dialog asks; a test sets what there is to tell."""

    run: dict[str, Any] = field(default_factory=lambda: dict(RUN))
    tasks: list[dict[str, Any]] = field(default_factory=list)
    question: dict[str, Any] | None = None
    paused: bool = False
    started: list[Any] = field(default_factory=list)
    decided: list[Any] = field(default_factory=list)
    decide: tuple[int, str] = (200, "")
    trouble: Callable[[Route], bool] = lambda route: False
    """Deals with a request in its own way, or gives False."""

    def asks(self, subject: str, *, attempt: int, body: str = "") -> None:
        """Let the task `approve` wait for an answer."""
        self.tasks = [_task("approve", "awaiting_input", try_number=attempt)]
        self.question = {
            "subject": subject,
            "body": body,
            "options": ["Approve", "Reject"],
            "response_received": False,
        }

    def answer(self, route: Route) -> None:
        """Answer one request."""
        if self.trouble(route):
            return
        path, method = route.request.url.partition("/api/v2")[2].partition("?")[0], route.request.method
        if method == "POST":
            self.started.append(route.request.post_data_json)
            route.fulfill(json=self.run)
        elif method == "PATCH":
            self.decided.append(route.request.post_data_json)
            status, detail = self.decide
            if status == 200 and self.question:
                self.question["response_received"] = True
            route.fulfill(status=status, json={"detail": detail})
        elif path.endswith("/hitlDetails"):
            route.fulfill(status=200 if self.question else 404, json=self.question or {"detail": "none"})
        elif path.endswith("/taskInstances"):
            route.fulfill(json={"task_instances": self.tasks})
        elif "/xcomEntries/" in path:
            route.fulfill(json={"value": "this was the report"})
        elif path.endswith("/manual__1"):
            route.fulfill(json=self.run)
        elif path == "/connections":
            route.fulfill(json={"connections": [], "total_entries": 0})
        else:
            route.fulfill(json={"dag_id": "mailbox_check", "is_paused": self.paused})


def _task(task_id: str, state: str, **columns: object) -> dict[str, Any]:
    began = "2026-05-01T10:00:00Z"
    return {"task_id": task_id, "state": state, "map_index": -1, "try_number": 1, "start_date": began} | columns


@pytest.fixture
def airflow() -> PlayedAirflow:
    """Return the Airflow that the page of this test asks."""
    return PlayedAirflow()


@pytest.fixture
def page(browser: Browser, site: httpx.Client, campus: Campus, airflow: PlayedAirflow) -> Iterator[Page]:
    """Return the page of interfaces, whose buttons start a check; an error that no script catches fails the test."""
    campus.linked_room()
    context = browser.new_context(base_url=f"{str(site.base_url).rstrip('/')}/", locale="en-GB")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/api/v2/**", airflow.answer)
    page.goto("interfaces")
    yield page
    context.close()
    assert errors == []


def _check(page: Page) -> None:
    page.get_by_role("button", name="Check").first.click()


def test_a_run_is_followed_to_its_end_and_what_it_says(page: Page, airflow: PlayedAirflow) -> None:
    airflow.tasks = [_task("report", "up_for_retry")]
    _check(page)
    expect(page.get_by_text("report: up for retry")).to_be_visible()
    airflow.run["state"] = "success"
    expect(page.get_by_text("Done.", exact=True)).to_be_visible()
    expect(page.get_by_text("this was the report")).to_be_visible()
    assert len(airflow.started) == 1


@pytest.mark.parametrize(
    ("state", "told"),
    [("failed", "Failed: preview. The task's log says why."), ("skipped", "Stopped although no task failed")],
)
def test_a_run_that_fails_says_by_which_task_if_by_any(
    page: Page, airflow: PlayedAirflow, state: str, told: str
) -> None:
    airflow.tasks = [_task("preview", state)]
    airflow.run["state"] = "failed"
    _check(page)
    expect(page.get_by_text(told)).to_be_visible()


@pytest.mark.parametrize(
    ("decide", "told"),
    [
        ((403, "Forbidden"), "You do not have permission to decide this."),
        ((409, "already answered"), "already answered"),
    ],
)
def test_a_refused_answer_stays_told(page: Page, airflow: PlayedAirflow, decide: tuple[int, str], told: str) -> None:
    airflow.decide = decide
    airflow.asks("Really?", attempt=1)
    _check(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert").filter(has_text=told)).to_be_visible(timeout=PATIENCE)
    with page.expect_response("**/hitlDetails"), page.expect_response("**/hitlDetails"):
        pass  # the dialog has looked again
    expect(page.get_by_role("alert").filter(has_text=told)).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()


def test_the_dialog_looks_on_when_airflow_does_not_answer_for_a_while(page: Page, airflow: PlayedAirflow) -> None:
    def away(route: Route) -> bool:
        if route.request.method == "POST":
            return False
        route.abort() if "taskInstances" in route.request.url else route.fulfill(status=502, body="Bad Gateway")
        return True

    airflow.trouble = away
    _check(page)
    expect(page.get_by_text("is not responding; still trying")).to_be_visible()
    airflow.trouble = lambda route: False
    airflow.run["state"] = "success"
    expect(page.get_by_text("Done.", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (None, "Airflow is not responding."),
        (400, "no such room"),
        (401, "You are no longer signed in."),
        (403, "You do not have permission to start the DAG mailbox_check."),
    ],
)
def test_a_start_that_fails_is_told(page: Page, airflow: PlayedAirflow, status: int | None, told: str) -> None:
    def refuse(route: Route) -> bool:
        route.fulfill(status=status, json={"detail": "no such room"}) if status else route.abort()
        return True

    airflow.trouble = refuse
    _check(page)
    expect(page.get_by_role("dialog").get_by_text(told)).to_be_visible()


def test_a_paused_dag_is_named(page: Page, airflow: PlayedAirflow) -> None:
    airflow.paused = True
    airflow.run["state"] = "queued"
    _check(page)
    expect(page.get_by_text("The DAG mailbox_check is paused")).to_be_visible()


def _lose_the_answer(page: Page, airflow: PlayedAirflow) -> None:
    """Let somebody approve, and Airflow show that it has the answer."""
    airflow.asks("Really?", attempt=1)
    _check(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name="Approve")).to_be_hidden(timeout=PATIENCE)
    assert len(airflow.decided) == 1


def test_a_repeated_answer_that_is_refused_can_be_given_by_hand(page: Page, airflow: PlayedAirflow) -> None:
    _lose_the_answer(page, airflow)
    airflow.decide = (503, "Airflow is busy")
    airflow.asks("Really?", attempt=2)
    expect(page.get_by_role("alert").filter(has_text="Airflow is busy")).to_be_visible(timeout=PATIENCE)
    airflow.decide = (200, "")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name="Approve")).to_be_hidden(timeout=PATIENCE)
    assert len(airflow.decided) == 3


def test_an_answer_is_not_repeated_to_another_question(page: Page, airflow: PlayedAirflow) -> None:
    _lose_the_answer(page, airflow)
    airflow.asks("Really?", attempt=2, body="something else")
    expect(page.get_by_text("something else")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()
    assert len(airflow.decided) == 1
