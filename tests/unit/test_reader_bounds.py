"""No mail makes the reader raise, and none keeps it busy: damaged mails by the thousand, and hostile ones by design."""

import random
import time
import tracemalloc
from base64 import b64encode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from raumpost.itip import mime
from raumpost.itip.describe import describe
from raumpost.itip.parse import read
from raumpost.itip.reading import MailKind
from tests.replies import ACCEPTED, EXPECTED, PROPERTIES, ROOM, UID, calendar, crlf, multipart, only, part, single
from tests.replies import storable as is_storable

CPU_SECONDS = 10
"""Far above what any of these mails takes (the slowest about one), far below what a quadratic reader would."""
MEMORY = 150_000_000

TEXT = part("text/plain; charset=utf-8", "Der Raum ist gebucht.")
ENCODED = b64encode(ACCEPTED.encode()).decode()
REPORT = (
    "Reporting-MTA: dns; mx.example\n\n"
    f"Original-Recipient: rfc822; {ROOM}\nFinal-Recipient: rfc822; x@y.example\nAction: failed\n"
    "Status: 5.1.1 (unknown)\nDiagnostic-Code: smtp; 550 5.1.1 unknown\n"
)
TNEF = (
    "eJ8+IgAAAQaQCAAEAAAAAAABAAEAAQiABwAeAAAASVBNLlNjaGVkdWxlLk1lZXRpbmcuUmVzcC5Qb3MApQkBA5AGABQAAAABAAAAHgBwAAEAAAAC"
    "AAAAeAAAALkB"
)
SEEDS = [
    multipart(
        "mixed",
        part('multipart/alternative; boundary="inner"', f"--inner\n{TEXT}\n--inner\n")
        + part("text/calendar; charset=utf-8; method=REPLY", ACCEPTED)
        + "\n--inner--\n",
        part("application/ics", ENCODED, "Content-Transfer-Encoding: base64"),
    ),
    single(ENCODED, encoding="base64"),
    multipart(
        "alternative",
        part("text/plain; charset=utf-8", "Leider =C3=BC belegt", "Content-Transfer-Encoding: quoted-printable"),
        part(
            "text/calendar; charset=utf-8; method=REPLY",
            calendar(
                *PROPERTIES[:3],
                f'ATTENDEE;CN="Hörsaal, 1";PARTSTAT=DECLINED;X-RESPONSE-COMMENT="voll":mailto:{ROOM}',
                "DTSTART;TZID=W. Europe Standard Time:20260706T101500",
                "RECURRENCE-ID;VALUE=DATE:20260706",
                "COMMENT:Bereits belegt\\, siehe\\nPlan 🎉",
                "BEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM",
                method="COUNTER",
            ),
        ),
    ),
    b"Subject: =?utf-8?b?w5xidW5n?= =?iso-8859-1?q?=DCbung?=\r\n" + single(ACCEPTED),
    single(calendar(f"UID:040000008200E00074C5B7101A82E008{'0' * 40}{'AB' * 30}", *PROPERTIES[1:])),
    multipart(
        "report; report-type=delivery-status",
        part("text/plain", f"<{ROOM}>: host mx.example said: 550 5.1.1 unknown"),
        part("message/delivery-status", REPORT),
        part("message/rfc822", f"Message-ID: <a@b>\nContent-Type: text/calendar\n\n{ACCEPTED}"),
    ),
    crlf(
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: t@booking.example\nSubject: failure notice\n\n"
        f"<{ROOM}>:\n550 5.1.1 unknown user\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <a@b>\n"
    ),
    multipart("mixed", TEXT, part("application/ms-tnef", TNEF, "Content-Transfer-Encoding: base64")),
    crlf(f"From: {ROOM}\nSubject: Automatic reply: x\nIn-Reply-To: <a@b>\n\nI am out of office.\n"),
    ACCEPTED.encode(),
]
FRAGMENTS = [
    *(
        b'\0|\r|\r\n |"|=?utf-8?q?|charset=punycode|charset="\0"|TZID=/etc|BEGIN:VEVENT\n|END:VCALENDAR\r\n'
        b'|METHOD:COUNTER\n|Content-Type: multipart/mixed; boundary="|Content-Transfer-Encoding: x-uuencode\n'
        b"|Content-Type: message/rfc822\n\n|Content-Type: message/delivery-status\n|%00|mailto:|\xff\xfe"
        b"|Content-Type: text/calendar; charset=utf-7\n|\xf0\x9f\x8e"
    ).split(b"|"),
    b"9" * 30,
    b"TZID=" + b"x" * 300,
]


