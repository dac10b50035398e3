"""What the rooms get: each rule of INTEROP W that a mail can obey, read back with other eyes and as raw octets."""

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event

from raumpost.domain import lifecycle
from raumpost.domain.errors import CannotRender
from raumpost.domain.model import (
    Answer,
    Booking,
    BookingKey,
    BookingKind,
    Content,
    Invitation,
    Method,
    RoomMailbox,
    State,
)
from raumpost.domain.planning import content_of
from raumpost.itip.render import RenderedMail, Sender, is_address, render

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)
START, END = datetime(2026, 7, 6, 8, 15, tzinfo=UTC), datetime(2026, 7, 6, 9, 45, tzinfo=UTC)
TECH = Sender(address="tech@booking.example", name="Raumpost")
ROOM = "Hoersaal-1@rooms.example"
UID = "event-7-mailbox-3.6f1d2c7e-0000-4000-8000-0123456789ab@raumpost"
CONTENT = Content(
    summary="Vorlesung",
    description="",
    organiser="",
    starts_at=START,
    ends_at=END,
    all_day=False,
    time_zone=None,
    confidential=False,
)
FIRST = Invitation(
    id=100,
    room_mailbox_id=3,
    room_id=30,
    address=ROOM,
    key=BookingKey(BookingKind.EVENT, 7),
    uid=UID,
    method=Method.REQUEST,
    sequence=0,
    content=CONTENT,
    state=State.PENDING,
    attempts=0,
    last_error=None,
    batch=5,
    dispatch=0,
    left_sequence=None,
    sent_sequence=None,
    message_id=None,
    first_message_id=None,
    organizer=None,
    organizer_name=None,
    dtstamp=None,
    answer=None,
    answer_sequence=None,
    answer_stamp=None,
)
UPDATE = replace(FIRST, sequence=1, left_sequence=0, first_message_id="<first@booking.example>", dtstamp=NOW)
CANCEL = replace(UPDATE, method=Method.CANCEL, sequence=2, left_sequence=1)


def write(
    invitation: Invitation = FIRST, *, sender: Sender = TECH, room: str = "Hörsaal 1", now: datetime = NOW
) -> RenderedMail:
    return render(invitation, sender=sender, room_name=room, time_zone=BERLIN, now=now)


def about(**columns: object) -> Invitation:
    """Make an invitation with other content."""
    return replace(FIRST, content=replace(CONTENT, **columns))


def parts(mail: RenderedMail) -> tuple[Message, Message]:
    text, calendar = message_from_bytes(mail.raw).get_payload()
    assert isinstance(text, Message)
    assert isinstance(calendar, Message)
    return text, calendar


def header(mail: RenderedMail, name: str) -> str:
    """Decode the only header of this name, unfolded."""
    [value] = message_from_bytes(mail.raw).get_all(name, [])
    return str(make_header(decode_header(re.sub(r"\r\n(?=[ \t])", "", value))))


def address(mail: RenderedMail, name: str) -> tuple[str, str]:
    """Give display name and address of a header with one mailbox."""
    [value] = message_from_bytes(mail.raw).get_all(name, [])
    [(display, bare)] = getaddresses([re.sub(r"\r\n(?=[ \t])", "", value)])
    return str(make_header(decode_header(display))), bare


def octets(mail: RenderedMail) -> bytes:
    """Decode the calendar part."""
    return b64decode(str(parts(mail)[1].get_payload()))


def lines(mail: RenderedMail) -> list[str]:
    """Give the unfolded lines of the VEVENT."""
    text = octets(mail).replace(b"\r\n ", b"").decode()
    return text.partition("BEGIN:VEVENT\r\n")[2].partition("\r\nEND:VEVENT\r\n")[0].split("\r\n")


def event(mail: RenderedMail) -> Event:
    [found] = Calendar.from_ical(octets(mail)).walk("VEVENT")
    assert isinstance(found, Event)
    return found


