"""The list of interfaces, as far as the server makes it; what Airflow adds, tests/browser sees."""

import httpx
import pytest

from tests.database import Campus


def _checked(campus: Campus, subject: str, *statuses: str, kind: str = "smtp") -> None:
    for position, status in enumerate(statuses):
        campus.sql(
            "INSERT INTO raumpost.check_result (kind, subject, position, what, status, why, remedy, checked_at) "
            "VALUES (%(kind)s, %(subject)s, %(position)s, 'step', %(status)s, 'seen <b>it</b>', 'mend it', now())",
            kind=kind,
            subject=subject,
            position=position,
            status=status,
        )


def test_the_interfaces_of_links_are_listed_with_their_rooms(site: httpx.Client, campus: Campus) -> None:
    campus.linked_room("Hörsaal 1", smtp_conn_id="smtp_a", imap_conn_id="imap_a")
    campus.linked_room("Hörsaal 2", smtp_conn_id="smtp_a", imap_conn_id="imap_b", active=False)
    page = site.get("/interfaces").text
    assert page.count('data-conn-id="smtp_a"') == 1
    assert 'data-conn-id="imap_a"' in page
    assert "(1 active)" in page


def test_the_last_check_of_an_interface_is_its_worst_finding_with_the_remedy(
    site: httpx.Client, campus: Campus
) -> None:
    campus.linked_room(smtp_conn_id="smtp_a", imap_conn_id="imap_a")
    _checked(campus, "smtp_a", "ok", "not ok", "warning")
    page = site.get("/interfaces").text
    row = page.partition('data-conn-id="smtp_a"')[2].partition("</tr>")[0]
    assert '<span class="badge bad">not ok</span>' in row
    assert "mend it" in row
    assert "seen &lt;b&gt;it&lt;/b&gt;" in row
    other = page.partition('data-conn-id="imap_a"')[2].partition("</tr>")[0]
    assert "not checked yet" in other


def test_a_check_of_an_interface_that_no_room_uses_waits_for_its_row(site: httpx.Client, campus: Campus) -> None:
    _checked(campus, "smtp_new", "ok")
    page = site.get("/interfaces").text
    assert '<template data-check-of="smtp_new">' in page
    assert "No room uses an interface yet" in page


def test_who_may_not_change_connections_is_offered_nothing_of_it(site: httpx.Client, campus: Campus) -> None:
    campus.linked_room()
    viewer = {"X-User": "viewer"}
    page = site.get("/interfaces", headers=viewer).text
    assert "/interfaces/new" not in page
    assert "/interfaces/edit" not in page
    assert "role Op or Admin" in page
    assert site.get("/interfaces/new", headers=viewer).status_code == 403
    assert site.get("/interfaces/edit?kind=smtp&id=smtp_one", headers=viewer).status_code == 403


@pytest.mark.parametrize("kind", ["smtp", "imap"])
def test_the_form_asks_only_for_what_its_kind_has(site: httpx.Client, kind: str) -> None:
    page = site.get("/interfaces/new", params={"kind": kind}).text
    assert ('name="sender"' in page) == (kind == "smtp")
    assert ('name="folders"' in page) == (kind == "imap")
    assert 'name="id"' in page


def test_the_name_of_a_connection_cannot_be_edited(site: httpx.Client) -> None:
    page = site.get("/interfaces/edit", params={"kind": "imap", "id": "<imap>"}).text
    assert 'name="id"' not in page
    assert "&lt;imap&gt;" in page


@pytest.mark.parametrize("query", ["kind=link", "kind=ftp&id=x", "kind=smtp", "kind=smtp&id="])
def test_an_address_that_names_no_interface_is_refused(site: httpx.Client, query: str) -> None:
    assert site.get(f"/interfaces/edit?{query}").status_code == 422
