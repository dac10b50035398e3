"""Room groups, and the badge of a room."""

from xml.etree import ElementTree

import httpx
import pytest

from tests.database import Campus

SVG = "{http://www.w3.org/2000/svg}"


def _group(campus: Campus, name: str, *rooms: int) -> None:
    group = campus.value("INSERT INTO booking.room_group (name) VALUES (%(name)s) RETURNING id", name=name)
    for room in rooms:
        campus.sql("INSERT INTO booking.room_group_member VALUES (%(group)s, %(room)s)", group=group, room=room)


def test_a_linked_room_leads_to_its_mailbox_its_invitations_and_its_log(site: httpx.Client, campus: Campus) -> None:
    room = campus.room("Hörsaal 1")
    link = campus.link(room)
    _group(campus, "Hauptgebäude", room)
    page = site.get("/room-groups").text
    assert "Hauptgebäude" in page
    assert "room mailbox active" in page
    for path in (f"/room-mailboxes/{link}", f"/invitations?mailbox={link}", f"/log?mailbox={link}"):
        assert f'href="/raumpost{path}"' in page


def test_an_inactive_mailbox_is_told_in_words_too(site: httpx.Client, campus: Campus) -> None:
    campus.linked_room(active=False)
    page = site.get("/room-groups").text
    assert "room mailbox inactive" in page
    assert "Without a group" in page


def test_a_room_without_a_mailbox_leads_to_a_new_link(site: httpx.Client, campus: Campus) -> None:
    room = campus.room("Hörsaal 1")
    campus.room(str(room))  # a room may be called by the number of another
    new = f"/room-mailboxes/new?room=%23{room}"
    page = site.get("/room-groups").text
    assert f'href="/raumpost{new}"' in page
    assert "not linked" in page
    assert f'value="Hörsaal 1" data-chosen="#{room}"' in site.get(new).text


def test_who_may_not_link_is_shown_no_way_to(site: httpx.Client, campus: Campus) -> None:
    campus.room()
    for path in ("/room-groups", "/"):
        assert "/room-mailboxes/new" not in site.get(path, headers={"X-User": "viewer"}).text
    for path in ("/search/rooms", "/search/users"):
        assert site.get(path, headers={"X-User": "viewer"}).status_code == 403


def test_a_removed_link_counts_as_none(site: httpx.Client, campus: Campus) -> None:
    room = campus.room()
    link = campus.link(room)
    campus.update(
        "raumpost.room_mailbox", link, removal_requested_at="2026-01-01", removed_at="2026-01-02", active=False
    )
    assert "not linked" in site.get("/room-groups").text
    assert "no room mailbox" in site.get(f"/badge/room/{room}.svg").text


def test_the_filter_finds_groups_rooms_and_addresses(site: httpx.Client, campus: Campus) -> None:
    first, second = campus.room("Hörsaal 1"), campus.room("Labor 2")
    campus.link(first, address="aula@rooms.example")
    _group(campus, "Hauptgebäude", first)
    _group(campus, "Nebengebäude", second)
    _group(campus, "Leerstand")

    def found(text: str) -> set[str]:
        page = site.get("/room-groups", params={"text": text}).text
        return {name for name in ("Hörsaal 1", "Labor 2", "Leerstand") if name in page.partition("</form>")[2]}

    assert found("") == {"Hörsaal 1", "Labor 2", "Leerstand"}
    assert found("haupt") == {"Hörsaal 1"}
    assert found("LABOR") == {"Labor 2"}
    assert found("aula@") == {"Hörsaal 1"}
    assert found("leer") == {"Leerstand"}
    assert found("100%_") == set()


def test_names_of_rooms_and_groups_never_act_as_markup(site: httpx.Client, campus: Campus) -> None:
    room = campus.room("<script>alert(1)</script>\u202e")
    _group(campus, "<img src=x onerror=alert(1)>", room)
    page = site.get("/room-groups", params={"text": '"><script>'}).text + site.get("/room-groups").text
    assert "<script>alert" not in page
    assert "<img" not in page
    badge = ElementTree.fromstring(site.get(f"/badge/room/{room}.svg").text)
    assert badge.find(f"{SVG}script") is None


def test_without_rooms_the_page_says_where_they_come_from(site: httpx.Client, campus: Campus) -> None:
    assert "booking.room" in site.get("/room-groups").text


@pytest.mark.parametrize(
    ("active", "language", "words"),
    [
        (True, "en", "room mailbox active"),
        (False, "en", "room mailbox inactive"),
        (None, "en", "no room mailbox"),
        (True, "de", "Raumpostfach aktiv"),
        (False, "de", "Raumpostfach inaktiv"),
        (None, "de", "kein Raumpostfach"),
    ],
)
def test_the_badge_is_a_picture_that_says_what_it_means(
    site: httpx.Client, campus: Campus, active: bool | None, language: str, words: str
) -> None:
    room = campus.room("Hörsaal 1")
    if active is not None:
        campus.link(room, active=active)
    answer = site.get(f"/badge/room/{room}.svg", headers={"Accept": "image/*", "Accept-Language": language})
    assert answer.headers["content-type"] == "image/svg+xml"
    assert ElementTree.fromstring(answer.text).findtext(f"{SVG}title") == f"Hörsaal 1: {words}"


def test_the_three_badges_differ_in_colour_and_shape(site: httpx.Client, campus: Campus) -> None:
    rooms = [campus.linked_room(), campus.linked_room(active=False), campus.room()]
    drawn = [ElementTree.fromstring(site.get(f"/badge/room/{room}.svg").text) for room in rooms]
    assert len({one.attrib["stroke"] for one in drawn}) == 3
    assert len({tuple(tuple(sorted(path.attrib.items())) for path in one.iter(f"{SVG}path")) for one in drawn}) == 3


def test_a_browser_may_keep_a_badge_for_a_moment_and_shared_caches_not_at_all(
    site: httpx.Client, campus: Campus
) -> None:
    headers = site.get(f"/badge/room/{campus.room()}.svg").headers
    assert headers["cache-control"] == "private, max-age=60"
    assert "Cookie" in headers["vary"]
    assert "Accept-Language" in headers["vary"]


@pytest.mark.parametrize("room", ["4711", "-1", "99999999999999999999999"])
def test_there_is_no_badge_of_a_room_that_does_not_exist(site: httpx.Client, campus: Campus, room: str) -> None:
    assert site.get(f"/badge/room/{room}.svg").status_code == 404
