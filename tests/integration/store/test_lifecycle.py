"""The one statement that changes a state, and what the database refuses by itself."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import psycopg2
import psycopg2.errors
import pytest

from raumpost.adapters.postgres import Database, connect
from raumpost.domain import lifecycle
from raumpost.domain.feedback import Feedback
from raumpost.domain.message import message
from raumpost.domain.model import MAX_ATTEMPTS, Answer, AnswerStamp, Invitation, Method, State
from raumpost.domain.transitions import RULES, Move, Transition
from raumpost.services.planning.gather import gather
from raumpost.services.store.invitations import carry_out, load_invitations, set_status
from raumpost.texts.wording import english, wording
from tests.database import NOW, Campus, Databases

LEASE = NOW + timedelta(minutes=30)
STAMP = AnswerStamp(dtstamp=NOW, date=NOW, mail_id=3)
PENDING: dict[str, object] = {"batch": 5, "lease_until": LEASE}
SENT: dict[str, object] = {"exposed_sequence": 0, "sent_sequence": 0, "sent_at": NOW}
ROWS: dict[State, dict[str, object]] = {
    State.PENDING: PENDING,
    State.SENDING: PENDING | {"attempts": 1},
    State.SENT: SENT,
    State.ANSWERED: SENT | {"answer": "ACCEPTED", "answer_sequence": 0, "answered_at": NOW},
    State.FAILED: PENDING | {"attempts": 5, "last_error": "550 unknown"},
    State.WITHDRAWN: SENT | {"method": "CANCEL", "sequence": 1, "exposed_sequence": 1, "sent_sequence": 1},
}
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


@dataclass
class Ground:
    """A database that the tests of this module share; each makes an invitation of its own."""

    campus: Campus
    db: Database

    def invitation(self, state: State = State.PENDING, **columns: object) -> Invitation:
        """Make an invitation in this state."""
        self.campus.event(self.campus.linked_room())
        gather(self.db, now=NOW, lease=timedelta(minutes=30), budget=0, default_time_zone="Europe/Berlin")
        id_ = self.campus.value("SELECT max(id) FROM raumpost.invitation")
        self.campus.update("raumpost.invitation", id_, state=state, **ROWS[state] | columns)
        return self.read(id_)

    def read(self, id_: int) -> Invitation:
        """Read an invitation as services do."""
        [invitation] = load_invitations(self.db, [id_])
        return invitation

    def everything(self, invitation: Invitation) -> dict[str, list[dict[str, Any]]]:
        """Read all that a transition may write about an invitation."""
        event = invitation.key.source_id
        return {
            "row": self.campus.sql("SELECT * FROM raumpost.invitation WHERE id = %(id)s", id=invitation.id),
            "journal": self.journal(invitation),
            "status": self.campus.sql("SELECT * FROM booking.status WHERE id = %(id)s", id=event),
        }

    def journal(self, invitation: Invitation) -> list[dict[str, Any]]:
        """Read the journal of an invitation."""
        return self.campus.sql(
            "SELECT * FROM raumpost.journal WHERE invitation_id = %(id)s ORDER BY id", id=invitation.id
        )


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


# ── what the database refuses ─────────────────────────────────────────────────────────────────────────────

_INVITATION = "UPDATE raumpost.invitation SET {} WHERE id = %(id)s"
_OUT = "INSERT INTO raumpost.mail (direction, raw, outcome, invitation_id, sequence, resend) VALUES ({})"
_IN = (
    "INSERT INTO raumpost.mail (direction, raw, imap_conn_id, folder, uid_validity, imap_uid, received_at, size) "
    "VALUES ({})"
)
_ANY_MAIL = "'in', '', 'i', 'INBOX', 9, 9, now(), 1"
_NEW_LINK = (
    "INSERT INTO raumpost.room_mailbox (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id) VALUES ({})"
)
_JOURNAL = "INSERT INTO raumpost.journal (level, step, message, actor) VALUES ({})"
_PREVIEW_ITEM = (
    "WITH p AS (INSERT INTO raumpost.preview (verb, actor) VALUES ('reset', '') RETURNING id) "
    "INSERT INTO raumpost.preview_item (preview_id, room_mailbox_id, source_id, fingerprint, kind, outcome) "
    "SELECT id, 1, 1, '', v.* FROM p, (VALUES ({})) AS v (kind, outcome)"
)
_CHECK_RESULT = (
    "INSERT INTO raumpost.check_result (subject, position, what, why, remedy, checked_at, kind, status) "
    "VALUES ('s', 0, '', '', '', now(), {})"
)
_CANARY = (
    "INSERT INTO raumpost.canary (room_mailbox_id, uid, organizer, organizer_name, after_mail, created_at, answer_by, "
    "starts_at, ends_at, state) SELECT id, 'u', 'o', 'n', 0, now(), now(), v.* "
    "FROM raumpost.room_mailbox, (VALUES ({})) AS v (starts_at, ends_at, state) LIMIT 1"
)
_ALERT = (
    "INSERT INTO raumpost.alert (first_at, last_at, quiet_until, subject, run_id, kind, count) "
    "VALUES (now(), now(), now(), '', '', {})"
)

CHECKS = [
    ("invitation_kind_check", _INVITATION, "kind = 'party'"),
    ("invitation_uid_check", _INVITATION, "uid = 'ümlaut@raumpost'"),
    ("invitation_uid_check", _INVITATION, "uid = repeat('x', 200)"),
    ("invitation_uid_check", _INVITATION, "uid = E'a\\nb'"),
    ("invitation_method_check", _INVITATION, "method = 'REPLY'"),
    ("invitation_sequence_check", _INVITATION, "sequence = -1"),
    ("invitation_check", _INVITATION, "ends_at = starts_at"),
    ("invitation_check1", _INVITATION, "all_day = true"),
    ("invitation_check1", _INVITATION, "time_zone = 'Europe/Berlin'"),
    ("invitation_state_check", _INVITATION, "state = 'lost'"),
    ("invitation_attempts_check", _INVITATION, "attempts = -1"),
    ("invitation_attempts_check", _INVITATION, "attempts = 6, state = 'failed', last_error = 'x'"),
    ("invitation_resend_check", _INVITATION, "resend = -1"),
    ("invitation_answer_check", _INVITATION, "answer = 'MAYBE', answer_sequence = 0, answered_at = now()"),
    ("invitation_check2", _INVITATION, "held_from = now(), held_until = now()"),
    ("revisions_in_order", _INVITATION, "exposed_sequence = 1"),
    ("revisions_in_order", _INVITATION, "exposed_sequence = 0, sent_sequence = 1, sequence = 1"),
    ("sent_implies_left", _INVITATION, "sent_sequence = 0"),
    ("lease_with_batch", _INVITATION, "batch = NULL"),
    ("lease_with_batch", _INVITATION, "lease_until = NULL"),
    ("held_slot_whole", _INVITATION, "held_from = now()"),
    ("held_slot_whole", _INVITATION, "held_until = now()"),
    ("answer_whole", _INVITATION, "answer = 'ACCEPTED'"),
    ("answer_whole", _INVITATION, "answer = 'ACCEPTED', answer_sequence = 0"),
    ("answer_whole", _INVITATION, "answer_sequence = 0, answered_at = now()"),
    ("pending_can_be_tried", _INVITATION, "attempts = 5"),
    ("sending_is_claimed", _INVITATION, "state = 'sending'"),
    ("sending_is_claimed", _INVITATION, "state = 'sending', attempts = 1, batch = NULL, lease_until = NULL"),
    ("sent_was_sent", _INVITATION, "state = 'sent'"),
    ("sent_was_sent", _INVITATION, "state = 'sent', sequence = 1, exposed_sequence = 1, sent_sequence = 0"),
    ("sent_was_sent", _INVITATION, "state = 'sent', method = 'CANCEL', exposed_sequence = 0, sent_sequence = 0"),
    ("answered_has_answer", _INVITATION, "state = 'answered'"),
    (
        "answered_has_answer",
        _INVITATION,
        "state = 'answered', sequence = 1, answer = 'ACCEPTED', answer_sequence = 0, answered_at = now()",
    ),
    ("failed_has_error", _INVITATION, "state = 'failed'"),
    ("bounced_is_failed", _INVITATION, "bounced = true"),
    ("withdrawn_is_cancelled", _INVITATION, "state = 'withdrawn'"),
    ("invitation_generation_check", _INVITATION, "generation = -1"),
    ("invitation_replacement_check", _INVITATION, "replacement = 'maybe'"),
    ("installation_sequence_floor_check", "UPDATE raumpost.installation SET {}", "sequence_floor = -1"),
    ("withheld_state_check", "INSERT INTO raumpost.withheld VALUES ({})", "%(id)s, 'maybe', now()"),
    ("removed_after_request", "UPDATE raumpost.room_mailbox SET {}", "removed_at = now()"),
    ("address_is_an_address", _NEW_LINK, "0, 'hörsaal@rooms.example', 's', 'i', 0"),
    ("address_is_an_address", _NEW_LINK, "0, 'hoersaal', 's', 'i', 0"),
    ("address_is_an_address", _NEW_LINK, "0, E'a@rooms.example\\n', 's', 'i', 0"),
    ("address_is_an_address", _NEW_LINK, "0, 'a b@rooms.example', 's', 'i', 0"),
    ("address_is_an_address", _NEW_LINK, "0, repeat('a', 250) || '@b.example', 's', 'i', 0"),
    ("alias_is_an_address", "INSERT INTO raumpost.room_mailbox_alias VALUES (1, {})", "'hoersaal'"),
    ("room_mailbox_smtp_conn_id_check", _NEW_LINK, "0, 'a@rooms.example', '', 'i', 0"),
    ("room_mailbox_imap_conn_id_check", _NEW_LINK, "0, 'a@rooms.example', 's', '', 0"),
    ("installation_single_row_check", "INSERT INTO raumpost.installation (single_row) VALUES ({})", "false"),
    ("preexisting_kind_check", "INSERT INTO raumpost.preexisting VALUES (1, {})", "'x', 1"),
    ("booking_change_kind_check", "INSERT INTO raumpost.booking_change (kind, source_id) VALUES ({})", "'x', 1"),
    ("mail_direction_check", _IN, "'up', '', 'i', 'INBOX', 1, 1, now(), 1"),
    ("mail_outcome_check", _OUT, "'out', '', 'lost', %(id)s, 0, 0"),
    ("out_is_whole", _OUT, "'out', '', 'sent', NULL, 0, 0"),
    ("out_is_whole", _OUT, "'out', '', NULL, %(id)s, 0, 0"),
    ("out_is_whole", _OUT, "'out', '', 'sent', %(id)s, 0, NULL"),
    ("in_is_whole", _IN, "'in', '', NULL, 'INBOX', 1, 1, now(), 1"),
    ("in_is_whole", _IN, "'in', '', 'i', 'INBOX', 1, NULL, now(), 1"),
    (
        "only_received_is_filed",
        _OUT.replace("resend)", "resend, filed_at)"),
        "'out', '', 'sent', %(id)s, 0, 0, now()",
    ),
    ("reply_cursor_last_uid_check", "INSERT INTO raumpost.reply_cursor VALUES ({})", "'i', 'INBOX', 1, -1"),
    ("journal_level_check", _JOURNAL, "'x', '', '', ''"),
    ("preview_verb_check", "INSERT INTO raumpost.preview (verb, actor) VALUES ({})", "'x', ''"),
    ("preview_item_kind_check", _PREVIEW_ITEM, "'x', NULL"),
    ("preview_item_outcome_check", _PREVIEW_ITEM, "'event', 'lost'"),
    ("check_result_kind_check", _CHECK_RESULT, "'x', 'ok'"),
    ("check_result_status_check", _CHECK_RESULT, "'smtp', 'x'"),
    ("canary_check", _CANARY, "now(), now(), 'booked'"),
    ("canary_state_check", _CANARY, "now(), now() + interval '1 h', 'lost'"),
    ("alert_kind_check", _ALERT, "'', 1"),
    ("alert_count_check", _ALERT, "'task', 0"),
    ("status_kind_check", "INSERT INTO booking.status VALUES ({})", "'x', 1, 1, 'sent', '', ''"),
    ("status_status_check", "INSERT INTO booking.status VALUES ({})", "'event', 1, 1, 'lost', '', ''"),
]  # fmt: skip


@pytest.mark.parametrize(("constraint", "statement", "impossible"), CHECKS, ids=[f"{c[0]}: {c[2]}" for c in CHECKS])
def test_the_database_refuses_what_is_impossible(
    ground: Ground, constraint: str, statement: str, impossible: str
) -> None:
    invitation = ground.invitation()
    with pytest.raises(psycopg2.errors.CheckViolation) as refusal:
        ground.campus.sql(statement.format(impossible), id=invitation.id)
    assert refusal.value.diag.constraint_name == constraint


def test_every_check_of_the_database_is_tried(ground: Ground) -> None:
    rows = ground.campus.sql(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace::regnamespace::text IN "
        "('booking', 'raumpost')"
    )
    assert {row["conname"] for row in rows} == {constraint for constraint, _, _ in CHECKS}


@pytest.mark.parametrize(
    ("index", "statement"),
    [
        (
            "invitation_room_mailbox_id_kind_source_id_key",
            "INSERT INTO raumpost.invitation (room_mailbox_id, kind, source_id, uid, method, summary, description, "
            "booked_by, starts_at, ends_at, all_day, confidential) SELECT room_mailbox_id, kind, source_id, 'other', "
            "method, '', '', '', starts_at, ends_at, false, false FROM raumpost.invitation WHERE id = %(id)s",
        ),
        (
            "invitation_uid_key",
            "INSERT INTO raumpost.invitation (room_mailbox_id, kind, source_id, uid, method, summary, description, "
            "booked_by, starts_at, ends_at, all_day, confidential) SELECT room_mailbox_id, 'block', source_id, uid, "
            "method, '', '', '', starts_at, ends_at, false, false FROM raumpost.invitation WHERE id = %(id)s",
        ),
        (
            "room_mailbox_room_id_key",
            "INSERT INTO raumpost.room_mailbox (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id) "
            "SELECT room_id, 'other@rooms.example', 's', 'i', 1 FROM raumpost.room_mailbox LIMIT 1",
        ),
        (
            "room_mailbox_address",
            "INSERT INTO raumpost.room_mailbox (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id) "
            "SELECT 0, upper(address), 's', 'i', 1 FROM raumpost.room_mailbox LIMIT 1",
        ),
        (
            "mail_invitation_id_sequence_resend_key",
            "INSERT INTO raumpost.mail (direction, raw, outcome, invitation_id, sequence, resend) "
            "SELECT 'out', '', 'sent', %(id)s, 0, 0 FROM generate_series(1, 2)",
        ),
        (
            "mail_imap_conn_id_folder_uid_validity_imap_uid_key",
            _IN.format("'in', '', 'i', 'INBOX', 1, 1, now(), 1), ('in', '', 'i', 'INBOX', 1, 1, now(), 1"),
        ),
        (
            "room_mailbox_alias_address",
            "INSERT INTO raumpost.room_mailbox_alias SELECT m.id, n FROM raumpost.room_mailbox AS m, "
            "unnest(ARRAY['a@x.example', 'A@x.example']) AS n",
        ),
        ("installation_pkey", "INSERT INTO raumpost.installation DEFAULT VALUES"),
    ],
    ids=lambda value: value if " " not in value else "",
)
def test_the_database_refuses_a_second_one(ground: Ground, index: str, statement: str) -> None:
    invitation = ground.invitation()
    with pytest.raises(psycopg2.errors.UniqueViolation) as refusal:
        ground.campus.sql(statement, id=invitation.id)
    assert refusal.value.diag.constraint_name == index
