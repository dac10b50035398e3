"""Whatever stands in a booking, its mail obeys the rules and can be read back.

Odd bookings go the whole way: plan, mail, linter, and back with `icalendar`.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from raumpost.domain.model import Booking, BookingKey, BookingKind, Invitation, Method
from raumpost.domain.text import clean_line
from sandbox.lint_mail import findings
from tests.rendering import (
    BERLIN,
    BOOKING,
    CANCEL,
    FIRST,
    NOW,
    ROOM,
    TECH,
    UID,
    UPDATE,
    address,
    check_lines,
    event,
    octets,
    text,
    told,
    write,
)

CHARACTERS = st.one_of(
    st.characters(codec="utf-8"),
    st.sampled_from("\r\n\t\0\x0b\x1c\x7f\x85\u2028\u2029\ufeff\ufffe\uffff\ud83c\udf89"),  # nothing of this survives
    st.sampled_from(" \"'\\,;:=?<>@^%&.-_"),
    st.sampled_from("\u200b\u200d\u0301🎉👩‍👧🇩🇪ßäé日"),
    st.sampled_from("אשأح\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2069"),  # right to left, and turned round
)
ODD = st.text(CHARACTERS, max_size=120)
LONG = st.text(CHARACTERS, min_size=1, max_size=20).map(lambda odd: (odd * 2000)[:2000])
MOMENTS = st.timedeltas(timedelta(), timedelta(days=400_000)).map(datetime(1901, 1, 1, tzinfo=UTC).__add__)
TURNS = st.sampled_from([datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)])
NIGHTS = st.builds(lambda turn, minutes: turn + timedelta(minutes=minutes), TURNS, st.integers(0, 360))
SPANS = st.timedeltas(timedelta(seconds=1), timedelta(days=400)) | st.integers(1, 300).map(
    lambda minutes: timedelta(minutes=minutes)
)
ZONES = st.sampled_from(["Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Africa/Cairo", "Etc/UTC", "no zone"])


@st.composite
def bookings(draw: st.DrawFn) -> Booking:
    starts_at = draw(MOMENTS | NIGHTS)
    return replace(
        BOOKING,
        key=BookingKey(draw(st.sampled_from(BookingKind)), 7),
        time_zone=draw(ZONES),
        title=draw(st.none() | ODD | LONG),
        description=draw(st.none() | ODD | LONG),
        booked_by=draw(st.none() | ODD),
        starts_at=starts_at,
        ends_at=starts_at + draw(SPANS),
        all_day=draw(st.booleans()),
        confidential=draw(st.booleans()),
    )


@settings(max_examples=400)
@given(booking=bookings(), room=ODD, user=ODD, invitation=st.sampled_from([FIRST, UPDATE, CANCEL]))
@example(booking=BOOKING, room="\ud83c\udf89", user="=?utf-8?q?evil?= <x@y.example>", invitation=FIRST)
@example(booking=replace(BOOKING, title="x" * 2000), room="x" * 2000, user="x" * 2000, invitation=CANCEL)
@example(booking=replace(BOOKING, description="ä\r\n.\r\n" * 20_000), room="R", user="T", invitation=FIRST)
def test_whatever_stands_in_a_booking_its_mail_is_whole(
    booking: Booking, room: str, user: str, invitation: Invitation
) -> None:
    content = told(booking).content
    mail = write(replace(invitation, content=content), sender=replace(TECH, name=user), room=room)

    assert findings(mail.raw, envelope_from=TECH.address, envelope_to=ROOM, now=NOW) == []
    check_lines(mail)
    assert len(Calendar.from_ical(octets(mail)).walk()) == 2
    found = event(mail)
    assert not found.errors
    assert found["SUMMARY"] == content.summary
    assert str(found.get("DESCRIPTION", "")) == ("" if invitation.method is Method.CANCEL else content.description)
    assert found["LOCATION"] == clean_line(room)
    assert (found["ORGANIZER"], found["ATTENDEE"]) == (f"mailto:{TECH.address}", f"mailto:{ROOM}")
    assert (address(mail, "From")[1], address(mail, "To")[1]) == (TECH.address, ROOM)
    assert (found["UID"], found["SEQUENCE"]) == (UID, invitation.sequence)
    assert f"Was / What:  {content.summary}\r\n" in text(mail)
    if content.all_day:
        assert type(found.DTSTART) is type(found.DTEND) is date
        assert found.DTSTART < found.DTEND
    else:
        assert found.start == booking.starts_at.replace(microsecond=0)
        assert found.end == booking.ends_at.replace(microsecond=0)


@settings(max_examples=200)
@given(night=NIGHTS, minutes=st.integers(1, 300))
def test_a_night_in_which_the_clocks_turn_keeps_its_length(night: datetime, minutes: int) -> None:
    """The booking system may give local times; the hour that comes twice must not be mistaken."""
    local = replace(
        BOOKING, starts_at=night.astimezone(BERLIN), ends_at=(night + timedelta(minutes=minutes)).astimezone(BERLIN)
    )
    found = event(write(told(local)))
    assert (found.start, found.end) == (night, night + timedelta(minutes=minutes))


@given(title=ODD, description=ODD)
def test_of_what_is_confidential_nothing_leaves(title: str, description: str) -> None:
    """Told from an invitation that never knew it, the mail cannot be told apart."""
    secret = replace(BOOKING, title=title, description=description, booked_by=title, confidential=True)
    blank = replace(BOOKING, title=None, description=None, booked_by=None, confidential=True)
    assert write(told(secret)).raw == write(told(blank)).raw
