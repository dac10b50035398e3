"""The overview: what is wrong stands at the top with the way to mend it; counts and charts follow."""

import json
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import httpx
import pytest

from raumpost.web.charts import bar_chart
from tests.database import Campus

WELL = "All is well"


def _invitation(campus: Campus, mailbox: int, state: str, *, days_ahead: float = 7, **columns: object) -> int:
    """Add an invitation as the work would leave it behind."""
    source = campus.value("SELECT count(*) FROM raumpost.invitation") + 1
    starts = datetime.now(UTC) + timedelta(days=days_ahead)
    left = {"exposed_sequence": 0, "sent_sequence": 0, "sent_at": datetime.now(UTC)}
    by_state: dict[str, dict[str, object]] = {
        "pending": {},
        "sent": left,
        "failed": {"last_error": "Connection refused"},
        "answered": left | {"answer": "ACCEPTED", "answer_sequence": 0, "answered_at": datetime.now(UTC)},
    }
    given = {
        "room_mailbox_id": mailbox,
        "kind": "event",
        "source_id": source,
        "uid": f"event-{source}@raumpost",
        "method": "REQUEST",
        "summary": "Vorlesung",
        "description": "",
        "booked_by": "",
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=2),
        "all_day": False,
        "confidential": False,
        "state": state,
    }
    row = given | by_state[state] | columns
    names = ", ".join(row)
    places = ", ".join(f"%({name})s" for name in row)
    return int(campus.value(f"INSERT INTO raumpost.invitation ({names}) VALUES ({places}) RETURNING id", **row))


def _buttons(page: str) -> list[tuple[str, dict[str, object]]]:
    """Return what the buttons of a page start, as a browser reads them."""
    found = re.findall(r"data-dag=\"(\w+)\" data-title=\"[^\"]*\" data-conf='([^']*)'", page)
    return [(dag, json.loads(conf)) for dag, conf in found]


@pytest.fixture
def mailbox(campus: Campus) -> int:
    """Return a room mailbox."""
    return campus.link(campus.room("Hörsaal 1"))


def test_an_empty_installation_is_told_its_first_steps(site: httpx.Client, campus: Campus) -> None:
    page = site.get("/").text
    assert "First steps" in page
    assert 'href="/raumpost/interfaces"' in page
    assert 'href="/raumpost/room-mailboxes/new"' in page
    assert "booking.room, which has none yet" in page
    assert WELL not in page


