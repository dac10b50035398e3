"""What holds for every page: language, guard, headers, errors, words."""

import re
from pathlib import Path

import httpx
import pytest
from airflow.utils.state import DagRunState, TaskInstanceState

from raumpost.domain.alerting import Kind
from raumpost.domain.model import State
from raumpost.texts.pages import PAGE_TEXTS
from raumpost.web.log import STEPS
from tests.database import Campus
from tests.web.conftest import OURS

WEB = Path(__file__).parents[2] / "include/raumpost/web"


@pytest.mark.parametrize(
    ("accepted", "cookie", "language"),
    [
        ("de", None, "de"),
        ("de-AT,de;q=0.9,en;q=0.8", None, "de"),
        ("fr, en;q=0.5, de;q=0.7", None, "de"),
        ("fr", None, "en"),
        ("", None, "en"),
        ("de;q=nonsense, en;q=0.1", None, "en"),
        ("de", "en", "en"),
        ("en", "de", "de"),
        ("de", "fr", "de"),
    ],
)
def test_the_language_is_the_switch_or_what_the_browser_prefers(
    site: httpx.Client, accepted: str, cookie: str | None, language: str
) -> None:
    cookies = {"Cookie": f"raumpost_language={cookie}"} if cookie else {}
    answer = site.get("/", headers={"Accept-Language": accepted, **cookies})
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}">' in answer.text


def test_a_change_must_come_as_json_from_our_own_pages(site: httpx.Client) -> None:
    def status(**headers: str) -> int:
        return site.post("/anything", content="{}", headers=headers).status_code

    json = {"Content-Type": "application/json"}
    passed = 405  # no route of this name takes a change, but the guard let it pass
    assert status(**json) == passed
    assert status(**json | {"Sec-Fetch-Site": "same-site"}) == 403
    assert status(**json | {"Sec-Fetch-Site": "cross-site"}) == 403
    assert status(**json | {"Sec-Fetch-Site": "none"}) == 403
    assert status(**{"Content-Type": "text/plain"}) == 403
    assert status(**{"Content-Type": "application/x-www-form-urlencoded"}) == 403


def test_without_fetch_metadata_the_origin_decides(address: str) -> None:
    with httpx.Client(base_url=address) as client:

        def status(**headers: str) -> int:
            given = {"Content-Type": "application/json", **headers}
            return client.post("/anything", content="{}", headers=given).status_code

        assert status() == 405  # a script with a token
        assert status(Origin=address.removesuffix("/raumpost")) == 405
        assert status(Origin="https://evil.example") == 403
        assert status(Origin="null") == 403


