"""TLS from the first octet and by STARTTLS, whom to trust, and servers that say nothing."""

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from raumpost.domain.errors import ConfigurationError, InterfaceUnavailable
from raumpost.services.answers.fetch import fetch_folders
from raumpost.wiring import connections
from sandbox.dovecot import Dovecot, self_signed_certificate
from sandbox.ports import HOST, free_port
from tests.airflow_connections import SetConnection
from tests.database import Campus
from tests.mail_pipeline import MailPipeline
from tests.servers.imap import Mailbox
from tests.servers.needs import need_openssl
from tests.servers.scripted_imap import ScriptedImap
from tests.servers.smtp import Smtp, smtps

TECH, ROOM = "tech@booking.example", "room-1@rooms.example"
RAW = b"Subject: x\r\n\r\nbody\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    need_openssl()
    return self_signed_certificate(tmp_path)


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """Return what an SMTP server needs to speak TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


@pytest.fixture
def smtps_port(smtp: Smtp, certificate: Path) -> Iterator[int]:
    """Return a port where the SMTP server speaks TLS from the first octet."""
    with smtps(smtp, certificate) as port:
        yield port


def send(smtp_conn_id: str) -> None:
    with connections.mailer(smtp_conn_id) as mailer:
        mailer.send(RAW, sender=TECH, recipient=ROOM)


def read(imap_conn_id: str) -> list[bytes]:
    with connections.mailbox(imap_conn_id) as mailbox:
        return [mail.raw for portion in mailbox.open("INBOX").mails_after(0, limit=10) for mail in portion]


# ── SMTP ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_smtp_speaks_tls_from_the_first_octet_if_nothing_else_is_said(
    smtp: Smtp, smtps_port: int, certificate: Path, set_connection: SetConnection
) -> None:
    send(set_connection("smtp", smtps_port, ca_file=str(certificate)))
    assert [mail.octets for mail in smtp.mails] == [RAW]


def test_smtp_logs_in_by_a_token_over_tls(
    smtp: Smtp, smtps_port: int, certificate: Path, set_connection: SetConnection
) -> None:
    smtp.login = (TECH, "token")
    extra = {"auth_type": "oauth2", "access_token": "token", "ca_file": str(certificate)}
    send(set_connection("smtp", smtps_port, login=TECH, **extra))
    assert smtp.logins == [TECH]


def test_smtp_speaks_starttls_where_ssl_is_disabled(
    smtp: Smtp, tls: ssl.SSLContext, certificate: Path, set_connection: SetConnection
) -> None:
    smtp.tls = tls
    smtp.login = (TECH, "secret")
    send(set_connection("smtp", smtp.port, login=TECH, password="secret", disable_ssl=True, ca_file=str(certificate)))
    assert smtp.logins == [TECH]


def test_smtp_without_starttls_gets_no_password(smtp: Smtp, set_connection: SetConnection) -> None:
    smtp.login = (TECH, "secret")
    with pytest.raises(InterfaceUnavailable, match="STARTTLS extension not supported"):
        send(set_connection("smtp", smtp.port, login=TECH, password="secret", disable_ssl=True))
    assert smtp.logins == []


def test_starttls_on_a_port_set_for_tls_is_named(smtp: Smtp, set_connection: SetConnection) -> None:
    with pytest.raises(InterfaceUnavailable) as refusal:
        send(set_connection("smtp", smtp.port))
    assert f"port {smtp.port} does not begin with TLS: for STARTTLS set the extra disable_ssl" in str(refusal.value)


# ── IMAP ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_imap_speaks_tls_from_the_first_octet_if_nothing_else_is_said(
    dovecot: Dovecot, mailbox: Mailbox, set_connection: SetConnection
) -> None:
    mailbox.put(RAW)
    login = {"login": mailbox.address, "password": mailbox.password}
    assert read(set_connection("imap", dovecot.imaps_port, **login, ca_file=str(dovecot.certificate))) == [RAW]


def test_imap_speaks_starttls(
    dovecot: Dovecot, mailbox: Mailbox, set_connection: SetConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.put(RAW)
    begun: list[ssl.SSLContext] = []
    starttls = connections.imap_mailbox.imaplib.IMAP4.starttls
    monkeypatch.setattr(
        connections.imap_mailbox.imaplib.IMAP4,
        "starttls",
        lambda client, ssl_context: begun.append(ssl_context) or starttls(client, ssl_context),
    )
    conn_id = set_connection(
        *("imap", dovecot.imap_port),
        login=mailbox.address, password=mailbox.password, starttls=True, ca_file=str(dovecot.certificate),
    )  # fmt: skip
    assert read(conn_id) == [RAW]
    assert [context.verify_mode for context in begun] == [ssl.CERT_REQUIRED]


# ── whom to trust ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("extra", [{}, {"starttls": True}], ids=["TLS", "STARTTLS"])
def test_an_unknown_certificate_is_not_trusted(
    dovecot: Dovecot, mailbox: Mailbox, set_connection: SetConnection, extra: dict[str, object]
) -> None:
    port = dovecot.imap_port if extra else dovecot.imaps_port
    with pytest.raises(InterfaceUnavailable) as refusal:
        read(set_connection("imap", port, login=mailbox.address, password=mailbox.password, **extra))
    assert "CERTIFICATE_VERIFY_FAILED" in str(refusal.value)
    assert "the CA's file as extra ca_file" in str(refusal.value)


def test_without_verification_any_certificate_will_do(
    dovecot: Dovecot, mailbox: Mailbox, set_connection: SetConnection
) -> None:
    login = {"login": mailbox.address, "password": mailbox.password}
    assert read(set_connection("imap", dovecot.imaps_port, **login, ssl_context="none")) == []


@pytest.mark.parametrize("conn_type", ["smtp", "imap"])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_is_missing_or_none_is_named_with_its_connection(
    silent_port: int, tmp_path: Path, set_connection: SetConnection, conn_type: str, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    conn_id = set_connection(conn_type, silent_port, ca_file=str(file))
    with pytest.raises((ConfigurationError, InterfaceUnavailable)) as refusal:
        send(conn_id) if conn_type == "smtp" else read(conn_id)
    said = f"{conn_type.upper()} interface {conn_id}: extra ca_file: {file} cannot be used ("
    assert str(refusal.value).startswith(said)


# ── servers that say nothing ──────────────────────────────────────────────────────────────────────────────

SMTP_WAYS = [{}, {"disable_ssl": True}, {"disable_ssl": True, "disable_tls": True}]
IMAP_WAYS = [{}, {"starttls": True}, {"use_ssl": False}]


PATIENT = 10
"""Seconds; well below the 30 of every step without the extra `timeout`, and enough for a busy machine."""


def seconds_until_given_up(conn_id: str) -> float:
    began = time.monotonic()
    with pytest.raises(InterfaceUnavailable, match=r"cannot be reached: .*timed out"):
        send(conn_id) if conn_id.startswith("smtp") else read(conn_id)
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("conn_type", "extra"), [("smtp", way) for way in SMTP_WAYS] + [("imap", way) for way in IMAP_WAYS], ids=str
)
def test_a_server_that_says_nothing_is_given_up_after_the_timeout(
    silent_port: int, set_connection: SetConnection, conn_type: str, extra: dict[str, object]
) -> None:
    assert 1 <= seconds_until_given_up(set_connection(conn_type, silent_port, timeout=1, **extra)) < PATIENT


@pytest.mark.parametrize("step", ["CAPABILITY", "LOGIN", "EXAMINE", "UID FETCH 1:*", "UID FETCH 1 "])
def test_a_server_that_falls_silent_is_given_up_at_every_step(set_connection: SetConnection, step: str) -> None:
    began = time.monotonic()
    with ScriptedImap({1: RAW}) as server:
        server.unheard = step
        conn_id = set_connection("imap", server.port, login=TECH, password="secret", use_ssl=False, timeout=1)
        with pytest.raises(InterfaceUnavailable, match="timed out"):
            read(conn_id)
    assert time.monotonic() - began < PATIENT


def test_a_token_issuer_that_says_nothing_is_given_up_too(
    smtp: Smtp, silent_port: int, set_connection: SetConnection
) -> None:
    app = {"client_id": "one", "client_secret": "two", "tenant_id": "three", "auth_type": "oauth2"}
    conn_id = set_connection(
        *("smtp", smtp.port),
        login=TECH, timeout=1, authority=f"https://{HOST}:{silent_port}", disable_ssl=True, disable_tls=True, **app,
    )  # fmt: skip
    began = time.monotonic()
    with pytest.raises(InterfaceUnavailable, match=r"got no access token from .*timed out"):
        send(conn_id)
    assert time.monotonic() - began < PATIENT


def test_a_server_that_says_nothing_is_waited_for_once_however_many_folders_there_are(
    silent_port: int, campus: Campus, pipeline: MailPipeline, set_connection: SetConnection
) -> None:
    folders = ["INBOX", "Deleted Items", "Archive", "Junk"]
    conn_id = set_connection("imap", silent_port, timeout=1, folders=folders)
    began = time.monotonic()
    with connections.mailbox(conn_id) as mailbox, pytest.raises(InterfaceUnavailable) as refusal:
        fetch_folders(pipeline.db, imap_conn_id=conn_id, mailbox=mailbox, limit=10)
    assert str(refusal.value).count("timed out") == 1
    assert time.monotonic() - began < len(folders)


def test_a_server_that_is_gone_is_named(set_connection: SetConnection) -> None:
    for conn_type in ("smtp", "imap"):
        conn_id = set_connection(conn_type, free_port())
        with pytest.raises(InterfaceUnavailable, match=f"interface {conn_id} cannot be reached: .*refused"):
            send(conn_id) if conn_type == "smtp" else read(conn_id)
