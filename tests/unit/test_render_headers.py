"""The headers of what the rooms get: any title, any name, and nothing that breaks out of its place."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes

import pytest

from raumpost.itip.calendar_mail import CalendarUser
from tests.rendering import (
    BOOKING,
    CANCEL,
    FIRST,
    NOW,
    ROOM,
    TECH,
    UID,
    UPDATE,
    RenderedMail,
    address,
    check_lines,
    event,
    header,
    names,
    octets,
    told,
    write,
)

TITLES = [
    "Vorlesung",
    "Größen & Maße; Teil 1, „Grundlagen“",
    "🎉 Begrüßung ☕ 👩‍👩‍👧",
    "=?utf-8?q?already_encoded?= and =?broken",
    "a, b; c: d \\ e \"f\" 'g' <h> (i) [j]",
    "\\n \\, %2C ^n ^^ ^'",
    "日本語" * 40,
    "ein sehr langer Titel " * 20 + "!",
    "x" * 2000,
    "kurz " + "x" * 61 + " und " + "y" * 1000,
    "ä" + "x" * 2000,
    "-" * 60,
    ".",
]


@pytest.mark.parametrize("title", TITLES, ids=lambda title: title[:20])
def test_the_subject_is_the_summary(title: str) -> None:
    """W18."""
    mail = write(told(replace(BOOKING, title=title)))
    assert event(mail)["SUMMARY"] == title.strip()
    assert header(mail, "Subject") == title.strip()
    check_lines(mail)


NAMES = [
    "Hörsaal 1",
    "Raum 1.01, EG <links>",
    'Der "große" Saal',
    'The "big" \\ hall',
    "Hörsaal " * 30 + "Süd",
    "Großer Hörsaal der Fakultät für Architektur und Bauingenieurwesen",
    "Hörsaal " + "x" * 500,
    "x" * 1500,
    "Saal " * 60 + "1",
    "=?utf-8?q?evil?=",
    "(comment) a@b.example",
    "日" * 300,
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_a_room_may_have_any_name(name: str) -> None:
    mail = write(room=name)
    assert address(mail, "To") == (name, ROOM)
    assert event(mail)["ATTENDEE"].params["CN"] == name.replace('"', "'").replace("\\", "/")
    assert event(mail)["LOCATION"] == name
    check_lines(mail)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_a_technical_user_may_have_any_name(name: str) -> None:
    mail = write(sender=replace(TECH, name=name))
    assert address(mail, "From") == (name, TECH.address)
    assert event(mail)["ORGANIZER"].params["CN"] == name.replace('"', "'").replace("\\", "/")
    check_lines(mail)


def test_no_header_begins_with_an_empty_line() -> None:
    long = "a" * 64 + "@" + "b" * 180 + ".example"
    for name in ("Größe " * 40, "x" * 500, ""):
        update = replace(UPDATE, address=long, first_message_id=f"<{'x' * 200}@booking.example>")
        mail = write(update, sender=CalendarUser(address=f"x{long[1:]}", name=name), room=name)
        assert not re.search(rb"^[A-Za-z-]+:[ \t]*\r\n", mail.raw, re.MULTILINE)


def test_the_longest_address_is_not_broken() -> None:
    long = "a" * 64 + "@" + "b" * 180 + ".example"
    other = "b" + long[1:]
    mail = write(replace(FIRST, address=long), sender=replace(TECH, address=other))
    assert (address(mail, "To")[1], address(mail, "From")[1]) == (long, other)
    assert (event(mail)["ATTENDEE"], event(mail)["ORGANIZER"]) == (f"mailto:{long}", f"mailto:{other}")
    check_lines(mail)


def test_automatic_replies_are_suppressed_but_not_the_rooms_answer() -> None:
    """W19."""
    for invitation in (FIRST, CANCEL):
        message = message_from_bytes(write(invitation).raw)
        assert message["X-Auto-Response-Suppress"] == "OOF, DR, RN, NRN"
        for name in ("Auto-Submitted", "Precedence", "Reply-To", "Disposition-Notification-To", "Return-Receipt-To"):
            assert message[name] is None


def test_the_message_id_is_the_same_for_each_attempt() -> None:
    """W20."""
    later = replace(
        FIRST, attempts=3, last_error="421", batch=6, dtstamp=NOW, exposed_sequence=0, organizer=TECH.address
    )
    mail, again = write(), write(later, now=NOW + timedelta(hours=1))
    assert mail.message_id == again.message_id == header(mail, "Message-ID") == header(again, "Message-ID")
    assert again.mail.dtstamp > mail.mail.dtstamp


def test_the_message_id_is_new_for_each_revision_and_each_dispatch() -> None:
    """W20."""
    ids = [
        write(replace(FIRST, sequence=sequence, resend=resend)).message_id
        for sequence in range(12)
        for resend in range(12)
    ]
    assert len(set(ids)) == len(ids)
    assert write(replace(FIRST, uid=UID.replace("event-7", "event-8"))).message_id not in ids


def test_the_message_id_is_well_formed() -> None:
    assert re.fullmatch(r"<[A-Za-z0-9.-]+@booking\.example>", write().message_id)


def test_later_mails_refer_to_the_first_one() -> None:
    """W20."""
    assert message_from_bytes(write().raw)["References"] is None
    assert header(write(UPDATE), "References") == header(write(CANCEL), "References") == "<first@booking.example>"
    again = replace(FIRST, first_message_id=write().message_id)
    assert message_from_bytes(write(again).raw)["References"] is None


INJECTIONS = [
    "Saal\r\nBcc: all@campus.example",
    "Saal\nBcc: all@campus.example",
    "Saal\rBcc: all@campus.example",
    "Saal\r\n\r\n--=_raumpost\r\nContent-Type: text/html\r\n\r\n<script>",
    "Saal\r\nATTENDEE:mailto:all@campus.example",
    "Saal\u2028Bcc: x\u2029Bcc: y\x85Bcc: z\x0bBcc: a\x0cBcc: b\x1cBcc: c",
    "Saal\r\n END:VEVENT\r\nBEGIN:VEVENT",
    "Saal\0\x1b[31m\x7f\ufeff",
    'Saal" <all@campus.example>, "x',
    'Saal":mailto:all@campus.example\r\nATTENDEE;CN="x',
    "Saal\\",
    'Saal\\"',
    "Saal=0D=0ABcc: all@campus.example",
    "=?utf-8?q?Saal=0D=0ABcc:_all=40campus.example?=",
]
PLACES: dict[str, Callable[[str], RenderedMail]] = {
    "title": lambda hostile: write(told(replace(BOOKING, title=hostile))),
    "description": lambda hostile: write(told(replace(BOOKING, description=hostile))),
    "booked_by": lambda hostile: write(told(replace(BOOKING, booked_by=hostile))),
    "room": lambda hostile: write(room=hostile),
    "user": lambda hostile: write(sender=replace(TECH, name=hostile)),
}


@pytest.mark.parametrize("hostile", INJECTIONS)
@pytest.mark.parametrize("place", PLACES)
def test_nothing_breaks_out_of_its_header_or_its_line(place: str, hostile: str) -> None:
    """W21."""
    mail = PLACES[place](hostile)
    message = message_from_bytes(mail.raw)
    assert sorted(message.keys()) == sorted(message_from_bytes(write().raw).keys())
    assert message.defects == []
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/calendar",
    ]
    for name, bare in (("From", TECH.address), ("To", ROOM)):
        assert address(mail, name)[1] == bare
    found = event(mail)
    assert set(names(mail)) - {"DESCRIPTION"} == set(names(write()))
    assert (found["ORGANIZER"], found["ATTENDEE"]) == (f"mailto:{TECH.address}", f"mailto:{ROOM}")
    assert not re.search(rb"[\0-\x09\x0b\x0c\x0e-\x1f\x7f]", mail.raw + octets(mail))
    assert b"Saal" in octets(mail) or place == "booked_by"
    check_lines(mail)
