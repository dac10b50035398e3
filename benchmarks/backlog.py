"""A backlog to measure with: bookings and unread mails by the ten thousands, and an inbox that holds as many."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from psycopg2.extensions import connection as Connection

from sandbox.ports import LoopThread

TECH = "tech@booking.example"
ROOMS = 200
REPLY = (Path(__file__).parent / "reply.eml").read_bytes()
HUGE = REPLY.replace(b"\r\n\r\n", b"\r\n\r\n" + (b"0123456789abcdef" * 4 + b"\r\n") * 79_000, 1)
"""About as much as is read of one mail at most: 5 MiB."""

_OFFICE = """
    INSERT INTO booking.app_user (id, name, email, technical) VALUES (1, 'Raumpost', 'tech@booking.example', true);
    INSERT INTO booking.room (id, name) SELECT n, 'Hörsaal ' || n FROM generate_series(1, %(rooms)s) AS n;
    INSERT INTO booking.room_group (id, name) VALUES (1, 'alle');
    INSERT INTO booking.room_group_member SELECT 1, id FROM booking.room;
"""
_BOOKINGS = """
    INSERT INTO booking.event (id, title, description, booked_by, starts_at, ends_at)
    SELECT n, n || '. Sitzung des Fakultätsrats',
        'Tagesordnung: Begrüßung, Berichte, Verschiedenes' || E'\\n' || 'Bitte pünktlich; Gäste willkommen',
        'Dekanat, Frau Müller', now() + (1 + n / %(rooms)s) * interval '2 hours',
        now() + (1 + n / %(rooms)s) * interval '2 hours' + interval '90 minutes'
    FROM generate_series(1, %(bookings)s) AS n;
    INSERT INTO booking.event_room SELECT n, 1 + n %% %(rooms)s FROM generate_series(1, %(bookings)s) AS n;
"""
_LINKS = """
    INSERT INTO raumpost.room_mailbox (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id)
    SELECT id, 'room-' || id || '@rooms.example', 'smtp_one', 'imap_one', 1 FROM booking.room;
"""
_UNREAD = """
    UPDATE raumpost.invitation
    SET state = 'sent', attempts = 1, sent_sequence = 0, exposed_sequence = 0, sent_at = now(), dtstamp = now(),
        message_id = uid, first_message_id = uid, organizer = 'tech@booking.example', batch = NULL, lease_until = NULL;
    INSERT INTO raumpost.mail (direction, imap_conn_id, folder, uid_validity, imap_uid, received_at, size, raw)
    SELECT 'in', 'imap_one', 'INBOX', 1, i.id, now(), 1000,
        convert_to(format(%(reply)s, m.address, i.uid, m.address), 'UTF8')
    FROM raumpost.invitation AS i JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
    ORDER BY i.id LIMIT %(unread)s
"""
_REPLY = "\r\n".join(
    (
        "From: %s",
        "Subject: Accepted",
        "Content-Type: text/calendar; charset=utf-8; method=REPLY",
        "",
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "METHOD:REPLY",
        "BEGIN:VEVENT",
        "UID:%s",
        "SEQUENCE:0",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:%s",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
)


def book(connection: Connection, bookings: int, *, linked_first: bool) -> None:
    """Book so often; where rooms are linked afterwards, the bookings wait for `mailbox_initialise`."""
    parts = [_OFFICE, _LINKS, _BOOKINGS] if linked_first else [_OFFICE, _BOOKINGS, _LINKS]
    with connection.cursor() as cursor:
        for part in parts:
            cursor.execute(part, {"rooms": ROOMS, "bookings": bookings})
        if not linked_first:
            cursor.execute("DELETE FROM raumpost.booking_change")


def receive(connection: Connection, unread: int) -> None:
    """Let so many answers wait to be read."""
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, {"unread": unread, "reply": _REPLY})


class Inbox:
    """An IMAP server whose INBOX holds the same mail so many times: what others need gigabytes for costs nothing."""

    def __init__(self, mails: int, raw: bytes = REPLY) -> None:
        self._mails = mails
        self._raw = raw
        self.port = 0
        self._thread = LoopThread("inbox of a benchmark")

    def __enter__(self) -> Self:
        self._thread.start(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    async def _listen(self) -> None:
        self.port = await self._thread.listen(lambda: _Session(self), 0)

    def replies(self, command: str) -> Iterator[bytes]:
        """Return the untagged lines of an answer."""
        if command.startswith("CAPABILITY"):
            yield b"CAPABILITY IMAP4rev1"
        elif command.startswith("EXAMINE"):
            yield b"OK [UIDVALIDITY 7] ok"
            yield b"%d EXISTS" % self._mails
        elif found := re.match(r"UID FETCH (\S+) \((.*)\)", command):
            for uid in self._uids(found[1]):
                known = b"%d FETCH (UID %d RFC822.SIZE %d" % (uid, uid, len(self._raw))
                if "BODY" in found[2]:
                    known += b' INTERNALDATE "01-Mar-2026 12:00:00 +0000" BODY[]<0> {%d}\r\n%b' % (
                        len(self._raw),
                        self._raw,
                    )
                yield known + b")"

    def _uids(self, named: str) -> Iterator[int]:
        for part in named.split(","):
            first, _, last = part.partition(":")
            yield from range(int(first), (self._mails if last == "*" else int(last or first)) + 1)


class _Session(asyncio.Protocol):
    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        transport.write(b"* OK ready\r\n")  # type: ignore[attr-defined] # a stream, which can write

    def data_received(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\r\n")
        for line in lines:
            tag, _, command = line.decode().partition(" ")
            said = b"".join(b"* " + one + b"\r\n" for one in self._inbox.replies(command))
            self._transport.write(said + f"{tag} OK done\r\n".encode())
