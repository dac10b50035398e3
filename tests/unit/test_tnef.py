"""Meeting messages in a winmail.dat, built octet by octet as [MS-OXTNEF] says."""

import struct
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from raumpost.itip.parse import read
from raumpost.itip.reading import Attendee, MailKind, Reading
from raumpost.itip.tnef import SIGNATURE, read_tnef
from tests.replies import ACCEPTED, ROOM, UID, multipart, part

MEETING = bytes.fromhex("90dad86e0b451b1098da00aa003f1305")
APPOINTMENT = bytes.fromhex("0220060000000000c000000000000046")
INTEGER, BOOLEAN, TIME, STRING, WIDE, BINARY = 0x03, 0x0B, 0x40, 0x1E, 0x1F, 0x102


def attribute(level: int, identifier: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, identifier, 6, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def variable(data: bytes) -> bytes:
    return struct.pack("<II", 1, len(data)) + data + bytes(-len(data) % 4)


def plain(kind: int, name: int, value: bytes) -> bytes:
    return struct.pack("<HH", kind, name) + value


def named(kind: int, group: bytes, number: int, value: bytes) -> bytes:
    return struct.pack("<HH", kind, 0x8000) + group + struct.pack("<II", 0, number) + value


def ticks(moment: datetime) -> bytes:
    return struct.pack("<Q", (moment - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10)


def tnef(message_class: str, *properties: bytes) -> bytes:
    data = struct.pack("<I", len(properties)) + b"".join(properties)
    attributes = [attribute(1, 0x9006, struct.pack("<I", 0x10000))]
    if message_class:
        attributes.append(attribute(1, 0x8008, message_class.encode() + b"\0"))
    return SIGNATURE + b"\0\0" + b"".join(attributes) + attribute(1, 0x9003, data)


def wrapped(uid: str) -> bytes:
    data = b"vCal-Uid\x01\x00\x00\x00" + uid.encode() + b"\0"
    return bytes.fromhex("040000008200E00074C5B7101A82E008") + bytes(20) + struct.pack("<I", len(data)) + data


PROPERTIES = (
    plain(STRING, 0x0070, variable(b"Vorlesung\0")),
    named(BINARY, MEETING, 0x03, variable(wrapped(UID))),
    named(INTEGER, APPOINTMENT, 0x8201, struct.pack("<i", 2)),
    named(TIME, MEETING, 0x01, ticks(datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC))),
    plain(WIDE, 0x1000, variable("Größe passt\0".encode("utf-16-le"))),
)


def mail(octets: bytes, kind: str = "application/ms-tnef; name=winmail.dat") -> Reading:
    encoded = b64encode(octets).decode()
    return read(multipart("mixed", part("text/plain", "x"), part(kind, encoded, "Content-Transfer-Encoding: base64")))


@pytest.mark.parametrize(
    ("message_class", "kind", "method"),
    [
        ("IPM.Schedule.Meeting.Resp.Pos", MailKind.ACCEPTED, "REPLY"),
        ("IPM.Schedule.Meeting.Resp.Neg", MailKind.DECLINED, "REPLY"),
        ("IPM.Schedule.Meeting.Resp.Tent", MailKind.TENTATIVE, "REPLY"),
        ("IPM.Microsoft Schedule.MtgRespP", MailKind.ACCEPTED, "REPLY"),
        ("IPM.Microsoft Schedule.MtgRespN", MailKind.DECLINED, "REPLY"),
        ("IPM.Microsoft Schedule.MtgRespA", MailKind.TENTATIVE, "REPLY"),
        ("IPM.Microsoft Schedule.MtgReq", MailKind.REQUEST, "REQUEST"),
        ("IPM.Schedule.Meeting.Canceled", MailKind.CANCEL, "CANCEL"),
    ],
)
def test_the_message_class_is_the_verdict(message_class: str, kind: MailKind, method: str) -> None:
    reading = mail(tnef(message_class, *PROPERTIES))
    assert (reading.kind, reading.method) == (kind, method)
    [reply] = reading.replies
    assert (reply.uid, reply.sequence, reply.description) == (UID, 2, "Größe passt")
    assert reply.dtstamp == datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)
    assert reply.attendee == Attendee(address=None, partstat=kind.name if method == "REPLY" else None)
    assert reading.senders == frozenset({ROOM})


@pytest.mark.parametrize("kind", ["application/vnd.ms-tnef", 'application/octet-stream; name="WINMAIL.DAT"'])
def test_it_is_found_by_type_or_name(kind: str) -> None:
    assert mail(tnef("IPM.Schedule.Meeting.Resp.Pos", *PROPERTIES), kind).kind is MailKind.ACCEPTED


