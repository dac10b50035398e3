"""The servers of the sandbox, through the clients of the standard library."""

import imaplib
import os
import smtplib
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import psutil  # type: ignore[import-untyped] # comes with Airflow, without types
import psycopg2
import pytest
from icalendar import Calendar

from sandbox import dovecot, ports, postfix
from sandbox.dialects import make_room
from sandbox.dovecot import Dovecot
from sandbox.mailserver import MailServer
from sandbox.ports import HOST, NotStarted, free_port, reachable_directory, wait_for_port
from sandbox.postfix import Postfix
from sandbox.postgres import PrivatePostgres
from sandbox.rooms import RoomRobot
from sandbox.roomserver import RoomServer
from tests.servers.needs import need

TECH = "tech@booking.example"
ROOM = "hoersaal-1@rooms.example"
PASSWORD = "geheim"


@pytest.fixture
def place() -> Iterator[Path]:
    # Not tmp_path: pytest closes it to other users, and the servers of root run as others.
    with reachable_directory() as directory:
        yield directory


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer({TECH: PASSWORD}) as server:
        yield server


def request(uid: str, hours: int = 0, room: str = ROOM) -> bytes:
    start = datetime.now(UTC) + timedelta(days=3, hours=hours)
    lines = [
        f"From: {TECH}",
        f"To: {room}",
        f"Subject: Probe {uid}",
        f"Message-ID: <{uid}@booking.example>",
        "MIME-Version: 1.0",
        "Content-Type: text/calendar; charset=UTF-8; method=REQUEST",
        "",
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//test//",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "SEQUENCE:0",
        f"DTSTAMP:{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT%H0000Z}",
        f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H0000Z}",
        f"SUMMARY:Probe {uid}",
        f"ORGANIZER:mailto:{TECH}",
        f"ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{room}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines).encode()


def send(port: int, raw: bytes, to: str = ROOM, sender: str = TECH) -> None:
    with smtplib.SMTP(HOST, port, timeout=10) as client:
        client.sendmail(sender, [to], raw)


def lmtp(port: int, raw: bytes, to: str, sender: str = TECH) -> None:
    with smtplib.LMTP(HOST, port, timeout=10) as client:
        client.sendmail(sender, [to], raw)


def inbox(port: int, password: str = PASSWORD, user: str = TECH) -> list[bytes]:
    with imaplib.IMAP4(HOST, port, timeout=10) as client:
        client.login(user, password)
        if client.select("INBOX", readonly=True)[1] == [b"0"]:
            return []  # Dovecot answers BAD to FETCH 1:* then
        return [item[1] for item in client.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(item, tuple)]


def eventually(read: Callable[[], list[bytes]], count: int, timeout: float = 15) -> list[bytes]:
    """Read until there are `count` mails."""
    deadline = time.monotonic() + timeout
    while len(mails := read()) < count:
        assert time.monotonic() < deadline, f"{len(mails)} mails instead of {count}"
        time.sleep(0.02)
    return mails


def verdicts(mails: list[bytes]) -> dict[str, str]:
    """Return the PARTSTAT of each answer by UID; mails that are no answers are left out."""
    found = {}
    for raw in mails:
        for part in message_from_bytes(raw).walk():
            if part.get_content_type() == "text/calendar" and part.get_param("method") == "REPLY":
                payload = part.get_payload(decode=True)
                assert isinstance(payload, bytes)
                event = Calendar.from_ical(payload).events[0]
                found[str(event["UID"])] = str(event["ATTENDEE"].params["PARTSTAT"])
    return found


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


# Every server


def make_server(kind: str, place: Path) -> tuple[AbstractContextManager[object], Callable[[], list[int]]]:
    """Make a server and tell how to learn its ports, which some know only after start."""
    if kind == "postgres":
        postgres = PrivatePostgres(place / "data")
        return postgres, lambda: [postgres.port]
    if kind == "mail server":
        mail = MailServer({TECH: PASSWORD})
        return mail, lambda: [mail.smtp_port, mail.imap_port]
    if kind == "room server":
        rooms = RoomServer([RoomRobot(ROOM, "Hörsaal 1")], (HOST, free_port()))
        return rooms, lambda: [rooms.lmtp_port]
    if kind == "dovecot":
        need(dovecot.obstacle())
        imap = Dovecot(place / "d")
        return imap, lambda: [imap.imap_port, imap.imaps_port, imap.lmtp_port]
    need(postfix.obstacle())
    smtp = Postfix(place / "p", {})
    return smtp, lambda: [smtp.smtp_port]


