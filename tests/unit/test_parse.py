"""What comes back: answers in the shapes of many systems, and mails that nobody should have to read."""

import random
import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from raumpost.itip.parse import Attendee, Reading, Reply, read

ROOM = "hoersaal-1@rooms.example"
UID = "event-7-mailbox-3.6f1d2c7e@raumpost"
STAMP = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)


def crlf(text: str) -> bytes:
    return text.strip("\n").replace("\n", "\r\n").encode() + b"\r\n"


def calendar(*properties: str, method: str = "REPLY", before: str = "") -> str:
    """Make a calendar object; `before` stands between the METHOD and the event."""
    event = "\n".join(properties)
    return (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Room//EN\nMETHOD:{method}\n{before}"
        f"BEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
    )


PROPERTIES = (
    f"UID:{UID}",
    "SEQUENCE:2",
    "DTSTAMP:20260504T123015Z",
    f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM}",
)
ACCEPTED = calendar(*PROPERTIES)
HEAD = f"""\
From: "Hörsaal 1" <{ROOM}>
To: tech@booking.example
Subject: Accepted: Vorlesung
Date: Mon, 04 May 2026 14:30:20 +0200
Message-ID: <answer-1@rooms.example>
MIME-Version: 1.0
"""
EXPECTED = Reply(
    uid=UID,
    sequence=2,
    dtstamp=STAMP,
    attendees=(Attendee(address=ROOM, partstat="ACCEPTED", comment=None),),
    comment=None,
)


def single(text: str, kind: str = "text/calendar; charset=UTF-8; method=REPLY", encoding: str = "8bit") -> bytes:
    """Make a mail of one part."""
    return crlf(f"{HEAD}Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n{text}")


def multipart(kind: str, *parts: str) -> bytes:
    """Make a mail of several parts, each with its own headers."""
    body = "".join(f"--limit\n{part}\n" for part in parts)
    return crlf(f'{HEAD}Content-Type: multipart/{kind}; boundary="limit"\n\nThis is MIME.\n{body}--limit--\n')


def part(kind: str, text: str, *headers: str) -> str:
    return "\n".join([f"Content-Type: {kind}", *headers, "", text])


def only(raw: bytes) -> Reply:
    [reply] = read(raw).replies
    return reply


def answer(*properties: str) -> Reply:
    return only(single(calendar(*properties)))


def without(name: str) -> Reply:
    """Read an answer that lacks a property."""
    return answer(*(one for one in PROPERTIES if not one.startswith(name)))


# ── shapes of an answer ───────────────────────────────────────────────────────────────────────────────────