def test_where_nothing_is_wrong_the_page_says_so(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    _invitation(campus, mailbox, "answered")
    _invitation(campus, mailbox, "pending")
    _invitation(campus, mailbox, "sent")
    page = site.get("/").text
    assert WELL in page
    assert "First steps" not in page


def test_failures_are_told_by_interface_and_cause_each_with_its_recycle(
    site: httpx.Client, campus: Campus, mailbox: int
) -> None:
    other = campus.link(campus.room("Labor 2"), smtp_conn_id="smtp_two")
    for _ in range(2):
        _invitation(campus, mailbox, "failed")
    hostile = "550 'no' \"such\" <b>user</b> \u202e"
    _invitation(campus, other, "failed", last_error=hostile)
    page = site.get("/").text
    assert "Failed invitations: 3" in page
    assert "2 via smtp_one" in page
    assert "1 via smtp_two" in page
    assert "<b>user" not in page
    assert 'href="/raumpost/invitations?state=failed"' in page
    assert [conf for dag, conf in _buttons(page) if dag == "mailbox_reset_failed"] == [
        {"error_contains": "Connection refused"},
        {"error_contains": hostile},
        {},
    ]


def test_what_failed_for_bookings_that_are_over_or_links_that_are_gone_is_no_trouble(
    site: httpx.Client, campus: Campus, mailbox: int
) -> None:
    _invitation(campus, mailbox, "failed", days_ahead=-3)
    gone = campus.link(campus.room("Labor 2"))
    _invitation(campus, gone, "failed")
    campus.update("raumpost.room_mailbox", gone, removal_requested_at=datetime.now(UTC), removed_at=datetime.now(UTC))
    page = site.get("/").text
    assert WELL in page
    assert '<span class="number">1</span> failed' in page


def test_rooms_that_do_not_answer_in_time_are_named(
    site: httpx.Client, campus: Campus, mailbox: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _invitation(campus, mailbox, "sent", sent_at=datetime.now(UTC) - timedelta(hours=30))
    page = site.get("/").text
    assert "Invitations unanswered for more than 24 h: 1" in page
    assert f'href="/raumpost/room-mailboxes/{mailbox}"' in page
    assert 'href="/raumpost/invitations?state=sent"' in page
    monkeypatch.setenv("RAUMPOST_ALERT_UNANSWERED_HOURS", "48")
    assert WELL in site.get("/").text


def test_coming_bookings_that_were_declined_are_told(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    _invitation(campus, mailbox, "answered", answer="DECLINED", days_ahead=-3)
    assert WELL in site.get("/").text
    _invitation(campus, mailbox, "answered", answer="DECLINED")
    page = site.get("/").text
    assert "Upcoming bookings declined by their rooms: 1" in page
    assert page.count('href="/raumpost/invitations?answer=DECLINED"') == 2  # there, and at the count


def test_only_some_rooms_are_named_and_the_rest_is_counted(site: httpx.Client, campus: Campus) -> None:
    for number in range(7):
        _invitation(campus, campus.link(campus.room(f"Raum {number}")), "answered", answer="DECLINED")
    assert "more rooms: 2" in site.get("/").text


def test_what_waits_too_long_is_told(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    _invitation(campus, mailbox, "pending", updated_at=datetime.now(UTC) - timedelta(hours=2))
    assert "Invitations waiting to be sent: 1" in site.get("/").text


def test_an_inactive_room_mailbox_may_wait_for_ever(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    _invitation(campus, mailbox, "pending", updated_at=datetime.now(UTC) - timedelta(hours=2))
    campus.update("raumpost.room_mailbox", mailbox, active=False)
    assert WELL in site.get("/").text


def test_changes_that_nobody_plans_are_told(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    campus.event()
    assert WELL in site.get("/").text
    campus.sql("UPDATE raumpost.booking_change SET changed_at = now() - interval '1 hour'")
    assert "Changes to bookings that have not been planned yet: 1" in site.get("/").text


@pytest.mark.parametrize(
    ("kind", "subject", "words"),
    [
        ("sending", "smtp_one", "Sending fails"),
        ("reading", "imap_one", "Replies cannot be read"),
        ("task", "mailbox_check.report", "Task failed"),
        ("database", "", "Database unreachable"),
    ],
)
def test_an_open_alert_is_told_until_it_is_over(
    site: httpx.Client, campus: Campus, mailbox: int, kind: str, subject: str, words: str
) -> None:
    campus.sql(
        "INSERT INTO raumpost.alert (kind, subject, run_id, first_at, last_at, count, quiet_until) "
        "VALUES (%(kind)s, %(subject)s, '', now(), now(), 3, now())",
        kind=kind,
        subject=subject,
    )
    page = site.get("/").text
    assert words in page
    assert subject in page
    assert "failures: 3, since" in page
    campus.sql("UPDATE raumpost.alert SET recovered_at = now()")
    assert WELL in site.get("/").text


def test_what_the_last_check_found_is_told_with_its_remedy(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    campus.sql(
        "INSERT INTO raumpost.check_result (kind, subject, position, what, status, why, remedy, checked_at) VALUES "
        "('smtp', 'smtp_one', 0, 'log in', 'not ok', 'refused', 'correct the password', now()), "
        "('imap', 'imap_one', 0, 'log in', 'ok', 'fine', '', now())"
    )
    page = site.get("/").text
    assert "Problems found by the last check: 1" in page
    assert "correct the password" in page
    assert ("mailbox_check", {}) in _buttons(page)


def test_the_counts_lead_to_their_invitations(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    for _ in range(3):
        _invitation(campus, mailbox, "answered")
    page = site.get("/").text
    tile = page.partition('href="/raumpost/invitations?answer=ACCEPTED">')[2].partition("</a>")[0]
    assert '<span class="number">3</span> accepted' in tile
    for state in ("pending", "sending", "sent", "failed", "withdrawn"):
        assert f'href="/raumpost/invitations?state={state}"' in page


def _table(page: str, figure: str) -> dict[str, list[int]]:
    """Return the figures that stand beside a chart."""
    table = page.partition(f'aria-labelledby="{figure}"')[2].partition("<table>")[2].partition("</table>")[0]
    rows = ElementTree.fromstring(f"<table>{table}</table>").findall("tbody/tr")
    return {row.findtext("th") or "": [int(cell.text or "") for cell in row.findall("td")] for row in rows}


def test_days_are_those_of_the_operators_time_zone(
    site: httpx.Client, campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAUMPOST_TIME_ZONE", "Pacific/Kiritimati")  # 14 hours ahead of UTC
    campus.sql(
        "INSERT INTO raumpost.journal (at, level, step, message, actor) "
        "SELECT date_trunc('day', now() AT TIME ZONE 'Pacific/Kiritimati') AT TIME ZONE 'Pacific/Kiritimati' + ago,"
        "    'info', step, '', 'test' "
        "FROM unnest(ARRAY[interval '1 second', '-1 second', '-1 second', '-20 days'],"
        "            ARRAY['confirm', 'confirm', 'answer', 'confirm']) AS made (ago, step)"
    )
    days = _table(site.get("/").text, "chart-days")
    assert len(days) == 14
    assert list(days.values())[-2:] == [[1, 1], [1, 0]]
    assert sum(map(sum, days.values())) == 3


def test_the_times_to_answer_are_counted_by_length(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    now = datetime.now(UTC)
    for took in (timedelta(seconds=5), timedelta(seconds=20), timedelta(minutes=30), timedelta(days=3)):
        _invitation(campus, mailbox, "answered", sent_at=now - took, answered_at=now)
    _invitation(campus, mailbox, "answered", sent_at=now - timedelta(days=30), answered_at=now - timedelta(days=20))
    page = site.get("/").text
    times = _table(page, "chart-answers")
    assert [label for label, [count] in times.items() if count] == ["< 1 min", "< 60 min", "≥ 24 h"]
    assert times["< 1 min"] == [2]
    assert "Replies in 14 days: 4" in page


def test_both_languages_and_all_troubles_can_be_shown_together(
    site: httpx.Client, campus: Campus, mailbox: int
) -> None:
    _invitation(campus, mailbox, "failed")
    _invitation(campus, mailbox, "answered", answer="DECLINED")
    page = site.get("/", headers={"Accept-Language": "de"}).text
    assert "Fehlgeschlagene Einladungen: 1" in page
    assert "abgelehnt" in page


def test_bars_are_as_high_as_their_share_and_never_vanish() -> None:
    chart = bar_chart(["sent", "answered"], [("Mon", (1000, 500)), ("Tue", (1, 0))])
    (high, half), (small, none) = (group.bars for group in chart.groups)
    assert high.height == pytest.approx(2 * half.height)
    assert small.height == 1
    assert none.height == 0
    assert all(bar.y + bar.height == pytest.approx(chart.base) for bar in (high, half, small, none))
    assert high.x + high.width == pytest.approx(half.x)


def test_a_chart_of_nothing_can_be_drawn() -> None:
    assert bar_chart(["sent"], []).highest == 0
    assert bar_chart(["sent"], [("Mon", (0,))]).groups[0].bars[0].height == 0


def test_cancellations_that_are_held_back_can_be_approved(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    for _ in range(2):
        campus.sql(
            "INSERT INTO raumpost.withheld (invitation_id, state, noted_at) VALUES (%(id)s, 'withheld', now())",
            id=_invitation(campus, mailbox, "answered"),
        )
    _invitation(campus, mailbox, "answered")
    page = site.get("/").text
    assert "Cancellations held back: 2" in page
    assert "2 of 3 future invitations would be cancelled" in page
    assert ("mailbox_approve_cancellations", {}) in _buttons(page)


def test_late_runs_are_told_together(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    for kind, subject, run_id in (
        ("unfinished", "mailbox_processor", ""),
        ("unfinished", "mailbox_processor", "run_1"),
        ("guard", "", ""),
    ):
        campus.sql(
            "INSERT INTO raumpost.alert (kind, subject, run_id, first_at, last_at, count, quiet_until) "
            "VALUES (%(kind)s, %(subject)s, %(run_id)s, now(), now(), 1, now())",
            kind=kind,
            subject=subject,
            run_id=run_id,
        )
    page = site.get("/").text
    assert page.count("A run did not finish in time") == 1
    assert "run_1" not in page
