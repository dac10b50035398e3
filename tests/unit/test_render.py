"""What the rooms get: each rule of INTEROP W that a mail can obey, read back with other eyes and as raw octets."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from raumpost.domain import lifecycle
from raumpost.domain.address import is_address
from raumpost.domain.errors import CannotRender
from raumpost.domain.model import (
    Answer,
    Invitation,
    Method,
)
from raumpost.itip.calendar_mail import CalendarUser
from tests.rendering import (
    BERLIN,
    BOOKING,
    CANCEL,
    CONTENT,
    END,
    FIRST,
    NOW,
    ROOM,
    START,
    TECH,
    UID,
    UPDATE,
    about,
    address,
    days,
    event,
    header,
    lines,
    names,
    octets,
    parts,
    text,
    told,
    write,
)

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
    assert write().raw.count(b"MIME-Version: 1.0\r\n") == 1


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
    assert mail.mail.dtstamp == NOW
    assert "DTSTAMP:20260504T123015Z" in lines(mail)
    assert parsedate_to_datetime(header(mail, "Date")) == NOW


def test_the_stamp_never_goes_back_when_the_clock_does() -> None:
    """W10."""
    earlier = NOW - timedelta(hours=1)
    assert write(replace(UPDATE, dtstamp=NOW), now=earlier).mail.dtstamp == NOW
    assert "DTSTAMP:20260504T123015Z" in lines(write(replace(UPDATE, dtstamp=NOW), now=earlier))
    assert write(replace(UPDATE, dtstamp=earlier), now=NOW).mail.dtstamp == NOW


@pytest.mark.parametrize("zone", [UTC, BERLIN, timezone(timedelta(hours=-9, minutes=-30))], ids=str)
def test_times_are_in_utc_without_any_time_zone_component(zone: timezone | ZoneInfo) -> None:
    """W11."""
    mail = write(about(starts_at=START.astimezone(zone), ends_at=END.astimezone(zone)))
    assert "DTSTART:20260706T081500Z" in lines(mail)
    assert "DTEND:20260706T094500Z" in lines(mail)
    assert b"VTIMEZONE" not in octets(mail)
    assert b"TZID" not in octets(mail)


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
    with pytest.raises(CannotRender, match=r"^“Vorlesung” in .* \(event-7-.*needs its time zone"):
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


# ── answers known, addresses refused ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("answer", Answer)
def test_a_revision_that_is_answered_already_is_sent_with_the_known_answer(answer: Answer) -> None:
    """W23."""
    answered = replace(FIRST, exposed_sequence=0, answer=answer, answer_sequence=0)
    assert event(write(answered))["ATTENDEE"].params["PARTSTAT"] == answer.value


def test_an_answer_to_an_earlier_revision_is_not_carried_over() -> None:
    answered = replace(FIRST, exposed_sequence=0, sent_sequence=0, answer=Answer.ACCEPTED, answer_sequence=0)
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
        write(sender=CalendarUser(address=bad, name="Raumpost"))
    assert "the technical user “Raumpost” has no valid e-mail address" in str(refusal.value)
    assert "correct booking.app_user.email" in str(refusal.value)
    assert not is_address(bad)


@pytest.mark.parametrize("spelling", [ROOM, ROOM.upper()])
def test_a_room_does_not_invite_itself(spelling: str) -> None:
    """W5."""
    with pytest.raises(CannotRender, match=r"address of the room mailbox itself") as refusal:
        write(sender=CalendarUser(address=spelling, name="Raumpost"))
    assert "link another technical user" in str(refusal.value)


@pytest.mark.parametrize("good", ["tech@booking.example", "o'brien+rooms@x-1.example", "A_b.c@b", "1@2.3"])
def test_ordinary_addresses_are_valid(good: str) -> None:
    assert write(sender=CalendarUser(address=good, name="")).raw
