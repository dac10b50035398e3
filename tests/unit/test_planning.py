"""What follows from new, changed and deleted bookings; pure."""

from dataclasses import replace
from datetime import datetime

import pytest

from raumpost.domain.lifecycle import change
from raumpost.domain.model import (
    Invitation,
    Method,
    State,
)
from raumpost.domain.planning import Abandon, Invite, Plan, Revise
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
    invite,
    known,
    planned,
    request,
)

# ── booking ────────────────────────────────────────────────────────────────────────────────────────────


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


# ── change ─────────────────────────────────────────────────────────────────────────────────────────────


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


# ── deletion, cancellation, another room ───────────────────────────────────────────────────────────────


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


# ── blocks ─────────────────────────────────────────────────────────────────────────────────────────────


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
