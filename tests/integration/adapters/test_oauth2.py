"""XOAUTH2 at real servers, with tokens that are given or fetched by client credentials, and what refusals say."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from raumpost.adapters import oauth2
from raumpost.adapters.endpoint import Endpoint, Security
from raumpost.domain.errors import InterfaceUnavailable
from raumpost.wiring import connections
from sandbox.dovecot import access_token
from tests.airflow_connections import SetConnection
from tests.servers.imap import Mailbox
from tests.servers.needs import need_openssl
from tests.servers.scripted_imap import ScriptedImap
from tests.servers.smtp import Smtp
from tests.servers.token_issuer import CLIENT_ID, CLIENT_SECRET, TENANT, TokenIssuer

TECH, ROOM = "tech@booking.example", "room-1@rooms.example"
RAW = b"Subject: x\r\n\r\nbody\r\n"
PLAIN_SMTP = {"disable_ssl": True, "disable_tls": True}
PLAIN_IMAP = {"use_ssl": False}


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenIssuer]:
    """Return a token issuer that workers trust; its tokens are good at Dovecot for TECH."""
    need_openssl()
    with TokenIssuer(tmp_path, lambda: access_token(TECH)) as issuer:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(issuer.certificate))
        yield issuer
    oauth2._app.cache_clear()


def app(issuer: TokenIssuer, **changed: str) -> dict[str, object]:
    """Return the extras of an app that the issuer knows."""
    own = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "tenant_id": TENANT, "authority": issuer.authority}
    return {"auth_type": "oauth2", **own, **changed}


def send(smtp_conn_id: str) -> None:
    with connections.mailer(smtp_conn_id) as mailer:
        mailer.send(RAW, sender=TECH, recipient=ROOM)


def read(imap_conn_id: str) -> list[bytes]:
    with connections.mailbox(imap_conn_id) as mailbox:
        return [mail.raw for portion in mailbox.open("INBOX").mails_after(0, limit=10) for mail in portion]


# ── a given token ─────────────────────────────────────────────────────────────────────────────────────────


def test_mails_are_sent_with_a_given_token(smtp: Smtp, set_connection: SetConnection) -> None:
    smtp.login = (TECH, token := access_token(TECH))
    send(set_connection("smtp", smtp.port, login=TECH, auth_type="oauth2", access_token=token, **PLAIN_SMTP))
    assert smtp.logins == [TECH]
    assert [mail.octets for mail in smtp.mails] == [RAW]


def test_mails_are_read_with_a_given_token(mailbox: Mailbox, set_connection: SetConnection) -> None:
    mailbox.put(RAW)
    user = mailbox.address
    token = access_token(user)
    conn_id = set_connection("imap", mailbox.port, login=user, auth_type="oauth2", access_token=token, **PLAIN_IMAP)
    assert read(conn_id) == [RAW]


def test_the_sender_of_the_smtp_connection_counts_as_user_where_there_is_no_login(
    smtp: Smtp, set_connection: SetConnection
) -> None:
    smtp.login = (TECH, "token")
    extra = {"auth_type": "oauth2", "access_token": "token", "from_email": TECH}
    send(set_connection("smtp", smtp.port, **extra, **PLAIN_SMTP))
    assert smtp.logins == [TECH]


def test_a_token_that_is_too_long_for_a_command_line_is_handed_over_whole(
    smtp: Smtp, set_connection: SetConnection
) -> None:
    smtp.login = (TECH, token := "x" * 600)
    send(set_connection("smtp", smtp.port, login=TECH, auth_type="oauth2", access_token=token, **PLAIN_SMTP))
    assert smtp.logins == [TECH]


# ── client credentials ────────────────────────────────────────────────────────────────────────────────────


def test_one_app_sends_and_reads_with_tokens_that_it_fetches(
    dovecot_mailbox_of_tech: Mailbox, smtp: Smtp, issuer: TokenIssuer, set_connection: SetConnection
) -> None:
    token = access_token(TECH)
    issuer.issue = lambda: token
    smtp.login = (TECH, token)
    dovecot_mailbox_of_tech.put(RAW)
    port = dovecot_mailbox_of_tech.port
    assert RAW in read(set_connection("imap", port, login=TECH, **app(issuer), **PLAIN_IMAP))
    send(set_connection("smtp", smtp.port, login=TECH, **app(issuer), **PLAIN_SMTP))
    assert smtp.logins == [TECH]
    [grant] = issuer.grants  # the second login has found the token of the first
    assert grant["grant_type"] == "client_credentials"
    assert grant["scope"] == "https://outlook.office365.com/.default"


@pytest.fixture
def dovecot_mailbox_of_tech(mailbox: Mailbox) -> Iterator[Mailbox]:
    found = Mailbox(mailbox.port, TECH, mailbox.password)
    yield found
    found.close()


def test_the_scope_can_be_another(smtp: Smtp, issuer: TokenIssuer, set_connection: SetConnection) -> None:
    issuer.issue = lambda: "token"
    smtp.login = (TECH, "token")
    extra = app(issuer, scope="https://outlook.office365.us/.default")
    send(set_connection("smtp", smtp.port, login=TECH, **extra, **PLAIN_SMTP))
    assert issuer.grants[0]["scope"] == "https://outlook.office365.us/.default"


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def everything_said(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Listen to every logger at its finest, msal and the http client among them; secrets must not be heard."""
    with caplog.at_level(logging.DEBUG):
        yield caplog
    assert CLIENT_SECRET not in caplog.text