@pytest.mark.parametrize("kind", ["postgres", "mail server", "room server", "dovecot", "postfix"])
def test_stop_leaves_no_process_no_thread_and_no_open_port(kind: str, place: Path) -> None:
    threads, me = set(threading.enumerate()), psutil.Process()
    others = set(me.children(recursive=True))
    server, opened = make_server(kind, place)
    for _ in range(2):  # and it can be started again
        with server:
            family = set(me.children(recursive=True)) - others
            assert all(map(is_open, opened()))
            clients = [socket.create_connection((HOST, port), timeout=10) for port in opened()]
        assert set(threading.enumerate()) <= threads
        assert not any(map(lives, family))
        assert not any(map(is_open, opened()))
        for client in clients:
            client.close()


@pytest.mark.parametrize("kind", ["mail server", "room server", "postgres", "postfix"])
def test_a_taken_port_is_reported_at_once(kind: str, place: Path) -> None:
    threads = set(threading.enumerate())
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        server: MailServer | RoomServer | PrivatePostgres | Postfix
        if kind == "mail server":
            server = MailServer({}, smtp_port=port)
        elif kind == "room server":
            server = RoomServer([], (HOST, 1), lmtp_port=port)
        elif kind == "postgres":
            server = PrivatePostgres(place / "data", port=port)
        else:
            need(postfix.obstacle())
            server = Postfix(place / "p", {}, smtp_port=port)
        started = time.monotonic()
        with pytest.raises(NotStarted, match=r"(?i)address (already )?in use"):
            server.start()
        assert time.monotonic() - started < 5
    assert set(threading.enumerate()) <= threads


def test_a_server_that_dies_is_reported_with_its_log(place: Path) -> None:
    log = place / "log"
    script = "import sys; sys.exit('the configuration is wrong')"
    process = ports.run_server([sys.executable, "-c", script], log)
    with pytest.raises(NotStarted, match=r"ended with code 1(.|\n)*the configuration is wrong") as caught:
        wait_for_port(free_port(), b"220", process, log=log)
    assert str(log) in str(caught.value)
    ports.stop_process(process)


