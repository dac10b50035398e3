"""The sandbox's Cyrus itself: it starts anywhere, knows its rooms, and leaves nothing behind."""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from sandbox import cyrus
from sandbox.cyrus import Cyrus
from sandbox.ports import HOST, NotStarted, free_port, is_free, reachable_directory
from tests.servers.needs import need

ROOM, OTHER = "raum-1@rooms.example", "raum-2@rooms.example"
REQUEST = f"""\
From: tech@booking.example
To: {ROOM}
Subject: Analysis
MIME-Version: 1.0
Content-Type: text/calendar; charset=UTF-8; method=REQUEST

BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//
METHOD:REQUEST
BEGIN:VEVENT
UID:one
SEQUENCE:0
DTSTAMP:20300101T120000Z
DTSTART:20300501T080000Z
DTEND:20300501T100000Z
SUMMARY:Analysis
ORGANIZER:mailto:tech@booking.example
ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{ROOM}
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def server() -> Iterator[Cyrus]:
    """Return a Cyrus that has not been started; who listens for its answers nobody needs to know."""
    need(cyrus.obstacle())
    with reachable_directory() as directory:
        server = Cyrus(directory, [ROOM, OTHER], smtp_port=free_port())
        yield server
        server.stop()


def deliver(server: Cyrus, to: str) -> None:
    with smtplib.LMTP(HOST, server.lmtp_port, timeout=10) as client:
        client.sendmail("tech@booking.example", [to], REQUEST)


def lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def test_stop_leaves_no_process_and_no_open_port_and_keeps_the_calendars(server: Cyrus) -> None:
    before = set(psutil.Process().children(recursive=True))
    for _ in range(2):
        with server:
            room = server.room(ROOM)
            family = set(psutil.Process().children(recursive=True)) - before
            assert len(family) >= 3  # the master, CalDAV, LMTP
            if room.entry("one") is None:
                deliver(server, ROOM)
            entry = room.entry("one")
            assert entry is not None
            assert entry.calendar.events[0]["SUMMARY"] == "Analysis"
        assert not any(map(lives, family))
        assert is_free(server.http_port)
        assert is_free(server.lmtp_port)
    with server:
        assert server.room(ROOM).entry("one") is not None


def test_only_the_rooms_it_was_started_with_exist(server: Cyrus) -> None:
    with server:
        assert server.room(OTHER).entry("one") is None
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            deliver(server, "raum-3@rooms.example")
        [(code, words)] = caught.value.recipients.values()
        assert code == 550
        assert b"5.1.1" in words
        with pytest.raises(ValueError, match="none of the rooms"):
            server.room("raum-3@rooms.example")


def test_an_event_that_is_not_there_cannot_be_answered(server: Cyrus) -> None:
    with server, pytest.raises(LookupError, match="has no event nothing"):
        server.room(ROOM).answer("nothing", "ACCEPTED")


def test_a_taken_port_is_reported_at_once(server: Cyrus) -> None:
    with socket.create_server((HOST, 0)) as taken:
        server.lmtp_port = taken.getsockname()[1]
        with pytest.raises(NotStarted, match="address already in use"):
            server.start()


def test_a_path_that_is_too_long_for_its_sockets_is_refused(tmp_path: Path) -> None:
    need(cyrus.obstacle())
    with pytest.raises(NotStarted, match="too long"):
        Cyrus(tmp_path / ("x" * 80), [ROOM], smtp_port=free_port()).start()


def test_what_is_missing_is_named_with_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cyrus, "_DAEMONS", tmp_path)
    assert not cyrus.available()
    with pytest.raises(NotStarted, match="apt-get install cyrus-common cyrus-caldav"):
        Cyrus(tmp_path, [ROOM], smtp_port=free_port()).start()


def test_one_cyrus_serves_one_domain(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one domain"):
        Cyrus(tmp_path, [ROOM, "raum-1@elsewhere.example"], smtp_port=free_port())
