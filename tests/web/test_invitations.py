"""Searching invitations, and the story of one."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.database import NOW, Campus
from tests.servers.smtp import Smtp
from tests.web.office import Office

RTL = "\u202egnp.exe"


def titles(site: httpx.Client, **asked: object) -> list[str]:
    """Return the titles on a page, in their order."""
    answer = site.get("/invitations", params={name.rstrip("_"): str(value) for name, value in asked.items()})
    assert answer.status_code == 200
    return re.findall(r'<a class="said" href="[^"]*/invitations/\d+">([^<]*)</a>', answer.text)


def test_without_any_the_page_says_what_to_do_first(site: httpx.Client, campus: Campus) -> None:
    assert "First link a room" in site.get("/invitations").text
    assert "Verknüpfen Sie zuerst" in site.get("/invitations", headers={"Accept-Language": "de"}).text
    assert "No invitation matches" in site.get("/invitations", params={"q": "nothing"}).text


def test_future_ones_come_first_and_past_ones_only_when_asked(site: httpx.Client, office: Office) -> None:
    office.planned(title="Later", starts=NOW + timedelta(days=9))
    office.planned(title="Sooner", starts=NOW + timedelta(days=2))
    gone = office.planned(title="Gone")
    office.campus.update(
        "raumpost.invitation",
        gone,
        starts_at=datetime(2020, 1, 1, tzinfo=UTC),
        ends_at=datetime(2020, 1, 2, tzinfo=UTC),
    )
    assert titles(site) == ["Sooner", "Later"]
    assert titles(site, past=1) == ["Gone", "Sooner", "Later"]
    assert titles(site, from_="2019-12-31") == ["Gone", "Sooner", "Later"]
    assert titles(site, from_="2019-12-31", until="2020-01-01") == ["Gone"]
    assert titles(site, sort="-starts") == ["Later", "Sooner"]
    assert titles(site, sort="title") == ["Later", "Sooner"]
    assert titles(site, sort="nonsense; DROP") == ["Sooner", "Later"]


def test_a_day_counts_where_the_institution_is(site: httpx.Client, office: Office) -> None:
    office.planned(title="Late", starts=datetime.fromisoformat("2090-05-10T23:30+02:00"), hours=0.25)
    assert titles(site, from_="2090-05-10", until="2090-05-10") == ["Late"]
    assert titles(site, from_="2090-05-11") == []
    assert titles(site, until="2090-05-09") == []


@pytest.mark.parametrize(
    "text",
    ["Chemie", "chem", "PHYSIK che", "übung", "Hörsaal 7", "hörsaal", "room-seven@", "event {id}", "{id}", "{uid}",
     "Event-{id}-mailbox", "  chemie  "],
)  # fmt: skip
def test_an_invitation_is_found_by(site: httpx.Client, office: Office, text: str) -> None:
    id_ = office.planned(title="Übung Physik/Chemie", room="Hörsaal 7", address="room-seven@rooms.example")
    office.planned(title="Anderes", room="Werkstatt", address="other@rooms.example")
    [row] = office.campus.sql("SELECT source_id, uid FROM raumpost.invitation WHERE id = %(id)s", id=id_)
    assert titles(site, q=text.format(id=row["source_id"], uid=row["uid"])) == ["Übung Physik/Chemie"]


@pytest.mark.parametrize(
    "text", ["'", "a' & !b:*", "%", "\\", "🎉", "::*", "()", "x" * 400, "9" * 30, "\0", "event 99999999999999999999"]
)
def test_whatever_is_typed_is_only_text(site: httpx.Client, office: Office, text: str) -> None:
    office.planned(title="Übung")
    found = titles(site, q=text)
    assert found == ([] if text.strip("\0") else ["Übung"])


def test_filters_by_state_answer_room_and_mailbox(site: httpx.Client, office: Office) -> None:
    office.answered("ACCEPTED", title="Yes", room="A")
    office.answered("DECLINED", title="No", room="B")
    office.planned(title="Open", room="C")
    [row] = office.campus.sql(
        "SELECT m.id, m.room_id FROM raumpost.room_mailbox AS m JOIN booking.room AS r ON r.id = m.room_id "
        "WHERE r.name = 'B'"
    )
    assert titles(site, state="pending") == ["Open"]
    assert sorted(titles(site, state="answered")) == ["No", "Yes"]
    assert titles(site, answer="DECLINED") == ["No"]
    assert titles(site, mailbox=row["id"]) == ["No"]
    assert titles(site, room=row["room_id"]) == ["No"]
    assert sorted(titles(site, state="nonsense", mailbox="x", room="-1", offset="-5")) == ["No", "Open", "Yes"]
    assert sorted(titles(site, sort="room")) == ["No", "Open", "Yes"]
    assert titles(site, sort="-room") == ["Open", "No", "Yes"]


def test_pages_follow_each_other_without_gap_or_repetition(site: httpx.Client, office: Office) -> None:
    room = office.campus.linked_room()
    for number in range(120):
        office.campus.event(room, title=f"Event {number:03}", starts=NOW + timedelta(days=1, hours=number))
    office.pipeline.gather()
    seen = titles(site) + titles(site, offset=50) + titles(site, offset=100)
    assert seen == [f"Event {number:03}" for number in range(120)]
    middle = site.get("/invitations", params={"offset": 50, "q": "event"}).text
    assert "51–100 of 120" in middle
    assert "offset=100" in middle
    assert 'rel="prev" href="/raumpost/invitations?q=event"' in middle
    for path, q in (("/invitations", "q"), ("/room-groups", "text")):
        beyond = site.get(path, params={"offset": 600, q: "event"})
        assert (beyond.status_code, beyond.headers["location"]) == (307, f"/raumpost{path}?{q}=event")


def test_the_story_of_a_declined_one_says_why_and_what_to_do(site: httpx.Client, office: Office) -> None:
    id_ = office.answered("DECLINED", "Der Raum ist bereits belegt", title="Analysis")
    page = site.get(f"/invitations/{id_}").text
    for words in ("the room declined REQUEST 0", "“Der Raum ist bereits belegt”", "calendar of the room is taken",
                  "declined</span>", "sending started", "reply", "1 of 5",
                  "the room&#39;s reply, recorded"):  # fmt: skip
        assert words in page, words
    german = site.get(f"/invitations/{id_}", headers={"Accept-Language": "de"}).text
    for words in ("der Raum hat REQUEST 0 abgelehnt: „Der Raum ist bereits belegt“", "Kalender des Raums ist",
                  "Versand begonnen", "1 von 5"):  # fmt: skip
        assert words in german, words
    mails = office.campus.sql("SELECT id FROM raumpost.mail ORDER BY id")
    assert len(mails) == 2
    for mail in mails:
        assert f'href="/raumpost/mails/{mail["id"]}"' in page
        assert f'href="/raumpost/mails/{mail["id"]}/raw"' in page
    assert 'href="/dags/mailbox_test/runs/manual" data-airflow-link' in page
    assert 'data-action="explain"' in page
    assert 'data-action="reset"' not in page


def test_only_a_failed_one_can_be_reset(site: httpx.Client, office: Office, smtp: Smtp) -> None:
    smtp.refused["bad@rooms.example"] = "550 5.1.1 no such user"
    event = office.campus.event(office.campus.linked_room(address="bad@rooms.example"))
    [batch] = office.pipeline.gather()
    office.pipeline.render(batch)
    for _ in range(5):
        with pytest.raises(Exception, match="batch"):
            office.pipeline.send(batch)
    id_ = office.campus.value("SELECT id FROM raumpost.invitation WHERE source_id = %(id)s", id=event)
    page = site.get(f"/invitations/{id_}").text
    assert 'data-action="reset"' in page
    assert "no such user" in page
    assert "5 of 5" in page
    assert "fix the cause" in page


def test_a_deleted_or_confidential_booking_does_not_show_what_it_was(site: httpx.Client, office: Office) -> None:
    secret = office.planned(title="Berufungskommission", confidential=True)
    page = site.get(f"/invitations/{secret}").text
    assert "(confidential)" in page
    assert "Berufungskommission" not in page
    assert titles(site, q="Berufungskommission") == []
    gone = office.planned(title="Weg")
    office.campus.sql("DELETE FROM booking.event WHERE title = 'Weg'")
    page = site.get(f"/invitations/{gone}").text
    assert "no longer: deleted" in page
    assert "A change is waiting" in page


def test_other_rooms_of_the_booking_are_one_click_away(site: httpx.Client, office: Office) -> None:
    rooms = [office.campus.linked_room(name) for name in ("A", "B", "C")]
    office.campus.event(*rooms, title="Tag der offenen Tür")
    office.pipeline.gather()
    id_ = office.campus.value("SELECT min(id) FROM raumpost.invitation")
    page = site.get(f"/invitations/{id_}").text
    assert "Other invitations of this booking: 2" in page
    [query] = re.findall(r'href="/raumpost(/invitations\?q=event[^"]*)"', page)
    assert len(titles(site, **dict(httpx.URL(query.replace("&amp;", "&")).params))) == 3


@pytest.mark.parametrize("id_", ["0", "-1", "999999", "99999999999999999999", "x"])
def test_an_invitation_that_does_not_exist_is_not_found(site: httpx.Client, campus: Campus, id_: str) -> None:
    assert site.get(f"/invitations/{id_}").status_code in {404, 422}


def test_hostile_words_stay_words(site: httpx.Client, office: Office) -> None:
    evil = f"<script>alert(1)</script>{RTL}\"' onmouseover=x"
    id_ = office.answered("DECLINED", evil, title=evil, description=evil, booked_by=evil, room=evil)
    for path in ("/invitations", f"/invitations/{id_}", "/log"):
        text = site.get(path, params={"q": "script"} if path == "/invitations" else {}).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text
        for place in re.findall(r"<[^>]*\u202e[^>]*>", text):
            assert place.startswith("<button"), place  # in an attribute it turns nothing


def test_a_title_longer_than_any_index_takes_holds_nobody_up(site: httpx.Client, office: Office) -> None:
    office.planned(title=" ".join(map(str, range(250_000))))
    assert len(titles(site, q="0 1 2")) == 1