def test_every_answer_says_what_the_page_may_do(site: httpx.Client) -> None:
    for answer in (site.get("/"), site.get("/no/such/page"), site.post("/", content="x", headers=OURS)):
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "'unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_a_browser_keeps_scripts_and_asks_only_whether_they_changed(site: httpx.Client) -> None:
    first = site.get("/static/run.js")
    assert first.headers["cache-control"] == "no-cache"
    again = site.get("/static/run.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_unknown_page_is_a_page_for_people_and_json_for_scripts(site: httpx.Client) -> None:
    page = site.get("/no/such/page")
    assert page.status_code == 404
    assert "This does not exist" in page.text
    data = site.get("/no/such/page", headers={"Accept": "application/json"})
    assert data.status_code == 404
    assert data.json() == {"detail": "Not Found"}


def test_a_database_that_is_away_is_named_with_its_connection(
    site: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", "postgres://nobody:secret-word@127.0.0.1:1/raumpost")
    answer = site.get("/")
    assert answer.status_code == 503
    assert "raumpost_db" in answer.text
    assert "secret-word" not in answer.text


@pytest.mark.parametrize("path", ["/", "/invitations", "/log"])
def test_a_setting_that_makes_no_sense_is_named(
    site: httpx.Client, campus: Campus, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("RAUMPOST_TIME_ZONE", "Mars/Olympus")
    answer = site.get(path)
    assert answer.status_code == 503
    assert "RAUMPOST_TIME_ZONE=Mars/Olympus: no such time zone" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/room-mailboxes",
        "/invitations",
        "/invitations/1",
        "/mails/1",
        "/log",
        "/interfaces",
        "/room-groups",
        "/dag?dag=mailbox_link",
        "/runs?dag=a&run=b",
    ],
)
def test_every_view_says_when_the_database_is_away(
    site: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", "postgres://nobody@127.0.0.1:1/raumpost")
    answer = site.get(path, headers={"Accept-Language": "de"})
    assert answer.status_code == 503
    assert "Etwas muss in Ordnung gebracht werden" in answer.text


def test_an_error_of_ours_is_a_page_that_tells_nothing_of_it(
    site: httpx.Client, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("secret-word")

    monkeypatch.setattr("raumpost.web.log.read_lines", broken)
    answer = site.get("/log")
    assert answer.status_code == 500
    assert "The log of Airflow&#39;s api-server has the details" in answer.text
    assert "secret-word" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_refusals_are_told_in_the_readers_language(site: httpx.Client, campus: Campus) -> None:
    german = {"Accept-Language": "de", "X-User": "viewer"}
    assert "Dazu fehlt Ihnen die Berechtigung" in site.get("/interfaces/new", headers=german).text
    odd = site.get("/runs", headers=german)
    assert odd.status_code == 422
    assert "Diese Adresse ist ungültig" in odd.text
    assert "query.dag: Field required" in odd.text


@pytest.mark.parametrize("path", ["/invitations", "/log"])
def test_a_filter_that_means_nothing_is_told(site: httpx.Client, campus: Campus, path: str) -> None:
    page = site.get(path, params={"from": "2026-13-45", "until": "2026-11-23", "mailbox": "<x>", "q": "y"}).text
    told = page.partition("ignored by the filter:")[2].partition("</p>")[0]
    assert re.findall(r">([^<]+)</span>", told) == ["mailbox=&lt;x&gt;", "from=2026-13-45"]
    assert "ignored by the filter" not in site.get(path, params={"from": "2026-11-23", "q": "y"}).text


def test_the_overview_counts_by_state(site: httpx.Client, campus: Campus) -> None:
    assert site.get("/").status_code == 200


def _used_keys() -> set[str]:
    """Return the keys that templates and scripts name in full, and what stands before a ~ or a ${."""
    found: set[str] = set()
    for template in (WEB / "templates").glob("*.html"):
        text = template.read_text(encoding="utf-8")
        found |= set(re.findall(r"\bt\(\s*[\"']([^\"']+)[\"']", text))
    for script in (WEB / "static").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        found |= {f"js.{key}" for key in re.findall(r"\bt\(\s*[\"'`]([^\"'`$]+)", text)}
    return found


def test_all_words_that_pages_use_exist() -> None:
    whole = {key for key in _used_keys() if not key.endswith(".")}
    assert whole - PAGE_TEXTS.keys() == set()


def test_every_alert_and_step_and_state_has_its_words() -> None:
    told_afresh = {Kind.UNANSWERED, Kind.DECLINED, Kind.GUARD}
    wanted = {f"alert.{kind}{part}" for kind in set(Kind) - told_afresh for part in ("", ".do")}
    wanted |= {f"step.{step}" for step in STEPS} | {f"state.{state}" for state in State}
    assert wanted - PAGE_TEXTS.keys() == set()


def test_every_state_of_airflow_has_its_words() -> None:
    states = {str(state.value) for state in (*TaskInstanceState, *DagRunState)}
    assert {f"js.state.{state}" for state in states} - PAGE_TEXTS.keys() == set()


@pytest.mark.parametrize("key", PAGE_TEXTS)
def test_both_languages_fill_in_the_same(key: str) -> None:
    words = PAGE_TEXTS[key]
    assert words.de.strip()
    assert words.en.strip()
    assert set(re.findall(r"\{(\w+)\}", words.de)) == set(re.findall(r"\{(\w+)\}", words.en))


def test_a_moment_stands_in_the_zone_of_its_room_or_else_of_the_institution(
    site: httpx.Client, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAUMPOST_TIME_ZONE", "Asia/Tokyo")
    for zone, shown in (("Europe/Lisbon", "12:00:00 Europe/Lisbon"), ("Mars/Olympus", "20:00:00 Asia/Tokyo")):
        room = campus.room(time_zone=zone)
        campus.sql(
            "INSERT INTO raumpost.journal (level, step, message, actor, at, room_mailbox_id) "
            "VALUES ('info', 'read', 'x', 'anna', '2026-07-01T11:00Z', %(mailbox)s)",
            mailbox=campus.link(room),
        )
        assert f"2026-07-01 {shown}" in site.get("/log").text
        assert site.get("/log/lines").json()["lines"][-1]["local"] == f"2026-07-01 {shown}"