def text(mail: RenderedMail) -> str:
    """Decode the text part."""
    payload = parts(mail)[0].get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def names(mail: RenderedMail) -> list[str]:
    """Give the names of all properties of the VEVENT."""
    return [re.split("[:;]", line)[0] for line in lines(mail)]


# ── the mail ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_plain_invitation_looks_like_this() -> None:
    mail = write(about(description="Mit Übung"))
    assert lines(mail) == [
        f"UID:{UID}",
        "SEQUENCE:0",
        "DTSTAMP:20260504T123015Z",
        "DTSTART:20260706T081500Z",
        "DTEND:20260706T094500Z",
        "SUMMARY:Vorlesung",
        "DESCRIPTION:Mit Übung",
        "LOCATION:Hörsaal 1",
        "STATUS:CONFIRMED",
        "CLASS:PUBLIC",
        "ORGANIZER;CN=Raumpost:mailto:tech@booking.example",
        'ATTENDEE;CUTYPE=ROOM;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN="Hörsaal 1":mailto:' + ROOM,
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY",
        "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
    ]
    assert octets(mail).startswith(
        b"BEGIN:VCALENDAR\r\nPRODID:-//Raumpost//Room bookings//EN\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
    )
    assert octets(mail).endswith(b"END:VEVENT\r\nEND:VCALENDAR\r\n")


def test_one_mail_holds_one_event_for_one_room() -> None:
    """W1."""
    message = message_from_bytes(write().raw)
    assert len(message.get_all("To", [])) == 1
    assert message["Cc"] is None
    assert octets(write()).count(b"BEGIN:VCALENDAR") == 1
    assert octets(write()).count(b"BEGIN:VEVENT") == 1
    assert names(write()).count("UID") == names(write()).count("ATTENDEE") == 1


@pytest.mark.parametrize("invitation", [FIRST, UPDATE, CANCEL], ids=["first", "update", "cancel"])
def test_the_part_announces_the_method_that_the_calendar_has(invitation: Invitation) -> None:
    """W2."""
    mail = write(invitation)
    assert parts(mail)[1]["Content-Type"] == f"text/calendar; charset=UTF-8; method={invitation.method}"
    assert Calendar.from_ical(octets(mail))["METHOD"] == invitation.method


def test_the_calendar_part_is_the_last_of_two_alternatives() -> None:
    """W3."""
    message = message_from_bytes(write().raw)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parts(write())] == ["text/plain", "text/calendar"]
    assert b"Content-Disposition" not in write().raw
    assert b"filename" not in write().raw
    assert write().raw.count(b"MIME-Version: 1.0\r\n") == 1 + write().raw.count(
        b"MIME-Version: 1.0\r\nContent-Type: text/plain"
    )


def test_the_calendar_part_declares_charset_and_encoding() -> None:
    """W4."""
    text_part, calendar = parts(write())
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert calendar.get_content_charset() == "utf-8"
    assert text_part["Content-Transfer-Encoding"] == "quoted-printable"
    assert text_part.get_content_charset() == "utf-8"
    assert write().raw.isascii()


@pytest.mark.parametrize("letter", ["a", "é", "日", "🎉", "e\u0301", "👩‍👩‍👧", ",", "\\"])
def test_calendar_lines_are_folded_at_75_octets_and_never_inside_a_character(letter: str) -> None:
    """W4."""
    for shift in range(4):
        mail = write(about(summary="x" * shift + letter * 120, description="y" * shift + letter * 200))
        for line in octets(mail).split(b"\r\n"):
            assert len(line) <= 75
            line.decode()
        assert event(mail)["SUMMARY"] == "x" * shift + letter * 120


def test_organizer_sender_and_from_are_the_technical_user() -> None:
    """W5."""
    mail = write()
    assert address(mail, "From") == ("Raumpost", "tech@booking.example")
    assert event(mail)["ORGANIZER"] == "mailto:tech@booking.example"
    assert event(mail)["ORGANIZER"].params["CN"] == "Raumpost"
    assert message_from_bytes(mail.raw)["Sender"] is None


