"""The mail around an answer: headers, parts and encodings, however damaged."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from raumpost.itip.parse import read
from raumpost.itip.reading import Reading
from tests.replies import (
    ACCEPTED,
    EXPECTED,
    HEAD,
    PROPERTIES,
    ROOM,
    STAMP,
    calendar,
    crlf,
    multipart,
    part,
    single,
    storable,
)

TEXT = part("text/plain; charset=utf-8", "Der Raum ist gebucht.")


def headed(*lines: str) -> Reading:
    """Read an answer with other headers."""
    return read(crlf("\n".join(lines) + f"\nContent-Type: text/calendar\n\n{ACCEPTED}"))


@pytest.mark.parametrize(
    ("lines", "senders"),
    [
        ([f"From: {ROOM}"], {ROOM}),
        ([f'From: "Saal, links" <{ROOM.upper()}>'], {ROOM}),
        ([f"From: =?utf-8?q?H=C3=B6rsaal?=\n <{ROOM}>"], {ROOM}),
        (["From: other@rooms.example", f"Sender: {ROOM}"], {ROOM, "other@rooms.example"}),
        ([f"From: a@b.example, {ROOM}"], {ROOM, "a@b.example"}),
        ([f"From: A <a@b.example>, {ROOM}"], {ROOM, "a@b.example"}),
        ([f'From: "evil@x.example <evil@x.example>" <{ROOM}>'], {ROOM}),
        ([f"From: {ROOM} (Saal <evil@x.example>)"], {ROOM}),
        ([f"From: evil@x.example <{ROOM}>"], {ROOM}),
        ([f"From: =?UTF-8?Q?Gro=C3=9Fer_Saal;_Geb=C3=A4?= =?UTF-8?Q?ude_3,_2._OG?= <{ROOM}>"], {ROOM}),
        ([f"From: =?UTF-8?Q?Saal;@mx.example, _Geb=C3=A4?=@mx.example, ude_3 <{ROOM}>"], {ROOM}),
        ([f"From: Saal, links <{ROOM}>"], {ROOM}),
        ([f"From: rooms: {ROOM};"], {ROOM}),
        (["From: o'neill&{co}@rooms.example"], {"o'neill&{co}@rooms.example"}),
        (["From: "], set()),
        ([], set()),
    ],
)
def test_the_senders_are_those_of_from_and_sender(lines: list[str], senders: set[str]) -> None:
    """R3."""
    assert headed(*lines, "X: y").senders == senders


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Date: Mon, 04 May 2026 14:30:15 +0200", STAMP),
        ("Date: 4 May 2026 12:30:15 GMT", STAMP),
        ("Date: Mon, 04 May 2026 12:30:15 -0000", STAMP),
        ("Date: Mon, 04 May 2026 07:30:15 EST (clock on the wall)", STAMP),
        ("Date: yesterday", None),
        ("Date: Mon, 32 May 2026 12:30:15 +0000", None),
        ("Date: 1 Jan 2026 00:00:00 +99999999999999999999", None),
        ("Date: 1 Jan 9999 23:00:00 -2300", None),
        ("Date: 1 Jan 99999999999999999999 00:00:00 +0000", None),
        ("Date:", None),
        ("X: y", None),
    ],
)
def test_the_date_is_in_utc_or_not_known(line: str, expected: datetime | None) -> None:
    reading = headed(line)
    if expected and reading.date:
        assert reading.date.tzinfo is UTC
    if "9999 23" in line:  # the last hour of all years
        assert reading.date is None or reading.date.year == 9999
    else:
        assert reading.date == expected
    assert reading.replies == (EXPECTED,)


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        ("Subject: =?utf-8?q?Zugesagt=3A_=C3=9Cbung?=", "Zugesagt: Übung"),
        ("Subject: =?iso-8859-1?b?3GJ1bmc=?= =?utf-8?q?_=E2=98=95?=", "Übung ☕"),
        ("Subject: a\n  folded one", "a folded one"),
        ("Subject: =?utf-8?b?w?=", "=?utf-8?b?w?="),
        ("Subject: =?x-nowhere?q?abc?=", "=?x-nowhere?q?abc?="),
        ("Subject: =?zlib?q?abc?=", "=?zlib?q?abc?="),
        ("Subject: =?utf-7?q?a+2AA-b?=", "a?b"),
        ("Subject: =?utf-8?q?a=00b=0D=0ABcc=3A_c?=", "a b Bcc: c"),
        ("Subject: a\0b", "a b"),
        ("X: y", ""),
    ],
)
def test_a_subject_is_one_line_that_can_be_stored_however_damaged(line: str, subject: str) -> None:
    reading = headed(line)
    assert reading.subject == subject
    assert reading.replies == (EXPECTED,)


def test_headers_may_hold_anything_and_nothing_breaks() -> None:
    raw = (
        b"Message-ID: <a\0b\xff@rooms.example>\r\nFrom: =?utf-8?q?a=00?= <room\0\xfc@rooms.example>\r\n"
        b"Subject: \xff\0\xfe\r\nDate: \0\xff\r\nContent-Type: text/calendar; \xff=\0; charset=\0\r\n\r\n"
        + ACCEPTED.encode()
    )
    reading = read(raw)
    assert storable(reading)
    assert reading.message_id == "<a bÿ@rooms.example>"
    assert reading.replies == (EXPECTED,)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n\r\n", id="empty lines"),
        pytest.param(b"\0" * 1000, id="zeros"),
        pytest.param(b"hello", id="a word"),
        pytest.param(
            crlf(f"{HEAD}Content-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n!!!?"), id="no base64"
        ),
        pytest.param(crlf(f"{HEAD}Content-Type: multipart/mixed\n\n--x\n\n{ACCEPTED}"), id="no boundary"),
        pytest.param(crlf(f"{HEAD}Content-Type: multipart/alternative; boundary=x\n\n"), id="no part"),
        pytest.param(crlf(f"{HEAD}Content-Type: text/calendar\n\n"), id="an empty calendar"),
        pytest.param(crlf(f"{HEAD}Content-Type: application/ms-tnef; name=winmail.dat\n\nx"), id="winmail.dat"),
        pytest.param(b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n", id="a calendar without an event"),
    ],
)
def test_a_mail_without_an_answer_has_none(raw: bytes) -> None:
    assert read(raw).replies == ()


def test_base64_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    whole = b64encode(calendar(*PROPERTIES, "COMMENT:" + "x" * 100).encode()).decode()
    assert read(single(whole[:-1], encoding="base64")).replies
    assert read(single(whole[:20] + "!ä*\0" + whole[20:], encoding="base64")).replies
    assert read(single(whole[:40], encoding="base64")).replies == ()


def test_parts_are_looked_for_so_deep_and_no_deeper() -> None:
    def nested(depth: int) -> bytes:
        inner = part("text/calendar; method=REPLY", ACCEPTED)
        for level in range(depth):
            inner = part(f"multipart/mixed; boundary=b{level}", f"--b{level}\n{inner}\n--b{level}--\n")
        return crlf(inner)

    assert read(nested(20)).replies == (EXPECTED,)
    assert read(nested(21)).replies == ()


def test_a_mail_of_many_parts_is_looked_through_to_a_limit() -> None:
    assert read(multipart("mixed", *[TEXT] * 199, part("text/calendar", ACCEPTED))).replies == (EXPECTED,)
    assert read(multipart("mixed", *[TEXT] * 200, part("text/calendar", ACCEPTED))).replies == ()


def test_the_date_of_an_answer_survives_every_offset() -> None:
    for hours in range(-23, 24):
        moment = STAMP.astimezone(timezone(timedelta(hours=hours)))
        assert headed(f"Date: {format_datetime(moment)}").date == STAMP