def refused(conn_id: str) -> str:
    with pytest.raises(InterfaceUnavailable) as refusal:
        send(conn_id) if conn_id.startswith("smtp") else read(conn_id)
    error: BaseException | None = refusal.value
    while error:
        assert CLIENT_SECRET not in f"{error!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return str(refusal.value)


def test_a_wrong_secret_is_explained_without_telling_it(
    smtp: Smtp, issuer: TokenIssuer, set_connection: SetConnection, everything_said: pytest.LogCaptureFixture
) -> None:
    wrong = app(issuer, client_secret="another-secret")
    said = refused(set_connection("smtp", smtp.port, login=TECH, **wrong, **PLAIN_SMTP))
    assert said == (
        f"SMTP interface smtp_one got no access token from {issuer.authority}/{TENANT}: invalid_client: AADSTS7000215: "
        "Invalid client secret provided.; check the extras client_id, client_secret (its value, not its ID; has it "
        "expired?), tenant_id and scope"
    )
    assert "another-secret" not in everything_said.text
    assert smtp.mails == []


@pytest.mark.parametrize("page", [None, "<html>proxy</html>"])
def test_an_issuer_that_repeats_the_secret_is_not_quoted(
    smtp: Smtp,
    issuer: TokenIssuer,
    set_connection: SetConnection,
    everything_said: pytest.LogCaptureFixture,
    page: str | None,
) -> None:
    issuer.refusal = {"error": "invalid_request", "error_description": f"client_secret={CLIENT_SECRET} is odd"}
    issuer.page = page
    said = refused(set_connection("smtp", smtp.port, login=TECH, **app(issuer), **PLAIN_SMTP))
    assert "got no access token" in said


def test_an_unknown_tenant_is_named(smtp: Smtp, issuer: TokenIssuer, set_connection: SetConnection) -> None:
    said = refused(set_connection("smtp", smtp.port, login=TECH, **app(issuer, tenant_id="nobody"), **PLAIN_SMTP))
    assert f"got no access token from {issuer.authority}/nobody: " in said
    assert "check the extras authority and tenant_id" in said


def test_an_issuer_that_nobody_vouches_for_gets_no_secret(
    smtp: Smtp, issuer: TokenIssuer, set_connection: SetConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    said = refused(set_connection("smtp", smtp.port, login=TECH, **app(issuer), **PLAIN_SMTP))
    assert "CERTIFICATE_VERIFY_FAILED" in said
    assert issuer.grants == []


def test_a_token_that_the_smtp_server_refuses_tells_what_to_check(
    smtp: Smtp, issuer: TokenIssuer, set_connection: SetConnection
) -> None:
    smtp.login_refusal = "535 5.7.3 Authentication unsuccessful [HOST.example]"
    said = refused(set_connection("smtp", smtp.port, login=TECH, **app(issuer), **PLAIN_SMTP))
    assert said.startswith("SMTP interface smtp_one refused the login: 535 5.7.3 Authentication unsuccessful")
    assert "SMTP.SendAsApp" in said
    assert "New-ServicePrincipal" in said
    assert "Add-MailboxPermission" in said


@pytest.mark.parametrize("lifetime", [-10, 3600])
def test_a_token_that_the_imap_server_refuses_tells_what_to_check(
    mailbox: Mailbox, set_connection: SetConnection, lifetime: float
) -> None:
    """One that has expired, and one of another user."""
    token = access_token(mailbox.address if lifetime < 0 else "else@booking.example", lifetime=lifetime)
    conn_id = set_connection(
        "imap", mailbox.port, login=mailbox.address, auth_type="oauth2", access_token=token, **PLAIN_IMAP
    )
    said = refused(conn_id)
    assert said.startswith("IMAP interface imap_one refused the login: [AUTHENTICATIONFAILED] Authentication failed.; ")
    assert "IMAP.AccessAsApp" in said
    assert token not in said


@pytest.mark.parametrize(
    ("refusal", "remedy"),
    [
        (
            "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [HOST.example]",
            "Exchange Online takes no passwords: set the extra auth_type to oauth2",
        ),
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
            "Exchange Online has SMTP AUTH switched off: Set-CASMailbox -SmtpClientAuthenticationDisabled $false",
        ),
        ("535 5.7.8 wrong password", "correct user and password of this connection"),
    ],
)
def test_a_password_that_the_smtp_server_refuses_is_explained(
    smtp: Smtp, set_connection: SetConnection, refusal: str, remedy: str
) -> None:
    smtp.login_refusal = refusal
    said = refused(set_connection("smtp", smtp.port, login=TECH, password="geheim", **PLAIN_SMTP))
    assert said.startswith(f"SMTP interface smtp_one refused the login: {refusal}; {remedy}")
    assert "geheim" not in said


