"""The statement that changes a state, against the rules of the lifecycle."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import psycopg2
import psycopg2.errors
import pytest

from raumpost.adapters.postgres import Database, connect
from raumpost.domain import lifecycle
from raumpost.domain.feedback import Feedback
from raumpost.domain.message import message
from raumpost.domain.model import MAX_ATTEMPTS, Answer, AnswerStamp, Invitation, Method, State
from raumpost.domain.transitions import RULES, Move, Transition
from raumpost.services.store.invitations import carry_out, set_status
from raumpost.texts.wording import english, wording
from tests.database import NOW, Campus, Databases
from tests.integration.store.moves import _ANY_MAIL, _IN, LEASE, ROWS, Ground

STAMP = AnswerStamp(dtstamp=NOW, date=NOW, mail_id=3)


MOVES: dict[Transition, Callable[[Invitation], Move]] = {
    Transition.CLAIM: lambda i: lifecycle.claim(i, lease_until=LEASE),
    Transition.CONFIRM: lambda i: lifecycle.confirm(i, now=NOW),
    Transition.DEFER: lambda i: lifecycle.fall_back(replace(i, attempts=1), error="421", may_be_known=True),
    Transition.FAIL: lambda i: lifecycle.fall_back(replace(i, attempts=5), error="550", may_be_known=False),
    Transition.RESCUE: lambda i: lifecycle.rescue(i, error="the worker stopped"),
    Transition.ANSWER: lambda i: lifecycle.answer(i, said=Answer.ACCEPTED, comment="gern", stamp=STAMP, now=NOW),
    Transition.BOUNCE: lambda i: lifecycle.bounce(i, reason="550 unknown"),
    Transition.CHANGE: lambda i: lifecycle.change(
        i, method=Method.REQUEST, content=replace(i.content, summary="Analysis", all_day=True, time_zone="Etc/UTC")
    ),
    Transition.ABANDON: lifecycle.abandon,
    Transition.RESET: lambda i: lifecycle.reset(i, batch=6, lease_until=LEASE),
    Transition.RESTORE: lambda i: lifecycle.restore(i, sequence=100),
}


@pytest.fixture(scope="module")
def ground(databases: Databases) -> Iterator[Ground]:
    with databases.copy() as uri, closing(connect(dsn=uri)) as connection:
        yield Ground(Campus(connection), Database(connection, actor="test", dag_id="mailbox_test", dag_run="manual"))


def allowed(transition: Transition, state: State) -> bool:
    return state in RULES[transition].sources


PAIRS = [pytest.param(state, transition, id=f"{transition}-{state}") for transition in MOVES for state in ROWS]


def test_the_pairs_are_complete() -> None:
    assert (set(MOVES), set(ROWS), len(PAIRS)) == (set(Transition), set(State), 66)


@pytest.mark.parametrize(("state", "transition"), PAIRS)
def test_a_transition_happens_where_the_rules_allow_it_and_nowhere_else(
    ground: Ground, state: State, transition: Transition
) -> None:
    invitation = ground.invitation(state)
    before = ground.everything(invitation)
    move = MOVES[transition](invitation)
    assert move.transition is transition

    moved = carry_out(ground.db, [move])

    after = ground.everything(invitation)
    if not allowed(transition, state):
        assert moved == set()
        assert after == before
        return
    assert moved == {invitation.id}
    [row] = after["row"]
    expected = before["row"][0] | dict(move.columns) | {"state": move.target, "updated_at": row["updated_at"]}
    if row["summary"] != before["row"][0]["summary"]:
        expected["words"] = row["words"]  # follows the summary
    assert row == expected
    assert row["updated_at"] > before["row"][0]["updated_at"]
    *earlier, entry = after["journal"]
    assert earlier == before["journal"]
    assert entry | {"id": None, "at": None} == {
        "id": None,
        "at": None,
        "level": move.level,
        "step": transition,
        "message": f"{invitation}: {english(move.message)}",
        "detail": None,
        "invitation_id": invitation.id,
        "room_mailbox_id": invitation.room_mailbox_id,
        "kind": "event",
        "source_id": invitation.key.source_id,
        "mail_id": None,
        "batch": row["batch"],
        "actor": "test",
        "dag_id": "mailbox_test",
        "dag_run": "manual",
    }
    [status] = after["status"]
    assert (status["room_id"], status["status"]) == (invitation.room_id, move.feedback.status)
    assert (status["message_de"], status["message_en"]) == wording(move.feedback.message)


def test_a_transition_leads_to_the_mail_that_brought_it_about(ground: Ground) -> None:
    invitation = ground.invitation(State.SENT)
    mail = ground.campus.value(f"{_IN.format(_ANY_MAIL)} RETURNING id")
    assert carry_out(ground.db, [MOVES[Transition.ANSWER](invitation)], mail_id=mail)
    assert ground.journal(invitation)[-1]["mail_id"] == mail
    ground.campus.delete("raumpost.mail", mail)
    assert ground.journal(invitation)[-1]["mail_id"] is None


def test_the_words_at_the_booking_change_without_the_state(ground: Ground) -> None:
    invitation = ground.invitation(State.SENT)
    before = ground.everything(invitation)
    more = Feedback("sent", message("status.remarked", status=message("status.sent"), remark="x"))
    set_status(ground.db, [(invitation, more)])
    after = ground.everything(invitation)
    assert (after["row"], after["journal"]) == (before["row"], before["journal"])
    [status] = after["status"]
    assert (status["message_de"], status["message_en"]) == (
        "Gesendet, Rückmeldung offen; x",
        "Sent, reply outstanding; x",
    )
    set_status(ground.db, [(invitation, more)])
    assert ground.everything(invitation)["status"] == [status]


def test_one_statement_moves_several_invitations_by_several_transitions(ground: Ground) -> None:
    to_send, on_its_way, sent = (ground.invitation(state) for state in (State.PENDING, State.SENDING, State.SENT))
    moves = [
        lifecycle.confirm(on_its_way, now=NOW),
        lifecycle.claim(to_send, lease_until=LEASE),
        lifecycle.confirm(sent, now=NOW),
    ]
    assert carry_out(ground.db, moves) == {to_send.id, on_its_way.id}
    assert ground.read(to_send.id).state is State.SENDING
    assert ground.read(on_its_way.id).state is State.SENT


def test_a_move_decided_for_an_older_revision_does_nothing(ground: Ground) -> None:
    read = ground.invitation(State.SENT)
    assert carry_out(ground.db, [MOVES[Transition.CHANGE](read)])
    before = ground.everything(read)
    assert ground.read(read.id).sequence == 1

    late = [MOVES[Transition.ANSWER](read), MOVES[Transition.CHANGE](read), lifecycle.claim(read, lease_until=LEASE)]

    assert carry_out(ground.db, late) == set()
    assert ground.everything(read) == before


@pytest.mark.parametrize("batch", [4, None], ids=["in another batch", "in no batch"])
def test_what_has_left_the_batch_does_not_move_with_it(ground: Ground, batch: int | None) -> None:
    invitation = ground.invitation(batch=batch, lease_until=batch and LEASE)
    before = ground.everything(invitation)
    assert carry_out(ground.db, [lifecycle.claim(invitation, lease_until=LEASE)], in_batch=5) == set()
    assert ground.everything(invitation) == before


def test_what_is_still_in_the_batch_moves(ground: Ground) -> None:
    invitation = ground.invitation(batch=5)
    assert carry_out(ground.db, [lifecycle.claim(invitation, lease_until=LEASE)], in_batch=5) == {invitation.id}


@pytest.mark.parametrize("refusing", ["raumpost.journal", "booking.status"])
def test_state_journal_and_status_are_written_together_or_not_at_all(
    db: Database, campus: Campus, refusing: str
) -> None:
    ground = Ground(campus, db)
    invitation = ground.invitation()
    before = ground.everything(invitation)
    campus.sql(f"ALTER TABLE {refusing} ADD CONSTRAINT closed CHECK (false) NOT VALID")

    with pytest.raises(psycopg2.errors.CheckViolation):  # outside any transaction: it is one statement
        carry_out(db, [lifecycle.abandon(invitation)])

    assert ground.everything(invitation) == before


def test_the_status_at_the_booking_is_not_touched_where_its_words_stay_the_same(ground: Ground) -> None:
    invitation = ground.invitation()
    [before] = ground.everything(invitation)["status"]
    assert carry_out(ground.db, [lifecycle.claim(invitation, lease_until=LEASE)])
    assert ground.everything(invitation)["status"] == [before]


def test_the_fifth_attempt_is_the_last_one_in_the_database_too(ground: Ground) -> None:
    invitation = ground.invitation()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert carry_out(ground.db, [lifecycle.claim(ground.read(invitation.id), lease_until=LEASE)])
        claimed = ground.read(invitation.id)
        assert claimed.attempts == attempt
        assert carry_out(ground.db, [lifecycle.fall_back(claimed, error="421 busy", may_be_known=False)])
    assert ground.read(invitation.id).state is State.FAILED
    assert [row["step"] for row in ground.journal(invitation)][1:] == ["claim", "defer"] * 4 + ["claim", "fail"]