TEXT = part("text/plain; charset=utf-8", "Der Raum ist gebucht.")
ENCODED = b64encode(ACCEPTED.encode()).decode()
SHAPES = {
    "one part": single(ACCEPTED),
    "one part in base64": single(ENCODED, encoding="base64"),
    "one part with quoted-printable": single(ACCEPTED.replace("=", "=3D"), encoding="quoted-printable"),
    "alternatives": multipart("alternative", TEXT, part("text/calendar; method=REPLY", ACCEPTED)),
    "alternatives, the calendar first": multipart("alternative", part("text/calendar; method=REPLY", ACCEPTED), TEXT),
    "attached as application/ics": multipart(
        "mixed", TEXT, part("application/ics; name=invite.ics", ENCODED, "Content-Transfer-Encoding: base64")
    ),
    "attached as a file without type": multipart(
        "mixed",
        TEXT,
        part(
            "application/octet-stream",
            ENCODED,
            "Content-Transfer-Encoding: base64",
            'Content-Disposition: attachment; filename="Response.ICS"',
        ),
    ),
    "attached with a name in the type": multipart("mixed", TEXT, part('text/plain; name="reply.ics"', ACCEPTED)),
    "attached with an encoded name": multipart(
        "mixed",
        TEXT,
        part("application/octet-stream", ACCEPTED, "Content-Disposition: attachment; filename*=utf-8''R%C3%BCck.ics"),
    ),
    "as vCalendar": multipart("mixed", TEXT, part("text/x-vcalendar", ACCEPTED)),
    "alternatives inside mixed, with a copy attached": multipart(
        "mixed",
        part('multipart/alternative; boundary="inner"', f"--inner\n{TEXT}\n--inner\n")
        + part("text/calendar; charset=utf-8; method=REPLY", ACCEPTED)
        + "\n--inner--\n",
        part("application/ics", ENCODED, "Content-Transfer-Encoding: base64"),
    ),
    "a blank at the end of the type": single(ACCEPTED, "text/calendar; charset=UTF-8; method=REPLY "),
    "type in capitals": single(ACCEPTED, "TEXT/CALENDAR; METHOD=REPLY"),
    "no method in the type": single(ACCEPTED, "text/calendar"),
    "another method in the type": single(ACCEPTED, "text/calendar; method=REQUEST"),
    "method in small letters": single(ACCEPTED.replace("METHOD:REPLY", "method:reply")),
    "a byte order mark": single("\ufeff" + ACCEPTED),
    "bare line feeds": single(ACCEPTED).replace(b"\r\n", b"\n"),
    "bare carriage returns": single(b64encode(ACCEPTED.replace("\n", "\r").encode()).decode(), encoding="base64"),
    "blank lines between": single(ACCEPTED.replace("\nUID", "\n\n \nUID")),
    "not closed": single(ACCEPTED.removesuffix("END:VCALENDAR\n")),
    "an unknown charset": single(ACCEPTED, "text/calendar; charset=x-room-9; method=REPLY"),
    "a charset with a NUL": single(ACCEPTED + "ü", "text/calendar; charset=utf\0-8; method=REPLY"),
    "an unknown encoding": single(ACCEPTED, encoding="x-none"),
    "a time zone before the event": single(
        calendar(*PROPERTIES, before="BEGIN:VTIMEZONE\nTZID:Pacific\nUID:zone\nSEQUENCE:9\nEND:VTIMEZONE\n")
    ),
    "automatic, as some systems mark genuine answers": b"Auto-Submitted: auto-generated\r\n" + single(ACCEPTED),
}


@pytest.mark.parametrize("raw", SHAPES.values(), ids=SHAPES)
def test_an_answer_is_found_in_every_shape(raw: bytes) -> None:
    """R1."""
    assert only(raw) == EXPECTED


def test_the_mail_around_an_answer_is_read_too() -> None:
    assert read(single(ACCEPTED)) == Reading(
        message_id="<answer-1@rooms.example>",
        senders=frozenset({ROOM}),
        date=datetime(2026, 5, 4, 12, 30, 20, tzinfo=UTC),
        subject="Accepted: Vorlesung",
        replies=(EXPECTED,),
    )


def test_announced_calendar_text_counts_more_than_an_attached_file() -> None:
    """R1."""
    declined = ACCEPTED.replace("ACCEPTED", "DECLINED")
    attached = part("application/ics; name=invite.ics", declined)
    inline = part("text/calendar; method=REPLY", ACCEPTED)
    for parts in ((attached, inline), (inline, attached)):
        assert only(multipart("mixed", *parts)) == EXPECTED


def test_a_request_beside_the_answer_is_passed_over() -> None:
    request = part("text/calendar; method=REPLY", ACCEPTED.replace("METHOD:REPLY", "METHOD:REQUEST"))
    assert only(multipart("mixed", request, part("text/calendar", ACCEPTED))) == EXPECTED


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "COUNTER", "PUBLISH", "REFRESH", ""])
def test_only_a_reply_is_an_answer_whatever_the_type_announces(method: str) -> None:
    assert read(single(ACCEPTED.replace("METHOD:REPLY", f"METHOD:{method}"))).replies == ()