@pytest.mark.parametrize("name", ["", " ", "\r\n"])
def test_a_technical_user_without_name_is_called_by_the_address(name: str) -> None:
    mail = write(sender=replace(TECH, name=name))
    assert event(mail)["ORGANIZER"].params["CN"] == "tech@booking.example"
    assert header(mail, "From") == "tech@booking.example"


@pytest.mark.parametrize("invitation", [FIRST, UPDATE, CANCEL], ids=["first", "update", "cancel"])
def test_the_room_is_the_only_attendee_in_requests_and_cancellations(invitation: Invitation) -> None:
    """W7, W15: the address is exactly the recipient's, in its spelling."""
    attendee = event(write(invitation))["ATTENDEE"]
    assert attendee == f"mailto:{ROOM}"
    assert dict(attendee.params) == {
        "CUTYPE": "ROOM",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "TRUE",
        "CN": "Hörsaal 1",
    }
    assert address(write(invitation), "To") == ("Hörsaal 1", ROOM)


def test_uid_and_sequence_are_those_of_the_invitation() -> None:
    """W8, W9."""
    for invitation in (FIRST, UPDATE, CANCEL):
        assert event(write(invitation))["UID"] == UID
        assert event(write(invitation))["SEQUENCE"] == invitation.sequence


# ── time ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_stamp_is_in_utc_and_whole_seconds() -> None:
    """W10."""
    mail = write(now=datetime(2026, 5, 4, 14, 30, 15, 999_999, tzinfo=BERLIN))
    assert mail.dtstamp == NOW
    assert "DTSTAMP:20260504T123015Z" in lines(mail)
    assert parsedate_to_datetime(header(mail, "Date")) == NOW


def test_the_stamp_never_goes_back_when_the_clock_does() -> None:
    """W10."""
    earlier = NOW - timedelta(hours=1)
    assert write(replace(UPDATE, dtstamp=NOW), now=earlier).dtstamp == NOW
    assert "DTSTAMP:20260504T123015Z" in lines(write(replace(UPDATE, dtstamp=NOW), now=earlier))
    assert write(replace(UPDATE, dtstamp=earlier), now=NOW).dtstamp == NOW


@pytest.mark.parametrize("zone", [UTC, BERLIN, timezone(timedelta(hours=-9, minutes=-30))], ids=str)
def test_times_are_in_utc_without_any_time_zone_component(zone: timezone | ZoneInfo) -> None:
    """W11."""
    mail = write(about(starts_at=START.astimezone(zone), ends_at=END.astimezone(zone)))
    assert "DTSTART:20260706T081500Z" in lines(mail)
    assert "DTEND:20260706T094500Z" in lines(mail)
    assert b"VTIMEZONE" not in octets(mail)
    assert b"TZID" not in octets(mail)


def days(first: date, after: date, zone: ZoneInfo = BERLIN) -> Invitation:
    """Make an all-day invitation from a day to the day after its last one."""
    starts_at, ends_at = (datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in (first, after))
    return about(starts_at=starts_at, ends_at=ends_at, all_day=True, time_zone=zone.key)


@pytest.mark.parametrize(
    ("first", "after"),
    [
        pytest.param(date(2026, 7, 6), date(2026, 7, 7), id="in summer"),
        pytest.param(date(2026, 12, 31), date(2027, 1, 1), id="at the end of the year"),
        pytest.param(date(2026, 3, 29), date(2026, 3, 30), id="with 23 hours"),
        pytest.param(date(2026, 10, 25), date(2026, 10, 26), id="with 25 hours"),
        pytest.param(date(2026, 3, 27), date(2026, 4, 2), id="several over the beginning of summer time"),
        pytest.param(date(2028, 2, 28), date(2028, 3, 1), id="several over the leap day"),
    ],
)
def test_whole_days_are_dates_with_an_exclusive_end(first: date, after: date) -> None:
    """W12."""
    mail = write(days(first, after))
    assert f"DTSTART;VALUE=DATE:{first:%Y%m%d}" in lines(mail)
    assert f"DTEND;VALUE=DATE:{after:%Y%m%d}" in lines(mail)
    assert "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE" in lines(mail)
    assert b"VTIMEZONE" not in octets(mail)


