"""Mails that came back: which invitation they fail, and which they leave alone (INTEROP R, bounces)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes

import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.domain import lifecycle
from raumpost.services.answers.fetch import fetch
from raumpost.services.answers.update_status import update_status
from raumpost.services.store.invitations import carry_out, load_invitations
from tests.database import NOW
from tests.inbox_scenario import MINUTE, ROOM, InboxScenario
from tests.mail_pipeline import IMAP_CONN_ID
from tests.notices import in_words, report
from tests.servers.smtp import Mail

LATER = NOW + MINUTE
PROOF = "Authentication-Results: mx.booking.example;"
WHY = f"{ROOM}: 550 5.1.1 User unknown"


def our_mail(scenario: InboxScenario) -> bytes:
    """Return the newest mail that has left."""
    return scenario.smtp.mails[-1].octets


def headers_of(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def without_message_id(raw: bytes) -> bytes:
    """Return the mail as servers return it that put their own Message-ID on it."""
    return raw.replace(b"Message-ID: ", b"X-Message-ID: ")


def reset(scenario: InboxScenario) -> None:
    """Let a person reset the invitation."""
    [invitation] = load_invitations(scenario.pipeline.db, [scenario.row()["id"]])
    assert carry_out(scenario.pipeline.db, [lifecycle.reset(invitation)])


# ── which mail came back ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("returned", [bytes, headers_of], ids=["whole", "headers only"])
def test_a_bounce_fails_the_invitation_and_says_why(sent: InboxScenario, returned: Callable[[bytes], bytes]) -> None:
    assert sent.hear(report(ROOM, returned=returned(our_mail(sent)))) == [("bounce", f"undeliverable: {WHY}")]
    row = sent.row()
    assert (row["state"], row["last_error"], row["bounced"], row["exposed_sequence"]) == ("failed", WHY, True, 0)
    assert sent.status() == ("failed", f"Fehler: unzustellbar: {WHY}", f"Error: undeliverable: {WHY}")
    [entry] = sent.entries("bounce")
    assert entry["level"] == "error"
    assert entry["message"] == (
        f"event {sent.event} “Analysis” in {ROOM}: REQUEST 0 came back undeliverable: {WHY}; fix the cause and reset it"
    )
    mail = sent.campus.sql("SELECT invitation_id FROM raumpost.mail WHERE id = %(id)s", id=entry["mail_id"])
    assert mail == [{"invitation_id": row["id"]}]
    assert sent.entries() == []


def test_the_address_may_have_another_name_when_the_mail_itself_came_back(sent: InboxScenario) -> None:
    raw = report("hs1@internal.rooms.example", returned=our_mail(sent))
    assert sent.hear(raw) == [("bounce", "undeliverable: hs1@internal.rooms.example: 550 5.1.1 User unknown")]
    assert sent.row()["state"] == "failed"


def test_without_a_message_id_the_uid_of_the_returned_event_decides(sent: InboxScenario) -> None:
    assert sent.outcomes(report(ROOM, returned=without_message_id(our_mail(sent)), date=LATER)) == ["bounce"]
    assert sent.row()["state"] == "failed"


def test_a_bounce_older_than_the_newest_mail_is_not_about_that_one(sent: InboxScenario) -> None:
    raw = report(ROOM, returned=without_message_id(our_mail(sent)), date=NOW - MINUTE)
    assert sent.hear(raw) == [("stale", f"undeliverable: {WHY}; but that mail has been replaced")]
    assert (sent.row()["state"], sent.noted()[0]) == ("sent", "info")


def test_the_sequence_of_the_returned_event_tells_which_revision_came_back(sent: InboxScenario) -> None:
    first = without_message_id(our_mail(sent))
    sent.change()
    sent.pipeline.send_all()
    assert sent.outcomes(report(ROOM, returned=first, date=LATER)) == ["stale"]
    assert (sent.row()["state"], sent.row()["sequence"]) == ("sent", 1)


# ── only the recipient is known ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bounce", [report, in_words])
def test_the_only_mail_to_a_room_is_the_one_that_came_back(sent: InboxScenario, bounce: Callable[..., bytes]) -> None:
    assert sent.outcomes(bounce(ROOM, date=LATER)) == ["bounce"]
    assert sent.row()["state"] == "failed"
    assert sent.status()[1].startswith(f"Fehler: unzustellbar: {ROOM}: ")


def test_the_alias_of_a_room_is_the_room(sent: InboxScenario) -> None:
    sent.campus.sql("INSERT INTO raumpost.room_mailbox_alias SELECT id, 'HS1@old.example' FROM raumpost.room_mailbox")
    assert sent.outcomes(in_words("hs1@OLD.example", date=LATER)) == ["bounce"]
    assert sent.row()["state"] == "failed"


@pytest.mark.parametrize("date", [NOW - MINUTE, NOW + timedelta(days=7, minutes=1)], ids=["before", "long after"])
def test_a_mail_that_was_sent_at_another_time_did_not_come_back(sent: InboxScenario, date: datetime) -> None:
    assert sent.outcomes(in_words(ROOM, date=date)) == ["bounce"]
    assert (sent.row()["state"], sent.status()[0]) == ("sent", "sent")


def test_a_bounce_of_the_same_second_is_not_older_than_its_mail(sent: InboxScenario) -> None:
    """Date has no fractions of a second, our record of sending has."""
    sent.campus.sql("UPDATE raumpost.invitation SET sent_at = sent_at + interval '0.7 s'")
    assert sent.outcomes(in_words(ROOM, date=NOW)) == ["bounce"]
    assert sent.row()["state"] == "failed"


def test_which_of_several_mails_came_back_is_not_guessed(sent: InboxScenario) -> None:
    sent.campus.event(sent.campus.value("SELECT room_id FROM raumpost.room_mailbox"), title="Algebra")
    sent.pipeline.send_all()
    assert sent.outcomes(in_words(ROOM, date=LATER)) == ["bounce"]
    states = sent.campus.sql("SELECT state FROM raumpost.invitation")
    assert [row["state"] for row in states] == ["sent", "sent"]
    level, words = sent.noted()
    assert level == "warning"
    assert words.endswith("; several mails of ours to that address wait, and it does not say which one came back")


@pytest.mark.parametrize("on_its_way", ["state = 'sending', attempts = 1", "exposed_sequence = 0, attempts = 1"])
def test_a_mail_on_its_way_may_be_the_one_that_came_back(sent: InboxScenario, on_its_way: str) -> None:
    sent.campus.event(sent.campus.value("SELECT room_id FROM raumpost.room_mailbox"), title="Algebra")
    sent.pipeline.prepare()
    sent.campus.sql(f"UPDATE raumpost.invitation SET {on_its_way} WHERE state = 'pending'")
    assert sent.outcomes(in_words(ROOM, date=LATER)) == ["bounce"]
    [first, _] = sent.campus.sql("SELECT state FROM raumpost.invitation ORDER BY id")
    assert first["state"] == "sent"


def test_nothing_is_guessed_about_a_mail_that_is_still_being_sent(scenario: InboxScenario) -> None:
    scenario.pipeline.prepare()
    scenario.campus.sql("UPDATE raumpost.invitation SET state = 'sending', attempts = 1")
    [(outcome, detail)] = scenario.hear(in_words(ROOM, date=LATER))
    assert outcome == "bounce"
    assert detail.endswith("; the only mail of ours to that address is still being sent")
    assert scenario.row()["state"] == "sending"


def test_a_mail_that_was_answered_did_not_come_back(sent: InboxScenario) -> None:
    sent.hear(sent.answer())
    assert sent.outcomes(in_words(ROOM, date=LATER)) == ["bounce"]
    assert (sent.row()["state"], sent.status()[0]) == ("answered", "accepted")


@pytest.mark.parametrize(
    "proof", ["", "Authentication-Results: mx.booking.example; spf=pass smtp.mailfrom=evil.example\n"]
)
def test_who_demands_proof_of_origin_gets_it_for_such_a_bounce_too(sent: InboxScenario, proof: str) -> None:
    sent.authserv_id = "mx.booking.example"
    assert sent.outcomes(in_words(ROOM, date=LATER, headers=proof)) == ["bounce"]
    assert sent.row()["state"] == "sent"
    level, words = sent.noted()
    assert level == "warning"
    assert "cannot be trusted" in words


def test_such_a_bounce_with_proof_of_origin_counts(sent: InboxScenario) -> None:
    sent.authserv_id = "mx.booking.example"
    proof = f"{PROOF} dkim=pass header.d=rooms.example\n"
    assert sent.outcomes(in_words(ROOM, date=LATER, headers=proof)) == ["bounce"]
    assert sent.row()["state"] == "failed"


def test_a_bounce_that_returns_our_mail_needs_no_other_proof(sent: InboxScenario) -> None:
    sent.authserv_id = "mx.booking.example"
    assert sent.outcomes(report(ROOM, returned=our_mail(sent))) == ["bounce"]
    assert sent.row()["state"] == "failed"


def test_a_bounce_of_somebody_else_fails_nothing(sent: InboxScenario) -> None:
    before = (sent.row(), sent.status())
    words = "someone@elsewhere.example: 550 5.1.1 User unknown; no mail of ours to that address waits"
    assert sent.hear(report("someone@elsewhere.example", date=LATER)) == [("bounce", words)]
    assert (sent.row(), sent.status()) == before
    assert sent.noted() == ("warning", words)


# ── revisions and resends ──────────────────────────────────────────────────────────────────────────────


def test_a_bounce_of_a_replaced_revision_is_stale(sent: InboxScenario) -> None:
    first = our_mail(sent)
    sent.change()
    sent.pipeline.send_all()
    assert sent.hear(report(ROOM, returned=first, date=LATER)) == [
        ("stale", f"undeliverable: {WHY}; but that mail has been replaced")
    ]
    assert (sent.row()["state"], sent.status()[0]) == ("sent", "sent")
    assert sent.noted()[0] == "info"


def test_a_bounce_of_a_revision_that_waits_to_be_replaced_is_stale(sent: InboxScenario) -> None:
    sent.change()
    sent.pipeline.gather()
    assert sent.outcomes(report(ROOM, returned=our_mail(sent))) == ["stale"]
    assert sent.row()["state"] == "pending"


def test_a_bounce_after_an_answer_is_stale(sent: InboxScenario) -> None:
    sent.hear(sent.answer())
    assert sent.hear(report(ROOM, returned=our_mail(sent), date=LATER)) == [
        ("stale", f"undeliverable: {WHY}; but the room has answered")
    ]
    assert (sent.row()["state"], sent.status()[0]) == ("answered", "accepted")


def test_a_failed_update_leaves_the_slot_that_the_room_holds(sent: InboxScenario) -> None:
    sent.hear(sent.answer())
    held = sent.row()["held_from"]
    sent.change()
    sent.pipeline.send_all()
    assert sent.outcomes(report(ROOM, returned=our_mail(sent), date=LATER)) == ["bounce"]
    row = sent.row()
    assert (row["state"], row["held_from"], row["answer"]) == ("failed", held, "ACCEPTED")


def test_a_genuine_answer_after_a_bounce_counts(sent: InboxScenario) -> None:
    sent.hear(report(ROOM, returned=our_mail(sent)))
    assert sent.outcomes(sent.answer()) == ["applied"]
    assert (sent.row()["state"], sent.row()["last_error"]) == ("answered", None)
    assert sent.status() == ("accepted", "Angenommen", "Accepted")


def test_after_a_reset_it_is_sent_under_a_new_message_id_and_the_old_bounce_counts_no_longer(
    sent: InboxScenario,
) -> None:
    first = our_mail(sent)
    bounces = [report(ROOM, returned=first), report(ROOM, returned=without_message_id(first))]
    sent.hear(bounces[0])
    reset(sent)
    sent.pipeline.send_all(NOW + 10 * MINUTE)
    again = our_mail(sent)
    ids = [message_from_bytes(raw)["Message-ID"] for raw in (first, again)]
    assert ids[0] != ids[1]
    assert sent.row()["state"] == "sent"
    assert sent.outcomes(*bounces) == ["stale", "stale"]
    assert sent.row()["state"] == "sent"
    assert sent.outcomes(report(ROOM, returned=again, date=NOW + 11 * MINUTE)) == ["bounce"]
    assert sent.row()["state"] == "failed"


def test_a_second_bounce_of_the_same_mail_changes_nothing(sent: InboxScenario) -> None:
    raw = report(ROOM, returned=our_mail(sent))
    sent.hear(raw)
    before = (sent.row(), sent.status())
    assert sent.hear(raw) == [("bounce", f"undeliverable: {WHY}; the invitation is failed all the same")]
    assert (sent.row(), sent.status(), len(sent.entries("bounce"))) == (*before, 1)
    assert sent.noted()[0] == "info"


def test_a_bounce_while_another_attempt_waits_is_shown_and_changes_nothing(scenario: InboxScenario) -> None:
    batch = scenario.pipeline.prepare()
    scenario.smtp.faults = [("CONTENT", "451 4.3.0 try later")]
    with pytest.raises(Exception, match="1 to be tried again"):
        scenario.pipeline.send(batch)
    raw = bytes(scenario.campus.value("SELECT raw FROM raumpost.mail"))
    assert scenario.hear(report(ROOM, returned=raw)) == [
        ("bounce", f"undeliverable: {WHY}; the invitation is pending all the same")
    ]
    assert (scenario.row()["state"], scenario.noted()[0]) == ("pending", "warning")


def test_a_bounce_before_our_own_record_of_sending_counts(
    scenario: InboxScenario, connect: Callable[[], Connection]
) -> None:
    other = Database(connect())

    def bounce_at_once(mail: Mail) -> None:
        scenario.mailbox.put(report(ROOM, returned=mail.octets))
        fetch(other, imap_conn_id=IMAP_CONN_ID, inbox=scenario.mailbox.open(), limit=10)
        update_status(other, imap_conn_id=IMAP_CONN_ID, now=NOW)

    batch = scenario.pipeline.prepare()
    scenario.smtp.on_mail = bounce_at_once
    with pytest.raises(Exception, match="1 failed for good"):
        scenario.pipeline.send(batch)
    row = scenario.row()
    assert (row["state"], row["exposed_sequence"], row["batch"]) == ("failed", 0, batch.id)
    assert scenario.status()[0] == "failed"


# ── cancellations ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def withdrawn(sent: InboxScenario) -> InboxScenario:
    """Return a scenario whose accepted booking has been cancelled."""
    sent.hear(sent.answer())
    sent.campus.delete("booking.event", sent.event)
    sent.pipeline.send_all()
    assert sent.row()["state"] == "withdrawn"
    return sent


def test_the_bounce_of_a_cancellation_says_that_the_room_may_still_hold_the_slot(withdrawn: InboxScenario) -> None:
    """INTEROP W16: nothing else ever contradicts a cancellation."""
    assert withdrawn.outcomes(report(ROOM, returned=our_mail(withdrawn))) == ["bounce"]
    assert (withdrawn.row()["state"], withdrawn.row()["method"]) == ("failed", "CANCEL")
    assert withdrawn.status() == (
        "failed",
        f"Fehler: Absage unzustellbar, der Raum hält die Zeit vielleicht noch: {WHY}",
        f"Error: cancellation undeliverable, the room may still hold the time: {WHY}",
    )
    assert "the room may still hold the slot; fix the cause and reset it" in withdrawn.journal("bounce")[-1]


def test_a_cancellation_that_came_back_can_be_sent_again(withdrawn: InboxScenario) -> None:
    withdrawn.hear(report(ROOM, returned=our_mail(withdrawn)))
    reset(withdrawn)
    withdrawn.pipeline.send_all(NOW + MINUTE)
    assert (withdrawn.row()["state"], withdrawn.row()["resend"]) == ("withdrawn", 1)
    assert b"method=CANCEL" in our_mail(withdrawn)


def test_the_late_bounce_of_an_invitation_does_not_contradict_its_cancellation(withdrawn: InboxScenario) -> None:
    invitation = withdrawn.smtp.mails[0].octets
    assert withdrawn.outcomes(report(ROOM, returned=invitation)) == ["stale"]
    assert (withdrawn.row()["state"], withdrawn.status()[0]) == ("withdrawn", "cancelled")


def test_the_only_cancellation_to_a_room_is_the_one_that_came_back(withdrawn: InboxScenario) -> None:
    assert withdrawn.outcomes(in_words(ROOM, date=LATER)) == ["bounce"]
    assert withdrawn.row()["state"] == "failed"


# ── delays ────────────────────────────────────────────────────────────────────────────────────────────────

DELAYED = {"action": "delayed", "status": "4.4.1", "diagnostic": "smtp; 421 4.4.1 Connection timed out"}


def test_a_delay_is_shown_and_changes_nothing(sent: InboxScenario) -> None:
    before = (sent.row(), sent.status())
    words = f"delayed: {ROOM}: 421 4.4.1 Connection timed out"
    assert sent.hear(report(ROOM, returned=our_mail(sent), **DELAYED)) == [("delay", words)]
    assert (sent.row(), sent.status()) == before
    assert sent.noted() == ("warning", words)


def test_a_delay_that_an_answer_has_overtaken_alarms_nobody(sent: InboxScenario) -> None:
    sent.hear(sent.answer())
    assert sent.outcomes(report(ROOM, returned=our_mail(sent), **DELAYED)) == ["delay"]
    assert sent.noted()[0] == "info"


def test_a_delay_of_somebody_elses_mail_is_kept_without_a_word(sent: InboxScenario) -> None:
    assert sent.outcomes(report("someone@elsewhere.example", **DELAYED)) == ["delay"]
    assert sent.entries() == []