def test_a_calendar_without_method_is_no_answer() -> None:
    assert read(single(ACCEPTED.replace("METHOD:REPLY\n", ""))).replies == ()
    assert (
        read(single(ACCEPTED.replace("END:VEVENT", "METHOD:REPLY\nEND:VEVENT").replace("N\nMETHOD:REPLY", "N"))).replies
        == ()
    )


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            multipart(
                "mixed", TEXT, part("message/rfc822", f"From: {ROOM}\nContent-Type: text/calendar\n\n{ACCEPTED}")
            ),
            id="in a forwarded mail",
        ),
        pytest.param(
            multipart(
                "report; report-type=delivery-status",
                TEXT,
                part("message/delivery-status", "Action: failed\n"),
                part("text/calendar; method=REPLY", ACCEPTED),
            ),
            id="in a report",
        ),
        pytest.param(
            multipart("report", TEXT, part("message/rfc822", f"Content-Type: text/calendar\n\n{ACCEPTED}")),
            id="in the mail that a report returns",
        ),
        pytest.param(
            multipart("mixed", part("message/rfc822; name=reply.ics", f"Content-Type: text/calendar\n\n{ACCEPTED}")),
            id="in a forwarded mail named like a calendar",
        ),
        pytest.param(single(ACCEPTED, "text/plain; charset=utf-8"), id="in plain text"),
        pytest.param(single(ACCEPTED, "text/html"), id="in HTML"),
    ],
)
def test_what_the_sender_does_not_say_himself_is_no_answer(raw: bytes) -> None:
    """R1."""
    assert read(raw).replies == ()


# ── properties ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "value",
    [f"mailto:{ROOM}", f"MAILTO:{ROOM}", f"Mailto: {ROOM} ", ROOM, ROOM.upper(), f"mailto:{ROOM.title()}"],
)
def test_the_address_of_the_room_is_found_however_it_is_written(value: str) -> None:
    """R3: MAILTO: in capitals or missing, the room's address in any spelling."""
    assert answer(f"ATTENDEE;PARTSTAT=ACCEPTED:{value}").attendees == EXPECTED.attendees


@pytest.mark.parametrize("value", ["invalid:nomail", "", "/o=Org/cn=Room"])
def test_an_attendee_without_mail_address_has_none(value: str) -> None:
    assert answer(f"ATTENDEE;PARTSTAT=ACCEPTED:{value}").attendees == (
        Attendee(address=None, partstat="ACCEPTED", comment=None),
    )


def test_other_parameters_do_not_matter() -> None:
    line = (
        'ATTENDEE;X-A=1;CUTYPE=ROOM;CN="Hörsaal 1: links; Tür, 2";SENT-BY="mailto:janitor@rooms.example";'
        f"partstat=accepted;RSVP=FALSE:mailto:{ROOM}"
    )
    assert answer(line).attendees == EXPECTED.attendees


def test_several_attendees_keep_their_own_answers() -> None:
    found = answer("ATTENDEE;PARTSTAT=DECLINED:mailto:a@b.example", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM}")
    assert [(one.address, one.partstat) for one in found.attendees] == [
        ("a@b.example", "DECLINED"),
        (ROOM, "ACCEPTED"),
    ]


def test_an_alarm_in_the_event_is_not_the_event() -> None:
    alarm = ["BEGIN:VALARM", "UID:alarm", "SEQUENCE:9", "ATTENDEE;PARTSTAT=DECLINED:mailto:x@y.example", "END:VALARM"]
    assert answer(*alarm, *PROPERTIES) == EXPECTED
    assert answer(*PROPERTIES[:2], *alarm, *PROPERTIES[2:]) == EXPECTED
    assert answer(*PROPERTIES, *alarm[:-1]) == EXPECTED


@pytest.mark.parametrize("fold", [b"\r\n ", b"\r\n\t", b"\n ", b"\n\t"])
def test_lines_may_be_folded_anywhere_even_inside_a_character(fold: bytes) -> None:
    comment = "Für diesen Zeitraum gesperrt 🎉"
    octets = calendar(*PROPERTIES, f"COMMENT:{comment}").replace("\n", "\r\n").encode()
    for width in range(1, 12):
        folded = b"\r\n".join(
            fold.join(line[at : at + width] for at in range(0, len(line), width)) for line in octets.split(b"\r\n")
        )
        mail = single(b64encode(folded).decode(), encoding="base64")
        assert only(mail).attendees == EXPECTED.attendees
        assert only(mail).comment == comment


