"""Answers of room mailboxes, put together by hand: for the tests of the reader."""

from datetime import UTC, datetime

from raumpost.itip.parse import read
from raumpost.itip.reading import Attendee, MailKind, Reading, Reply

ROOM = "hoersaal-1@rooms.example"
UID = "event-7-mailbox-3.6f1d2c7e@raumpost"
STAMP = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)

PROPERTIES = (
    f"UID:{UID}",
    "SEQUENCE:2",
    "DTSTAMP:20260504T123015Z",
    f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM}",
)
HEAD = f"""\
From: "Hörsaal 1" <{ROOM}>
To: tech@booking.example
Subject: Accepted: Vorlesung
Date: Mon, 04 May 2026 14:30:20 +0200
Message-ID: <answer-1@rooms.example>
MIME-Version: 1.0
"""
_ATTENDEE = Attendee(address=ROOM, partstat="ACCEPTED")
EXPECTED = Reply(
    kind=MailKind.ACCEPTED,
    uid=UID,
    sequence=2,
    dtstamp=STAMP,
    recurrence_id=None,
    attendee=_ATTENDEE,
    attendees=(_ATTENDEE,),
    comment=None,
    description=None,
    proposed_start=None,
)
"""What a reader makes of PROPERTIES."""


def crlf(text: str) -> bytes:
    return text.strip("\n").replace("\n", "\r\n").encode() + b"\r\n"


def calendar(*properties: str, method: str = "REPLY", before: str = "") -> str:
    """Make a calendar object; `before` stands between the METHOD and the event."""
    event = "\n".join(properties)
    return (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Room//EN\nMETHOD:{method}\n{before}"
        f"BEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
    )


ACCEPTED = calendar(*PROPERTIES)


def single(text: str, kind: str = "text/calendar; charset=UTF-8; method=REPLY", encoding: str = "8bit") -> bytes:
    """Make a mail of one part."""
    return crlf(f"{HEAD}Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n{text}")


def multipart(kind: str, *parts: str, head: str = HEAD) -> bytes:
    """Make a mail of several parts, each with its own headers."""
    body = "".join(f"--limit\n{part}\n" for part in parts)
    return crlf(f'{head}Content-Type: multipart/{kind}; boundary="limit"\n\nThis is MIME.\n{body}--limit--\n')


def part(kind: str, text: str, *headers: str) -> str:
    return "\n".join([f"Content-Type: {kind}", *headers, "", text])


def only(raw: bytes) -> Reply:
    [reply] = read(raw).replies
    return reply


def storable(reading: Reading) -> bool:
    """Return whether the database can hold every text: no NUL, no lone surrogates, no line ends."""
    texts = [reading.method, reading.message_id, reading.subject, reading.text, reading.reason, *reading.senders]
    texts += [reading.sender, reading.original_message_id, reading.original_uid, *reading.authentication]
    for failure in reading.failures:
        texts += [failure.recipient, failure.status, failure.reason]
    for reply in reading.replies:
        texts += [reply.uid, reply.comment, reply.description, reply.recurrence_id]
        for one in reply.attendees:
            texts += [one.address, one.partstat, one.comment, one.delegated_to, one.delegated_from]
    return all(text is None or (text.encode() is not None and not set(text) & set("\0\r\n")) for text in texts)