def test_a_file_of_its_own_is_read_too() -> None:
    reading = read(tnef("IPM.Schedule.Meeting.Resp.Neg", *PROPERTIES))
    assert (reading.kind, reading.replies[0].uid) == (MailKind.DECLINED, UID)


def test_the_class_may_stand_among_the_properties() -> None:
    name = plain(STRING, 0x001A, variable(b"IPM.Schedule.Meeting.Resp.Tent\0"))
    assert mail(tnef("", name, *PROPERTIES)).kind is MailKind.TENTATIVE


def test_who_answers_may_be_named() -> None:
    who = plain(WIDE, 0x5D02, variable(f"{ROOM.title()}\0".encode("utf-16-le")))
    [reply] = mail(tnef("IPM.Schedule.Meeting.Resp.Pos", who, *PROPERTIES)).replies
    assert reply.attendee == Attendee(address=ROOM, partstat="ACCEPTED")


def test_a_counter_proposal_is_marked_in_the_answer() -> None:
    counter = (
        named(BOOLEAN, APPOINTMENT, 0x8257, struct.pack("<I", 1)),
        named(TIME, APPOINTMENT, 0x8250, ticks(datetime(2026, 7, 6, 8, 15, tzinfo=UTC))),
    )
    reading = mail(tnef("IPM.Schedule.Meeting.Resp.Tent", *counter, *PROPERTIES))
    assert (reading.kind, reading.method) == (MailKind.COUNTER, "COUNTER")
    assert reading.replies[0].proposed_start == datetime(2026, 7, 6, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("identifier", "uid"),
    [
        (UID.encode(), UID),
        (UID.encode() + b"\0", UID),
        (bytes.fromhex("040000008200E00074C5B7101A82E00812345678"), "040000008200E00074C5B7101A82E00812345678"),
        (b"", None),
    ],
)
def test_an_identifier_is_a_wrapped_uid_or_a_uid_or_hexadecimal(identifier: bytes, uid: str | None) -> None:
    found = read_tnef(
        tnef("IPM.Schedule.Meeting.Resp.Pos", named(BINARY, MEETING, 0x23, variable(identifier)), *PROPERTIES[2:])
    )
    assert found
    assert found.reply.uid == uid


def test_a_winmail_dat_without_a_meeting_is_nothing() -> None:
    assert mail(tnef("IPM.Microsoft Mail.Note", *PROPERTIES)).kind is MailKind.OTHER
    assert mail(b"no tnef at all").kind is MailKind.OTHER


def test_a_calendar_beside_it_counts_more() -> None:
    encoded = b64encode(tnef("IPM.Schedule.Meeting.Resp.Neg", *PROPERTIES)).decode()
    file = part("application/ms-tnef", encoded, "Content-Transfer-Encoding: base64")
    assert read(multipart("mixed", file, part("text/calendar", ACCEPTED))).kind is MailKind.ACCEPTED


@pytest.mark.parametrize(
    "properties",
    [
        struct.pack("<I", 0xFFFFFFFF),
        struct.pack("<IHHI", 1, 0x1003, 0x1234, 0xFFFFFFFF),
        struct.pack("<IHHI", 1, 0x1000, 0x1234, 0xFFFFFFFF),
        struct.pack("<IHHII", 1, STRING, 0x1234, 0xFFFFFFFF, 0xFFFFFFFF),
        struct.pack("<IHH", 1, BINARY, 0x8000) + MEETING + struct.pack("<II", 1, 0xFFFFFFFF),
        struct.pack("<IHH", 1, TIME, 0x8000) + MEETING + struct.pack("<IIQ", 0, 1, 0xFFFFFFFFFFFFFFFF),
        struct.pack("<IHH", 1, 0x7777, 0x1234),
        b"",
    ],
)
def test_counts_and_lengths_that_lie_cost_nothing(properties: bytes) -> None:
    octets = SIGNATURE + b"\0\0" + attribute(1, 0x8008, b"IPM.Schedule.Meeting.Resp.Pos\0")
    octets += attribute(1, 0x9003, properties)
    before = time.process_time()
    found = read_tnef(octets)
    assert time.process_time() - before < 0.5
    assert found
    assert found.reply.uid is None


def test_a_stream_cut_anywhere_is_read_as_far_as_it_goes() -> None:
    whole = tnef("IPM.Schedule.Meeting.Resp.Pos", *PROPERTIES)
    for length in range(len(whole)):
        reading = mail(whole[:length])
        assert reading.error is None
        assert reading.kind in (MailKind.ACCEPTED, MailKind.OTHER)
