"""The checking DAG against real servers: what is well, what is not, and the trial booking."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from raumpost.adapters.postgres import connect as connect_to
from sandbox.airflow import Airflow
from sandbox.mailserver import MailServer
from sandbox.ports import free_port
from sandbox.postgres import PrivatePostgres
from sandbox.rooms import RoomRobot
from tests.dags.dag_runs import Run, dag_runner
from tests.dags.metadata import create_metadata
from tests.database import Campus, Databases

TECH, ROOM = "tech@booking.example", "room-1@rooms.example"


@pytest.fixture(scope="module")
def room() -> RoomRobot:
    return RoomRobot(ROOM, "Room 1")


@pytest.fixture(scope="module")
def mail(room: RoomRobot) -> Iterator[MailServer]:
    with MailServer({TECH: "secret"}) as server:
        server.register(room)
        yield server


@pytest.fixture(scope="module")
def uri(databases: Databases) -> Iterator[str]:
    with databases.copy() as uri:
        yield uri


@pytest.fixture(scope="module")
def airflow(postgres: PrivatePostgres, uri: str, mail: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """Airflow's metadata and configuration, without its processes."""
    create_metadata(postgres, "airflow_for_check")

    def connection(conn_type: str, port: int, **fields: object) -> str:
        return json.dumps({"conn_type": conn_type, "host": "127.0.0.1", "port": port, **fields})

    plain = {"extra": {"disable_ssl": True, "disable_tls": True}}
    login = {"login": TECH, "password": "secret", "extra": {"use_ssl": False}}
    airflow = Airflow(
        tmp_path_factory.mktemp("airflow"),
        database_uri=lambda driver: postgres.uri("airflow_for_check", driver),
        environment={
            "AIRFLOW_CONN_RAUMPOST_DB": uri.replace("postgresql://", "postgres://"),
            "AIRFLOW_CONN_SMTP_ONE": connection("smtp", mail.smtp_port, **plain),
            "AIRFLOW_CONN_IMAP_ONE": connection("imap", mail.imap_port, **login),
            "AIRFLOW_CONN_SMTP_DEAD": connection("smtp", free_port(), **plain),
            "AIRFLOW_CONN_WEB": connection("http", 80),
        },
    )
    return airflow


