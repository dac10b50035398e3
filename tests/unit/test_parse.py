"""The shapes in which answers come."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from raumpost.itip.parse import read
from raumpost.itip.reading import MailKind, Reading
from tests.replies import (
    ACCEPTED,
    EXPECTED,
    PROPERTIES,
    ROOM,
    calendar,
    multipart,
    only,
    part,
    single,
)
from tests.unit.answer_reading import says_nothing

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
