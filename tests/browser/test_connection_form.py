"""The form of an interface and the Airflow connection behind it: what one says, the other must say too."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from airflow.sdk import Connection
from playwright.sync_api import Browser, Page

from raumpost.adapters.endpoint import Security
from raumpost.web.app import create_app
from raumpost.wiring.interfaces import Interface
from sandbox.pages import EVERYONE, served

Form = dict[str, str]

HIDDEN = "***"
EMPTY: Form = dict.fromkeys(
    [
        "id",
        "host",
        "port",
        "user",
        "password",
        "tenant_id",
        "client_id",
        "client_secret",
        "scope",
        "authority",
        "ca_file",
    ],
    "",
) | {"security": "tls", "auth": "basic", "timeout": ""}
OWN: dict[str, Form] = {"smtp": {"sender": ""}, "imap": {"folders": "", "processed_folder": ""}}
OAUTH2 = {
    "auth": "oauth2",
    "user": "raumpost@example.org",
    "tenant_id": "t-1",
    "client_id": "c-1",
    "client_secret": "typed",
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Return a page that may import our scripts."""
    with served(create_app(EVERYONE)) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{address}/static/inbox.svg")
        yield page
        context.close()


@pytest.fixture(scope="module")
def call(page: Page) -> Callable[..., Any]:
    """Return a function that calls one of connection.js."""

    def call(name: str, *arguments: object) -> Any:
        return page.evaluate(
            "async ([name, given]) => (await import('/raumpost/static/connection.js'))[name](...given)",
            [name, list(arguments)],
        )

    return call


def _form(kind: str, **given: str) -> Form:
    return EMPTY | OWN[kind] | {"id": "campus", "host": "mail.example.org"} | given


def _read(body: dict[str, Any]) -> Interface:
    """Read a connection as the work does, from what Airflow would store."""
    return Interface(
        Connection(
            conn_id=body["connection_id"],
            conn_type=body["conn_type"],
            host=body["host"],
            port=body["port"],
            login=body["login"],
            password=body.get("password"),
            extra=body["extra"],
        )
    )


def _seen(body: dict[str, Any], *, password: str | None = HIDDEN, **changes: object) -> dict[str, Any]:
    """Return a stored connection as Airflow's API shows it."""
    extra = json.loads(body["extra"])
    hidden = {name: HIDDEN if "secret" in name or "token" in name else value for name, value in extra.items()}
    return body | {"password": password, "extra": json.dumps(hidden), "description": None, "schema": None} | changes


@pytest.mark.parametrize("security", list(Security))
@pytest.mark.parametrize("kind", ["smtp", "imap"])
def test_the_work_reads_what_the_form_says(call: Callable[..., Any], kind: str, security: Security) -> None:
    chosen = {Security.TLS: "tls", Security.STARTTLS: "starttls", Security.NONE: "none"}[security]
    form = _form(
        kind, security=chosen, port=" 587 ", user="anna", password=" with space ", ca_file="/ca.pem", timeout="12.5"
    )
    assert call("wrongIn", kind, form, None) == {}
    body = call("connectionOf", kind, form, None)["body"]
    endpoint = _read(body).smtp() if kind == "smtp" else _read(body).imap()
    assert (endpoint.host, endpoint.port, endpoint.security) == ("mail.example.org", 587, security)
    assert (endpoint.user, endpoint.password) == ("anna", " with space ")
    assert (endpoint.ca_file, endpoint.timeout, endpoint.token) == ("/ca.pem", 12.5, None)


@pytest.mark.parametrize("kind", ["smtp", "imap"])
def test_the_work_logs_in_by_oauth2_where_the_form_says_so(call: Callable[..., Any], kind: str) -> None:
    form = _form(kind, **OAUTH2, authority="https://login.example.org", scope="https://mail.example.org/.default")
    assert call("wrongIn", kind, form, None) == {}
    body = call("connectionOf", kind, form, None)["body"]
    endpoint = _read(body).smtp() if kind == "smtp" else _read(body).imap()
    assert endpoint.user == "raumpost@example.org"
    assert endpoint.token is not None
    assert json.loads(body["extra"])["client_secret"] == "typed"
    assert body["password"] is None


def test_folders_stand_one_a_line(call: Callable[..., Any]) -> None:
    form = _form("imap", folders="INBOX\n\n  Deleted Items \r\n", processed_folder="Raumpost/Gelesen")
    interface = _read(call("connectionOf", "imap", form, None)["body"])
    assert interface.folders() == ("INBOX", "Deleted Items")
    assert interface.processed_folder() == "Raumpost/Gelesen"


def test_what_is_left_empty_leaves_the_defaults(call: Callable[..., Any]) -> None:
    for kind in ("smtp", "imap"):
        assert json.loads(call("connectionOf", kind, _form(kind), None)["body"]["extra"]) == {}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("smtp", {"security": "starttls", "port": "587", "user": "anna", "sender": "alert@example.org"}),
        ("smtp", {"security": "none", "timeout": "5"}),
        ("smtp", {**OAUTH2, "security": "starttls"}),
        ("imap", {"security": "starttls", "folders": "INBOX\nSpam", "processed_folder": "Done", "ca_file": "/ca.pem"}),
        ("imap", {"security": "none"}),
        ("imap", {**OAUTH2, "scope": "s", "authority": "https://login.example.org"}),
    ],
)
def test_a_stored_connection_comes_back_to_the_form_without_its_secrets(
    call: Callable[..., Any], kind: str, given: Form
) -> None:
    form = _form(kind, **given)
    stored = _seen(call("connectionOf", kind, form, None)["body"])
    expected = EMPTY | {"folders": ""} | OWN[kind] | form | {"client_secret": "", "password": ""}
    assert call("formOf", stored) == expected


