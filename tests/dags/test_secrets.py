"""Logins that fail, by servers that repeat what they were told: no password and no token gets anywhere."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg2
import pytest

from raumpost.adapters.postgres import connect as connect_to
from raumpost.domain.errors import InterfaceUnavailable
from raumpost.web.app import create_app
from raumpost.wiring import connections
from sandbox.airflow import PROJECT, Airflow
from sandbox.mailserver import MailServer
from sandbox.ports import HOST, reachable_directory
from sandbox.postgres import PrivatePostgres
from tests.airflow_connections import SetConnection, set_connection
from tests.dags.metadata import create_metadata
from tests.database import Campus, Databases
from tests.leaks import everything_below, everything_in, leaks
from tests.servers.needs import need_openssl
from tests.servers.scripted_imap import ScriptedImap
from tests.servers.smtp import Smtp
from tests.servers.token_issuer import CLIENT_ID, TENANT, TokenIssuer
from tests.web.conftest import EVERYONE, OURS, served

__all__ = ["set_connection"]

TECH, IT = "tech@booking.example", "it@booking.example"
TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
PASSWORD, APP_SECRET, TOKEN, DATABASE_PASSWORD = "geheim-7f!3a", "app-secret-91~b2", "token-5c.d4-e6", "db-pass-2e!8f"
SECRETS = (PASSWORD, APP_SECRET, TOKEN, DATABASE_PASSWORD)
PLAIN_SMTP, PLAIN_IMAP = {"disable_ssl": True, "disable_tls": True}, {"use_ssl": False}
XOAUTH2 = base64.b64encode(f"user={TECH}\x01auth=Bearer {TOKEN}\x01\x01".encode()).decode()
SASL_PLAIN = base64.b64encode(f"\0{TECH}\0{PASSWORD}".encode()).decode()
SASL_LOGIN = base64.b64encode(PASSWORD.encode()).decode()
PASSWORD_ECHO = f"wrong: {PASSWORD} {SASL_PLAIN} {SASL_LOGIN} [{TECH}]"
TOKEN_ECHO = f"wrong: {TOKEN} {XOAUTH2} [{TECH}]"
"""What a server says that repeats what it was told, in each way in which a login may be written."""

PAGES = (
    *("/", "/interfaces", "/interfaces/edit?conn_id=smtp_password", "/room-mailboxes", "/room-mailboxes/1"),
    *(
        "/room-groups",
        "/invitations",
        "/invitations/1",
        "/invitations/3",
        "/log",
        "/log/lines",
        "/mails/1",
        "/mails/1/raw",
    ),
)


@dataclass
class Trouble:
    """All that could be found out about logins that failed."""

    campus: Campus
    database: str
    written: dict[str, bytes]
    states: list[str]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Connections to servers that take no login of ours."""
    need_openssl()
    folder = tmp_path_factory.mktemp("issuer")
    with ExitStack() as stack:
        smtp, xoauth2, imap = (stack.enter_context(one) for one in (Smtp(), Smtp(), ScriptedImap({})))
        issuer = stack.enter_context(TokenIssuer(folder, lambda: TOKEN))
        issuer.refusal = {"error": "invalid_client", "error_description": f"client_secret={APP_SECRET} is wrong"}
        smtp.login_refusal, xoauth2.login_refusal = f"535 5.7.8 {PASSWORD_ECHO}", f"535 5.7.8 {TOKEN_ECHO}"
        imap.answer = refusing("NO {}")
        password = {"login": TECH, "password": PASSWORD}
        given = {"auth_type": "oauth2", "access_token": TOKEN}
        app = {"client_id": CLIENT_ID, "client_secret": APP_SECRET, "tenant_id": TENANT, "authority": issuer.authority}
        yield {
            "REQUESTS_CA_BUNDLE": str(issuer.certificate),
            "AIRFLOW_CONN_SMTP_PASSWORD": _connection("smtp", smtp.port, PLAIN_SMTP, **password),
            "AIRFLOW_CONN_SMTP_TOKEN": _connection("smtp", xoauth2.port, PLAIN_SMTP | given, login=TECH),
            "AIRFLOW_CONN_SMTP_APP": _connection(
                "smtp", smtp.port, {**PLAIN_SMTP, "auth_type": "oauth2", **app}, login=TECH
            ),
            "AIRFLOW_CONN_IMAP_PASSWORD": _connection("imap", imap.port, PLAIN_IMAP, **password),
            "AIRFLOW_CONN_IMAP_TOKEN": _connection("imap", imap.port, PLAIN_IMAP | given, login=TECH),
            "AIRFLOW_CONN_IMAP_APP": _connection(
                "imap", imap.port, {**PLAIN_IMAP, "auth_type": "oauth2", **app}, login=TECH
            ),
        }


