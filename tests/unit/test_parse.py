"""What comes back: answers in the shapes of many systems."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from raumpost.itip.parse import read
from raumpost.itip.reading import ANSWERS, Attendee, MailKind, Reading, Reply
from tests.replies import (
    ACCEPTED,
    EXPECTED,
    PROPERTIES,
    ROOM,
    UID,
    calendar,
    multipart,
    only,
    part,
    single,
)


def answer(*properties: str) -> Reply:
    return only(single(calendar(*properties)))


def without(name: str) -> Reply:
    """Read an answer that lacks a property."""
    return answer(*(one for one in PROPERTIES if not one.startswith(name)))


def says_nothing(raw: bytes) -> bool:
    """Return whether a mail was read without an error, and answers nothing."""
    reading = read(raw)
    return reading.error is None and reading.method != "REPLY" and reading.kind not in ANSWERS


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
    "no semicolon behind the type": single(ACCEPTED, "text/calendar method=REPLY; charset=utf-8"),
    "a blank behind the encoding": single(ENCODED, encoding="base64 "),
    "a comment behind the encoding": single(ENCODED, encoding="BASE64 (as ever)"),
    "in UTF-16, folded": single(
        b64encode(ACCEPTED.replace("ACC", "A\n CC", 1).encode("utf-16-le")).decode(),
        "text/calendar; charset=utf-16le; method=REPLY",
        encoding="base64",
    ),
    "in UTF-16 that nobody declared": single(b64encode(ACCEPTED.encode("utf-16")).decode(), encoding="base64"),
    "without the boundary of its parts": multipart(
        "alternative", TEXT, part("text/calendar; method=REPLY", ACCEPTED)
    ).replace(b'; boundary="limit"', b""),
    "with another boundary than its parts have": multipart(
        "alternative", TEXT, part("text/calendar; method=REPLY", ACCEPTED)
    ).replace(b'; boundary="limit"', b'; boundary="other"'),
    "an empty answer before": multipart(
        "mixed",
        part("text/calendar; method=REPLY", "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR\n"),
        part("application/ics", ACCEPTED),
    ),
    "blank lines before the mail": b"\r\n\r\n" + single(ACCEPTED),
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
        kind=MailKind.ACCEPTED,
        method="REPLY",
        message_id="<answer-1@rooms.example>",
        senders=frozenset({ROOM}),
        sender=ROOM,
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


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("REQUEST", MailKind.REQUEST),
        ("CANCEL", MailKind.CANCEL),
        ("COUNTER", MailKind.COUNTER),
        ("PUBLISH", MailKind.PUBLISH),
        ("REFRESH", MailKind.REFRESH),
        ("DECLINECOUNTER", MailKind.OTHER),
        ("X-NEW", MailKind.OTHER),
    ],
)
def test_only_a_reply_is_an_answer_whatever_the_type_announces(method: str, kind: MailKind) -> None:
    """R1: the body wins over the parameter."""
    raw = single(ACCEPTED.replace("METHOD:REPLY", f"METHOD:{method}"))
    assert (read(raw).method, read(raw).kind, only(raw).kind) == (method, kind, kind)


def test_where_the_body_names_no_method_the_type_does() -> None:
    silent = ACCEPTED.replace("METHOD:REPLY\n", "")
    assert only(single(silent)) == EXPECTED
    assert says_nothing(single(silent, "text/calendar"))
    in_the_event = silent.replace("END:VEVENT", "METHOD:REPLY\nEND:VEVENT")
    assert says_nothing(single(in_the_event, "text/calendar"))


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
    assert says_nothing(raw)
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
    assert answer(line).comment == "Leider belegt: bis 12 Uhr"
    assert answer("COMMENT:Voll", line).comment == "Voll"


def test_text_in_an_older_charset_is_read_nevertheless() -> None:
    octets = calendar(*PROPERTIES, "COMMENT:Größe – „gut“").encode("cp1252")
    raw = single(b64encode(octets).decode(), "text/calendar; charset=iso-8859-1; method=REPLY", "base64")
    assert only(raw).comment == "Größe – „gut“"


# ── what is damaged, wrapped or missing ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "line",
    [
        f"ATTENDEE;CN=Saal: links;PARTSTAT=ACCEPTED:mailto:{ROOM}",
        f'ATTENDEE;CN="Saal;PARTSTAT=ACCEPTED:mailto:{ROOM}',
        f'ATTENDEE;CN="Saal "links"";PARTSTAT=ACCEPTED:mailto:{ROOM}',
        f'ATTENDEE;CN="Saal \\"links\\"";PARTSTAT=ACCEPTED:MAILTO:{ROOM}',
        f"ATTENDEE;RSVP;PARTSTAT=ACCEPTED:mailto:{ROOM}",
        f"ATTENDEE; PARTSTAT=ACCEPTED ; CN=x: mailto:{ROOM}",
        f'ATTENDEE;PARTSTAT="ACCEPTED";CN="a^n^^b":mailto:{ROOM}',
        f"ATTENDEE;PARTSTAT=ACCEPTED;EMAIL={ROOM}:/aMTI4/principal/",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM.replace('@', '%40')}",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:<{ROOM}>",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:Saal 1 <{ROOM}>",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:mailto:{ROOM}",
        f"ATTENDEE;PARTSTAT=ACCEPTED:SMTP:{ROOM}",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM};CN=Saal",
        f"ATTENDEE;PARTSTAT=ACCEPTED;EMAIL={ROOM}:https://x.example/a@b/principal/",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM}?subject=x",
    ],
)
def test_a_damaged_attendee_still_answers(line: str) -> None:
    found = answer(line)
    assert found.kind is MailKind.ACCEPTED
    assert found.attendee
    assert found.attendee.address == ROOM


def wrapped(uid: str) -> str:
    """Wrap a UID as Exchange does ([MS-OXOCAL] 2.2.1.27)."""
    data = b"vCal-Uid\x01\x00\x00\x00" + uid.encode() + b"\x00"
    head = bytes.fromhex("040000008200E00074C5B7101A82E008") + bytes(20)
    return (head + len(data).to_bytes(4, "little") + data).hex().upper()


def test_a_uid_that_exchange_wrapped_is_unwrapped() -> None:
    """R2."""
    assert answer(f"UID:{wrapped(UID)}").uid == UID
    assert answer(f"UID:{wrapped(UID).lower()}").uid == UID
    assert answer(f"UID:{wrapped(UID)[:70]}\n {wrapped(UID)[70:]}").uid == UID


@pytest.mark.parametrize("rest", ["", "0" * 48, "0" * 47, "0" * 40 + "10000000" + "AB" * 16, "not hexadecimal"])
def test_an_identifier_of_exchange_that_wraps_nothing_stays_as_it_is(rest: str) -> None:
    own = "040000008200E00074C5B7101A82E008" + rest
    assert answer(f"UID:{own}").uid == own


@pytest.mark.parametrize(
    ("lines", "kind", "who"),
    [
        (['ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:b@x.example":mailto:{ROOM}'], MailKind.DELEGATED, ROOM),
        (["ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{ROOM}"], MailKind.NEEDS_ACTION, ROOM),
        (["ATTENDEE:mailto:{ROOM}"], MailKind.NEEDS_ACTION, ROOM),
        (["ATTENDEE;PARTSTAT=X-MAYBE:mailto:{ROOM}"], MailKind.NEEDS_ACTION, ROOM),
        (["ATTENDEE;PARTSTAT=tentative:mailto:{ROOM}"], MailKind.TENTATIVE, ROOM),
        # the sender, whatever stands before him
        (
            ["ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x.example", "ATTENDEE;PARTSTAT=DECLINED:mailto:{ROOM}"],
            MailKind.DECLINED,
            ROOM,
        ),
        # a delegate answers, and repeats who delegated to him (RFC 5546 section 4.2.5)
        (
            [
                'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:b@x.example":mailto:a@x.example',
                'ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:a@x.example":mailto:b@x.example',
            ],
            MailKind.ACCEPTED,
            "b@x.example",
        ),
        (
            ["ATTENDEE:mailto:a@x.example", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:b@x.example"],
            MailKind.ACCEPTED,
            "b@x.example",
        ),
        # the organizer, whom some list first
        (
            [
                "ORGANIZER:mailto:Tech@booking.example",
                "ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:tech@booking.example",
                "ATTENDEE;PARTSTAT=DECLINED:mailto:b@x.example",
            ],
            MailKind.DECLINED,
            "b@x.example",
        ),
        # for whom the sender says to act
        (
            [
                "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x.example",
                'ATTENDEE;PARTSTAT=DECLINED;SENT-BY="mailto:{ROOM}":mailto:b@x.example',
            ],
            MailKind.DECLINED,
            "b@x.example",
        ),
        # the sender listed twice
        (
            ["ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{ROOM}", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM}"],
            MailKind.ACCEPTED,
            ROOM,
        ),
        (["STATUS:CONFIRMED", "SUMMARY:Accepted: Vorlesung"], MailKind.NEEDS_ACTION, None),
    ],
)
def test_the_verdict_is_the_partstat_of_who_answers(lines: list[str], kind: MailKind, who: str | None) -> None:
    """R6."""
    found = answer(f"UID:{UID}", *(line.replace("{ROOM}", ROOM) for line in lines))
    assert found.kind is kind
    assert (found.attendee.address if found.attendee else None) == who
    assert read(single(calendar(*(line.replace("{ROOM}", ROOM) for line in lines)))).kind is kind


def test_a_proposal_hidden_in_an_answer_is_a_counter_proposal() -> None:
    """R6: as iOS does."""
    found = answer(
        f"UID:{UID}",
        "DTSTART:20260706T081500Z",
        f'ATTENDEE;PARTSTAT=TENTATIVE;TO-ALL-PROPOSED-NEW-TIME="20260706T101500Z/20260706T114500Z":mailto:{ROOM}',
    )
    assert found.kind is MailKind.COUNTER
    assert found.proposed_start == datetime(2026, 7, 6, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("DTSTART:20260706T081500Z", datetime(2026, 7, 6, 8, 15, tzinfo=UTC)),
        ("DTSTART;TZID=Europe/Berlin:20260706T101500", datetime(2026, 7, 6, 8, 15, tzinfo=UTC)),
        ("DTSTART;TZID=W. Europe Standard Time:20260706T101500", datetime(2026, 7, 6, 10, 15)),  # noqa: DTZ001 # no zone
        ("DTSTART;TZID=Etc:20260706T101500", datetime(2026, 7, 6, 10, 15)),  # noqa: DTZ001 # a directory, no zone
        ("DTSTART;VALUE=DATE:20260706", datetime(2026, 7, 6)),  # noqa: DTZ001 # a day
        ("DTSTART;TZID=Pacific/Apia:00010101T000000", datetime(1, 1, 1)),  # noqa: DTZ001 # before all clocks
        ("DTSTART:later", None),
    ],
)
def test_a_counter_proposal_says_when(line: str, expected: datetime | None) -> None:
    counter = only(single(calendar(*PROPERTIES, line, method="COUNTER")))
    assert (counter.kind, counter.proposed_start) == (MailKind.COUNTER, expected)
    assert answer(*PROPERTIES, line).proposed_start is None


def test_answers_to_occurrences_keep_their_own_verdicts_and_the_event_decides_the_mail() -> None:
    def occurrence(start: str, partstat: str) -> str:
        one = [f"UID:{UID}", f"RECURRENCE-ID:{start}", f"ATTENDEE;PARTSTAT={partstat}:mailto:{ROOM}"]
        return "\n".join(["BEGIN:VEVENT", *one, "END:VEVENT", ""])

    text = occurrence("20260706T081500Z", "DECLINED") + ACCEPTED.partition("PRODID")[2].partition("REPLY\n")[2]
    reading = read(single(f"BEGIN:VCALENDAR\nMETHOD:REPLY\n{text}"))
    assert [(one.recurrence_id, one.kind) for one in reading.replies] == [
        ("20260706T081500Z", MailKind.DECLINED),
        (None, MailKind.ACCEPTED),
    ]
    assert reading.kind is MailKind.ACCEPTED


def test_calendar_objects_of_another_method_beside_the_first_do_not_count() -> None:
    request = ACCEPTED.replace("METHOD:REPLY", "METHOD:REQUEST").replace("event-7", "event-8")
    assert [one.uid for one in read(single(ACCEPTED + request)).replies] == [UID]
    assert read(single(request + ACCEPTED)).kind is MailKind.REQUEST


@pytest.mark.parametrize("prefix", ["Fwd:", "FW:", "WG:", "TR :", "AW: WG:"])
def test_an_answer_that_somebody_shows_is_none(prefix: str) -> None:
    """Attached to a forwarded mail, it is what somebody else said."""
    shown = part("text/calendar; name=invite.ics", ACCEPTED, "Content-Disposition: attachment; filename=invite.ics")
    head = f"From: {ROOM}\nTo: tech@booking.example\nSubject: {prefix} Accepted: Vorlesung\n"
    assert says_nothing(multipart("mixed", part("text/plain", "See below"), shown, head=head))
    announced = shown.replace("text/calendar;", "text/calendar; method=REPLY;")
    assert only(multipart("mixed", announced, head=head)) == EXPECTED
    assert says_nothing(multipart("mixed", announced, head=head.replace(ROOM, "boss@rooms.example")))
    assert only(multipart("mixed", shown)) == EXPECTED


def test_the_comment_may_stand_in_the_description_or_in_the_text() -> None:
    """R7: which of them is a reason is for the service to say, who knows what was sent."""
    text = part("text/plain; charset=utf-8", "Leider ist der Saal\nbelegt.")
    reading = read(
        multipart("alternative", text, part("text/calendar", calendar(*PROPERTIES, "DESCRIPTION:Voll\\, zu")))
    )
    assert reading.text == "Leider ist der Saal belegt."
    assert reading.replies[0].comment is None
    assert reading.replies[0].description == "Voll, zu"


def test_from_counts_before_sender() -> None:
    lines = ["ATTENDEE;PARTSTAT=ACCEPTED:mailto:helper@x.example", f"ATTENDEE;PARTSTAT=DECLINED:mailto:{ROOM}"]
    raw = b"Sender: helper@x.example\r\n" + single(calendar(*lines))
    assert read(raw).kind is MailKind.DECLINED
    assert read(raw.replace(ROOM.encode(), b"other@x.example", 1)).kind is MailKind.ACCEPTED


def test_a_calendar_file_in_utf_16_is_read() -> None:
    assert only(ACCEPTED.encode("utf-16")) == EXPECTED


def test_a_bare_calendar_file_is_read_like_a_mail_without_sender() -> None:
    reading = read(b"\xef\xbb\xbf\r\n" + ACCEPTED.encode())
    assert (reading.kind, reading.sender, reading.replies) == (MailKind.ACCEPTED, None, (EXPECTED,))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("BEGIN:VCALENDAR\nMETHOD:CANCEL\nEND:VCALENDAR\n", "METHOD:CANCEL without an event"),
        (calendar("SEQUENCE:1", f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM}"), "the event has no UID"),
        (calendar(f"UID:{UID}"), "nobody's PARTSTAT"),
        (calendar(f"UID:{UID}", f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{ROOM}"), "PARTSTAT says NEEDS-ACTION"),
        (
            calendar(f"UID:{UID}", f'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:b@c.de":mailto:{ROOM}'),
            "delegated to b@c.de",
        ),
    ],
)
def test_what_keeps_a_calendar_mail_from_counting_is_said(text: str, reason: str) -> None:
    assert read(single(text)).reason == reason
