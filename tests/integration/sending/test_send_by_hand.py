"""A cleared task, and invitations that cannot be rendered."""

from datetime import timedelta
from typing import Any

import pytest

from raumpost.adapters.smtp import SmtpMailer
from raumpost.domain.errors import BatchIncomplete, ConfigurationError
from raumpost.domain.model import MAX_ATTEMPTS
from raumpost.services.planning import gather as gather_service
from raumpost.services.planning.gather import Batch
from raumpost.services.sending.send import Sent
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
)
from tests.mail_pipeline import MailPipeline
from tests.servers.smtp import Smtp

# ── by hand ────────────────────────────────────────────────────────────────────────────────────────────


def give_up(campus: Campus, pipeline: MailPipeline, smtp: Smtp, batch: Batch) -> None:
    """Let the first room of a batch fail for good."""
    smtp.refused[address(1)] = "550 5.1.1 unknown"
    for _ in range(MAX_ATTEMPTS):
        attempt(pipeline, batch)
    smtp.refused.clear()
    assert states(campus)[0] == "failed"


def test_clearing_gives_the_failed_ones_of_the_batch_a_new_start(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus, 2)
    batch = pipeline.prepare()
    give_up(campus, pipeline, smtp, batch)
    before = rows(campus)[0]["message_id"]

    assert pipeline.send(batch, NOW + HOUR, cleared=True) == Sent(sent=1, remaining=0, failed=0)

    first, second = rows(campus)
    assert (first["state"], first["attempts"], first["resend"]) == ("sent", 1, 1)
    assert (second["attempts"], second["resend"]) == (1, 0)
    assert first["message_id"] == message_ids(smtp)[-1] != before
    assert mails(campus) == [(0, 0, "not-sent"), (0, 1, "sent"), (0, 0, "sent")]
    assert "reset" in [step for step, _ in journal(campus)]


def test_after_clearing_there_are_five_attempts_again(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    book(campus)
    batch = pipeline.prepare()
    give_up(campus, pipeline, smtp, batch)
    smtp.refused[address(1)] = "550 5.1.1 unknown"
    assert attempt(pipeline, batch, cleared=True).retry
    retries = [attempt(pipeline, batch).retry for _ in range(MAX_ATTEMPTS - 1)]
    assert retries == [True] * 3 + [False]
    assert row(campus)["last_error"].endswith("550 5.1.1 unknown")


def test_without_clearing_what_failed_stays_failed(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    book(campus)
    batch = pipeline.prepare()
    give_up(campus, pipeline, smtp, batch)
    assert not attempt(pipeline, batch).retry
    assert smtp.mails == []


def test_clearing_a_batch_that_was_sent_sends_nothing_twice(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    book(campus)
    batch = pipeline.prepare()
    pipeline.send(batch)
    assert pipeline.send(batch, cleared=True) == Sent(sent=0, remaining=0, failed=0)
    assert len(smtp.mails) == 1


# ── what cannot be rendered ────────────────────────────────────────────────────────────────────────────


def test_an_invitation_that_cannot_be_rendered_fails_alone_and_says_why(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus, 2)
    campus.sql("UPDATE booking.app_user SET email = 'no address' WHERE id = (SELECT min(id) FROM booking.app_user)")
    [batch] = pipeline.gather()
    assert pipeline.render(batch) == 1
    assert attempt(pipeline, batch).retry
    assert states(campus) == ["pending", "sent"]
    words = "the technical user “Raumpost” has no valid e-mail address (“no address”); correct booking.app_user.email"
    assert (rows(campus)[0]["last_error"], rows(campus)[0]["attempts"]) == (words, 1)
    *_, entry = campus.sql("SELECT * FROM raumpost.journal WHERE step = 'render' ORDER BY id")
    assert entry["level"] == "error"
    assert words in entry["message"]
    assert "CannotRender" in entry["detail"]


def test_once_the_technical_user_is_corrected_the_next_attempt_renders_and_sends(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    campus.sql("UPDATE booking.app_user SET email = NULL")
    [batch] = pipeline.gather()
    assert pipeline.render(batch) == 0
    attempt(pipeline, batch)
    campus.sql("UPDATE booking.app_user SET email = 'tech@booking.example'")
    assert pipeline.send(batch).sent == 1


def test_what_cannot_be_rendered_any_more_is_not_sent_with_its_old_text(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    [event] = book(campus)
    smtp.faults = [("RCPT", "450 later")]
    attempt(pipeline, pipeline.prepare())
    campus.update("booking.event", event, title="Neuer Titel")
    campus.sql("UPDATE booking.app_user SET email = 'no address'")
    batch = pipeline.prepare()
    attempt(pipeline, batch)
    assert smtp.mails == []
    assert mails(campus) == []


def test_a_batch_that_was_never_rendered_is_rendered_when_it_is_sent(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    [batch] = pipeline.gather()
    assert pipeline.send(batch).sent == 1
    assert len(smtp.mails) == 1


def test_out_of_time_the_rest_is_left_for_the_next_attempt(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    book(campus, 2)
    batch = pipeline.prepare()
    with pytest.raises(BatchIncomplete) as caught:
        pipeline.send(batch, until=NOW)
    assert caught.value.retry
    assert [row["attempts"] for row in rows(campus)] == [0, 0]
    assert smtp.mails == []


def test_a_link_switched_off_meanwhile_pauses_what_its_batch_holds(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    batch = pipeline.prepare()
    campus.sql("UPDATE raumpost.room_mailbox SET active = false")
    assert pipeline.send(batch).sent == 0
    assert states(campus) == ["pending"]


def test_a_booking_that_is_over_before_its_first_mail_is_dropped(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    batch = pipeline.prepare()
    assert pipeline.gather(NOW + timedelta(days=30)) == []
    assert pipeline.send(batch).sent == 0
    assert states(campus) == ["withdrawn"]


def test_many_that_are_over_are_dropped_in_portions(
    campus: Campus, pipeline: MailPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather_service, "PORTION", 2)
    book(campus, 5)
    pipeline.gather()
    assert pipeline.gather(NOW + timedelta(days=30)) == []
    assert states(campus) == ["withdrawn"] * 5


def test_a_missing_connection_proves_that_nothing_left(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    book(campus)
    batch = pipeline.prepare()

    def connect() -> Any:
        raise ConfigurationError("there is no Airflow connection “smtp_one”")

    pipeline.mailer = SmtpMailer(connect, name="SMTP interface smtp_one")
    attempt(pipeline, batch)
    assert row(campus)["last_error"] == "there is no Airflow connection “smtp_one”"
    assert row(campus)["exposed_sequence"] is None


def test_what_a_connection_raises_for_an_odd_password_is_not_quoted(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    batch = pipeline.prepare()

    def connect() -> Any:
        "geheim-ü".encode("ascii")

    pipeline.mailer = SmtpMailer(connect, name="SMTP interface smtp_one")
    attempt(pipeline, batch)
    assert row(campus)["last_error"].startswith("SMTP interface smtp_one cannot be used (UnicodeEncodeError)")
    assert "geheim" not in row(campus)["last_error"]
    assert row(campus)["exposed_sequence"] is None


def test_rendering_again_before_it_is_sent_changes_only_the_stamp(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    batch = pipeline.prepare()
    before = row(campus)
    pipeline.render(batch, NOW + HOUR)
    after = row(campus)
    assert after["message_id"] == before["message_id"]
    assert after["dtstamp"] == before["dtstamp"] + HOUR
    assert mails(campus) == [(0, 0, "rendered")]
