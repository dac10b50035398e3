"""The scripts of the log and of the tab of a task instance, in a real browser."""

import json
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from raumpost.adapters.postgres import Database
from tests.web.office import Office

EVIL = "<img src=x onerror=alert(1)>\u202egnp"


@pytest.fixture
def page(browser: Browser, site: httpx.Client) -> Iterator[Page]:
    """Return a page whose addresses are those of the site; an error in its console fails the test, but for a 404."""
    context = browser.new_context(base_url=f"{str(site.base_url).rstrip('/')}/", locale="en-GB")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda said: errors.append(said.text) if said.type == "error" and "404" not in said.text else None
    )
    yield page
    context.close()
    assert errors == []


def write(db: Database, *messages: str, level: str = "info") -> None:
    db.run("write_journal", entries=json.dumps([{"level": level, "step": "read", "message": one} for one in messages]))


def test_following_puts_new_lines_on_top_until_it_is_switched_off(page: Page, db: Database) -> None:
    write(db, "first")
    page.goto("log")
    page.get_by_role("switch", name="Follow").check()
    expect(page.get_by_role("status")).to_contain_text("New lines appear at the top")
    write(db, EVIL, "last", level="error")
    rows = page.locator("#lines tbody tr")
    expect(rows).to_have_count(3, timeout=10_000)
    expect(rows.nth(0)).to_contain_text("last")
    expect(rows.nth(1).locator(".said").first).to_have_text(EVIL)
    expect(rows.nth(1).locator(".badge")).to_have_text("error")
    expect(rows.nth(2)).to_contain_text("first")
    expect(page.get_by_role("status")).to_contain_text("2 new lines, the latest: last")
    assert page.locator("#lines img").count() == 0
    page.get_by_role("switch", name="Follow").uncheck()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    write(db, "unseen")
    page.wait_for_timeout(4000)  # longer than the time between two looks
    assert asked == []
    assert rows.count() == 3


def test_an_empty_log_fills_while_it_is_followed(page: Page, db: Database) -> None:
    page.goto("log?level=error")
    expect(page.locator("p.empty")).to_be_visible()
    page.get_by_role("switch", name="Follow").check()
    write(db, "fine")
    write(db, "broken", level="error")
    expect(page.locator("#lines tbody tr")).to_have_count(1, timeout=10_000)
    expect(page.locator("#lines")).to_be_visible()
    expect(page.locator("p.empty")).to_have_count(0)


def test_a_line_whose_id_is_older_than_what_was_seen_is_put_in_its_place(
    page: Page, db: Database, office: Office
) -> None:
    office.campus.sql("ALTER TABLE raumpost.journal ALTER COLUMN id RESTART WITH 1000")
    write(db, "seen")
    page.goto("log")
    page.get_by_role("switch", name="Follow").check()
    write(db, "newest")
    rows = page.locator("#lines tbody tr")
    expect(rows).to_have_count(2, timeout=10_000)
    # as if a transaction that took its ids earlier ended only after this line was there
    office.campus.sql(
        "INSERT INTO raumpost.journal (id, level, step, message, actor) OVERRIDING SYSTEM VALUE "
        "VALUES (1500, 'info', 'read', 'much newer', 'a')"
    )
    expect(rows).to_have_count(3, timeout=10_000)
    write(db, "late")
    expect(rows).to_have_count(4, timeout=10_000)
    assert [row.locator(".said").first.inner_text() for row in rows.all()] == ["much newer", "late", "newest", "seen"]


def test_a_filter_leaves_empty_fields_out_of_the_address(page: Page, office: Office) -> None:
    office.planned(title="Analysis")
    page.goto("invitations")
    page.get_by_label("Search").fill("analysis")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/invitations?q=analysis")
    expect(page.get_by_role("link", name="Analysis")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("State")).to_be_enabled()


@pytest.mark.parametrize(("given", "status"), [([{"id": 0}], 200), (None, 404)])
def test_a_task_asks_airflow_for_its_batch_and_shows_all_where_nobody_knows(
    page: Page, office: Office, given: list[dict[str, int]] | None, status: int
) -> None:
    office.sent(title="One")
    office.sent(title="Two")
    batch = office.campus.value("SELECT max(batch) FROM raumpost.journal WHERE step = 'claim'")
    office.campus.sql("UPDATE raumpost.journal SET dag_id = 'mailbox_processor'")
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        value = [{"id": batch}] if given else None
        route.fulfill(status=status, json={"value": value} if given else {"detail": "not found"})

    page.route("**/api/v2/**", answer)
    with page.expect_response("**/xcomEntries/**"):
        page.goto("tasks?dag=mailbox_processor&run=manual&task=deliver.send&map_index=0")
    if given:
        page.wait_for_url(f"**&batch={batch}")
        expect(page.get_by_role("link", name="Two", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="One", exact=True)).to_have_count(0)
    else:
        expect(page.get_by_role("link", name="One", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="Two", exact=True)).to_be_visible()
    assert len(asked) == 1, asked
    assert "/dags/mailbox_processor/dagRuns/manual/taskInstances/gather_pending/xcomEntries/return_value" in asked[0]


def test_switching_off_and_on_again_asks_no_more_often(page: Page, db: Database) -> None:
    page.route("**/log/lines?*", lambda route: None)  # no answer comes
    page.add_init_script(
        "const real = fetch; window.asked = 0; window.fetch = (...given) => { asked += 1; return real(...given); };"
    )
    page.goto("log")
    switch = page.get_by_role("switch", name="Follow")
    for _ in range(2):
        switch.check()
        switch.uncheck()
    switch.check()
    assert page.evaluate("asked") == 1