def test_whole_days_are_those_of_the_rooms_time_zone() -> None:
    mail = write(days(date(2026, 7, 6), date(2026, 7, 7), ZoneInfo("Pacific/Auckland")))
    assert "DTSTART;VALUE=DATE:20260706" in lines(mail)
    assert "06.07.2026, ganztägig / all day" in text(mail)


def test_a_slot_that_is_no_whole_day_is_not_marked_as_one() -> None:
    assert "X-MICROSOFT-CDO-ALLDAYEVENT" not in names(write())


def test_days_without_a_time_zone_cannot_be_rendered() -> None:
    with pytest.raises(CannotRender, match=r"^event 7 “Vorlesung” in .*needs its time zone"):
        write(about(all_day=True, time_zone=None))


# ── the other properties ──────────────────────────────────────────────────────────────────────────────────


def test_the_room_is_blocked_and_nothing_overrides_our_sequence() -> None:
    """W14."""
    found = event(write())
    assert found["STATUS"] == "CONFIRMED"
    assert found["CLASS"] == "PUBLIC"
    assert found["X-MICROSOFT-CDO-BUSYSTATUS"] == found["X-MICROSOFT-CDO-INTENDEDSTATUS"] == "BUSY"
    assert found["X-MICROSOFT-DISALLOW-COUNTER"] == "TRUE"
    assert not {"TRANSP", "X-MICROSOFT-CDO-APPT-SEQUENCE", "RRULE", "VALARM"} & set(names(write()))


def test_a_cancellation_names_the_event_its_slot_and_the_room() -> None:
    """W15."""
    mail = write(replace(CANCEL, content=replace(CONTENT, description="Mit Übung")))
    found = event(mail)
    assert found["STATUS"] == "CANCELLED"
    assert (found["UID"], found["SEQUENCE"]) == (UID, 2)
    assert found["ORGANIZER"] == event(write())["ORGANIZER"]
    assert (found.DTSTART, found.DTEND) == (START, END)
    assert "DESCRIPTION" not in found
    assert "storniert" in text(mail)
    assert "cancelled" in text(mail)
    assert "Mit Übung" not in text(mail)


def test_a_cancellation_of_whole_days_keeps_them_whole() -> None:
    cancel = replace(CANCEL, content=days(date(2026, 10, 25), date(2026, 10, 26)).content)
    assert "DTSTART;VALUE=DATE:20261025" in lines(write(cancel))
    assert "DTEND;VALUE=DATE:20261026" in lines(write(cancel))


BOOKING = Booking(
    key=BookingKey(BookingKind.EVENT, 7),
    room_id=30,
    room_name="Hörsaal 1",
    time_zone="Europe/Berlin",
    title="Berufungskommission",
    description="Bewerbungsgespräche",
    organiser="Dekanat",
    starts_at=START,
    ends_at=END,
    all_day=False,
    confidential=False,
    cancelled=False,
)


def told(booking: Booking) -> Invitation:
    """Make the invitation to a booking as the plan makes it."""
    link = RoomMailbox(id=3, room_id=30, address=ROOM, include_blocks=False)
    content, _ = content_of(booking, link, "Europe/Berlin")
    assert content is not None
    return replace(FIRST, content=content)


def test_of_a_confidential_booking_the_room_sees_the_slot_only() -> None:
    """W17."""
    mail = write(told(replace(BOOKING, confidential=True)))
    assert event(mail)["SUMMARY"] == header(mail, "Subject") == "Belegt"
    assert event(mail)["CLASS"] == "PRIVATE"
    assert "DESCRIPTION" not in event(mail)
    everything = mail.raw + octets(mail) + text(mail).encode()
    for secret in ("Berufung", "Bewerbung", "Dekanat"):
        assert secret.encode() not in everything
        assert (
            secret.encode()
            in write(told(BOOKING)).raw + octets(write(told(BOOKING))) + text(write(told(BOOKING))).encode()
        )


