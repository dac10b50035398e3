"""Answers that are damaged, wrapped or incomplete."""

from datetime import UTC, datetime

import pytest

from raumpost.itip.parse import read
from raumpost.itip.reading import MailKind
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
from tests.unit.answer_reading import answer, says_nothing


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