def refusing(said: str) -> Callable[[str], str | None]:
    """Return what an IMAP server does that refuses every login, and repeats it."""
    echoes = {"LOGIN": PASSWORD_ECHO, "AUTHENTICATE": TOKEN_ECHO}

    def answer(line: str) -> str | None:
        echo = echoes.get(line.split()[0])
        return said.format(echo) if echo else None

    return answer


def _connection(conn_type: str, port: int, extra: dict[str, object], **fields: str) -> str:
    return json.dumps({"conn_type": conn_type, "host": HOST, "port": port, "extra": extra, **fields})


@pytest.fixture(scope="module")
def locked() -> Iterator[str]:
    """Return the address of a Postgres that does not take our password."""
    with reachable_directory() as folder, PrivatePostgres(folder / "postgres") as server:
        rules = server.data / "pg_hba.conf"
        rules.write_text(f"host all locked {HOST}/32 scram-sha-256\n" + rules.read_text())
        with closing(psycopg2.connect(server.uri())) as connection, connection:
            connection.cursor().execute("CREATE ROLE locked LOGIN PASSWORD 'another'")
        server.restart()
        yield f"postgres://locked:{DATABASE_PASSWORD.replace('!', '%21')}@{HOST}:{server.port}/postgres"


@pytest.fixture(scope="module")
def trouble(
    postgres: PrivatePostgres,
    databases: Databases,
    servers: dict[str, str],
    locked: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Trouble]:
    """Let every login fail in the main DAG and in the check, then that to the database; collect what was written."""
    create_metadata(postgres, "airflow_for_secrets")
    home, temporary = tmp_path_factory.mktemp("airflow"), tmp_path_factory.mktemp("tmp")
    with (
        databases.copy() as uri,
        closing(connect_to(dsn=uri)) as connection,
        closing(psycopg2.connect(postgres.uri("airflow_for_secrets"))) as metadata,
        MailServer({IT: "x"}) as operators,
    ):
        campus = Campus(connection)
        for kind in ("password", "token", "app"):
            room = campus.linked_room(
                address=f"{kind}@rooms.example", smtp_conn_id=f"smtp_{kind}", imap_conn_id=f"imap_{kind}"
            )
            campus.event(room, starts=TOMORROW)
        airflow = Airflow(
            home,
            database_uri=lambda driver: postgres.uri("airflow_for_secrets", driver),
            environment=servers
            | {
                "RAUMPOST_RETRY_DELAY": "1",
                "RAUMPOST_ALERT_EMAIL": IT,
                "TMPDIR": str(temporary),
                "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "raumpost=DEBUG msal=DEBUG urllib3=DEBUG",
                "AIRFLOW_CONN_SMTP_DEFAULT": _connection("smtp", operators.smtp_port, PLAIN_SMTP),
                "AIRFLOW_CONN_RAUMPOST_DB": uri.replace("postgresql://", "postgres://"),
            },
        )
        outputs, states = [], []
        for environment, dags in (
            (airflow.environment, ("mailbox_processor", "mailbox_check")),
            (airflow.environment | {"AIRFLOW_CONN_RAUMPOST_DB": locked}, ("mailbox_processor",)),
        ):
            wanted = "".join(json.dumps({"dag": str(PROJECT / f"dags/{dag}.py"), "conf": {}}) + "\n" for dag in dags)
            done = subprocess.run(
                [sys.executable, "-m", "tests.dags.runner"],
                input=wanted.encode(), capture_output=True, env=environment, cwd=PROJECT, check=True,
            )  # fmt: skip
            outputs.append(done.stdout + done.stderr)
            states += [json.loads(line)["state"] for line in done.stdout.splitlines()]
        written = {
            "logs of the tasks": b"\n".join(outputs),
            "tables of Raumpost": everything_in(connection),
            "metadata of Airflow, XCom among it": everything_in(metadata),
            "files": everything_below(home) + everything_below(temporary),
            "alerts": b"\n".join(raw for _, _, raw in operators.received),
        }
        yield Trouble(campus, uri, written, states)