def test_the_text_part_says_the_same_for_people() -> None:
    mail = write(told(BOOKING))
    assert "Was / What:  Berufungskommission" in text(mail)
    assert "Wann / When: 06.07.2026 10:15 - 11:45 (Europe/Berlin)" in text(mail)
    assert "Raum / Room: Hörsaal 1" in text(mail)
    assert "Wer / Who:   Dekanat" in text(mail)
    assert "Bewerbungsgespräche" in text(mail)


def test_the_text_part_says_when_a_slot_ends_on_another_day() -> None:
    assert "06.07.2026 10:15 - 08.07.2026 11:45" in text(write(about(ends_at=END + timedelta(days=2))))
    assert "25.10.2026 - 27.10.2026, ganztägig" in text(write(days(date(2026, 10, 25), date(2026, 10, 28))))


# ── headers ───────────────────────────────────────────────────────────────────────────────────────────────

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


def check_lines(mail: RenderedMail) -> None:
    """No line is longer than it should be (RFC 5322 section 2.1.1), and all end with CRLF."""
    assert b"\r" not in mail.raw.replace(b"\r\n", b"")
    assert b"\n" not in mail.raw.replace(b"\r\n", b"")
    for line in mail.raw.split(b"\r\n"):
        foldable = re.search(rb"\S[ \t]", re.sub(rb"^[A-Za-z-]+: ", b"", line))
        assert len(line) <= (78 if foldable else 998), line
        if b"=?" in line:
            assert len(line) <= 78


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
        mail = write(update, sender=Sender(address=long, name=name), room=name)
        assert not re.search(rb"^[A-Za-z-]+:[ \t]*\r\n", mail.raw, re.MULTILINE)


def test_the_longest_address_is_not_broken() -> None:
    long = "a" * 64 + "@" + "b" * 180 + ".example"
    mail = write(replace(FIRST, address=long), sender=replace(TECH, address=long))
    assert address(mail, "To")[1] == address(mail, "From")[1] == long
    assert event(mail)["ATTENDEE"] == event(mail)["ORGANIZER"] == f"mailto:{long}"
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
    later = replace(FIRST, attempts=3, last_error="421", batch=6, dtstamp=NOW, left_sequence=0, organizer=TECH.address)
    mail, again = write(), write(later, now=NOW + timedelta(hours=1))
    assert mail.message_id == again.message_id == header(mail, "Message-ID") == header(again, "Message-ID")
    assert again.dtstamp > mail.dtstamp


