"""What the mail server refuses, what never reaches it, and what may have left."""

import smtplib

from raumpost.adapters.postgres import Database
from raumpost.domain.model import MAX_ATTEMPTS
from raumpost.services.sending.send import Sent
from sandbox.ports import HOST, free_port
from tests.database import NOW, Campus
from tests.integration.sending.send_scenario import (
    HOUR,
    address,
    attempt,
    book,
    journal,
    mails,
    message_ids,
    row,
    rows,
    states,
    status,
)
from tests.mail_pipeline import MailPipeline
from tests.servers.smtp import Fault, Smtp

# ── refused ────────────────────────────────────────────────────────────────────────────────────────────


def test_one_failure_does_not_stop_the_others(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    book(campus, 3)
    batch = pipeline.prepare()
    smtp.refused[address(2)] = "550 5.1.1 unknown"
    incomplete = attempt(pipeline, batch)
    assert str(incomplete) == (
        f"batch {batch.id}: 2 sent, 1 to be tried again, 0 failed for good; "
        "the reasons are above and in raumpost.journal"
    )
    assert incomplete.retry
    assert states(campus) == ["sent", "pending", "sent"]
    assert smtp.connections == 1


def test_a_failed_attempt_is_told_in_plain_words(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    book(campus)
    batch = pipeline.prepare()
    smtp.refused[address(1)] = "550 5.1.1 unknown"
    attempt(pipeline, batch)
    words = "SMTP interface smtp_one refused the recipient room-1@rooms.example: 550 5.1.1 unknown"
    found = row(campus)
    assert (found["state"], found["attempts"], found["last_error"]) == ("pending", 1, words)
    assert (found["exposed_sequence"], found["batch"]) == (None, batch.id)
    assert mails(campus) == [(0, 0, "not-sent")]
    assert campus.value("SELECT detail FROM raumpost.mail") == words
    assert status(campus) == (
        "pending",
        f"Einladung ausstehend; letzter Versuch: {words}",
        f"Invitation pending; last attempt: {words}",
    )
    [entry] = campus.sql("SELECT * FROM raumpost.journal WHERE step = 'defer'")
    assert entry["message"].endswith(f"in room-1@rooms.example: REQUEST 0 not sent, attempt 1 of 5: {words}")
    assert entry["level"] == "warning"


def test_the_next_attempt_sends_only_what_is_left(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    book(campus, 3)
    batch = pipeline.prepare()
    smtp.refused[address(2)] = "450 4.2.0 greylisted"
    attempt(pipeline, batch)
    smtp.refused.clear()
    assert pipeline.send(batch) == Sent(sent=1, remaining=0, failed=0)
    assert [mail.recipient for mail in smtp.mails] == [address(1), address(3), address(2)]
    assert rows(campus)[1]["attempts"] == 2
    assert rows(campus)[1]["last_error"] is None


def test_after_five_attempts_it_is_given_up_and_told(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    book(campus)
    batch = pipeline.prepare()
    smtp.refused[address(1)] = "550 5.1.1 unknown"
    retries = [attempt(pipeline, batch).retry for _ in range(MAX_ATTEMPTS)]
    assert retries == [True] * 4 + [False]
    found = row(campus)
    assert (found["state"], found["attempts"]) == ("failed", 5)
    assert status(campus)[0] == "failed"
    assert status(campus)[1].startswith("Fehler: SMTP interface smtp_one refused the recipient")
    assert journal(campus)[1:] == [("claim", "info"), ("defer", "warning")] * 4 + [("claim", "info"), ("fail", "error")]
    assert "fix the cause and reset it" in campus.value("SELECT message FROM raumpost.journal WHERE step = 'fail'")

    smtp.refused.clear()
    assert not attempt(pipeline, batch).retry
    assert smtp.mails == []
    assert row(campus)["attempts"] == 5


def test_it_is_tried_again_while_anything_is_left_although_something_failed_for_good(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus, 2)
    batch = pipeline.prepare()
    campus.sql("UPDATE raumpost.invitation SET attempts = 4 WHERE id = (SELECT min(id) FROM raumpost.invitation)")
    smtp.refused = {address(1): "550 unknown", address(2): "550 unknown"}
    incomplete = attempt(pipeline, batch)
    assert incomplete.retry
    assert "0 sent, 1 to be tried again, 1 failed for good" in str(incomplete)
    assert states(campus) == ["failed", "pending"]
    smtp.refused.pop(address(2))
    assert not attempt(pipeline, batch).retry
    assert states(campus) == ["failed", "sent"]


# ── no connection ──────────────────────────────────────────────────────────────────────────────────────


def test_a_server_that_is_down_costs_each_one_attempt_and_is_asked_once(campus: Campus, db: Database) -> None:
    book(campus, 3)
    asked = []

    def connect_to_nobody() -> smtplib.SMTP:
        asked.append(1)
        return smtplib.SMTP(HOST, free_port(), timeout=10)

    pipeline = MailPipeline(db, connect_to_nobody)
    batch = pipeline.prepare()
    assert attempt(pipeline, batch).retry
    assert len(asked) == 1
    assert [(one["state"], one["attempts"], one["exposed_sequence"]) for one in rows(campus)] == [
        ("pending", 1, None)
    ] * 3
    for one in rows(campus):
        assert one["last_error"].startswith("SMTP interface smtp_one cannot be reached: ")
    attempt(pipeline, batch)
    assert len(asked) == 2
    assert {one["attempts"] for one in rows(campus)} == {2}


def test_a_server_that_goes_away_in_the_middle_leaves_the_rest_for_later(
    campus: Campus, db: Database, smtp: Smtp
) -> None:
    book(campus, 4)
    ports = iter([smtp.port, free_port()])
    pipeline = MailPipeline(db, lambda: smtplib.SMTP(HOST, next(ports), timeout=10))
    batch = pipeline.prepare()
    smtp.faults = [None, ("MAIL", "421 4.3.2 closing down")]
    attempt(pipeline, batch)
    assert states(campus) == ["sent", "pending", "pending", "pending"]
    errors = [one["last_error"] for one in rows(campus)]
    assert "421 4.3.2 closing down" in errors[1]
    assert errors[2] == errors[3]
    assert errors[2].startswith("SMTP interface smtp_one cannot be reached: ")


# ── it may have left ───────────────────────────────────────────────────────────────────────────────────


def test_a_mail_that_may_have_left_is_counted_as_one_that_the_room_may_know(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    batch = pipeline.prepare()
    smtp.faults = [("CONTENT", Fault.HANG_UP)]
    assert attempt(pipeline, batch).retry
    found = row(campus)
    assert (found["state"], found["exposed_sequence"], found["sent_sequence"]) == ("pending", 0, None)
    assert "it may have arrived" in found["last_error"]
    assert mails(campus) == [(0, 0, "uncertain")]


def test_it_is_sent_again_with_the_same_message_id(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    """INTEROP W20."""
    book(campus)
    batch = pipeline.prepare()
    smtp.faults = [("CONTENT", Fault.HANG_UP)]
    attempt(pipeline, batch)
    pipeline.send(batch)
    first, again = smtp.mails
    assert first == again
    assert row(campus)["state"] == "sent"


def test_rendering_again_leaves_a_mail_that_may_have_left_as_it_is(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    batch = pipeline.prepare()
    smtp.faults = [("CONTENT", Fault.HANG_UP)]
    attempt(pipeline, batch)
    stamp = row(campus)["dtstamp"]
    pipeline.render(batch, NOW + HOUR)
    assert mails(campus) == [(0, 0, "uncertain")]
    pipeline.send(batch)
    first, again = smtp.mails
    assert first == again
    assert row(campus)["dtstamp"] == stamp


def test_a_mail_that_may_have_left_stays_uncertain_when_the_next_attempt_is_refused(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    batch = pipeline.prepare()
    smtp.faults = [("CONTENT", Fault.HANG_UP), ("RCPT", "450 later")]
    attempt(pipeline, batch)
    attempt(pipeline, batch)
    assert mails(campus) == [(0, 0, "uncertain")]
    assert "450 later" in row(campus)["last_error"]


def test_a_change_after_it_may_have_left_is_a_new_revision(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    """INTEROP W9."""
    [event] = book(campus)
    smtp.faults = [("CONTENT", Fault.HANG_UP)]
    attempt(pipeline, pipeline.prepare())
    campus.update("booking.event", event, title="Neuer Titel")
    pipeline.send_all()
    assert (row(campus)["state"], row(campus)["sequence"]) == ("sent", 1)
    assert len(set(message_ids(smtp))) == 2


def test_a_change_before_anything_left_keeps_the_revision_but_not_the_text(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    """INTEROP W9."""
    [event] = book(campus)
    smtp.faults = [("RCPT", "450 later")]
    attempt(pipeline, pipeline.prepare())
    campus.update("booking.event", event, title="Neuer Titel")
    pipeline.send_all()
    assert (row(campus)["state"], row(campus)["sequence"]) == ("sent", 0)
    [mail] = smtp.mails
    assert b"Subject: Neuer Titel\r\n" in mail.octets
