"""The log: filters, pages, and the lines for a page that follows."""

import re
from typing import Any

import httpx
import pytest

from raumpost.services.history import journal as read_lines
from raumpost.web import log
from tests.database import Campus
from tests.web.office import Office


def write(campus: Campus, count: int = 1, **columns: object) -> None:
    """Write lines; `{n}` in the message is their number."""
    row = {
        "level": "info",
        "step": "read",
        "message": "line {n}",
        "dag_id": None,
        "dag_run": None,
        "at": None,
    } | columns
    campus.sql(
        "INSERT INTO raumpost.journal (level, step, message, actor, dag_id, dag_run, at) "
        "SELECT %(level)s, %(step)s, replace(%(message)s, '{n}', n::text), 'anna', %(dag_id)s, %(dag_run)s, "
        "coalesce(%(at)s, clock_timestamp()) FROM generate_series(1, %(count)s) AS n ORDER BY n",
        count=count,
        **row,
    )


def messages(text: str) -> list[str]:
    return re.findall(r'<td>\s*<span class="said" lang="en">([^<]*)</span>', text)


def shown(site: httpx.Client, **asked: object) -> list[str]:
    return messages(site.get("/log", params={name.rstrip("_"): str(value) for name, value in asked.items()}).text)


def follow(site: httpx.Client, **asked: object) -> dict[str, Any]:
    answer = site.get("/log/lines", params={name: str(value) for name, value in asked.items()})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_an_empty_log_says_what_fills_it(site: httpx.Client, campus: Campus) -> None:
    assert "The log is empty" in site.get("/log").text
    assert "No line matches" in site.get("/log", params={"q": "x"}).text


def test_a_line_leads_to_invitation_mail_mailbox_run_and_task(site: httpx.Client, office: Office) -> None:
    id_ = office.answered()
    page = site.get("/log", params={"invitation": id_}).text
    mail = office.campus.value("SELECT id FROM raumpost.mail WHERE direction = 'in'")
    mailbox = office.campus.value("SELECT id FROM raumpost.room_mailbox")
    for link in (f"/raumpost/invitations/{id_}", f"/raumpost/mails/{mail}", f"/raumpost/log?mailbox={mailbox}"):
        assert f'href="{link}"' in page
    assert 'href="/dags/mailbox_test/runs/manual" data-airflow-link' in page
    write(office.campus, step="claim", dag_id="mailbox_processor", dag_run="manual__2026-01-01T00:00:00+00:00/x")
    page = site.get("/log", params={"step": "claim", "dag": "mailbox_processor"}).text
    run = "/dags/mailbox_processor/runs/manual__2026-01-01T00%3A00%3A00%2B00%3A00%2Fx"
    assert f'href="{run}" data-airflow-link' in page
    assert f'href="{run}/tasks/deliver.send/mapped" data-airflow-link' in page


def test_filters_by_level_step_time_run_room_and_text(site: httpx.Client, office: Office) -> None:
    campus = office.campus
    write(campus, level="error", message="broken", step="bounce", at="2026-05-01T10:00Z")
    write(campus, level="warning", message="odd", step="plan", at="2026-05-02T10:00Z", dag_id="d", dag_run="r")
    write(campus, message="50% of <b>", at="2026-05-03T10:00Z", dag_id="e", dag_run="r")
    assert shown(site) == ["50% of &lt;b&gt;", "odd", "broken"]
    assert shown(site, level="warning") == ["odd", "broken"]
    assert shown(site, level="error") == ["broken"]
    assert shown(site, step="plan") == ["odd"]
    assert shown(site, run="r") == ["50% of &lt;b&gt;", "odd"]
    assert shown(site, run="r", dag="d") == ["odd"]
    assert shown(site, q="50%") == ["50% of &lt;b&gt;"]
    assert shown(site, q="_") == []
    assert shown(site, q="BROKE") == ["broken"]
    assert shown(site, from_="2026-05-02T12:00", until="2026-05-02T12:01") == ["odd"]  # in Berlin
    assert shown(site, until="2026-05-02") == ["odd", "broken"]
    assert shown(site, from_="2026-05-02", until="2026-05-02") == ["odd"]
    assert shown(site, from_="nonsense", mailbox="x", level="loud", before="x") == shown(site)
    office.planned(title="Analysis")
    assert len(shown(site, mailbox=campus.value("SELECT id FROM raumpost.room_mailbox"))) == 1


def test_pages_go_back_and_forth_without_gap_or_repetition(site: httpx.Client, campus: Campus) -> None:
    write(campus, 250)
    ids = [row["id"] for row in campus.sql("SELECT id FROM raumpost.journal ORDER BY id DESC")]
    newest = shown(site)
    assert newest == [f"line {n}" for n in range(250, 150, -1)]
    assert shown(site, before=ids[99]) == [f"line {n}" for n in range(150, 50, -1)]
    last = site.get("/log", params={"before": ids[199]}).text
    assert messages(last) == [f"line {n}" for n in range(50, 0, -1)]
    assert 'rel="next"' not in last
    assert f"after={ids[200]}" in last
    assert shown(site, after=ids[200]) == [f"line {n}" for n in range(150, 50, -1)]
    top = site.get("/log", params={"after": ids[100]}).text
    assert messages(top) == newest
    assert 'rel="prev"' not in top


def test_a_rare_text_is_looked_for_in_portions(
    site: httpx.Client, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_lines, "REACH", 100)
    write(campus, message="needle")
    write(campus, 150)
    page = site.get("/log", params={"q": "needle"}).text
    assert messages(page) == []
    assert "Continue with “Older”" in page
    [on] = re.findall(r'rel="next" href="/raumpost(/log[^"]*)"', page)
    found = site.get(on.replace("&amp;", "&")).text
    assert messages(found) == ["needle"]
    assert "Continue with" not in found


def test_one_who_follows_gets_each_line_after_a_line_oldest_first(
    site: httpx.Client, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "PORTION", 2)
    write(campus, 5, message="<i>{n}")
    first = campus.value("SELECT min(id) FROM raumpost.journal")
    answer = follow(site, after=first)
    assert [line["message"] for line in answer["lines"]] == ["<i>2", "<i>3"]
    assert answer["more"] is True
    answer = follow(site, after=answer["last"])
    assert [line["message"] for line in answer["lines"]] == ["<i>4", "<i>5"]
    assert answer["more"] is False
    assert follow(site, after=answer["lines"][-1]["id"]) == {"lines": [], "more": False, "last": None}


def test_one_who_follows_keeps_the_filters(site: httpx.Client, office: Office) -> None:
    write(office.campus, level="error", message="broken")
    write(office.campus, message="fine")
    [line] = follow(site, after=0, level="error")["lines"]
    assert (line["message"], line["levelText"], line["step"], line["links"]) == ("broken", "error", "mail read", [])
    id_ = office.planned()
    [line] = follow(site, invitation=id_)["lines"]
    assert {link["href"] for link in line["links"]} >= {
        f"/raumpost/invitations/{id_}",
        "/dags/mailbox_test/runs/manual",
    }