@pytest.fixture(scope="module")
def run(airflow: Airflow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Return a function that runs mailbox_check once, to its end; `log` is what that run logged."""
    log = tmp_path_factory.mktemp("runner") / "stderr.log"
    with dag_runner(airflow, log) as run_once:
        yield lambda **conf: run_once("mailbox_check", conf)


@pytest.fixture
def here(uri: str) -> Iterator[Campus]:
    """The database as its owner sees it; empty again after each test."""
    with closing(connect_to(dsn=uri)) as connection:
        yield Campus(connection)
        connection.cursor().execute(
            "TRUNCATE raumpost.journal, raumpost.mail, raumpost.invitation, raumpost.canary, raumpost.check_result, "
            "raumpost.room_mailbox, raumpost.reply_cursor, booking.room, booking.app_user CASCADE"
        )


def status(campus: Campus, kind: str, subject: str) -> str:
    return str(
        campus.value(
            "SELECT string_agg(DISTINCT status, ', ') FROM raumpost.check_result "
            "WHERE kind = %(kind)s AND subject = %(subject)s",
            kind=kind,
            subject=subject,
        )
    )


def test_a_healthy_installation_is_green_and_no_mail_is_sent(run: Run, here: Campus, mail: MailServer) -> None:
    here.linked_room(address=ROOM)
    before = len(mail.received)
    good = run()
    assert good["state"] == "success", good["tasks"]
    assert good["tasks"]["verdict[-1]"] == "success"
    assert [status(here, *one) for one in (("smtp", "smtp_one"), ("imap", "imap_one"), ("link", ROOM))] == ["ok"] * 3
    assert "1 room mailboxes" in good["log"]
    assert f"SMTP interface smtp_one: recipient {ROOM}" in good["log"]
    assert len(mail.received) == before


def test_where_no_room_is_linked_the_run_is_green_and_says_so(run: Run, here: Campus) -> None:
    good = run()
    assert good["state"] == "success", good["tasks"]
    assert good["tasks"]["verdict[-1]"] == "success"
    assert "there is none → link a room with mailbox_link" in good["log"]


def test_one_broken_interface_hides_no_other_and_turns_the_run_red(run: Run, here: Campus) -> None:
    here.linked_room(address=ROOM)
    here.linked_room(address="room-2@rooms.example", smtp_conn_id="smtp_missing", imap_conn_id="web")
    red = run(connections=["smtp_dead"])
    assert red["state"] == "failed"
    assert red["tasks"]["verdict[-1]"] == "failed"
    assert status(here, "smtp", "smtp_one") == "ok"
    assert status(here, "smtp", "smtp_dead") == "not ok, ok"
    assert status(here, "imap", "web") == "not ok"
    assert status(here, "link", ROOM) == "ok"
    assert "there is no Airflow connection “smtp_missing”" in red["log"]
    assert "the Airflow connection “web” has type http" in red["log"]


def test_parameters_that_make_no_sense_are_refused_all_at_once(run: Run, here: Campus) -> None:
    here.linked_room(address=ROOM)
    refused = run(connections=["web", "nowhere"], room_mailboxes=["other@rooms.example"], colour="red")
    assert refused["state"] == "failed"
    assert refused["tasks"]["find_interfaces[-1]"] == "failed"
    assert refused["tasks"]["check_links[-1]"] == "upstream_failed"
    for said in (
        "there is no parameter “colour”",
        "the Airflow connection “web” has type http",
        "there is no Airflow connection “nowhere”",
        "room_mailboxes are for the canary only",
        "there is no room mailbox other@rooms.example",
    ):
        assert said in refused["log"], said


def test_a_canary_tells_how_long_the_room_took_and_leaves_nothing_behind(
    run: Run, here: Campus, mail: MailServer, room: RoomRobot
) -> None:
    here.linked_room(address=ROOM)
    before = len(mail.received)
    good = run(canary=True, room_mailboxes=[ROOM.upper()], canary_minutes=1)
    assert good["state"] == "success", good["tasks"]
    assert good["tasks"]["canaries.cancel[0]"] == "success"
    assert "accepted after" in here.value("SELECT why FROM raumpost.check_result WHERE kind = 'canary'")
    assert here.value("SELECT state FROM raumpost.canary") == "cancelled"
    assert len(mail.received) == before + 2
    assert room.calendar == {}
    assert here.value("SELECT count(*) FROM raumpost.invitation") == 0


def test_a_canary_that_cannot_be_sent_is_not_waited_for(run: Run, here: Campus) -> None:
    here.linked_room(address=ROOM, smtp_conn_id="smtp_dead")
    red = run(canary=True, room_mailboxes=[ROOM])
    assert red["state"] == "failed"
    assert red["tasks"]["canaries.answer[0]"] == "success"
    assert "the mail was not accepted" in here.value("SELECT why FROM raumpost.check_result WHERE kind = 'canary'")
    assert here.value("SELECT state FROM raumpost.canary") == "not-sent"


def test_a_canary_is_cancelled_even_if_nobody_can_listen(run: Run, here: Campus, room: RoomRobot) -> None:
    here.linked_room(address=ROOM, imap_conn_id="web")
    red = run(canary=True, room_mailboxes=[ROOM])
    assert red["state"] == "failed"
    assert red["tasks"]["canaries.answer[0]"] == "failed"
    assert red["tasks"]["canaries.cancel[0]"] == "success"
    assert here.value("SELECT state FROM raumpost.canary") == "cancelled"
    assert room.calendar == {}


def test_what_an_earlier_run_left_behind_is_cancelled(
    run: Run, here: Campus, mail: MailServer, room: RoomRobot
) -> None:
    here.linked_room(address=ROOM)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    here.sql(
        """INSERT INTO raumpost.canary (room_mailbox_id, uid, organizer, organizer_name, starts_at, ends_at, state,
               created_at, sent_at, answer_by, after_mail, dag_run)
           SELECT id, 'canary-left@raumpost', 'tech@booking.example', 'Raumpost', %(tomorrow)s,
               %(tomorrow)s + interval '15 min', 'booked', %(then)s, %(then)s, %(then)s, 0, 'killed'
           FROM raumpost.room_mailbox""",
        tomorrow=tomorrow,
        then=tomorrow - timedelta(days=1, hours=2),
    )
    assert run()["tasks"]["clean_up[-1]"] == "success"
    assert here.value("SELECT state FROM raumpost.canary") == "cancelled"
    assert b"method=CANCEL" in mail.received[-1][2]
