"""What the Airflow connection of an interface may say, and what is said about one that makes no sense."""

import json
import re
from inspect import getsource
from pathlib import Path
from typing import Any

import pytest

from raumpost.adapters.endpoint import Endpoint, Security
from raumpost.domain.errors import ConfigurationError
from raumpost.wiring import connections, interfaces
from raumpost.wiring.interfaces import Interface
from tests.airflow_connections import SetConnection

USER = "tech@booking.example"
APP = {"auth_type": "oauth2", "client_id": "one", "client_secret": "two", "tenant_id": "three"}


def endpoint(conn_id: str) -> Endpoint:
    conn_type = conn_id.partition("_")[0]
    interface = Interface(connections.connection(conn_id, conn_type))
    return interface.smtp() if conn_type == "smtp" else interface.imap()


@pytest.mark.parametrize(
    ("conn_type", "extra", "security", "port"),
    [
        ("smtp", {}, Security.TLS, 465),
        ("smtp", {"disable_tls": True}, Security.TLS, 465),
        ("smtp", {"disable_ssl": True}, Security.STARTTLS, 25),
        ("smtp", {"disable_ssl": True, "disable_tls": True}, Security.NONE, 25),
        ("smtp", {"disable_ssl": "true", "disable_tls": "False"}, Security.STARTTLS, 25),
        ("smtp", {"disable_ssl": None, "disable_tls": ""}, Security.TLS, 465),
        ("imap", {}, Security.TLS, 993),
        ("imap", {"use_ssl": True}, Security.TLS, 993),
        ("imap", {"use_ssl": False}, Security.NONE, 143),
        ("imap", {"use_ssl": "false"}, Security.NONE, 143),
        ("imap", {"starttls": True}, Security.STARTTLS, 143),
        ("imap", {"starttls": True, "use_ssl": False}, Security.STARTTLS, 143),
    ],
)
def test_security_and_port_follow_from_the_extras(
    set_connection: SetConnection, conn_type: str, extra: dict[str, Any], security: Security, port: int
) -> None:
    found = endpoint(set_connection(conn_type, None, **extra))
    assert (found.security, found.port, found.verify, found.timeout) == (security, port, True, 30)
    assert endpoint(set_connection(conn_type, 4711, **extra)).port == 4711


@pytest.mark.parametrize("conn_type", ["smtp", "imap"])
@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        ({"auth_type": "xoauth2"}, "extra auth_type; give “basic” or “oauth2”"),
        ({"auth_type": "oauth2"}, "it needs the extras client_id, client_secret, tenant_id too, or an access_token"),
        ({**APP, "client_secret": ""}, "it needs the extras client_secret too"),
        ({**APP, "authority": "http://login.example"}, "extra authority: http://login.example; give an address that"),
        ({"ssl_context": "some"}, "extra ssl_context; give “default” or “none”"),
        ({"ssl_context": "none", "ca_file": "/ca.pem"}, "the extras ca_file and ssl_context “none” exclude each other"),
        ({"timeout": "soon"}, "extra timeout; give a number of seconds from 1 to 300"),
        ({"timeout": 0}, "extra timeout; give a number of seconds from 1 to 300"),
        ({"ca_file": 7}, "extra ca_file; give a text in quotes"),
    ],
)
def test_an_extra_that_makes_no_sense_is_named_with_the_remedy(
    set_connection: SetConnection, conn_type: str, extra: dict[str, Any], complaint: str
) -> None:
    conn_id = set_connection(conn_type, None, login=USER, **extra)
    with pytest.raises(ConfigurationError) as refusal:
        endpoint(conn_id)
    assert str(refusal.value).startswith(f"the Airflow connection “{conn_id}” makes no sense: ")
    assert complaint in str(refusal.value)


@pytest.mark.parametrize(
    ("conn_type", "fields", "complaint"),
    [
        ("smtp", {"disable_ssl": "yes"}, "extra disable_ssl; give true or false"),
        ("imap", {"use_ssl": 1}, "extra use_ssl; give true or false"),
        ("imap", {"use_ssl": True, "starttls": True}, "the extras use_ssl and starttls exclude each other"),
        ("imap", {"host": ""}, "it has no host"),
        ("imap", APP, "with extra auth_type “oauth2” the login must be the address of the mailbox"),
    ],
)
def test_what_makes_no_sense_for_one_type_is_named(
    set_connection: SetConnection, conn_type: str, fields: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        endpoint(set_connection(conn_type, None, **fields))
    assert complaint in str(refusal.value)


@pytest.mark.parametrize("extra", ["{'use_ssl': false}", '["use_ssl"]', "use_ssl=false"])
def test_an_extra_that_is_no_json_object_is_refused_instead_of_passed_over(
    monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_IMAP_ONE", json.dumps({"conn_type": "imap", "host": "localhost", "extra": extra}))
    with pytest.raises(ConfigurationError, match="the extra is no JSON object"):
        endpoint("imap_one")


def test_secrets_are_not_part_of_what_is_shown(set_connection: SetConnection) -> None:
    shown = repr(endpoint(set_connection("imap", None, login=USER, password="geheim", **APP)))
    assert "geheim" not in shown
    assert "two" not in shown


def test_every_extra_is_explained_to_operators() -> None:
    extras = set(re.findall(r'_(?:flag|text|one_of|seconds)\("(\w+)"|_extra\.get\("(\w+)"', getsource(interfaces)))
    names = {first or second for first, second in extras}
    assert {"starttls", "ca_file", "timeout", "auth_type", "folders"} <= names
    guide = (Path(__file__).parents[3] / "docs" / "connect" / "mail-servers.md").read_text(encoding="utf-8")
    assert [name for name in names if f"`{name}`" not in guide] == []


# ── folders ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "folders"),
    [
        (None, ("INBOX",)),
        ([], ("INBOX",)),
        (["INBOX", "Deleted Items"], ("INBOX", "Deleted Items")),
        (["inbox", "Gelöschte Elemente", "INBOX"], ("INBOX", "Gelöschte Elemente")),
        (["Deleted Items"], ("Deleted Items",)),
    ],
)
def test_the_inbox_is_read_or_the_folders_that_are_named(
    set_connection: SetConnection, given: object, folders: tuple[str, ...]
) -> None:
    with connections.mailbox(set_connection("imap", None, folders=given)) as mailbox:
        assert mailbox.folders == folders
        assert mailbox.processed_folder is None


@pytest.mark.parametrize("given", ["INBOX", [""], [1], {"INBOX": True}])
def test_folders_that_are_no_list_of_names_are_refused(set_connection: SetConnection, given: object) -> None:
    conn_id = set_connection("imap", None, folders=given)
    with (
        pytest.raises(ConfigurationError, match="extra folders; give a list of names, such as"),
        connections.mailbox(conn_id),
    ):
        pass


@pytest.mark.parametrize(("folders", "processed"), [(None, "inbox"), (["INBOX", "Done"], "Done"), (["A"], "INBOX")])
def test_the_processed_folder_cannot_be_one_that_is_read(
    set_connection: SetConnection, folders: object, processed: str
) -> None:
    conn_id = set_connection("imap", None, folders=folders, processed_folder=processed)
    with pytest.raises(ConfigurationError, match=f"extra processed_folder: {processed} is a folder that answers"):
        connections.mailbox(conn_id).__enter__()
