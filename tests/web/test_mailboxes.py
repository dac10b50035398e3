"""The room mailboxes: the list with its filters, order and pages, and the page of one."""

import re
from html import unescape

import httpx
import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.check import Subject, not_ok, ok
from raumpost.services.checks import results as check_results
from tests.database import NOW, Campus

HOSTILE = "<script>alert(1)</script>\u202e\"'&"


def invite(campus: Campus, mailbox: int, **columns: object) -> None:
    """Add an invitation to a booking that is not over."""
    number = campus.value("SELECT count(*) FROM raumpost.invitation")
    values: dict[str, object] = {
        "room_mailbox_id": mailbox, "kind": "event", "source_id": number, "uid": f"event-{number}.test@raumpost",
        "method": "REQUEST", "summary": "Vorlesung", "description": "", "booked_by": "", "starts_at": NOW,
        "ends_at": NOW.replace(hour=14), "all_day": False, "confidential": False, "attempts": 1, "exposed_sequence": 0,
        "sent_sequence": 0, "organizer": "tech@booking.example",
    } | columns  # fmt: skip
    if values.get("answer"):
        values |= {"state": "answered", "answer_sequence": 0, "answered_at": NOW}
    if values.get("state") == "failed":
        values |= {"last_error": "451 greylisted"}
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    campus.sql(f"INSERT INTO raumpost.invitation ({names}) VALUES ({places})", **values)


def rows(page: httpx.Response) -> list[list[str]]:
    """Return what the cells of the table say."""
    assert page.status_code == 200, page.text
    body = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [
            " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)
    ]


def rooms(site: httpx.Client, **query: object) -> list[str]:
    """Return the rooms that the list shows."""
    return [row[1] for row in rows(site.get("/room-mailboxes", params={k: str(v) for k, v in query.items()}))]


@pytest.fixture
def three(campus: Campus) -> list[int]:
    """Link three rooms, each with its own trouble."""
    hall = campus.link(campus.room("Aula"), smtp_conn_id="smtp_two", include_blocks=True)
    cellar = campus.link(campus.room("Keller"), active=False, address="cellar@rooms.example")
    attic = campus.link(campus.room("Dachboden"), imap_conn_id="imap_two")
    invite(campus, hall, state="failed")
    invite(campus, hall, state="failed")
    invite(campus, cellar, state="sent")
    invite(campus, cellar, answer="ACCEPTED")
    invite(campus, cellar, answer="TENTATIVE")
    invite(campus, attic, answer="DECLINED")
    invite(campus, attic, state="pending", attempts=0, sent_sequence=None)
    return [hall, cellar, attic]


def test_the_list_says_everything_of_a_room_mailbox(site: httpx.Client, three: list[int]) -> None:
    shown = rows(site.get("/room-mailboxes"))
    assert [row[1] for row in shown] == ["Aula", "Dachboden", "Keller"]
    assert shown[2][:7] == [
        "room mailbox inactive", "Keller", "cellar@rooms.example", "smtp_one", "imap_one", "Raumpost", "no",
    ]  # fmt: skip
    assert [row[7:12] for row in shown] == [list("00002"), list("10010"), list("01200")]
    assert shown[0][0] == "room mailbox active"


def test_what_is_over_is_not_counted(site: httpx.Client, campus: Campus) -> None:
    mailbox = campus.link(campus.room("Aula"))
    past = NOW.replace(year=2020)
    invite(campus, mailbox, state="failed", starts_at=past, ends_at=past.replace(hour=14))
    assert rows(site.get("/room-mailboxes"))[0][7:12] == list("00000")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "KELL"}, ["Keller"]),
        ({"q": "cellar@"}, ["Keller"]),
        ({"q": "alias-of-aula"}, ["Aula"]),
        ({"q": "raumpost"}, ["Aula", "Dachboden", "Keller"]),
        ({"q": "%"}, []),
        ({"status": "active"}, ["Aula", "Dachboden"]),
        ({"status": "inactive"}, ["Keller"]),
        ({"status": "leaving"}, []),
        ({"trouble": "failed"}, ["Aula"]),
        ({"trouble": "declined"}, ["Dachboden"]),
        ({"trouble": "unanswered"}, ["Keller"]),
        ({"interface": "smtp_two"}, ["Aula"]),
        ({"interface": "imap_two"}, ["Dachboden"]),
        ({"group": "77"}, ["Keller"]),
        ({"group": "77", "trouble": "failed"}, []),
        ({"group": "no number"}, []),
    ],
)
def test_the_list_is_filtered(
    site: httpx.Client, campus: Campus, three: list[int], query: dict[str, str], found: list[str]
) -> None:
    campus.sql("INSERT INTO raumpost.room_mailbox_alias VALUES (%(id)s, 'alias-of-aula@rooms.example')", id=three[0])
    campus.sql("INSERT INTO booking.room_group (id, name) VALUES (77, 'Unten')")
    campus.sql("INSERT INTO booking.room_group_member SELECT 77, id FROM booking.room WHERE name = 'Keller'")
    assert rooms(site, **query) == found


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("room", "Aula"),
        ("-room", "Keller"),
        ("address", "Keller"),
        ("-smtp", "Aula"),
        ("-imap", "Dachboden"),
        ("-blocks", "Aula"),
        ("active", "Keller"),
        ("-failed", "Aula"),
        ("-pending", "Dachboden"),
        ("-unanswered", "Keller"),
        ("-accepted", "Keller"),
        ("-declined", "Dachboden"),
        ("nonsense'--", "Aula"),
    ],
)
def test_the_list_is_sorted_by_any_column(site: httpx.Client, three: list[int], sort: str, first: str) -> None:
    assert rooms(site, sort=sort)[0] == first


