"""What follows from past bookings, mails on their way, odd and bad bookings; pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from raumpost.domain.model import (
    Booking,
    Invitation,
    Level,
    State,
)
from raumpost.domain.planning import Abandon, Plan
from raumpost.domain.text import clean_line, clean_text
from raumpost.domain.time_zones import days_of
from raumpost.texts.wording import english
from tests.unit.planned_bookings import (
    BLOCK,
    BOOKING,
    CONTENT,
    HOUR,
    KEY,
    NEVER_SENT,
    NOW,
    OTHER,
    ROOM,
    SENT,
    TOMORROW,
    WITHDRAWN,
    YESTERDAY,
    at,
    cancel,
    content,
    invite,
    known,
    planned,
    request,
)

# ── past and future ────────────────────────────────────────────────────────────────────────────────────


def test_time_passing_plans_nothing() -> None:
    assert planned(at(YESTERDAY), told=known(YESTERDAY)) == Plan()


@pytest.mark.parametrize("starts", [YESTERDAY, NOW - HOUR])
def test_a_past_booking_that_vanishes_is_left_alone(starts: datetime) -> None:
    assert planned(told=known(starts)) == Plan()


def test_a_past_booking_that_changes_within_the_past_is_left_alone() -> None:
    assert planned(at(YESTERDAY - 5 * HOUR), told=known(YESTERDAY)) == Plan()
    assert planned(replace(at(YESTERDAY), title="Analysis"), told=known(YESTERDAY)) == Plan()


def test_a_past_booking_moved_into_the_future_is_a_new_revision() -> None:
    told = known(YESTERDAY)
    assert planned(BOOKING, told=told).steps == [request(told)]


@pytest.mark.parametrize("ends", [YESTERDAY, NOW])
def test_a_future_booking_moved_into_the_past_frees_its_slot(ends: datetime) -> None:
    assert planned(at(ends - HOUR, ends), told=SENT).steps == [cancel(SENT)]


def test_a_future_booking_moved_into_the_past_before_anything_left_is_abandoned() -> None:
    assert planned(at(YESTERDAY), told=NEVER_SENT).steps == [Abandon(invitation=NEVER_SENT)]


def test_a_booking_still_running_is_cancelled_when_it_vanishes() -> None:
    told = replace(SENT, content=replace(CONTENT, starts_at=NOW - HOUR, ends_at=NOW + timedelta(seconds=1)))
    assert planned(told=told).steps == [cancel(told)]


def test_a_withdrawn_booking_that_comes_back_in_the_past_is_left_alone() -> None:
    assert planned(at(YESTERDAY), told=WITHDRAWN) == Plan()


def test_an_unsent_update_to_a_past_slot_does_not_hide_the_slot_that_the_room_knows() -> None:
    told = replace(known(YESTERDAY), state=State.PENDING, sequence=1)  # the room still knows revision 0
    assert planned(told=told).steps == [cancel(told)]


# ── while a mail is on its way ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "bookings",
    [
        pytest.param([replace(BOOKING, title="Analysis")], id="changed"),
        pytest.param([], id="deleted"),
        pytest.param([at(YESTERDAY)], id="moved into the past"),
    ],
)
@pytest.mark.parametrize("told", [NEVER_SENT, replace(SENT, sequence=1)])
def test_a_change_is_postponed_while_its_invitation_is_being_sent(bookings: list[Booking], told: Invitation) -> None:
    assert planned(*bookings, told=replace(told, state=State.SENDING)) == Plan(postponed={KEY})


def test_a_first_mail_on_its_way_for_a_past_slot_is_looked_at_again_when_its_booking_vanishes() -> None:
    assert planned(told=replace(known(YESTERDAY, NEVER_SENT), state=State.SENDING)) == Plan(postponed={KEY})


def test_nothing_is_postponed_when_the_mail_on_its_way_says_the_right_thing() -> None:
    assert planned(BOOKING, told=replace(NEVER_SENT, state=State.SENDING)) == Plan()


def test_another_room_of_a_postponed_booking_is_not_held_up() -> None:
    told = replace(NEVER_SENT, state=State.SENDING)
    result = planned(replace(BOOKING, room_id=OTHER.room_id), told=told)
    assert result == Plan(steps=[invite(mailbox=OTHER)], postponed={KEY})


# ── what a room sees ───────────────────────────────────────────────────────────────────────────────────


def test_a_confidential_booking_shows_nothing_but_its_slot() -> None:
    shown = content(confidential=True, title="Berufung\nNoether", all_day=True)
    assert (shown.summary, shown.description, shown.booked_by, shown.confidential) == ("Belegt", "", "", True)
    assert (shown.starts_at, shown.ends_at) == (TOMORROW, TOMORROW + HOUR)


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("Feier 🎉 für Ähnliches", "Feier 🎉 für Ähnliches"),
        ("Familie 👨‍👩‍👧 und 🏳️‍🌈", "Familie 👨‍👩‍👧 und 🏳️‍🌈"),
        ("erste\r\nzweite\nZeile", "erste zweite Zeile"),
        ("a\rBcc: all@example.com", "a Bcc: all@example.com"),
        ("Absatz\u2028und\u2029mehr\x85davon", "Absatz und mehr davon"),
        ("Glocke\x07 Tab\t Rest\x1b[0m\x9b", "Glocke Tab Rest [0m"),
        ("\ufeff  zu   viele Leerzeichen ", "zu viele Leerzeichen"),
    ],
)
def test_a_title_becomes_one_clean_line(title: str, clean: str) -> None:
    assert content(title=title).summary == clean
    assert content(booked_by=title).booked_by == clean
    assert clean_line(clean) == clean


def test_a_description_keeps_its_lines_and_loses_control_characters() -> None:
    shown = content(description="\ufeffeins\r\nzwei\rdrei\u2028vier\x00\x07fünf\n")
    assert shown.description == "eins\nzwei\ndrei\nvier fünf"
    assert clean_text(shown.description) == shown.description


@pytest.mark.parametrize("title", [None, "", "  \t", "\r\n"])
def test_an_event_without_a_title_says_so(title: str | None) -> None:
    assert content(title=title).summary == "(ohne Titel)"


def test_days_are_counted_in_the_time_zone_of_the_room() -> None:
    assert content(all_day=True).time_zone == "Europe/Berlin"
    assert content(all_day=False).time_zone is None


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "Etc", "../etc/passwd", "x" * 5000, "Europe/Berlin\x00"])
def test_days_are_counted_in_the_default_time_zone_where_the_room_has_none(name: str) -> None:
    assert content(all_day=True, time_zone=name).time_zone == "Europe/Vienna"
    assert content(all_day=False, time_zone=name).time_zone is None


@pytest.mark.parametrize(
    ("starts", "ends", "days"),
    [
        ("2026-05-04T00:00+02:00", "2026-05-05T00:00+02:00", (4, 5)),
        ("2026-05-04T00:00+02:00", "2026-05-06T00:00+02:00", (4, 6)),
        ("2026-05-04T00:00+02:00", "2026-05-04T23:59+02:00", (4, 5)),
        ("2026-05-04T09:00+02:00", "2026-05-05T00:01+02:00", (4, 6)),
    ],
)
def test_days_of_a_slot_are_whole_and_the_last_one_is_exclusive(starts: str, ends: str, days: tuple[int, int]) -> None:
    slot = replace(CONTENT, starts_at=datetime.fromisoformat(starts), ends_at=datetime.fromisoformat(ends))
    assert days_of(slot, ZoneInfo("Europe/Berlin")) == (date(2026, 5, days[0]), date(2026, 5, days[1]))


# ── bad bookings ───────────────────────────────────────────────────────────────────────────────────────


_UNUSABLE = [
    pytest.param({"ends_at": TOMORROW - HOUR}, "ends before it starts", id="reversed"),
    pytest.param({"ends_at": TOMORROW}, "ends before it starts", id="empty"),
    pytest.param({"ends_at": TOMORROW + timedelta(milliseconds=5)}, "ends before it starts", id="less than a second"),
    pytest.param({"starts_at": datetime(1899, 12, 31, 23, tzinfo=UTC)}, "outside the years", id="too early"),
    pytest.param({"ends_at": datetime(3000, 1, 1, tzinfo=UTC)}, "outside the years", id="too late"),
]


@pytest.mark.parametrize(("broken", "words"), _UNUSABLE)
def test_a_booking_without_a_usable_slot_is_an_error_and_not_mirrored(broken: dict[str, object], words: str) -> None:
    result = planned(replace(BOOKING, **broken))
    [note] = result.notes
    assert (result.steps, note.level, note.key, note.room_mailbox_id) == ([], Level.ERROR, KEY, ROOM.id)
    assert words in english(note.message)
    assert english(note.message).startswith("event 7 in room “Hörsaal 1”")
    assert "correct starts_at and ends_at in booking.event" in english(note.message)


@pytest.mark.parametrize(("broken", "_words"), _UNUSABLE)
def test_what_the_room_was_told_stays_while_the_booking_is_broken(broken: dict[str, object], _words: str) -> None:
    assert planned(replace(BOOKING, **broken), told=SENT).steps == []


def test_a_broken_booking_that_is_cancelled_is_cancelled() -> None:
    assert planned(replace(BOOKING, ends_at=YESTERDAY, cancelled=True), told=SENT) == Plan(steps=[cancel(SENT)])


def test_a_broken_block_names_its_own_table() -> None:
    mailbox = replace(ROOM, include_blocks=True)
    [note] = planned(replace(BOOKING, key=BLOCK, ends_at=TOMORROW), mailboxes=(mailbox,)).notes
    assert english(note.message).startswith("block 7 in room “Hörsaal 1”")
    assert "booking.room_block" in english(note.message)


@pytest.mark.parametrize(
    ("odd", "level", "words"),
    [
        pytest.param({"title": " "}, Level.WARNING, "has no title; the room sees “(ohne Titel)”", id="no title"),
        pytest.param({"title": "a\nb"}, Level.INFO, "control characters in its title became blanks", id="line break"),
        pytest.param(
            {"all_day": True, "time_zone": "Mars/Olympus"},
            Level.WARNING,
            "no time zone “Mars/Olympus”, so its days are counted in Europe/Vienna; correct booking.room.time_zone",
            id="time zone",
        ),
    ],
)
def test_an_odd_booking_is_invited_with_a_note(odd: dict[str, object], level: Level, words: str) -> None:
    result = planned(replace(BOOKING, **odd))
    [note] = result.notes
    assert len(result.steps) == 1
    assert (note.level, note.key, note.room_mailbox_id) == (level, KEY, ROOM.id)
    assert english(note.message).startswith("event 7 in room “Hörsaal 1”")
    assert words in english(note.message)


def test_a_confidential_booking_leaves_no_trace_of_its_title_in_a_note() -> None:
    assert planned(replace(BOOKING, title="Berufung\nNoether", confidential=True)).notes == []


def test_a_future_event_in_a_room_without_a_mailbox_is_noted() -> None:
    result = planned(replace(BOOKING, room_id=99, room_name="Keller"))
    [note] = result.notes
    assert (result.steps, note.level, note.key, note.room_mailbox_id) == ([], Level.INFO, KEY, None)
    assert english(note.message).startswith("event 7 is in room “Keller” (99), which has no mailbox")


@pytest.mark.parametrize(
    "booking",
    [
        pytest.param(at(YESTERDAY), id="past"),
        pytest.param(replace(BOOKING, cancelled=True), id="cancelled"),
        pytest.param(replace(BOOKING, key=BLOCK), id="block"),
    ],
)
def test_nobody_misses_a_mailbox_for_what_would_not_be_sent(booking: Booking) -> None:
    assert planned(replace(booking, room_id=99)) == Plan()
