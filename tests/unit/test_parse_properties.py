"""Properties of answers, and their reasons."""

from base64 import b64encode

import pytest

from raumpost.itip.parse import read
from raumpost.itip.reading import Attendee, MailKind, Reply
from tests.replies import (
    ACCEPTED,
    EXPECTED,
    PROPERTIES,
    ROOM,
    UID,
    calendar,
    only,
    single,
)
from tests.unit.answer_reading import answer


def without(name: str) -> Reply:
    """Read an answer that lacks a property."""
    return answer(*(one for one in PROPERTIES if not one.startswith(name)))


# ── properties ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "value",
    [f"mailto:{ROOM}", f"MAILTO:{ROOM}", f"Mailto: {ROOM} ", ROOM, ROOM.upper(), f"mailto:{ROOM.title()}"],
)
def test_the_address_of_the_room_is_found_however_it_is_written(value: str) -> None:
    """R3: MAILTO: in capitals or missing, the room's address in any spelling."""
    assert answer(f"ATTENDEE;PARTSTAT=ACCEPTED:{value}").attendees == EXPECTED.attendees


@pytest.mark.parametrize("value", ["invalid:nomail", "", "/o=Org/cn=Room"])
def test_an_attendee_without_mail_address_has_none(value: str) -> None:
    assert answer(f"ATTENDEE;PARTSTAT=ACCEPTED:{value}").attendees == (Attendee(address=None, partstat="ACCEPTED"),)


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
    assert (answer().kind, answer().uid, answer().attendees) == (MailKind.NEEDS_ACTION, None, ())
    assert only(single("METHOD:REPLY\nBEGIN:VEVENT\nEND:VEVENT\n")) == answer()
    assert only(single("BEGIN:VEVENT\n" + "\n".join(PROPERTIES) + "\nEND:VEVENT\n")) == EXPECTED


@pytest.mark.parametrize("value", ["", "-1", "1.0", "two", "٣", "1" * 19, "1" * 5000])
def test_a_sequence_that_makes_no_sense_is_none(value: str) -> None:
    assert answer(f"SEQUENCE:{value}").sequence is None


def test_a_sequence_that_counts_seconds_is_not_taken_for_none() -> None:
    assert answer("SEQUENCE:1407317367304").sequence == 1407317367304


@pytest.mark.parametrize("value", ["", "20260504T126015Z", "00000101T000000Z", "now"])
def test_a_stamp_that_makes_no_sense_is_none(value: str) -> None:
    assert answer(f"DTSTAMP:{value}").dtstamp is None


@pytest.mark.parametrize(
    "line",
    ["DTSTAMP:20260504T123015", "DTSTAMP;TZID=Europe/Berlin:20260504T143015", "DTSTAMP;TZID=Unknown:20260504T123015"],
)
def test_a_stamp_that_is_not_in_utc_is_put_there(line: str) -> None:
    assert answer(line).dtstamp == EXPECTED.dtstamp


def test_a_doubled_property_counts_once() -> None:
    found = answer(
        "UID:", f"UID:{UID}", "UID:other", "SEQUENCE:2", "SEQUENCE:3", "STATUS:CONFIRMED", "STATUS:CANCELLED"
    )
    assert (found.uid, found.sequence) == (UID, 2)


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
    rubbish = ["no colon", ":", ";:", 'X;A="open:1', "=", "\u2028", "X;=:1"]
    assert answer(*rubbish, *PROPERTIES, *rubbish) == EXPECTED


# ── the reason ─────────────────────────────────────────────────────────────────────────────────────────


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
    assert answer(line).comment == "Leider belegt: bis 12 Uhr"
    assert answer("COMMENT:Voll", line).comment == "Voll"


def test_text_in_an_older_charset_is_read_nevertheless() -> None:
    octets = calendar(*PROPERTIES, "COMMENT:Größe – „gut“").encode("cp1252")
    raw = single(b64encode(octets).decode(), "text/calendar; charset=iso-8859-1; method=REPLY", "base64")
    assert only(raw).comment == "Größe – „gut“"