def damage(raw: bytes, seed: int) -> bytes:
    """Flip, delete, insert, double and swap octets and lines at random."""
    chance = random.Random(seed)
    octets = bytearray(raw)
    for _ in range(chance.choice([1, 2, 3, 5, 10, 40])):
        at, length = chance.randrange(len(octets)), chance.choice([1, 1, 1, 2, 8, 60])
        match chance.randrange(8):
            case 0:
                octets[at] ^= 1 << chance.randrange(8)
            case 1:
                del octets[at : at + length]
            case 2:
                octets[at:at] = chance.randbytes(length)
            case 3:
                octets[at:at] = octets[at : at + length] * chance.choice([1, 1, 30])
            case 4:
                octets[at] = chance.choice(b"\0\r\n\t :;=\"',\\-?<>@\xff\x80")
            case 5:
                lines = bytes(octets).split(b"\n")
                one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
                lines[one], lines[other] = lines[other], lines[one]
                octets = bytearray(b"\n".join(lines))
            case 6:
                octets[at:at] = chance.choice(FRAGMENTS)
            case 7:
                other_mail = chance.choice(SEEDS)
                start = chance.randrange(len(other_mail))
                octets[at:at] = other_mail[start : start + 200]
        octets = octets or bytearray(b"x")
    return bytes(octets)


@settings(derandomize=True, max_examples=6000, deadline=None)
@given(raw=st.sampled_from(SEEDS), seed=st.integers(0, 2**32))
@example(raw=b"Date: 1 Jan 0001 00:00:00 +2300\r\n\r\n", seed=0)
def test_a_damaged_mail_is_read_as_far_as_it_goes(raw: bytes, seed: int) -> None:
    """Stronger than what callers see: no error is caught, none happens."""
    reading = read(damage(raw, seed))
    assert reading.error is None
    assert is_storable(reading)
    assert describe(reading)["outcome"] == reading.kind


@settings(derandomize=True, max_examples=500, deadline=None)
@given(raw=st.binary(max_size=400))
def test_any_octets_are_read(raw: bytes) -> None:
    assert read(raw).error is None


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    text=st.text(
        st.sampled_from('ATENDUIMOHSQCBGVLRPY0159:;="\\,^%\n\r\t \0äé🎉\u2028\x85-@.') | st.characters(codec="utf-8"),
        max_size=120,
    )
)
def test_whatever_stands_in_a_calendar_the_answer_beside_it_counts(text: str) -> None:
    """Where the text neither begins nor ends a component."""
    lines = [line for line in text.replace("\r", "\n").split("\n") if ":" not in line]
    encoded = b64encode(calendar(*PROPERTIES, *(f"X-A:{line}" for line in lines), *lines).encode()).decode()
    raw = single(encoded, encoding="base64")
    assert is_storable(read(raw))
    assert only(raw).uid == UID


# ── bounds ────────────────────────────────────────────────────────────────────────────────────────────────

