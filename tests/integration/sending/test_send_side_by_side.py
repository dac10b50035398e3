"""Senders that died, and senders that live beside each other."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.domain.errors import BatchIncomplete, DatabaseUnavailable
from raumpost.services.planning.gather import Batch
from raumpost.services.sending.send import Sent
from tests.database import NOW, Campus
from tests.integration.sending.send_scenario import HOUR, address, attempt, book, journal, mails, row, rows, states
from tests.mail_pipeline import LEASE, MailPipeline
from tests.servers.smtp import Fault, Mail, Smtp


def die_while_sending(campus: Campus, smtp: Smtp, pipeline: MailPipeline, batch: Batch, connection: Connection) -> None:
    """Let a worker lose its database between SMTP 250 and its own record of it."""

    def kill(_: Mail) -> None:
        smtp.on_mail = lambda _: None
        campus.sql("SELECT pg_terminate_backend(%(pid)s, 5000)", pid=connection.get_backend_pid())

    smtp.on_mail = kill
    doomed = MailPipeline(Database(connection, actor="doomed"), smtp.connect)
    try:
        with pytest.raises(DatabaseUnavailable):
            doomed.send(batch)
    finally:
        doomed.mailer.close()


def test_what_a_dead_predecessor_left_claimed_is_sent_again_by_the_same_batch(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, connect: Callable[[], Connection]
) -> None:
    book(campus, 2)
    batch = pipeline.prepare()
    die_while_sending(campus, smtp, pipeline, batch, connect())
    assert states(campus) == ["sending", "pending"]
    assert len(smtp.mails) == 1

    assert pipeline.send(batch) == Sent(sent=2, remaining=0, failed=0)

    assert states(campus) == ["sent", "sent"]
    assert [one["attempts"] for one in rows(campus)] == [2, 1]
    assert smtp.mails[0] == smtp.mails[1]
    assert ("rescue", "warning") in journal(campus)


def test_the_mail_of_a_dead_predecessor_is_uncertain_until_it_is_sent_again(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, connect: Callable[[], Connection]
) -> None:
    book(campus)
    batch = pipeline.prepare()
    die_while_sending(campus, smtp, pipeline, batch, connect())
    seen = []
    smtp.on_mail = lambda _: seen.extend(mails(campus))
    pipeline.send(batch)
    assert seen == [(0, 0, "uncertain")]
    assert mails(campus) == [(0, 0, "sent")]


def test_a_predecessor_that_died_at_the_fifth_attempt_leaves_a_failure(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, connect: Callable[[], Connection]
) -> None:
    book(campus)
    batch = pipeline.prepare()
    campus.sql("UPDATE raumpost.invitation SET attempts = 4")
    die_while_sending(campus, smtp, pipeline, batch, connect())
    assert not attempt(pipeline, batch).retry
    found = row(campus)
    assert (found["state"], found["exposed_sequence"]) == ("failed", 0)
    assert "the mail may have left" in found["last_error"]
    assert len(smtp.mails) == 1


def test_two_senders_never_work_on_one_batch(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, connect: Callable[[], Connection]
) -> None:
    book(campus, 2)
    batch = pipeline.prepare()
    second = MailPipeline(Database(connect(), actor="second"), smtp.connect)
    refused: list[BatchIncomplete] = []

    def send_too(_: Mail) -> None:
        refused.append(attempt(second, batch))

    smtp.on_mail = send_too
    assert pipeline.send(batch) == Sent(sent=2, remaining=0, failed=0)
    assert [str(one) for one in refused] == [f"batch {batch.id} is being sent by another process"] * 2
    assert all(one.retry for one in refused)
    assert len(smtp.mails) == 2
    assert {one["attempts"] for one in rows(campus)} == {1}


@pytest.mark.parametrize("clock", [timedelta(), -3 * HOUR])
def test_a_living_sender_is_not_robbed_whatever_the_clocks_say(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, connect: Callable[[], Connection], clock: timedelta
) -> None:
    book(campus, 2)
    batch = pipeline.prepare()
    other = MailPipeline(Database(connect(), actor="other"), smtp.connect)

    def gather_much_later(_: Mail) -> None:
        smtp.on_mail = lambda _: None
        other.gather(NOW + 2 * LEASE)

    smtp.on_mail = gather_much_later
    pipeline.send(batch, NOW + clock)
    assert rows(campus)[0]["state"] == "sent"
    assert "rescue" not in [step for step, _ in journal(campus)]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(None, "sent"), (("CONTENT", "450 4.2.1 busy"), "rendered"), (("CONTENT", Fault.HANG_UP), "uncertain")],
)
def test_an_outcome_counts_only_for_the_claim_that_it_is_of(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, fault: tuple[str, str | Fault] | None, outcome: str
) -> None:
    book(campus)
    batch = pipeline.prepare()

    def claim_it_in_another_batch(_: Mail) -> None:
        campus.sql("UPDATE raumpost.invitation SET batch = batch + 1, attempts = 2")

    smtp.on_mail = claim_it_in_another_batch
    smtp.faults = [fault]
    pipeline.send(batch)
    assert (row(campus)["state"], row(campus)["attempts"]) == ("sending", 2)
    assert mails(campus) == [(0, 0, outcome)]


def test_a_sender_that_fails_leaves_no_lock(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, connect: Callable[[], Connection]
) -> None:
    book(campus)
    batch = pipeline.prepare()
    smtp.refused[address(1)] = "450 later"
    attempt(pipeline, batch)
    smtp.refused.clear()
    assert pipeline.send(batch, db=Database(connect(), actor="second")).sent == 1


def test_an_error_that_nobody_foresaw_is_recorded_and_does_not_stop_the_others(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus, 2)
    batch = pipeline.prepare()
    first = rows(campus)[0]["id"]
    campus.sql("UPDATE raumpost.invitation SET organizer = 'täch@booking.example' WHERE id = %(id)s", id=first)
    attempt(pipeline, batch)
    assert states(campus) == ["pending", "sent"]
    found = rows(campus)[0]
    assert found["last_error"].startswith("UnicodeEncodeError: ")
    assert found["exposed_sequence"] == 0  # nobody knows, so it may have left