def test_the_heading_turns_the_order_and_keeps_the_filter(site: httpx.Client, three: list[int]) -> None:
    page = site.get("/room-mailboxes", params={"sort": "-failed", "q": "a"}).text
    assert '<th aria-sort="descending">' in page
    assert "/room-mailboxes?sort=failed&amp;q=a" in page


def test_the_list_has_pages(site: httpx.Client, campus: Campus) -> None:
    campus.sql("INSERT INTO booking.app_user (id, name, technical) VALUES (1000, 'Raumpost', true)")
    campus.sql(
        "INSERT INTO booking.room (id, name) SELECT n, 'Raum ' || lpad(n::text, 3, '0') FROM generate_series(1, 51) n"
    )
    campus.sql(
        "INSERT INTO raumpost.room_mailbox (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id) "
        "SELECT n, n || '@rooms.example', 'smtp_one', 'imap_one', 1000 FROM generate_series(1, 51) n"
    )
    first = site.get("/room-mailboxes")
    assert len(rows(first)) == 50
    assert "1–50 of 51" in first.text
    assert "offset=50" in first.text
    assert rooms(site, offset=50) == ["Raum 051"]
    beyond = site.get("/room-mailboxes", params={"offset": "100", "q": "Raum"})
    assert (beyond.status_code, beyond.headers["location"]) == (307, "/raumpost/room-mailboxes?q=Raum")


def test_without_any_link_the_list_says_what_to_do_first(site: httpx.Client, campus: Campus) -> None:
    assert "No room is linked to a mailbox yet" in site.get("/room-mailboxes").text
    assert "No room mailbox matches" in site.get("/room-mailboxes", params={"q": "x"}).text
    assert "Noch ist kein Raum" in site.get("/room-mailboxes", headers={"Accept-Language": "de"}).text


def test_a_removed_link_stays_as_history(site: httpx.Client, campus: Campus, three: list[int]) -> None:
    campus.sql("UPDATE raumpost.room_mailbox SET removal_requested_at = now() WHERE id = %(id)s", id=three[1])
    assert rooms(site, status="leaving") == ["Keller being removed"]
    campus.sql("UPDATE raumpost.room_mailbox SET removed_at = now(), active = false WHERE id = %(id)s", id=three[1])
    assert rooms(site) == ["Aula", "Dachboden"]
    assert rooms(site, status="removed") == ["Keller removed (history)"]
    page = site.get(f"/room-mailboxes/{three[1]}").text
    assert "is kept as history" in page
    assert "data-act=" not in page
    assert "data-send" not in page


def test_one_page_shows_all_facts_and_the_ways_on(
    site: httpx.Client, campus: Campus, db: Database, three: list[int]
) -> None:
    findings = {"cellar@rooms.example": [ok("room", "Keller"), not_ok("failures", "3 of them", "mend it")]}
    check_results.store(db, Subject.LINK, findings, now=NOW)
    check_results.store(
        db, Subject.SMTP, {"smtp_one": [ok("connect", "TLS 1.3")], "smtp_two": [ok("x", "other")]}, now=NOW
    )
    page = site.get(f"/room-mailboxes/{three[1]}").text
    for part in (
        "Keller", "Europe/Berlin", "cellar@rooms.example", "Raumpost &lt;tech@booking.example&gt;",
        f"/invitations?mailbox={three[1]}", f"/log?mailbox={three[1]}", "/connections?name_pattern=smtp_one",
        "3 of them → mend it", "TLS 1.3", "not ok", "because every invitation was sent under them",
    ):  # fmt: skip
        assert part in page
    assert "smtp_two" not in page