HEAD = b"From: a@b.example\nTo: c@d.example\nSubject: x\n"
CALENDAR = HEAD + b"Content-Type: text/calendar\n\n"
EVENT = b"BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\n"
BOUNCE = b"From: MAILER-DAEMON@b.example\nSubject: Undelivered\n"
HOSTILE = {
    "a bounce of one line of dashes": BOUNCE + b"\n" + b"-" * 65_000,
    "a bounce of one word": BOUNCE + b"\n" + b"a" * 65_000,
    "a bounce of fields in words": BOUNCE + b"\n" + b"Final-Recipient: x\n\n" * 3000,
    "a bounce of open links": BOUNCE + b"Content-Type: text/html\n\n" + b"<a mailto:" * 6500,
    "a bounce of a number as long as itself": BOUNCE + b"Content-Type: text/html\n\n&#" + b"9" * 65_000,
    "delimiters without a boundary": b"Content-Type: multipart/mixed\n\n" + b"--aaaaaaaaaaa\n" * 300_000,
    "25 MB of base64": HEAD + b"Content-Transfer-Encoding: base64\n\n" + (b"A" * 76 + b"\n") * 340_000,
    "25 MB of attendees": HEAD
    + b"Content-Type: text/calendar\n\n"
    + EVENT
    + b"ATTENDEE:mailto:a@b.example\n" * 850_000,
    "25 MB on one line": HEAD + b"Content-Type: text/calendar\n\n" + EVENT + b"ATTENDEE;CN=" + b";" * 25_000_000,
    "10,000 parts": HEAD
    + b"Content-Type: multipart/mixed; boundary=x\n\n"
    + b"--x\nContent-Type: text/calendar\n\n" * 10_000,
    "200 levels of parts": HEAD
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(200))
    + b"x\n" * 100_000,
    "2,000 mails in mails": HEAD + b"Content-Type: message/rfc822\n\n" * 2000,
    "a 1 MB calendar line": CALENDAR + EVENT + b'ATTENDEE;CN="' + b';"' * 500_000,
    "a 1 MB type": HEAD + b"Content-Type: text/calendar" + b';"a' * 350_000 + b"\n\nx",
    "a 1 MB sender": b"From: " + b'(<"' * 350_000 + b"\n\nx",
    "a 1 MB subject": HEAD + b"Subject: " + b"=?utf-8?q?x?= " * 80_000 + b"\n\nx",
    "5,000,000 empty lines": HEAD + b"\n" * 5_000_000,
    "5,000,000 carriage returns": HEAD + b"\n" + b"\r" * 5_000_000,
    "1,000,000 headers": b"a: b\n" * 1_000_000,
    "a subject of 1,000,000 lines": b"Subject: x\n" + b" x\n" * 1_000_000,
    "a charset that takes quadratic time": HEAD
    + b"Content-Type: text/calendar; charset=punycode\n\n\xe4-"
    + b"a9" * 1_000_000,
    "100,000 failed recipients": HEAD
    + b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n"
    + b"Content-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822;a@b.example\nAction: failed\n\n" * 100_000,
    "600,000 addresses": b"From: mailer-daemon@x.example\nSubject: failure notice\n\n" + b"a@b.c x@" * 600_000,
    "words of failure": b"From: mailer-daemon@x.example\n\n" + b"delivery failed user not mail could -- " * 100_000,
    "unfinished markup": b"From: mailer-daemon@x.example\nContent-Type: text/html\n\n" + b"<" * 2_000_000,
    "uuencode": HEAD
    + b"Content-Type: text/calendar\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n"
    + b"MA\n" * 99_999,
    "a winmail.dat of 400,000 attributes": b"\x78\x9f\x3e\x22\0\0" + b"\x01\x08\x80\x07\0\0\0\0\0\0\0" * 400_000,
    "150,000 events": b"BEGIN:VCALENDAR\nMETHOD:REPLY\n" + b"BEGIN:VEVENT\nUID:x\nEND:VEVENT\n" * 150_000,
    "500,000 components in one another": EVENT + b"BEGIN:X\n" * 500_000 + b"END:Y\n" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_costs_bounded_time_and_memory(name: str) -> None:
    raw = HOSTILE[name]
    before = time.process_time()
    reading = read(raw)
    assert time.process_time() - before < CPU_SECONDS
    assert reading.error is None
    assert len(reading.replies) <= 200
    assert len(reading.failures) <= 50
    tracemalloc.start()
    try:
        read(raw)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def test_an_answer_before_the_limits_is_read() -> None:
    long_text = part("text/plain", "line\n" * (mime.MAX_LINES - 100))
    assert read(multipart("mixed", long_text, part("text/calendar", ACCEPTED))).replies == (EXPECTED,)
    assert read(multipart("mixed", part("text/calendar", ACCEPTED), long_text * 10)).replies == (EXPECTED,)


def test_an_error_of_the_reader_itself_is_kept_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_raw: bytes) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr(mime, "parse_mail", broken)
    reading = read(b"From: a@b.example\n\n")
    assert (reading.kind, reading.reason) == (MailKind.UNREADABLE, "reading it met KeyError")
    assert "KeyError: 'a defect'" in (reading.error or "")