def test_an_answer_may_lack_everything_but_then_says_less() -> None:
    assert without("SEQUENCE").sequence is None
    assert without("DTSTAMP").dtstamp is None
    assert without("ATTENDEE").attendees == ()
    assert without("UID").uid is None
    assert without("UID").attendees == EXPECTED.attendees
    assert answer() == Reply(uid=None, sequence=None, dtstamp=None, attendees=(), comment=None)
    assert only(single("METHOD:REPLY\nBEGIN:VEVENT\nEND:VEVENT\n")) == answer()


@pytest.mark.parametrize("value", ["", "-1", "1.0", "two", "٣", "1" * 10, "1" * 5000])
def test_a_sequence_that_makes_no_sense_is_none(value: str) -> None:
    assert answer(f"SEQUENCE:{value}").sequence is None


@pytest.mark.parametrize("value", ["", "20260504", "20260504T123015", "20260504T126015Z", "00000101T000000Z", "now"])
def test_a_stamp_that_makes_no_sense_is_none(value: str) -> None:
    assert answer(f"DTSTAMP:{value}").dtstamp is None


def test_a_doubled_property_counts_once() -> None:
    assert answer(
        f"UID:{UID}", "UID:other", "SEQUENCE:2", "SEQUENCE:3", "STATUS:CONFIRMED", "STATUS:CANCELLED"
    ) == Reply(uid=UID, sequence=2, dtstamp=None, attendees=(), comment=None)


def test_each_event_is_read_also_those_of_a_second_calendar() -> None:
    replies = read(single(ACCEPTED + ACCEPTED.replace("event-7", "event-8"))).replies
    assert [one.uid for one in replies] == [UID, UID.replace("event-7", "event-8")]


@pytest.mark.parametrize(
    "zone",
    [
        "Pacific",
        "America",
        "Etc",
        "W. Europe Standard Time",
        "x" * 5000,
        "a\\0b",
        "../../etc/passwd",
        "/etc",
        "Europe/Berlin",
    ],
)
def test_the_time_zone_of_an_answer_does_not_matter(zone: str) -> None:
    times = [f"DTSTART;TZID={zone}:20260706T101500", f'DTEND;TZID="{zone}":20260706T114500']
    assert answer(*PROPERTIES, *times) == EXPECTED


def test_lines_that_are_no_content_lines_are_passed_over() -> None:
    rubbish = ["no colon", ":", ";:", "ATTENDEE;RSVP:mailto:x@y.example", 'X;A="open:1', "=", "\u2028", "X;=:1"]
    assert answer(*rubbish, *PROPERTIES, *rubbish) == EXPECTED


# ── the reason ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("COMMENT:Belegt", "Belegt"),
        ("COMMENT;LANGUAGE=de:Belegt\\, bis 12 Uhr\\; siehe\\nAushang", "Belegt, bis 12 Uhr; siehe Aushang"),
        ('COMMENT;ALTREP="CID:<1>":Für Größeres: 2.OG', "Für Größeres: 2.OG"),
        ("COMMENT: \\n ", None),
        ("COMMENT:", None),
        ("COMMENT:a\0b\x1b[31m\x85c", "a b [31m c"),
    ],
)
def test_the_reason_stands_in_the_comment_and_becomes_one_line(line: str, expected: str | None) -> None:
    """R7."""
    encoded = b64encode(calendar(*PROPERTIES, line).encode()).decode()
    assert only(single(encoded, encoding="base64")).comment == expected


def test_the_reason_may_stand_at_the_attendee() -> None:
    """R7."""
    line = f'ATTENDEE;PARTSTAT=DECLINED;X-RESPONSE-COMMENT="Leider belegt: bis 12 Uhr":mailto:{ROOM}'
    assert answer(line).attendees == (Attendee(address=ROOM, partstat="DECLINED", comment="Leider belegt: bis 12 Uhr"),)


def test_text_in_an_older_charset_is_read_nevertheless() -> None:
    octets = calendar(*PROPERTIES, "COMMENT:Größe – „gut“").encode("cp1252")
    raw = single(b64encode(octets).decode(), "text/calendar; charset=iso-8859-1; method=REPLY", "base64")
    assert only(raw).comment == "Größe – „gut“"