def test_what_stood_in_the_room_before_is_offered_to_be_initialised(site: httpx.Client, campus: Campus) -> None:
    room = campus.room("Aula")
    campus.event(room)
    campus.event(room, cancelled=True)
    campus.block(room)
    mailbox = campus.link(room)
    assert "and not invited: 1." in site.get(f"/room-mailboxes/{mailbox}").text
    campus.update("raumpost.room_mailbox", mailbox, include_blocks=True)
    assert "and not invited: 2." in site.get(f"/room-mailboxes/{mailbox}?linked=1").text
    empty = campus.link(campus.room("Keller"))
    assert "The room has no older booking" in site.get(f"/room-mailboxes/{empty}?linked=1").text


@pytest.mark.parametrize(
    "path", ["/room-mailboxes/4711", "/room-mailboxes/nonsense", "/room-mailboxes/99999999999999999999"]
)
def test_an_unknown_room_mailbox_is_not_found(site: httpx.Client, campus: Campus, path: str) -> None:
    assert site.get(path).status_code in {404, 422}


def test_who_may_not_link_sees_no_way_to_and_cannot(site: httpx.Client, three: list[int]) -> None:
    viewer = {"X-User": "viewer"}
    for path in ("/room-mailboxes", f"/room-mailboxes/{three[0]}"):
        page = site.get(path, headers=viewer).text
        for part in ("data-send", 'data-act="activate"', 'data-act="remove"', "#edit", "/room-mailboxes/new"):
            assert part not in page
            assert path.endswith(str(three[0])) or part in site.get(path).text or part == "data-send"
        assert 'data-act="reset"' in page
    assert site.get("/room-mailboxes/new", headers=viewer).status_code == 403


def test_names_cannot_act_as_markup(site: httpx.Client, campus: Campus, db: Database) -> None:
    room = campus.room(HOSTILE)
    campus.sql("INSERT INTO booking.room_group (id, name) VALUES (1, %(name)s)", name=HOSTILE)
    campus.sql("INSERT INTO booking.room_group_member VALUES (1, %(room)s)", room=room)
    mailbox = campus.link(room, smtp_conn_id=HOSTILE, imap_conn_id=HOSTILE)
    campus.sql("UPDATE booking.app_user SET name = %(name)s, email = %(name)s", name=HOSTILE)
    check_results.store(db, Subject.SMTP, {HOSTILE: [not_ok(HOSTILE, HOSTILE, HOSTILE)]}, now=NOW)
    for path in ("/room-mailboxes", f"/room-mailboxes/{mailbox}", "/room-mailboxes/new?room=%3Cscript%3Ealert(1)"):
        page = site.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text


def test_a_room_or_user_that_is_gone_is_named_by_its_id(site: httpx.Client, campus: Campus) -> None:
    mailbox = campus.link(campus.room())
    campus.sql("DELETE FROM booking.room")
    campus.sql("DELETE FROM booking.app_user")
    for path in ("/room-mailboxes", f"/room-mailboxes/{mailbox}"):
        page = site.get(path).text
        assert "no longer in the booking system" in page
        assert "None" not in page


def test_rooms_are_suggested_with_what_they_are_linked_to(site: httpx.Client, campus: Campus) -> None:
    campus.linked_room("Hörsaal 1", address="h1@rooms.example")
    free = campus.room("Hörsaal 2")
    campus.room("Keller")
    found = site.get("/search/rooms", params={"q": "hörsaal"}).json()
    assert [(one["name"], one["linked"]) for one in found] == [("Hörsaal 1", "h1@rooms.example"), ("Hörsaal 2", None)]
    assert [one["name"] for one in site.get("/search/rooms", params={"q": f"#{free}"}).json()] == ["Hörsaal 2"]
    campus.sql("INSERT INTO booking.room (name) SELECT 'Zimmer ' || n FROM generate_series(1, 30) n")
    assert len(site.get("/search/rooms", params={"q": ""}).json()) == 20


def test_technical_users_are_suggested_first(site: httpx.Client, campus: Campus) -> None:
    campus.sql(
        "INSERT INTO booking.app_user (name, email, technical) VALUES ('Anna', 'a@x', false), ('Zana', 'z@x', true)"
    )
    found = site.get("/search/users", params={"q": "ana"}).json() + site.get("/search/users", params={"q": "an"}).json()
    assert [one["name"] for one in found] == ["Zana", "Zana", "Anna"]
    assert found[0] == {"id": found[0]["id"], "name": "Zana", "email": "z@x", "technical": True}