def test_the_message_id_is_new_for_each_revision_and_each_dispatch() -> None:
    """W20."""
    ids = [
        write(replace(FIRST, sequence=sequence, dispatch=dispatch)).message_id
        for sequence in range(12)
        for dispatch in range(12)
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
    "organiser": lambda hostile: write(told(replace(BOOKING, organiser=hostile))),
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
    assert b"Saal" in octets(mail) or place == "organiser"
    check_lines(mail)


# ── answers known, addresses refused ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("answer", Answer)
def test_a_revision_that_is_answered_already_is_sent_with_the_known_answer(answer: Answer) -> None:
    """W23."""
    answered = replace(FIRST, left_sequence=0, answer=answer, answer_sequence=0)
    assert event(write(answered))["ATTENDEE"].params["PARTSTAT"] == answer.value


def test_an_answer_to_an_earlier_revision_is_not_carried_over() -> None:
    answered = replace(FIRST, left_sequence=0, sent_sequence=0, answer=Answer.ACCEPTED, answer_sequence=0)
    move = lifecycle.change(answered, method=Method.REQUEST, content=CONTENT)
    update = replace(answered, sequence=1)
    assert move.columns["sequence"] == 1
    assert event(write(update))["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    cancel = replace(answered, method=Method.CANCEL)
    assert event(write(cancel))["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "tech",
        "tech@",
        "@booking.example",
        "tech@booking.example\r\nBcc: all@campus.example",
        "tech@booking.example\n",
        "tech booking@booking.example",
        "Tech <tech@booking.example>",
        "tech@booking.example, all@campus.example",
        "täch@booking.example",
        "tech@büro.example",
        '"tech"@booking.example',
        "tech@-booking.example",
        "a" * 300 + "@booking.example",
    ],
)
def test_a_technical_user_without_a_valid_address_cannot_write(bad: str) -> None:
    with pytest.raises(CannotRender) as refusal:
        write(sender=Sender(address=bad, name="Raumpost"))
    assert "the technical user “Raumpost” has no valid e-mail address" in str(refusal.value)
    assert "correct booking.app_user.email" in str(refusal.value)
    assert not is_address(bad)


@pytest.mark.parametrize("good", ["tech@booking.example", "o'brien+rooms@x-1.example", "A_b.c@b", "1@2.3"])
def test_ordinary_addresses_are_valid(good: str) -> None:
    assert write(sender=Sender(address=good, name="")).raw


# ── whatever stands in a booking ──────────────────────────────────────────────────────────────────────────

ODD = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("\r\n\t\0\x0b\x1c\x7f\x85\u2028\ufeff\u200b\u202e\u0301 \"'\\,;:=?<>@^%&🎉👩‍👧ßäé日"),
    ),
    max_size=120,
)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=400_000)).map(datetime(1901, 1, 1, tzinfo=UTC).__add__)
SPANS = st.timedeltas(timedelta(seconds=1), timedelta(days=400))
ZONES = st.sampled_from(["Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Africa/Cairo", "Etc/UTC", "no zone"])


@st.composite
def bookings(draw: st.DrawFn) -> Booking:
    starts_at = draw(MOMENTS)
    return replace(
        BOOKING,
        key=BookingKey(draw(st.sampled_from(BookingKind)), 7),
        time_zone=draw(ZONES),
        title=draw(st.none() | ODD | ODD.map(lambda text: text * 30)),
        description=draw(st.none() | ODD),
        organiser=draw(st.none() | ODD),
        starts_at=starts_at,
        ends_at=starts_at + draw(SPANS),
        all_day=draw(st.booleans()),
        confidential=draw(st.booleans()),
    )


@settings(derandomize=True, max_examples=300, deadline=None)
@given(booking=bookings(), room=ODD, user=ODD, invitation=st.sampled_from([FIRST, UPDATE, CANCEL]))
def test_whatever_stands_in_a_booking_its_mail_is_whole(
    booking: Booking, room: str, user: str, invitation: Invitation
) -> None:
    invitation = replace(invitation, content=told(booking).content)
    content = invitation.content
    mail = write(invitation, sender=replace(TECH, name=user), room=room)

    check_lines(mail)
    assert mail.raw.isascii()
    message = message_from_bytes(mail.raw)
    assert message.defects == []
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/calendar",
    ]
    assert {address(mail, "From")[1], address(mail, "To")[1]} == {TECH.address, ROOM}
    assert "".join(header(mail, "Subject").split()) == "".join(content.summary.split())

    for line in octets(mail).split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    calendar = Calendar.from_ical(octets(mail))
    assert len(calendar.walk()) == 2
    found = event(mail)
    assert not found.errors
    assert found["SUMMARY"] == content.summary
    assert str(found.get("DESCRIPTION", "")) == ("" if invitation.method is Method.CANCEL else content.description)
    assert (found["ORGANIZER"], found["ATTENDEE"]) == (f"mailto:{TECH.address}", f"mailto:{ROOM}")
    assert (found["UID"], found["SEQUENCE"]) == (UID, invitation.sequence)
    assert found.DTSTART < found.DTEND
    if content.all_day:
        assert type(found.DTSTART) is type(found.DTEND) is date
    else:
        assert found.start == booking.starts_at.replace(microsecond=0)
        assert found.end == booking.ends_at.replace(microsecond=0)
