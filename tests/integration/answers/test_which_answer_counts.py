"""Which answers count: revision, order, and those that come while a mail is being sent (INTEROP R4, R5)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.domain import lifecycle
from raumpost.domain.errors import BatchIncomplete
from raumpost.services.answers import update_status as update_status_module
from raumpost.services.answers.fetch import fetch
from raumpost.services.answers.update_status import update_status
from raumpost.services.planning.gather import Batch
from raumpost.services.store.invitations import carry_out, load_invitations
from tests.database import NOW
from tests.inbox_scenario import MINUTE, PAST, ROOM, InboxScenario
from tests.mail_pipeline import IMAP_CONN_ID, LEASE
from tests.servers.smtp import Fault, Mail

# ── which answer counts ───────────────────────────────────────────────────────────────────────────────────


def last(sent: InboxScenario, *mails: bytes, at: datetime | None = None) -> tuple[list[str], str]:
    """Let mails arrive; return their outcomes and the answer that counts then."""
    outcomes = sent.outcomes(*mails, at=at)
    return outcomes, sent.row()["answer"]


def test_a_later_answer_wins(sent: InboxScenario) -> None:
    assert last(sent, sent.answer(said="TENTATIVE")) == (["applied"], "TENTATIVE")
    assert last(sent, sent.answer(dtstamp=NOW + MINUTE)) == (["applied"], "ACCEPTED")
    later = NOW + timedelta(days=3)
    assert last(sent, sent.answer(said="DECLINED", dtstamp=later, comment="Wasserschaden")) == (["applied"], "DECLINED")
    assert sent.status() == ("declined", "Abgelehnt: Wasserschaden", "Declined: Wasserschaden")
    assert sent.row()["held_from"] is None


def test_the_stamp_decides_which_answer_is_later(sent: InboxScenario) -> None:
    newer = sent.answer(dtstamp=NOW + MINUTE, date=NOW - MINUTE)
    older = sent.answer(said="DECLINED", dtstamp=NOW + MINUTE / 2, date=NOW + MINUTE)
    assert last(sent, newer, older) == (["applied", "superseded"], "ACCEPTED")
    assert last(sent, older) == (["superseded"], "ACCEPTED")


def test_a_stamp_that_is_a_copy_of_ours_does_not_make_an_answer_older(sent: InboxScenario) -> None:
    """INTEROP R5: the room's server accepted under its own time; a person declines with a program that copies."""
    at_once = sent.answer(dtstamp=NOW + MINUTE, date=NOW + MINUTE)
    by_hand = sent.answer(said="DECLINED", dtstamp=sent.row()["dtstamp"], date=NOW + timedelta(days=1))
    assert last(sent, at_once) == (["applied"], "ACCEPTED")
    assert last(sent, by_hand) == (["applied"], "DECLINED")
    assert last(sent, at_once) == (["superseded"], "DECLINED")


@pytest.mark.parametrize("dtstamp", [NOW, None])
def test_where_the_stamps_do_not_differ_the_date_decides(sent: InboxScenario, dtstamp: datetime | None) -> None:
    newer = sent.answer(dtstamp=dtstamp, date=NOW + MINUTE)
    older = sent.answer(said="DECLINED", dtstamp=dtstamp, date=NOW)
    assert last(sent, newer, older) == (["applied", "superseded"], "ACCEPTED")


def test_where_one_has_no_stamp_the_date_decides(sent: InboxScenario) -> None:
    newer = sent.answer(dtstamp=None, date=NOW + MINUTE)
    older = sent.answer(said="DECLINED", dtstamp=NOW + timedelta(days=9), date=NOW)
    assert last(sent, newer, older) == (["applied", "superseded"], "ACCEPTED")


def test_where_there_is_no_date_the_time_of_arrival_decides(sent: InboxScenario) -> None:
    assert last(sent, sent.answer(date=None), at=PAST + 2 * MINUTE) == (["applied"], "ACCEPTED")
    assert last(sent, sent.answer(said="DECLINED", date=PAST + MINUTE)) == (["superseded"], "ACCEPTED")
    assert last(sent, sent.answer(said="DECLINED", date=None), at=PAST + 3 * MINUTE) == (["applied"], "DECLINED")


def test_where_nothing_differs_the_one_that_arrived_last_counts(sent: InboxScenario) -> None:
    first, second = sent.answer(), sent.answer(said="DECLINED")
    assert last(sent, first, second) == (["applied", "applied"], "DECLINED")
    assert last(sent, first) == (["applied"], "ACCEPTED")


def test_the_order_of_the_inbox_is_kept_over_portions(sent: InboxScenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update_status_module, "PORTION", 2)
    said = ["ACCEPTED", "DECLINED", "TENTATIVE", "ACCEPTED", "DECLINED"]
    assert last(sent, *(sent.answer(said=one) for one in said)) == (["applied"] * 5, "DECLINED")


