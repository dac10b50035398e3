"""Which transitions there are, and what each one does to the columns of an invitation."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest

from raumpost.domain import lifecycle
from raumpost.domain.hints import DURATION
from raumpost.domain.model import (
    MAX_ATTEMPTS,
    Answer,
    AnswerStamp,
    Invitation,
    Level,
    Method,
    State,
)
from raumpost.domain.restoring import sequence_floor
from raumpost.domain.transitions import RULES, Move, Transition
from raumpost.services.store.invitations import carry_out
from raumpost.texts.wording import english, german
from tests.factories import make_content, make_invitation

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LEASE = NOW + timedelta(minutes=30)
CONTENT = make_content(starts_at=NOW + timedelta(days=1), ends_at=NOW + timedelta(days=1, hours=2))
PENDING = make_invitation(
    content=CONTENT,
    batch=5,
    message_id="<event-7.0.0@booking.example>",
    organizer="tech@booking.example",
    organizer_name="Raumpost",
    dtstamp=NOW,
)
SENDING = replace(PENDING, state=State.SENDING, attempts=1)
LAST_TRY = replace(SENDING, attempts=MAX_ATTEMPTS)
SENT = replace(
    PENDING, state=State.SENT, batch=None, exposed_sequence=0, sent_sequence=0, first_message_id=PENDING.message_id
)
FAILED = replace(PENDING, state=State.FAILED, attempts=MAX_ATTEMPTS, last_error="550 unknown")
STOPPED = "the worker stopped"
STAMP = AnswerStamp(dtstamp=NOW, date=NOW, mail_id=3)


def answered(invitation: Invitation, said: Answer = Answer.ACCEPTED, comment: str | None = None) -> Move:
    return lifecycle.answer(invitation, said=said, comment=comment, stamp=STAMP, now=NOW)


def changed(invitation: Invitation, method: Method = Method.REQUEST) -> Move:
    return lifecycle.change(invitation, method=method, content=replace(CONTENT, summary="Analysis"))


def test_the_table_of_transitions_is_the_one_in_the_architecture() -> None:
    table = {name.value: (" ".join(sorted(r.sources)), " ".join(sorted(r.targets))) for name, r in RULES.items()}
    assert table == {
        "claim": ("pending", "sending"),
        "confirm": ("sending", "sent withdrawn"),
        "defer": ("sending", "pending"),
        "fail": ("sending", "failed"),
        "rescue": ("sending", "failed pending"),
        "answer": ("answered failed pending sending sent", "answered"),
        "bounce": ("sending sent withdrawn", "failed"),
        "change": ("answered failed pending sent withdrawn", "pending"),
        "abandon": ("failed pending", "withdrawn"),
        "reset": ("failed", "pending"),
        "restore": ("answered failed pending sending sent withdrawn", "pending"),
    }


def test_every_transition_has_a_rule_and_every_state_a_way_out() -> None:
    assert set(RULES) == set(Transition)
    assert {source for rule in RULES.values() for source in rule.sources} == set(State)


def test_a_move_to_a_place_its_transition_does_not_lead_to_is_refused() -> None:
    move = lifecycle.claim(PENDING, lease_until=LEASE)
    with pytest.raises(ValueError, match="claim does not lead to sent"):
        replace(move, target=State.SENT)


@pytest.mark.parametrize(
    "move",
    [
        lifecycle.claim(PENDING, lease_until=LEASE),
        lifecycle.confirm(SENDING, now=NOW),
        lifecycle.fall_back(SENDING, error="421", may_be_known=False),
        lifecycle.rescue(SENDING, error=STOPPED),
        answered(SENT),
        lifecycle.bounce(SENT, reason="550 unknown"),
        changed(SENT),
        lifecycle.abandon(PENDING),
        lifecycle.reset(FAILED),
    ],
    ids=lambda move: move.transition,
)
def test_every_line_of_the_journal_names_the_booking_and_the_room(move: Move) -> None:
    db = Mock()
    db.rows.return_value = []
    carry_out(db, [move])
    [written] = json.loads(db.rows.call_args.kwargs["moves"])
    assert written["journal"] == f"event 7 “Algebra” in hoersaal-1@rooms.example: {english(move.message)}"


# ── claim, confirm, defer, fail, rescue ───────────────────────────────────────────────────────────────────


def test_a_claim_counts_as_an_attempt_before_anything_is_sent() -> None:
    move = lifecycle.claim(replace(PENDING, attempts=3), lease_until=LEASE)
    assert (move.target, move.columns) == (State.SENDING, {"attempts": 4, "lease_until": LEASE})
    assert "attempt 4 of 5" in english(move.message)


def test_a_confirmed_request_waits_for_its_answer_outside_any_batch() -> None:
    move = lifecycle.confirm(SENDING, now=NOW)
    assert move.target is State.SENT
    assert move.columns == {
        "batch": None,
        "lease_until": None,
        "exposed_sequence": 0,
        "sent_sequence": 0,
        "sent_at": NOW,
        "first_message_id": SENDING.message_id,
        "last_error": None,
        "bounced": False,
    }


def test_a_confirmed_cancellation_is_the_end_and_the_room_holds_nothing() -> None:
    move = lifecycle.confirm(replace(SENDING, method=Method.CANCEL, sequence=1, exposed_sequence=0), now=NOW)
    assert move.target is State.WITHDRAWN
    assert (move.columns["held_from"], move.columns["held_until"], move.columns["sent_sequence"]) == (None, None, 1)
    assert move.feedback.status == "cancelled"


def test_the_first_message_id_stays_for_life() -> None:
    later = replace(SENDING, sequence=4, first_message_id="<first@booking.example>")
    assert lifecycle.confirm(later, now=NOW).columns["first_message_id"] == "<first@booking.example>"
    assert answered(later).columns["first_message_id"] == "<first@booking.example>"


@pytest.mark.parametrize("attempts", [1, 2, 3, 4])
def test_a_failed_attempt_before_the_fifth_is_tried_again_in_its_batch(attempts: int) -> None:
    move = lifecycle.fall_back(replace(SENDING, attempts=attempts), error="421 busy", may_be_known=False)
    assert (move.transition, move.target, move.level) == (Transition.DEFER, State.PENDING, Level.WARNING)
    assert move.columns == {"last_error": "421 busy"}  # neither batch nor lease
    assert "421 busy" in german(move.feedback.message)


def test_the_fifth_failed_attempt_is_the_last() -> None:
    move = lifecycle.fall_back(LAST_TRY, error="421 busy", may_be_known=False)
    assert (move.transition, move.target, move.level) == (Transition.FAIL, State.FAILED, Level.ERROR)
    assert move.columns == {"last_error": "421 busy"}
    assert "fix the cause and reset it" in english(move.message)
    assert (move.feedback.status, english(move.feedback.message)) == ("failed", "Error: 421 busy")


@pytest.mark.parametrize("invitation", [SENDING, LAST_TRY])
def test_a_failed_attempt_remembers_that_the_mail_may_have_left(invitation: Invitation) -> None:
    move = lifecycle.fall_back(replace(invitation, sequence=2), error="broke off", may_be_known=True)
    assert move.columns["exposed_sequence"] == 2


def test_a_rescued_invitation_may_have_left_and_is_tried_again_in_its_batch() -> None:
    move = lifecycle.rescue(replace(SENDING, sequence=2), error=STOPPED)
    assert (move.transition, move.target) == (Transition.RESCUE, State.PENDING)
    assert move.columns["exposed_sequence"] == 2
    assert not {"batch", "lease_until", "attempts"} & set(move.columns)


def test_a_rescue_after_the_fifth_attempt_gives_up() -> None:
    move = lifecycle.rescue(LAST_TRY, error=STOPPED)
    assert (move.transition, move.target, move.level) == (Transition.RESCUE, State.FAILED, Level.ERROR)
    assert move.feedback.status == "failed"


# ── answer ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_proves_that_the_mail_arrived_whatever_our_record_says() -> None:
    columns = answered(LAST_TRY).columns
    assert (columns["exposed_sequence"], columns["sent_sequence"], columns["sent_at"]) == (0, 0, NOW)
    assert (columns["batch"], columns["lease_until"], columns["last_error"]) == (None, None, None)
    assert columns["first_message_id"] == LAST_TRY.message_id


def test_an_answer_leaves_the_time_of_sending_alone_where_it_is_known() -> None:
    assert "sent_at" not in answered(SENT).columns


def test_an_acceptance_holds_the_slot() -> None:
    move = answered(SENT)
    assert (move.columns["held_from"], move.columns["held_until"]) == (CONTENT.starts_at, CONTENT.ends_at)
    assert (move.columns["answer"], move.columns["answer_sequence"], move.level) == (Answer.ACCEPTED, 0, Level.INFO)


@pytest.mark.parametrize(("said", "level"), [(Answer.DECLINED, Level.WARNING), (Answer.TENTATIVE, Level.INFO)], ids=str)
def test_any_other_answer_holds_nothing(said: Answer, level: Level) -> None:
    move = answered(replace(SENT, sequence=1), said, "Umbau")
    assert (move.columns["held_from"], move.columns["held_until"]) == (None, None)
    assert (move.columns["comment"], move.level) == ("Umbau", level)
    assert german(move.feedback.message).endswith(": Umbau")


def test_a_refusal_by_a_known_policy_names_it_at_the_booking_and_where_to_change_it_in_the_journal() -> None:
    move = answered(SENT, Answer.DECLINED, "The maximum duration is 1440 minutes.")
    assert german(move.feedback.message).endswith(f"(Hinweis: {german(DURATION.what)})")
    assert english(move.feedback.message).endswith(f"(hint: {english(DURATION.what)})")
    assert english(move.message).endswith(f"; hint: {english(DURATION.what)} ({english(DURATION.setting)})")


@pytest.mark.parametrize("said", [Answer.ACCEPTED, Answer.TENTATIVE], ids=str)
def test_who_does_not_refuse_needs_no_hint(said: Answer) -> None:
    move = answered(SENT, said, "The maximum duration is 1440 minutes.")
    assert "hint" not in english(move.message) + english(move.feedback.message)


def test_an_answer_keeps_what_orders_it_among_others() -> None:
    columns = answered(SENT).columns
    assert [columns[f"answer_{name}"] for name in ("dtstamp", "date", "mail_id")] == [NOW, NOW, 3]


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        pytest.param((2, 1, 1), (1, 2, 2), id="by DTSTAMP"),
        pytest.param((1, 2, 1), (1, 1, 2), id="by Date where the DTSTAMPs are equal"),
        pytest.param((None, 2, 1), (3, 1, 2), id="by Date where one DTSTAMP is missing"),
        pytest.param((1, 1, 2), (1, 1, 1), id="by arrival where all else is equal"),
    ],
)
def test_of_two_answers_the_later_counts(
    later: tuple[int | None, int, int], earlier: tuple[int | None, int, int]
) -> None:
    def stamp(dtstamp: int | None, date: int, mail_id: int) -> AnswerStamp:
        hours = [None if hour is None else NOW + timedelta(hours=hour) for hour in (dtstamp, date)]
        return AnswerStamp(dtstamp=hours[0], date=hours[1] or NOW, mail_id=mail_id)

    assert stamp(*later).is_after(stamp(*earlier))
    assert not stamp(*earlier).is_after(stamp(*later))
    assert not stamp(*later).is_after(stamp(*later))


# ── bounce ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_bounce_gives_the_reason_to_the_operator_and_to_the_person_who_booked() -> None:
    move = lifecycle.bounce(SENT, reason="room@x: 550 unknown")
    assert (move.target, move.level) == (State.FAILED, Level.ERROR)
    assert move.columns == {"last_error": "room@x: 550 unknown", "bounced": True, "exposed_sequence": 0}
    assert "REQUEST 0 came back undeliverable: room@x: 550 unknown; fix the cause and reset it" in english(move.message)
    assert german(move.feedback.message) == "Fehler: unzustellbar: room@x: 550 unknown"


def test_what_came_back_counts_as_having_left() -> None:
    """INTEROP W9: its number is never used for something else."""
    assert lifecycle.bounce(SENDING, reason="550").columns["exposed_sequence"] == SENDING.sequence


def test_the_bounce_of_a_cancellation_says_that_the_room_may_still_hold_the_slot() -> None:
    withdrawn = replace(
        SENT, state=State.WITHDRAWN, method=Method.CANCEL, sequence=1, exposed_sequence=1, sent_sequence=1
    )
    move = lifecycle.bounce(withdrawn, reason="550")
    assert move.target is State.FAILED
    assert "CANCEL 1 came back undeliverable: 550; the room may still hold the slot" in english(move.message)


# ── change, abandon, reset ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("invitation", "sequence"),
    [
        pytest.param(PENDING, 0, id="never left"),
        pytest.param(FAILED, 0, id="failed and never left"),
        pytest.param(replace(FAILED, exposed_sequence=0), 1, id="failed, but may have left"),
        pytest.param(replace(PENDING, exposed_sequence=0), 1, id="to be tried again, but may have left"),
        pytest.param(SENT, 1, id="sent"),
        pytest.param(replace(SENT, state=State.ANSWERED), 1, id="answered"),
        pytest.param(replace(SENT, state=State.PENDING, sequence=1), 1, id="changed, and not sent since"),
        pytest.param(
            replace(SENT, state=State.WITHDRAWN, method=Method.CANCEL, sequence=1, exposed_sequence=1),
            2,
            id="withdrawn",
        ),
        pytest.param(replace(PENDING, state=State.WITHDRAWN, method=Method.CANCEL), 0, id="abandoned"),
    ],
)
@pytest.mark.parametrize("method", list(Method))
def test_a_change_takes_a_new_sequence_if_the_room_may_know_the_last_one(
    invitation: Invitation, sequence: int, method: Method
) -> None:
    move = changed(invitation, method)
    assert (move.columns["sequence"], move.columns["method"]) == (sequence, method)
    assert f"as revision {sequence}" in english(move.message)


def test_a_change_leaves_its_batch_and_has_five_new_attempts() -> None:
    columns = changed(FAILED).columns
    assert [columns[name] for name in ("batch", "lease_until", "attempts", "last_error")] == [None, None, 0, None]
    assert columns["summary"] == "Analysis"


def test_a_change_keeps_uid_organizer_answer_and_held_slot() -> None:
    kept = {"uid", "organizer", "organizer_name", "first_message_id", "answer", "held_from", "held_until", "resend"}
    assert not kept & set(changed(SENT).columns)


def test_the_person_who_booked_sees_whether_it_is_an_invitation_an_update_or_a_cancellation() -> None:
    words = [
        english(changed(PENDING).feedback.message),
        english(changed(SENT).feedback.message),
        english(changed(SENT, Method.CANCEL).feedback.message),
    ]
    assert words == ["Invitation pending", "Update pending", "Cancellation pending"]


def test_an_abandoned_invitation_ends_withdrawn_without_a_new_revision() -> None:
    move = lifecycle.abandon(FAILED)
    assert (move.target, move.columns["method"], move.feedback.status) == (State.WITHDRAWN, Method.CANCEL, "cancelled")
    assert "sequence" not in move.columns


def test_a_reset_gives_five_new_attempts_and_a_new_message_id() -> None:
    columns = lifecycle.reset(replace(FAILED, resend=2)).columns
    assert columns == {
        "batch": None,
        "lease_until": None,
        "attempts": 0,
        "resend": 3,
        "last_error": None,
        "bounced": False,
    }


def test_a_reset_by_clearing_a_task_stays_in_its_batch() -> None:
    columns = lifecycle.reset(FAILED, batch=5, lease_until=LEASE).columns
    assert (columns["batch"], columns["lease_until"]) == (5, LEASE)


# ── restore ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("invitation", [PENDING, SENDING, SENT, FAILED], ids=lambda one: one.state)
def test_after_a_restore_the_same_is_wanted_anew_above_all_that_may_have_been_sent(invitation: Invitation) -> None:
    move = lifecycle.restore(invitation, sequence=100)
    assert move.target is State.PENDING
    assert (move.columns["sequence"], move.columns["exposed_sequence"], move.columns["attempts"]) == (100, 0, 0)
    assert not {"method", "summary", "answer", "held_from"} & set(move.columns)


def test_a_first_invitation_is_one_whatever_its_sequence() -> None:
    first = replace(PENDING, sequence=100)
    assert english(lifecycle.claim(first, lease_until=LEASE).feedback.message) == "Invitation pending"


def test_the_sequence_after_a_restore_exceeds_what_is_known_and_grows_with_time() -> None:
    assert sequence_floor(0, NOW) > 0
    assert sequence_floor(0, NOW + timedelta(seconds=1)) == sequence_floor(0, NOW) + 1
    assert sequence_floor(2**30, NOW) == 2**30 + 1
    assert sequence_floor(0, datetime(2090, 1, 1, tzinfo=UTC)) < 2**31