def test_every_login_has_failed_and_was_told(trouble: Trouble) -> None:
    assert trouble.states == ["failed", "failed", "failed"]
    errors = [row["last_error"] for row in trouble.campus.sql("SELECT last_error FROM raumpost.invitation ORDER BY id")]
    assert ["refused the login: 535 5.7.8 wrong: …" in error for error in errors] == [True, True, False]
    assert "got no access token" in errors[2]
    reasons = trouble.campus.sql("SELECT why FROM raumpost.check_result WHERE status = 'not ok' AND kind <> 'link'")
    assert sum("refused the login" in row["why"] or "no access token" in row["why"] for row in reasons) == 6
    logs = trouble.written["logs of the tasks"].decode()
    assert 'password authentication failed for user "locked"' in logs
    assert len(re.findall(r"IMAP interface imap_(?:password|token) refused the login: wrong: …", logs)) >= 2
    assert trouble.written["alerts"].count(b"Subject:") >= 5
    assert b"refused the login" in b"".join(trouble.written["alerts"].split(b"=\r\n"))


@pytest.mark.parametrize(
    "place", ["logs of the tasks", "tables of Raumpost", "metadata of Airflow, XCom among it", "files", "alerts"]
)
def test_no_secret_is_written_anywhere(trouble: Trouble, place: str) -> None:
    assert trouble.written[place]
    assert leaks(trouble.written[place], SECRETS) == []


def test_no_page_shows_a_secret(
    trouble: Trouble, servers: dict[str, str], locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in servers.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", trouble.database.replace("postgresql://", "postgres://"))
    with (
        served(create_app(EVERYONE)) as address,
        httpx.Client(base_url=address, headers=OURS | {"Accept": "text/html", "Accept-Language": "en"}) as client,
    ):
        for page in PAGES:
            found = client.get(page)
            assert found.status_code < 500, page
            assert leaks(found.content, SECRETS) == [], page
        assert "refused the login" in client.get("/log").text
        assert "refused the login" in client.get("/invitations/1").text
        monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", locked)
        refused = client.get("/")
        assert refused.status_code == 503
        assert "password authentication failed" in refused.text
        assert leaks(refused.content, SECRETS) == []


@pytest.mark.parametrize("said", ["NO {}", "BAD {}"])
@pytest.mark.parametrize("extra", [{}, {"auth_type": "oauth2", "access_token": TOKEN}])
def test_no_exception_holds_a_secret_that_a_server_repeats(
    set_connection: SetConnection, said: str, extra: dict[str, str]
) -> None:
    with ScriptedImap({}) as server:
        server.answer = refusing(said)
        conn_id = set_connection("imap", server.port, login=TECH, password=PASSWORD, **PLAIN_IMAP, **extra)
        with connections.mailbox(conn_id) as mailbox, pytest.raises(InterfaceUnavailable) as refusal:
            mailbox.open("INBOX")
    secret = TOKEN if extra else PASSWORD
    error: BaseException | None = refusal.value
    while error:
        assert leaks(repr(error).encode(), [secret]) == []
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize("text", [PASSWORD, SASL_PLAIN, SASL_LOGIN, f"auth={SASL_PLAIN}", "geheim-7f%213a"])
def test_a_secret_would_be_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text(f"before {text} after")
    assert leaks(everything_below(tmp_path), SECRETS) == [PASSWORD]
    assert leaks(f"\\x{text.encode().hex()}".encode() if text == PASSWORD else text.encode(), SECRETS) == [PASSWORD]
    assert leaks(XOAUTH2.encode(), SECRETS) == [TOKEN]