def test_an_answer_to_the_next_revision_counts_whatever_its_time(sent: InboxScenario) -> None:
    sent.hear(sent.answer(said="DECLINED", dtstamp=NOW + timedelta(days=1)))
    sent.change()
    sent.pipeline.send_all()
    assert last(sent, sent.answer(sequence=1, dtstamp=NOW - timedelta(days=1))) == (["applied"], "ACCEPTED")


# ── which revision ────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_that_is_given_again_is_superseded(sent: InboxScenario) -> None:
    assert sent.outcomes(sent.answer(), sent.answer()) == ["applied", "superseded"]
    [_, (_, detail)] = sent.hear(sent.answer(said="DECLINED", dtstamp=NOW - MINUTE), sent.answer())
    assert detail == "says ACCEPTED once more; the same answer is known"


def test_an_answer_to_a_replaced_revision_is_stale(sent: InboxScenario) -> None:
    sent.change()
    sent.pipeline.send_all()
    assert sent.hear(sent.answer(said="DECLINED")) == [
        ("stale", "answers revision 0 with DECLINED; it has been replaced")
    ]
    assert sent.row()["state"] == "sent"


def test_an_answer_to_a_revision_that_waits_to_be_replaced_is_stale(sent: InboxScenario) -> None:
    sent.change()
    sent.pipeline.gather()
    assert sent.outcomes(sent.answer()) == ["stale"]
    assert sent.row()["state"] == "pending"


@pytest.mark.parametrize("sequence", [0, 1, None])
def test_an_answer_to_a_withdrawn_invitation_is_stale(sent: InboxScenario, sequence: int | None) -> None:
    sent.campus.delete("booking.event", sent.event)
    sent.pipeline.send_all()
    assert sent.row()["state"] == "withdrawn"
    assert sent.outcomes(sent.answer(sequence=sequence)) == ["stale"]
    assert (sent.row()["state"], sent.status()[0]) == ("withdrawn", "cancelled")


@pytest.mark.parametrize("sequence", [1, 999_999_999])
def test_an_answer_to_a_revision_that_was_never_sent_comes_from_the_future(sent: InboxScenario, sequence: int) -> None:
    assert sent.hear(sent.answer(sequence=sequence)) == [
        ("future", f"answers revision {sequence}, which was never sent")
    ]
    assert sent.row()["state"] == "sent"
    assert sent.journal("read") == [
        f"event {sent.event} “Analysis” in {ROOM}: mail 2: answers revision {sequence}, which was never sent"
    ]


@pytest.mark.parametrize("sequence", [0, None])
def test_nothing_answers_an_invitation_that_was_never_tried(scenario: InboxScenario, sequence: int | None) -> None:
    scenario.pipeline.gather()
    assert scenario.outcomes(scenario.answer(sequence=sequence)) == ["future"]
    assert scenario.row()["state"] == "pending"


def test_without_sequence_the_last_revision_that_left_is_answered(sent: InboxScenario) -> None:
    assert last(sent, sent.answer(sequence=None)) == (["applied"], "ACCEPTED")
    sent.change()
    sent.pipeline.send_all()
    assert sent.row()["state"] == "sent"
    assert last(sent, sent.answer(sequence=None, said="DECLINED")) == (["applied"], "DECLINED")
    assert sent.row()["answer_sequence"] == 1


def test_without_sequence_an_update_that_has_not_left_is_never_answered(sent: InboxScenario) -> None:
    sent.change()
    assert sent.outcomes(sent.answer(sequence=None)) == ["applied"]  # not yet planned
    batch = sent.pipeline.prepare()
    assert sent.outcomes(sent.answer(sequence=None, said="DECLINED")) == ["stale"]
    sent.smtp.refused[ROOM] = "550 5.1.1 unknown"
    with pytest.raises(Exception, match="1 to be tried again"):
        sent.pipeline.send(batch)
    assert sent.outcomes(sent.answer(sequence=None, said="DECLINED")) == ["stale"]
    assert sent.row()["state"] == "pending"
    assert sent.row()["answer"] == "ACCEPTED"


@pytest.mark.parametrize(("written", "outcome"), [(MINUTE, "applied"), (-MINUTE, "stale")])
def test_without_sequence_the_time_tells_whether_an_update_on_its_way_is_answered(
    sent: InboxScenario, written: timedelta, outcome: str
) -> None:
    sent.change()
    [batch] = sent.pipeline.gather()
    sent.pipeline.render(batch)
    sent.campus.sql(
        "UPDATE raumpost.invitation SET state = 'sending', attempts = 1, dtstamp = %(dtstamp)s", dtstamp=NOW
    )
    assert sent.outcomes(sent.answer(sequence=None, dtstamp=NOW + written)) == [outcome]


# ── while it is being sent ────────────────────────────────────────────────────────────────────────────────