def test_a_wrong_banner_is_reported_after_the_deadline(mail: MailServer) -> None:
    with pytest.raises(NotStarted, match=f"port {mail.smtp_port} did not greet"):
        wait_for_port(mail.smtp_port, b"* OK", timeout=0.1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")
def test_a_place_that_the_servers_user_cannot_reach_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(NotStarted, match=r"“nobody”, which cannot reach"):
        PrivatePostgres(tmp_path / "data").start()


# Postgres


def test_postgres_keeps_its_data_over_a_restart(place: Path) -> None:
    with PrivatePostgres(place / "data", max_connections=30) as postgres:
        postgres.create_database("räume")
        with pytest.raises(psycopg2.errors.DuplicateDatabase):
            postgres.create_database("räume")
        connection = psycopg2.connect(postgres.uri("räume"))
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t AS SELECT lower('ÄÖÜ') AS a, current_setting('max_connections')::int AS b")
        postgres.restart()
        connection.close()
        connection = psycopg2.connect(postgres.uri("räume"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT a, b FROM t")
            assert cursor.fetchone() == ("äöü", 30)
        connection.close()
        assert postgres.uri(driver="+psycopg2") == f"postgresql+psycopg2://postgres@{HOST}:{postgres.port}/postgres"


# The mail server in this process


def test_smtp_comes_out_by_imap(mail: MailServer) -> None:
    send(mail.smtp_port, b"From: a@b.example\r\nSubject: hi\r\n\r\n.dot\r\n", TECH.upper(), "a@b.example")
    [raw] = inbox(mail.imap_port)
    assert raw == b"Return-Path: <a@b.example>\r\nFrom: a@b.example\r\nSubject: hi\r\n\r\n.dot\r\n"
    [(sender, receiver, received)] = mail.received
    assert (sender, receiver) == ("a@b.example", TECH.upper())
    assert raw.endswith(received)


def test_an_unknown_address_is_refused(mail: MailServer) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        send(mail.smtp_port, request("1"))
    code, reason = caught.value.recipients[ROOM]
    assert (code, reason[:5]) == (550, b"5.1.1")
    assert mail.received == []


def test_a_wrong_password_is_refused(mail: MailServer) -> None:
    for user, password in ((TECH, "falsch"), ("other@booking.example", PASSWORD), ("tech", PASSWORD)):
        with imaplib.IMAP4(HOST, mail.imap_port, timeout=10) as client, pytest.raises(imaplib.IMAP4.error):
            client.login(user, password)


def test_a_robot_has_answered_when_smtp_says_250(mail: MailServer) -> None:
    robot = RoomRobot(ROOM, "Hörsaal 1")
    mail.register(robot)
    send(mail.smtp_port, request("first"))
    send(mail.smtp_port, request("second"))
    send(mail.smtp_port, request("third", hours=5))
    assert verdicts(inbox(mail.imap_port)) == {"first": "ACCEPTED", "second": "DECLINED", "third": "ACCEPTED"}
    assert [receiver for _, receiver, _ in mail.received] == [ROOM] * 3


def test_an_answer_to_a_strange_organizer_goes_to_the_envelope_sender(mail: MailServer) -> None:
    mail.register(RoomRobot(ROOM, "Hörsaal 1"))
    send(mail.smtp_port, request("1").replace(b"ORGANIZER:mailto:" + TECH.encode(), b"ORGANIZER:mailto:x@y.example"))
    assert verdicts(inbox(mail.imap_port)) == {"1": "ACCEPTED"}


def test_smtp_can_be_made_to_refuse_for_a_while(mail: MailServer) -> None:
    mail.refuse("out of\r\nservice")
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        send(mail.smtp_port, b"\r\n", TECH)
    assert (caught.value.smtp_code, caught.value.smtp_error) == (451, b"4.3.0 out of service")
    mail.refuse(None)
    send(mail.smtp_port, b"\r\n", TECH)
    assert len(mail.received) == 1


def test_deliver_works_from_any_thread_and_tells_about_it() -> None:
    told: list[str] = []

    def forward(address: str, raw: bytes) -> None:
        told.append(address)
        if address == TECH:
            server.deliver("copy@booking.example", raw)

    with MailServer({TECH: PASSWORD, "copy@booking.example": PASSWORD}, on_delivery=forward) as server:
        threads = [threading.Thread(target=server.deliver, args=(TECH, b"Subject: x\n\nhi\n")) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert inbox(server.imap_port, user="copy@booking.example") == [b"Subject: x\r\n\r\nhi\r\n"] * 5
        with pytest.raises(ValueError, match="no mailbox nobody@x"):
            server.deliver("nobody@x", b"")
    assert sorted(told) == ["copy@booking.example"] * 5 + [TECH] * 5


# Rooms behind a mail server


def test_the_room_server_submits_the_answer(mail: MailServer) -> None:
    with RoomServer([RoomRobot(ROOM, "Hörsaal 1")], (HOST, mail.smtp_port)) as rooms:
        lmtp(rooms.lmtp_port, request("1"), ROOM)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            lmtp(rooms.lmtp_port, request("2"), "hoersaal-9@rooms.example")
    assert caught.value.recipients["hoersaal-9@rooms.example"][0] == 550
    assert verdicts(inbox(mail.imap_port)) == {"1": "ACCEPTED"}
    [(sender, receiver, _)] = mail.received
    assert (sender, receiver) == (ROOM, TECH)


def test_a_bounce_goes_to_the_envelope_sender_and_has_none_itself(mail: MailServer) -> None:
    bouncing = make_room("bouncing", ROOM, "Hörsaal 1")
    mail.register(bouncing)
    send(mail.smtp_port, request("1"))
    with RoomServer([bouncing], (HOST, mail.smtp_port)) as rooms:
        lmtp(rooms.lmtp_port, request("2"), ROOM)
    assert mail.received[-1][:2] == ("", TECH)
    for raw in inbox(mail.imap_port):
        bounce = message_from_bytes(raw)
        assert (bounce["Return-Path"], bounce.get_content_type()) == ("<>", "multipart/report")
    assert len(inbox(mail.imap_port)) == 2
    send(mail.smtp_port, request("3"), sender="")
    assert len(inbox(mail.imap_port)) == 2


def test_late_rooms_answer_when_their_time_has_come(mail: MailServer) -> None:
    late = make_room("late", ROOM, "Hörsaal 1")
    mail.register(late)
    with RoomServer([late], (HOST, mail.smtp_port)) as rooms:
        for server, port in ((mail, mail.smtp_port), (rooms, rooms.lmtp_port)):
            uid = f"{port}@booking.example"
            deliver = send if server is mail else lmtp
            deliver(port, request(uid, hours=port), ROOM)
            server.answer_due(datetime.now(UTC))
            assert uid not in verdicts(inbox(mail.imap_port))
            server.answer_due(datetime.now(UTC) + timedelta(minutes=1))
            assert verdicts(inbox(mail.imap_port))[uid] == "ACCEPTED"


def test_an_answer_that_cannot_be_submitted_makes_the_delivery_fail_for_now() -> None:
    with (
        RoomServer([RoomRobot(ROOM, "Hörsaal 1")], (HOST, free_port())) as rooms,
        pytest.raises(smtplib.SMTPDataError) as caught,
    ):
        lmtp(rooms.lmtp_port, request("1"), ROOM)
    assert caught.value.smtp_code == 451


# Dovecot and Postfix


def test_dovecot_serves_what_lmtp_delivers_on_every_port(place: Path) -> None:
    need(dovecot.obstacle())
    with Dovecot(place) as server:
        lmtp(server.lmtp_port, b"Subject: hi\r\n\r\nbody\r\n", "Tech@booking.example")
        trust = ssl.create_default_context(cafile=server.certificate)
        with imaplib.IMAP4(HOST, server.imap_port, timeout=10) as plain:
            plain.starttls(trust)
            plain.login(TECH, dovecot.PASSWORD)
            assert plain.select()[1] == [b"1"]
        with imaplib.IMAP4_SSL("localhost", server.imaps_port, ssl_context=trust, timeout=10) as client:
            started = time.monotonic()
            for _ in range(2):
                with pytest.raises(imaplib.IMAP4.error):
                    client.login(TECH, "wrong")
            client.login(TECH, dovecot.PASSWORD)
            assert time.monotonic() - started < 4  # Dovecot's usual penalty would be eight seconds
            assert client.select()[1] == [b"1"]
        assert inbox(server.imap_port, dovecot.PASSWORD)[0].endswith(b"Subject: hi\r\n\r\nbody\r\n")


def test_dovecot_refuses_a_path_that_is_too_long_for_its_sockets(place: Path) -> None:
    need(dovecot.obstacle())
    with pytest.raises(NotStarted, match="too long"):
        Dovecot(place / ("x" * 80)).start()


def test_the_whole_circle_from_smtp_to_imap(place: Path) -> None:
    need(dovecot.obstacle())
    need(postfix.obstacle())
    smtp_port = free_port()
    robot = RoomRobot(ROOM, "Hörsaal 1")
    with (
        Dovecot(place / "d") as imap,
        RoomServer([robot], (HOST, smtp_port)) as rooms,
        Postfix(
            place / "p",
            {"booking.example": imap.lmtp_port, "rooms.example": rooms.lmtp_port},
            smtp_port=smtp_port,
        ),
    ):
        send(smtp_port, request("first"))
        eventually(lambda: inbox(imap.imap_port, dovecot.PASSWORD), 1)
        send(smtp_port, request("second"))
        answers = eventually(lambda: inbox(imap.imap_port, dovecot.PASSWORD), 2)
        assert verdicts(answers) == {"first": "ACCEPTED", "second": "DECLINED"}

        send(smtp_port, request("third"), "hoersaal-9@rooms.example")
        bounce = message_from_bytes(eventually(lambda: inbox(imap.imap_port, dovecot.PASSWORD), 3)[2])
        assert bounce.get_content_type() == "multipart/report"
        assert "5.1.1" in bounce.as_string()

        with pytest.raises(smtplib.SMTPRecipientsRefused, match="no mail leaves the sandbox"):
            send(smtp_port, request("fourth"), "room@elsewhere.example")
    assert robot.ignored == []


def test_postfix_says_why_it_cannot_be_used() -> None:
    reason = postfix.obstacle()
    assert (reason is None) == postfix.available()
    if os.geteuid() != 0 and dovecot.find_program("postconf"):
        assert "root" in (reason or "")