@pytest.mark.parametrize(
    "refusal", ["NO Basic authentication is disabled.", "NO LOGIN failed. [Error=BasicAuthBlocked]"]
)
def test_a_password_that_exchange_online_refuses_by_imap_is_explained(
    set_connection: SetConnection, refusal: str
) -> None:
    with ScriptedImap({}) as server:
        server.answer = lambda line: refusal if line.startswith("LOGIN") else None
        said = refused(set_connection("imap", server.port, login=TECH, password="geheim", **PLAIN_IMAP))
    assert "Exchange Online takes no passwords: set the extra auth_type to oauth2" in said
    assert "IMAP.AccessAsApp" in said
    assert "geheim" not in said


def test_a_wrong_password_elsewhere_is_just_that(mailbox: Mailbox, set_connection: SetConnection) -> None:
    conn_id = set_connection("imap", mailbox.port, login=mailbox.address, password="geheim", **PLAIN_IMAP)
    assert refused(conn_id) == (
        "IMAP interface imap_one refused the login: [AUTHENTICATIONFAILED] Authentication failed.; "
        "correct user and password of this connection"
    )


@pytest.mark.parametrize(
    ("host", "said", "remedy"),
    [
        ("outlook.office365.com", "LOGIN failed.", "Exchange Online takes no passwords"),
        ("Outlook.Office365.com.", "AUTHENTICATE failed.", "Exchange Online takes no passwords"),
        ("outlook.office365.us", "LOGIN failed.", "Exchange Online takes no passwords"),
        ("exchange.booking.example", "LOGIN failed.", "correct user and password"),
        (
            "smtp.office365.com",
            "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
            "correct",
        ),
    ],
)
def test_a_curt_refusal_is_explained_where_the_host_is_exchange_online(host: str, said: str, remedy: str) -> None:
    endpoint = Endpoint(
        name="IMAP interface imap_one", host=host, port=993, security=Security.TLS, verify=True, ca_file=None,
        timeout=30, user=TECH, password="geheim", token=None,
    )  # fmt: skip
    refusal = endpoint.refused(said, permission="IMAP.AccessAsApp")
    assert str(refusal).startswith(f"IMAP interface imap_one refused the login: {said}; {remedy}")


# ── passwords ─────────────────────────────────────────────────────────────────────────────────────────────


def test_user_and_password_may_hold_blanks_quotes_and_backslashes(set_connection: SetConnection) -> None:
    user, password = 'CAMPUS\\tech "one"', 'se"cr et\\'
    with ScriptedImap({}) as server:
        read(set_connection("imap", server.port, login=user, password=password, **PLAIN_IMAP))
    assert 'LOGIN "CAMPUS\\\\tech \\"one\\"" "se\\"cr et\\\\"' in server.commands


def test_a_password_that_cannot_be_sent_is_explained_without_telling_it(
    smtp: Smtp, mailbox: Mailbox, set_connection: SetConnection
) -> None:
    for conn_type, port, extra in (("smtp", smtp.port, PLAIN_SMTP), ("imap", mailbox.port, PLAIN_IMAP)):
        said = refused(set_connection(conn_type, port, login=TECH, password="gehäim", **extra))
        assert said == (
            f"{conn_type.upper()} interface {conn_type}_one cannot be used (UnicodeEncodeError); "
            "check host, user, password (ASCII only) and extra of this connection"
        )