def read_while_sending(scenario: InboxScenario, db: Database, batch: Batch, **said: Any) -> str:
    """Let the answer be read before the mail server has said 250; return the outcome."""
    states: list[str] = []

    def answer_at_once(_: Mail) -> None:
        states.append(scenario.row()["state"])
        scenario.mailbox.put(scenario.answer(**said))
        fetch(db, imap_conn_id=IMAP_CONN_ID, inbox=scenario.mailbox.open(), limit=10)
        update_status(db, imap_conn_id=IMAP_CONN_ID, now=NOW)

    scenario.smtp.on_mail = answer_at_once
    scenario.pipeline.send(batch)
    assert states == ["sending"]
    return str(
        scenario.campus.value("SELECT outcome FROM raumpost.mail WHERE direction = 'in' ORDER BY id DESC LIMIT 1")
    )


@pytest.mark.parametrize("sequence", [0, None])
def test_an_answer_while_the_invitation_is_sent_beats_its_confirmation(
    scenario: InboxScenario, connect: Callable[[], Connection], sequence: int | None
) -> None:
    outcome = read_while_sending(scenario, Database(connect()), scenario.pipeline.prepare(), sequence=sequence)
    assert outcome == "applied"
    row = scenario.row()
    assert (row["state"], row["answer"], row["sent_sequence"]) == ("answered", "ACCEPTED", 0)
    assert scenario.status()[0] == "accepted"
    assert scenario.campus.value("SELECT outcome FROM raumpost.mail WHERE direction = 'out'") == "sent"


def test_an_answer_while_an_update_is_sent_beats_its_confirmation(
    sent: InboxScenario, connect: Callable[[], Connection]
) -> None:
    sent.change()
    outcome = read_while_sending(sent, Database(connect()), sent.pipeline.prepare(), sequence=1)
    assert outcome == "applied"
    assert (sent.row()["state"], sent.row()["answer_sequence"]) == ("answered", 1)


def test_a_late_answer_to_the_old_revision_while_an_update_is_sent_is_stale(
    sent: InboxScenario, connect: Callable[[], Connection]
) -> None:
    sent.change()
    assert read_while_sending(sent, Database(connect()), sent.pipeline.prepare(), sequence=0) == "stale"
    assert sent.row()["state"] == "sent"


def test_an_answer_beats_the_rescue_of_an_invitation_whose_worker_died(scenario: InboxScenario) -> None:
    batch = scenario.pipeline.prepare()
    scenario.campus.sql("UPDATE raumpost.invitation SET state = 'sending', attempts = 1")
    assert scenario.outcomes(scenario.answer()) == ["applied"]
    assert scenario.pipeline.gather(NOW + 2 * LEASE) == []
    assert scenario.pipeline.send(batch).sent == 0
    assert scenario.row()["state"] == "answered"
    assert scenario.smtp.mails == []


@pytest.mark.parametrize("faults", [[Fault.HANG_UP], [Fault.HANG_UP, "450 4.7.1 later"]], ids=["uncertain", "not-sent"])
def test_an_answer_proves_that_a_mail_has_left_whatever_the_mail_server_said(
    scenario: InboxScenario, faults: list[str | Fault]
) -> None:
    batch = scenario.pipeline.prepare()
    for fault in faults:
        scenario.smtp.faults = [("CONTENT", fault)]
        with pytest.raises(BatchIncomplete):
            scenario.pipeline.send(batch)
    assert scenario.outcomes(scenario.answer()) == ["applied"]
    [mail] = scenario.campus.sql("SELECT outcome, detail FROM raumpost.mail WHERE direction = 'out'")
    answer = scenario.campus.value("SELECT answer_mail_id FROM raumpost.invitation")
    assert mail == {"outcome": "sent", "detail": f"it has left, as mail {answer} shows"}


@pytest.mark.parametrize("tried", [False, True])
def test_an_answer_to_a_mail_before_a_reset_leaves_the_mail_after_it_alone(sent: InboxScenario, tried: bool) -> None:
    sent.campus.sql("UPDATE raumpost.mail SET outcome = 'uncertain'")
    sent.campus.sql("UPDATE raumpost.invitation SET state = 'failed', last_error = 'nobody knows'")
    [invitation] = load_invitations(sent.pipeline.db, [sent.row()["id"]])
    carry_out(sent.pipeline.db, [lifecycle.reset(invitation)])
    batch = sent.pipeline.prepare()
    if tried:
        sent.smtp.faults = [("RCPT", "450 later")]
        with pytest.raises(BatchIncomplete):
            sent.pipeline.send(batch)
    assert sent.outcomes(sent.answer()) == ["applied"]
    rows = sent.campus.sql("SELECT resend, outcome FROM raumpost.mail WHERE direction = 'out' ORDER BY resend")
    assert [(row["resend"], row["outcome"]) for row in rows] == [
        (0, "sent"),
        (1, "not-sent" if tried else "rendered"),
    ]