@pytest.mark.parametrize("kind", ["smtp", "imap"])
def test_saving_without_a_change_changes_nothing_and_sends_no_secret(call: Callable[..., Any], kind: str) -> None:
    body = call("connectionOf", kind, _form(kind, user="anna", password="typed", security="starttls"), None)["body"]
    stored = _seen(body | {"extra": json.dumps(json.loads(body["extra"]) | {"authserv_id": "mx.example.org"})})
    again = call("connectionOf", kind, call("formOf", stored), stored)
    assert "password" not in again["body"]
    assert "password" not in again["mask"]
    assert json.loads(again["body"]["extra"]) == json.loads(stored["extra"])
    assert {name: again["body"][name] for name in ("host", "port", "login")} == {
        "host": "mail.example.org", "port": None, "login": "anna"
    }  # fmt: skip


def test_a_hidden_secret_of_oauth2_is_sent_back_hidden_and_a_typed_one_replaces_it(call: Callable[..., Any]) -> None:
    stored = _seen(call("connectionOf", "imap", _form("imap", **OAUTH2), None)["body"], password=None)
    form = call("formOf", stored)
    assert call("wrongIn", "imap", form, stored) == {}
    assert json.loads(call("connectionOf", "imap", form, stored)["body"]["extra"])["client_secret"] == HIDDEN
    form["client_secret"] = "another"
    assert json.loads(call("connectionOf", "imap", form, stored)["body"]["extra"])["client_secret"] == "another"


def test_what_a_change_of_the_login_makes_useless_does_not_stay_behind(call: Callable[..., Any]) -> None:
    stored = _seen(call("connectionOf", "imap", _form("imap", **OAUTH2), None)["body"])
    basic = call("connectionOf", "imap", call("formOf", stored) | {"auth": "basic", "password": "new"}, stored)
    assert json.loads(basic["body"]["extra"]) == {}
    assert basic["body"]["password"] == "new"
    nobody = call("connectionOf", "imap", call("formOf", stored) | {"auth": "basic", "user": ""}, stored)
    assert nobody["body"]["password"] is None
    assert "password" in nobody["mask"]


def test_a_value_that_airflow_hides_in_part_must_be_typed_anew(call: Callable[..., Any]) -> None:
    body = call("connectionOf", "smtp", _form("smtp", sender="raumpost@example.org"), None)["body"]
    stored = _seen(body, extra=json.dumps({"from_email": "***@example.org"}))  # the password is “raumpost”
    form = call("formOf", stored)
    assert call("wrongIn", "smtp", form, stored) == {"sender": "hidden"}
    assert call("wrongIn", "smtp", form | {"sender": "raumpost@example.org"}, stored) == {}


def test_extras_that_saving_would_destroy_keep_the_form_from_saving(call: Callable[..., Any]) -> None:
    body = call("connectionOf", "imap", _form("imap"), None)["body"]
    stored = _seen(body, extra=json.dumps({"authserv_id": "mx.***.example.org", "own_token": HIDDEN}))
    assert call("wrongIn", "imap", call("formOf", stored), stored) == {"": "hidden-extra"}
    stored["extra"] = json.dumps({"own_token": HIDDEN})  # this Airflow puts back
    assert call("wrongIn", "imap", call("formOf", stored), stored) == {}


@pytest.mark.parametrize(
    ("kind", "given", "wrong"),
    [
        ("smtp", {"id": ""}, {"id": "id"}),
        ("smtp", {"id": "with space"}, {"id": "id"}),
        ("smtp", {"id": "x" * 201}, {"id": "id"}),
        ("smtp", {"host": "  "}, {"host": "needed"}),
        ("smtp", {"host": "https://mail.example.org"}, {"host": "host"}),
        ("smtp", {"port": "0"}, {"port": "port"}),
        ("smtp", {"port": "65536"}, {"port": "port"}),
        ("smtp", {"port": "25a"}, {"port": "port"}),
        ("smtp", {"timeout": "0"}, {"timeout": "timeout"}),
        ("smtp", {"timeout": "301"}, {"timeout": "timeout"}),
        ("smtp", {"timeout": "soon"}, {"timeout": "timeout"}),
        ("smtp", {"password": "typed"}, {"user": "needed"}),
        ("smtp", {"user": "anna", "password": "a***b"}, {"password": "hidden"}),
        ("smtp", {"sender": "nobody"}, {"sender": "address"}),
        ("smtp", OAUTH2 | {"user": "anna"}, {"user": "mailbox"}),
        ("smtp", OAUTH2 | {"tenant_id": "", "client_id": ""}, {"tenant_id": "needed", "client_id": "needed"}),
        ("smtp", OAUTH2 | {"client_secret": ""}, {"client_secret": "needed"}),
        ("smtp", OAUTH2 | {"authority": "http://login.example.org"}, {"authority": "authority"}),
        ("imap", {"processed_folder": "inbox"}, {"processed_folder": "processed"}),
        ("imap", {"folders": "INBOX\nDone", "processed_folder": "Done"}, {"processed_folder": "processed"}),
        ("imap", {"host": "", "port": "x"}, {"host": "needed", "port": "port"}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_at_its_field(
    call: Callable[..., Any], kind: str, given: Form, wrong: dict[str, str]
) -> None:
    assert call("wrongIn", kind, _form(kind, **given), None) == wrong


def test_a_ca_file_and_no_check_at_all_exclude_each_other(call: Callable[..., Any]) -> None:
    stored = _seen(call("connectionOf", "imap", _form("imap"), None)["body"], extra='{"ssl_context": "none"}')
    assert call("wrongIn", "imap", call("formOf", stored), stored) == {}
    assert call("wrongIn", "imap", call("formOf", stored) | {"ca_file": "/ca.pem"}, stored) == {"ca_file": "ca-file"}
