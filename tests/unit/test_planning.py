"""What is planned when bookings and invitations differ, rule by rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from raumpost.domain.lifecycle import change
from raumpost.domain.model import (
    Booking,
    BookingKey,
    BookingKind,
    Content,
    Invitation,
    Level,
    Method,
    RoomMailbox,
    State,
)
from raumpost.domain.planning import Abandon, Invite, Plan, Revise, content_of, plan
from raumpost.domain.text import clean_line, clean_text
from raumpost.domain.time_zones import days_of
from raumpost.texts.wording import english
from tests.factories import make_booking, make_content, make_invitation

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)
HOUR = timedelta(hours=1)
KEY = BookingKey(BookingKind.EVENT, 7)
BLOCK = BookingKey(BookingKind.BLOCK, 7)
ROOM = RoomMailbox(id=1, room_id=10, address="hoersaal-1@rooms.example", include_blocks=False)
OTHER = RoomMailbox(id=2, room_id=20, address="hoersaal-2@rooms.example", include_blocks=False)
BOOKING = make_booking(
    key=KEY,
    room_id=ROOM.room_id,
    description="Mit Übung",
    booked_by="Prof. Noether",
    starts_at=TOMORROW,
    ends_at=TOMORROW + HOUR,
)
CONTENT = make_content(description="Mit Übung", booked_by="Prof. Noether", starts_at=TOMORROW, ends_at=TOMORROW + HOUR)
NEVER_SENT = make_invitation(content=CONTENT)
SENT = replace(NEVER_SENT, state=State.SENT, exposed_sequence=0, sent_sequence=0)
WITHDRAWN = replace(SENT, state=State.WITHDRAWN, method=Method.CANCEL, sequence=1, exposed_sequence=1, sent_sequence=1)


def planned(
    *bookings: Booking,
    told: Invitation | None = None,
    mailboxes: tuple[RoomMailbox, ...] = (ROOM, OTHER),
    preexisting: set[tuple[int, BookingKey]] | None = None,
) -> Plan:
    return plan(
        bookings=bookings,
        invitations=[told] if told else [],
        mailboxes=mailboxes,
        preexisting=preexisting or set(),
        now=NOW,
        default_time_zone="Europe/Vienna",
    )


def at(starts: datetime, ends: datetime | None = None) -> Booking:
    return replace(BOOKING, starts_at=starts, ends_at=ends or starts + HOUR)


def known(starts: datetime, told: Invitation = SENT) -> Invitation:
    return replace(told, content=replace(CONTENT, starts_at=starts, ends_at=starts + HOUR))


def invite(content: Content = CONTENT, mailbox: RoomMailbox = ROOM, key: BookingKey = KEY) -> Invite:
    return Invite(mailbox=mailbox, key=key, content=content)


def cancel(told: Invitation) -> Revise:
    return Revise(invitation=told, method=Method.CANCEL, content=told.content)


def request(told: Invitation, content: Content = CONTENT) -> Revise:
    return Revise(invitation=told, method=Method.REQUEST, content=content)


# ── booking ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_booking_is_an_invitation_to_its_room() -> None:
    assert planned(BOOKING) == Plan(steps=[invite()])


def test_a_booking_that_has_begun_is_still_invited() -> None:
    booking = at(NOW - HOUR, NOW + HOUR)
    assert planned(booking).steps == [invite(replace(CONTENT, starts_at=NOW - HOUR, ends_at=NOW + HOUR))]


@pytest.mark.parametrize("ends", [NOW, YESTERDAY])
def test_a_past_booking_is_not_invited(ends: datetime) -> None:
    assert planned(at(ends - HOUR, ends)) == Plan()


def test_an_event_in_several_rooms_is_one_invitation_to_each() -> None:
    steps = planned(BOOKING, replace(BOOKING, room_id=OTHER.room_id, room_name="Hörsaal 2")).steps
    assert steps == [invite(), invite(mailbox=OTHER)]


def test_an_event_and_a_block_with_the_same_id_are_two_things() -> None:
    mailbox = replace(ROOM, include_blocks=True)
    told = replace(SENT, key=BLOCK, content=replace(CONTENT, summary="Raumsperre: Algebra"))
    block = replace(BOOKING, key=BLOCK)
    assert planned(BOOKING, block, told=told, mailboxes=(mailbox,)).steps == [invite(mailbox=mailbox)]


def test_what_stood_in_the_room_before_the_link_is_not_invited() -> None:
    assert planned(BOOKING, preexisting={(ROOM.id, KEY)}) == Plan()


def test_what_stood_in_one_room_before_its_link_is_invited_to_the_other() -> None:
    there = replace(BOOKING, room_id=OTHER.room_id)
    assert planned(BOOKING, there, preexisting={(ROOM.id, KEY)}).steps == [invite(mailbox=OTHER)]


def test_a_cancelled_booking_is_not_invited() -> None:
    assert planned(replace(BOOKING, cancelled=True)) == Plan()


# ── change ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", [State.PENDING, State.SENT, State.ANSWERED, State.FAILED])
def test_an_unchanged_booking_plans_nothing(state: State) -> None:
    assert planned(BOOKING, told=replace(SENT, state=state)) == Plan()


@pytest.mark.parametrize(
    ("booking", "content"),
    [
        pytest.param({"title": "Analysis"}, {"summary": "Analysis"}, id="title"),
        pytest.param({"description": None}, {"description": ""}, id="description"),
        pytest.param({"booked_by": "Dr. Hilbert"}, {"booked_by": "Dr. Hilbert"}, id="booked_by"),
        pytest.param({"starts_at": TOMORROW - HOUR}, {"starts_at": TOMORROW - HOUR}, id="start"),
        pytest.param({"ends_at": TOMORROW + 2 * HOUR}, {"ends_at": TOMORROW + 2 * HOUR}, id="end"),
        pytest.param({"all_day": True}, {"all_day": True, "time_zone": "Europe/Berlin"}, id="all-day"),
        pytest.param(
            {"confidential": True},
            {"confidential": True, "summary": "Belegt", "description": "", "booked_by": ""},
            id="confidential",
        ),
    ],
)
def test_a_changed_booking_is_a_new_revision(booking: dict[str, object], content: dict[str, object]) -> None:
    assert planned(replace(BOOKING, **booking), told=SENT).steps == [request(SENT, replace(CONTENT, **content))]


def test_the_time_zone_of_the_room_matters_only_where_days_are_counted() -> None:
    moved = replace(BOOKING, time_zone="Europe/Lisbon")
    all_day = replace(SENT, content=replace(CONTENT, all_day=True, time_zone="Europe/Berlin"))
    lisbon = replace(CONTENT, all_day=True, time_zone="Europe/Lisbon")
    assert planned(moved, told=SENT) == Plan()
    assert planned(replace(moved, all_day=True), told=all_day).steps == [request(all_day, lisbon)]


def test_several_changes_before_sending_are_one_mail_with_the_same_sequence() -> None:
    invitation = SENT
    for title in ("Analysis", "Topologie", "Geometrie"):
        [step] = planned(replace(BOOKING, title=title), told=invitation).steps
        assert isinstance(step, Revise)
        move = change(step.invitation, method=step.method, content=step.content)
        assert move.columns["sequence"] == 1
        invitation = replace(invitation, state=move.target, sequence=1, content=step.content)
    assert invitation.content.summary == "Geometrie"


# ── deletion, cancellation, another room ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", [State.SENT, State.ANSWERED, State.FAILED, State.PENDING])
def test_a_deleted_booking_is_cancelled_at_its_room(state: State) -> None:
    told = replace(SENT, state=state)
    assert planned(told=told).steps == [cancel(told)]


def test_the_cancelled_flag_cancels() -> None:
    assert planned(replace(BOOKING, cancelled=True), told=SENT).steps == [cancel(SENT)]


def test_a_move_to_another_room_cancels_here_and_invites_there() -> None:
    steps = planned(replace(BOOKING, room_id=OTHER.room_id), told=SENT).steps
    assert steps == [cancel(SENT), invite(mailbox=OTHER)]


def test_a_move_to_a_room_without_a_mailbox_cancels_here() -> None:
    result = planned(replace(BOOKING, room_id=99, room_name="Keller"), told=SENT)
    assert result.steps == [cancel(SENT)]
    assert [note.room_mailbox_id for note in result.notes] == [None]


@pytest.mark.parametrize("state", [State.PENDING, State.FAILED])
def test_created_and_deleted_before_anything_left_is_abandoned(state: State) -> None:
    told = replace(NEVER_SENT, state=state)
    assert planned(told=told).steps == [Abandon(invitation=told)]


def test_deleted_after_its_slot_and_before_anything_left_is_abandoned() -> None:
    told = known(YESTERDAY, NEVER_SENT)
    assert planned(told=told).steps == [Abandon(invitation=told)]


def test_a_failed_attempt_that_may_have_left_is_cancelled_not_abandoned() -> None:
    told = replace(NEVER_SENT, state=State.FAILED, exposed_sequence=0)
    assert planned(told=told).steps == [cancel(told)]


@pytest.mark.parametrize(
    "told", [WITHDRAWN, replace(WITHDRAWN, state=State.PENDING, exposed_sequence=0, sent_sequence=0)]
)
def test_what_is_withdrawn_already_stays_so(told: Invitation) -> None:
    assert planned(told=told) == Plan()
    assert planned(replace(BOOKING, cancelled=True), told=told) == Plan()
    assert planned(at(YESTERDAY), told=told) == Plan()


def test_booking_again_after_a_cancellation_keeps_the_uid_and_raises_the_sequence() -> None:
    [step] = planned(BOOKING, told=WITHDRAWN).steps
    assert step == request(WITHDRAWN)
    move = change(WITHDRAWN, method=Method.REQUEST, content=CONTENT)
    assert move.invitation.uid == SENT.uid
    assert move.columns["sequence"] == 2
    assert "uid" not in move.columns


def test_booking_again_before_the_cancellation_left_takes_it_back() -> None:
    told = replace(WITHDRAWN, state=State.PENDING, exposed_sequence=0, sent_sequence=0)
    [step] = planned(BOOKING, told=told).steps
    assert step == request(told)
    assert change(told, method=Method.REQUEST, content=CONTENT).columns["sequence"] == 1


# ── blocks ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_block_is_invited_where_the_link_includes_blocks() -> None:
    mailbox = replace(ROOM, include_blocks=True)
    block = replace(BOOKING, key=BLOCK, title="Wasserschaden", description=None, booked_by=None)
    content = replace(CONTENT, summary="Raumsperre: Wasserschaden", description="", booked_by="")
    assert planned(block, mailboxes=(mailbox,)) == Plan(steps=[invite(content, mailbox, BLOCK)])


def test_a_block_is_not_invited_where_the_link_leaves_blocks_out() -> None:
    assert planned(replace(BOOKING, key=BLOCK)) == Plan()


def test_a_block_is_cancelled_once_the_link_leaves_blocks_out() -> None:
    told = replace(SENT, key=BLOCK)
    assert planned(replace(BOOKING, key=BLOCK), told=told).steps == [cancel(told)]


def test_a_block_without_a_reason_has_a_summary_and_no_note() -> None:
    mailbox = replace(ROOM, include_blocks=True)
    [step] = (result := planned(replace(BOOKING, key=BLOCK, title=None), mailboxes=(mailbox,))).steps
    assert isinstance(step, Invite)
    assert step.content.summary == "Raumsperre"
    assert result.notes == []


# ── past and future ───────────────────────────────────────────────────────────────────────────────────────


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


# ── while a mail is on its way ────────────────────────────────────────────────────────────────────────────


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


# ── what a room sees ──────────────────────────────────────────────────────────────────────────────────────


def content(**changes: object) -> Content:
    result, _ = content_of(replace(BOOKING, **changes), ROOM, "Europe/Vienna")
    assert result is not None
    return result


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


# ── bad bookings ──────────────────────────────────────────────────────────────────────────────────────────

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
