"""Making, changing and removing links from the pages: each refusal at its field, in the reader's language."""

import json
from typing import Any

import httpx
import pytest

from tests.database import Campus

NEW = {
    "room": "Aula",
    "address": "aula@rooms.example",
    "smtp_conn_id": "smtp_one",
    "imap_conn_id": "imap_one",
    "technical_user": "Raumpost",
}


@pytest.fixture(autouse=True)
def _connections(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("smtp_one", "imap_one"):
        described = json.dumps({"conn_type": name.partition("_")[0], "host": "127.0.0.1"})
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", described)


@pytest.fixture
def aula(campus: Campus) -> int:
    """Add a room without a mailbox, and a technical user."""
    campus.sql(
        "INSERT INTO booking.app_user (name, email, technical) VALUES ('Raumpost', 'tech@booking.example', true)"
    )
    return campus.room("Aula")


@pytest.fixture
def mailbox(campus: Campus) -> int:
    """Link a room."""
    return campus.link(campus.room("Aula"), address="aula@rooms.example")


def post(site: httpx.Client, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return site.post(path, json=body, headers={"Accept": "application/json", "Accept-Language": "en"} | headers)


def problems(answer: httpx.Response) -> dict[str | None, str]:
    """Return the reasons of a refusal by their fields."""
    assert answer.status_code == 422, answer.text
    found: dict[str | None, str] = {}
    for one in answer.json()["detail"]["problems"]:
        found[one["field"]] = f"{found.get(one['field'], '')} {one['text']}".strip()
    return found


def link(campus: Campus) -> dict[str, Any]:
    [row] = campus.sql("SELECT * FROM raumpost.room_mailbox")
    return row


def test_a_room_is_linked_in_the_name_of_the_user(site: httpx.Client, campus: Campus, aula: int) -> None:
    body = NEW | {"room": f"#{aula}", "aliases": "b@rooms.example, a@rooms.example", "include_blocks": True}
    answer = post(site, "/room-mailboxes", body, **{"X-User": "berta"})
    row = link(campus)
    assert answer.json() == {"id": row["id"], "verb": "create"}
    assert (row["room_id"], row["address"], row["include_blocks"], row["active"]) == (aula, NEW["address"], True, True)
    assert campus.value("SELECT count(*) FROM raumpost.room_mailbox_alias") == 2
    [entry] = campus.sql("SELECT actor, message FROM raumpost.journal WHERE step = 'link'")
    assert entry["actor"] == "berta"
    assert "linked" in entry["message"]
    assert site.get(f"/room-mailboxes/{row['id']}?linked=1").status_code == 200


def test_all_that_is_missing_is_said_at_its_field(site: httpx.Client, campus: Campus) -> None:
    found = problems(post(site, "/room-mailboxes", {}))
    assert set(found) == set(NEW)
    german = problems(post(site, "/room-mailboxes", {}, **{"Accept-Language": "de"}))
    assert german["smtp_conn_id"] == "Es fehlt die SMTP-Schnittstelle, eine Airflow-Verbindung"


def test_all_that_is_wrong_is_said_at_its_field(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    campus.sql("INSERT INTO booking.app_user (name) VALUES ('Gast')")
    body = {
        "room": "Nirgends", "address": "<b>", "smtp_conn_id": "imap_one", "imap_conn_id": "missing",
        "technical_user": "Gast", "aliases": "aula@rooms.example nonsense",
    }  # fmt: skip
    found = problems(post(site, "/room-mailboxes", body))
    assert "no room “Nirgends”" in found["room"]
    assert "“<b>” is no address" in found["address"]
    assert "has type imap; it needs smtp" in found["smtp_conn_id"]
    assert "no Airflow connection “missing”" in found["imap_conn_id"]
    assert "no technical user" in found["technical_user"]
    assert "no e-mail address" in found["technical_user"]
    assert "belongs to the link of room “Aula”" in found["aliases"]
    assert "“nonsense” is no address" in found["aliases"]
    assert campus.value("SELECT count(*) FROM raumpost.room_mailbox") == 1


def test_the_form_for_a_new_link_changes_none_that_there_is(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    before = link(campus)
    found = problems(post(site, "/room-mailboxes", NEW | {"active": False, "include_blocks": True}))
    assert "is linked already, to aula@rooms.example" in found["room"]
    assert link(campus) == before


def test_what_may_change_changes_and_the_rest_stays(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    user = campus.value(
        "INSERT INTO booking.app_user (name, email, technical) VALUES ('Neu', 'n@x.de', true) RETURNING id"
    )
    body = {"technical_user": f"#{user}", "include_blocks": True, "active": True, "aliases": "a@rooms.example"}
    assert post(site, f"/room-mailboxes/{mailbox}", body | {"reinvite": True}).json() == {
        "id": mailbox,
        "verb": "change",
    }
    row = link(campus)
    assert (row["technical_user_id"], row["include_blocks"], row["active"]) == (user, True, True)
    assert campus.value("SELECT address FROM raumpost.room_mailbox_alias") == "a@rooms.example"
    assert post(site, f"/room-mailboxes/{mailbox}", body).json()["verb"] == "unchanged"
    assert post(site, f"/room-mailboxes/{mailbox}", {"aliases": " "}).json()["verb"] == "change"
    assert campus.value("SELECT count(*) FROM raumpost.room_mailbox_alias") == 0
    assert link(campus) == row


def test_a_mailbox_is_switched_off_and_on(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    post(site, f"/room-mailboxes/{mailbox}", {"active": False})
    assert not link(campus)["active"]
    post(site, f"/room-mailboxes/{mailbox}", {"active": True})
    assert link(campus)["active"]


def test_refused_changes_are_said_at_their_fields(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    campus.link(campus.room("Keller"), address="cellar@rooms.example")
    body = {"technical_user": "Niemand", "aliases": "cellar@rooms.example x"}
    found = problems(post(site, f"/room-mailboxes/{mailbox}", body, **{"Accept-Language": "de"}))
    assert set(found) == {"technical_user", "aliases"}
    assert "keinen Benutzer „Niemand“" in found["technical_user"]
    assert "gehört zur Verknüpfung des Raums „Keller“" in found["aliases"]


@pytest.mark.parametrize("field", ["room", "address", "smtp_conn_id", "imap_conn_id", "removed_at"])
def test_what_is_fixed_cannot_be_sent(site: httpx.Client, campus: Campus, mailbox: int, field: str) -> None:
    before = link(campus)
    assert post(site, f"/room-mailboxes/{mailbox}", {field: "other"}).status_code == 422
    assert link(campus) == before


def test_a_link_without_invitations_is_removed_at_once(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    assert post(site, f"/room-mailboxes/{mailbox}/removal", {}).json() == {"id": mailbox, "verb": "remove"}
    assert link(campus)["removed_at"] is not None
    assert "history" in problems(post(site, f"/room-mailboxes/{mailbox}/removal", {}))[None]
    assert "Geschichte" in problems(
        post(site, f"/room-mailboxes/{mailbox}", {"active": True}, **{"Accept-Language": "de"})
    )[None]  # fmt: skip


def test_history_is_not_taken_for_the_link_that_has_its_address_now(
    site: httpx.Client, campus: Campus, mailbox: int
) -> None:
    post(site, f"/room-mailboxes/{mailbox}/removal", {})
    again = post(site, "/room-mailboxes", NEW)
    assert again.status_code == 200
    assert None in problems(post(site, f"/room-mailboxes/{mailbox}", {"active": False}))
    assert campus.value("SELECT active FROM raumpost.room_mailbox WHERE id = %(id)s", id=again.json()["id"])


def test_a_link_whose_room_is_gone_can_be_removed(site: httpx.Client, campus: Campus, mailbox: int) -> None:
    campus.sql("DELETE FROM booking.room")
    assert post(site, f"/room-mailboxes/{mailbox}/removal", {}).json()["verb"] == "remove"


def test_a_removal_under_way_shows_what_is_left_and_refuses_changes(
    site: httpx.Client, campus: Campus, mailbox: int
) -> None:
    campus.sql(
        "INSERT INTO raumpost.invitation (room_mailbox_id, kind, source_id, uid, method, summary, description, "
        "booked_by, starts_at, ends_at, all_day, confidential, state, attempts, exposed_sequence, last_error) VALUES "
        "(%(id)s, 'event', 1, 'u', 'CANCEL', '', '', '', now(), now() + interval '1 day', false, false, 'failed', "
        "5, 0, '550')",
        id=mailbox,
    )
    assert (
        "not being removed yet"
        in problems(post(site, f"/room-mailboxes/{mailbox}/removal", {"give_up": True}))["give_up"]
    )
    assert post(site, f"/room-mailboxes/{mailbox}/removal", {}).json()["verb"] == "remove"
    page = site.get(f"/room-mailboxes/{mailbox}").text
    assert "Still to withdraw: 1, of these failed: 1." in page
    assert 'data-act="give-up"' in page
    assert "data-send" not in page
    assert "is being removed" in problems(post(site, f"/room-mailboxes/{mailbox}", {"include_blocks": True}))[None]
    assert post(site, f"/room-mailboxes/{mailbox}/removal", {"give_up": True}).status_code == 200
    assert link(campus)["removed_at"] is not None


@pytest.mark.parametrize("path", ["/room-mailboxes", "/room-mailboxes/{id}", "/room-mailboxes/{id}/removal"])
def test_who_may_not_link_is_refused(site: httpx.Client, campus: Campus, mailbox: int, path: str) -> None:
    before = link(campus)
    assert post(site, path.format(id=mailbox), {}, **{"X-User": "viewer"}).status_code == 403
    assert post(site, path.format(id=mailbox), {}, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert site.put(path.format(id=mailbox), json={}).status_code == 405
    assert link(campus) == before


def test_text_that_no_database_takes_is_refused(site: httpx.Client, campus: Campus, aula: int, mailbox: int) -> None:
    for body in (NEW | {"room": "a\0b"}, NEW | {"aliases": "x" * 5000}):
        assert post(site, "/room-mailboxes", body).status_code == 422
    lone = json.dumps(NEW | {"room": "\ud800"}).encode()
    answer = site.post("/room-mailboxes", content=lone, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_an_unknown_room_mailbox_is_not_found(site: httpx.Client, campus: Campus) -> None:
    for path in ("/room-mailboxes/4711", "/room-mailboxes/4711/removal"):
        assert post(site, path, {}).status_code == 404