# ── the mail around it ────────────────────────────────────────────────────────────────────────────────────


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
    assert reading.message_id == "<a b\ufffd@rooms.example>"
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
        pytest.param(b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n", id="a calendar without mail"),
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


# ── damaged mails ─────────────────────────────────────────────────────────────────────────────────────────


def storable(reading: Reading) -> bool:
    """Tell whether the database can hold every text: no NUL, no lone surrogates, no line ends."""
    texts = [reading.message_id, reading.subject, *reading.senders]
    for reply in reading.replies:
        texts += [reply.uid, reply.comment]
        for attendee in reply.attendees:
            texts += [attendee.address, attendee.partstat, attendee.comment]
    for text in texts:
        if text is not None:
            text.encode()
            if set(text) & set("\0\r\n"):
                return False
    return True


SEEDS = [
    SHAPES["alternatives inside mixed, with a copy attached"],
    SHAPES["one part in base64"],
    multipart(
        "alternative",
        part("text/plain; charset=utf-8", "Leider =C3=BC belegt", "Content-Transfer-Encoding: quoted-printable"),
        part(
            "text/calendar; charset=utf-8; method=REPLY",
            calendar(
                *PROPERTIES[:3],
                f'ATTENDEE;CN="Hörsaal, 1";PARTSTAT=DECLINED;X-RESPONSE-COMMENT="voll":mailto:{ROOM}',
                "DTSTART;TZID=W. Europe Standard Time:20260706T101500",
                "COMMENT:Bereits belegt\\, siehe\\nPlan 🎉",
                "BEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM",
            ),
        ),
    ),
    b"Subject: =?utf-8?b?w5xidW5n?= =?iso-8859-1?q?=DCbung?=\r\n" + SHAPES["attached as a file without type"],
]


def damage(raw: bytes, seed: int) -> bytes:
    """Flip, delete, insert, double and swap octets and lines at random."""
    chance = random.Random(seed)
    octets = bytearray(raw)
    for _ in range(chance.choice([1, 2, 3, 5, 10, 40])):
        at, length = chance.randrange(len(octets)), chance.choice([1, 1, 1, 2, 8, 60])
        match chance.randrange(6):
            case 0:
                octets[at] ^= 1 << chance.randrange(8)
            case 1:
                del octets[at : at + length]
            case 2:
                octets[at:at] = chance.randbytes(length)
            case 3:
                octets[at:at] = octets[at : at + length]
            case 4:
                octets[at] = chance.choice(b"\0\r\n\t :;=\"',\\-?<>@\xff\x80")
            case 5:
                lines = bytes(octets).split(b"\r\n")
                one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
                lines[one], lines[other] = lines[other], lines[one]
                octets = bytearray(b"\r\n".join(lines))
        octets = octets or bytearray(b"x")
    return bytes(octets)


@settings(derandomize=True, max_examples=1000, deadline=None)
@given(raw=st.sampled_from(SEEDS), seed=st.integers(0, 2**32))
@example(raw=b"Date: 1 Jan 0001 00:00:00 +2300\r\n\r\n", seed=0)
def test_a_damaged_mail_is_read_as_far_as_it_goes(raw: bytes, seed: int) -> None:
    """Stronger than what callers need, who expect any exception: none has been seen."""
    assert storable(read(damage(raw, seed)))


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
    reading = read(single(encoded, encoding="base64"))
    assert storable(reading)
    assert only(single(encoded, encoding="base64")).uid == UID


def test_a_mail_nested_too_deep_for_the_parser_raises_an_ordinary_exception() -> None:
    depth = sys.getrecursionlimit()
    levels = "".join(f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n" for level in range(depth))
    with pytest.raises(RecursionError):
        read(crlf(levels + "Content-Type: text/calendar\n\n" + ACCEPTED))


def test_the_date_of_an_answer_survives_every_offset() -> None:
    for hours in range(-23, 24):
        moment = STAMP.astimezone(timezone(timedelta(hours=hours)))
        assert headed(f"Date: {format_datetime(moment)}").date == STAMP
