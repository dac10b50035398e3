"""Sending a batch: each outcome at once, five attempts, and certainty about what may have left."""

import smtplib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from itertools import count
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.adapters.smtp import SmtpMailer
from raumpost.domain.errors import BatchIncomplete, ConfigurationError, DatabaseUnavailable
from raumpost.domain.model import MAX_ATTEMPTS
from raumpost.services.planning import gather as gather_service
from raumpost.services.planning.gather import Batch
from raumpost.services.sending.send import Sent, send_batch
from sandbox.ports import HOST, free_port
from tests.database import NOW, Campus, emptied
from tests.mail_pipeline import LEASE, MailPipeline
from tests.servers.smtp import Fault, Mail, Smtp

TECH = "tech@booking.example"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


def address(number: int) -> str:
    return f"room-{number}@rooms.example"


def book(campus: Campus, rooms: int = 1) -> list[int]:
    """Book so many rooms, one event each, in the order in which they will be sent; return the events."""
    return [
        campus.event(
            campus.linked_room(f"Raum {number}", address=address(number)),
            title=f"Termin {number}",
            starts=NOW + DAY + number * HOUR,
        )
        for number in range(1, rooms + 1)
    ]


def rows(campus: Campus) -> list[dict[str, Any]]:
    """Read the invitations."""
    return campus.sql("SELECT * FROM raumpost.invitation ORDER BY id")


def row(campus: Campus) -> dict[str, Any]:
    [found] = rows(campus)
    return found


def states(campus: Campus) -> list[str]:
    return [one["state"] for one in rows(campus)]


def mails(campus: Campus) -> list[tuple[int, int, str]]:
    """Read what was rendered: sequence, resend, outcome."""
    found = campus.sql("SELECT sequence, resend, outcome FROM raumpost.mail ORDER BY invitation_id, id")
    return [(one["sequence"], one["resend"], one["outcome"]) for one in found]


def journal(campus: Campus) -> list[tuple[str, str]]:
    return [(one["step"], one["level"]) for one in campus.sql("SELECT step, level FROM raumpost.journal ORDER BY id")]


def status(campus: Campus) -> tuple[str, str, str]:
    [found] = campus.sql("SELECT status, message_de, message_en FROM booking.status")
    return found["status"], found["message_de"], found["message_en"]


def attempt(pipeline: MailPipeline, batch: Batch, **options: Any) -> BatchIncomplete:
    """Try to send what cannot all be sent."""
    with pytest.raises(BatchIncomplete) as incomplete:
        pipeline.send(batch, **options)
    return incomplete.value


def message_ids(smtp: Smtp) -> list[str]:
    return [message_from_bytes(mail.octets)["Message-ID"] for mail in smtp.mails]


# ── all goes well ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_batch_is_sent_over_one_connection_from_the_technical_user_to_each_room(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus, 3)
    assert pipeline.send(pipeline.prepare()) == Sent(sent=3, remaining=0, failed=0)
    assert [(mail.sender, mail.recipient) for mail in smtp.mails] == [(TECH, address(n)) for n in (1, 2, 3)]
    assert smtp.connections == 1
    stored = campus.sql("SELECT raw FROM raumpost.mail ORDER BY id")
    assert [mail.octets for mail in smtp.mails] == [bytes(one["raw"]) for one in stored]


def test_what_was_sent_waits_for_its_answer_outside_any_batch(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    pipeline.send(pipeline.prepare(), NOW + HOUR)
    found = row(campus)
    assert (found["state"], found["attempts"], found["last_error"]) == ("sent", 1, None)
    assert (found["exposed_sequence"], found["sent_sequence"], found["sent_at"]) == (0, 0, NOW + HOUR)
    assert (found["batch"], found["lease_until"]) == (None, None)
    assert (found["organizer"], found["organizer_name"]) == (TECH, "Raumpost")
    assert found["first_message_id"] == found["message_id"] == message_ids(smtp)[0]
    assert mails(campus) == [(0, 0, "sent")]
    assert status(campus) == ("sent", "Gesendet, Rückmeldung offen", "Sent, reply outstanding")
    assert journal(campus) == [("invite", "info"), ("claim", "info"), ("confirm", "info")]


def test_each_outcome_is_committed_at_once(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, connect: Callable[[], Connection]
) -> None:
    book(campus, 3)
    outside = Campus(connect())
    seen = []

    def look(_: Mail) -> None:
        seen.append([(one["state"], one["attempts"]) for one in rows(outside)])

    smtp.on_mail = look
    pipeline.send(pipeline.prepare())
    assert seen == [
        [("sending", 1), ("pending", 0), ("pending", 0)],
        [("sent", 1), ("sending", 1), ("pending", 0)],
        [("sent", 1), ("sent", 1), ("sending", 1)],
    ]


def test_the_lease_lasts_from_the_last_sign_of_life(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, connect: Callable[[], Connection]
) -> None:
    book(campus, 3)
    batch = pipeline.prepare()
    outside = Campus(connect())
    minutes = count(1)
    seen = []
    smtp.on_mail = lambda _: seen.append([one["lease_until"] for one in rows(outside)])
    smtp.refused[address(1)] = "450 later"

    def clock() -> datetime:
        return NOW + next(minutes) * MINUTE

    with pytest.raises(BatchIncomplete):
        send_batch(
            pipeline.db,
            batch=batch.id,
            mailer=pipeline.mailer,
            clock=clock,
            lease=LEASE,
            default_time_zone="Europe/Berlin",
        )
    [(tried, sending, waiting), _] = seen
    assert NOW + LEASE < waiting < tried < sending
    assert rows(campus)[0]["lease_until"] == NOW + (next(minutes) - 1) * MINUTE + LEASE > sending


def test_a_batch_that_is_empty_by_now_is_no_failure(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    book(campus)
    batch = pipeline.prepare()
    pipeline.send(batch)
    assert pipeline.send(batch) == Sent(sent=0, remaining=0, failed=0)
    assert len(smtp.mails) == 1
    assert smtp.connections == 1


def test_the_second_mail_of_an_invitation_refers_to_the_first(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    [event] = book(campus)
    pipeline.send_all()
    campus.update("booking.event", event, title="Neuer Titel")
    pipeline.send_all()
    campus.delete("booking.event", event)
    pipeline.send_all()
    first, update, cancel = (message_from_bytes(mail.octets) for mail in smtp.mails)
    assert first["References"] is None
    assert update["References"] == cancel["References"] == first["Message-ID"]
    assert len({mail["Message-ID"] for mail in (first, update, cancel)}) == 3
    assert [mail["From"] for mail in (first, update, cancel)] == [first["From"]] * 3


def test_the_technical_user_of_the_first_mail_stays_for_life(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    """INTEROP W6."""
    [event] = book(campus)
    pipeline.send_all()
    campus.sql("UPDATE booking.app_user SET name = 'Neu', email = 'new@booking.example'")
    campus.update("booking.event", event, title="Neuer Titel")
    pipeline.send_all()
    assert [mail.sender for mail in smtp.mails] == [TECH, TECH]
    assert b'From: "Raumpost" <tech@booking.example>' in smtp.mails[1].octets


def test_a_technical_user_whose_mail_never_left_may_be_replaced(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    book(campus)
    batch = pipeline.prepare()
    smtp.refused[address(1)] = "450 later"
    attempt(pipeline, batch)
    campus.sql("UPDATE booking.app_user SET email = 'new@booking.example'")
    pipeline.render(batch)
    smtp.refused.clear()
    pipeline.send(batch)
    assert [mail.sender for mail in smtp.mails] == ["new@booking.example"]


# ── refused ───────────────────────────────────────────────────────────────────────────────────────────────


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


# ── no connection ─────────────────────────────────────────────────────────────────────────────────────────


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


# ── it may have left ──────────────────────────────────────────────────────────────────────────────────────


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


# ── what changes meanwhile ────────────────────────────────────────────────────────────────────────────────


def test_an_invitation_that_changes_while_its_batch_waits_leaves_the_batch(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    first, _ = book(campus, 2)
    smtp.refused = {address(1): "450 later", address(2): "450 later"}
    batch = pipeline.prepare()
    attempt(pipeline, batch)
    campus.update("booking.event", first, title="Neuer Titel")
    next_batch = pipeline.prepare()
    assert next_batch.id != batch.id
    assert [one["batch"] for one in rows(campus)] == [next_batch.id, batch.id]
    assert [one["attempts"] for one in rows(campus)] == [0, 1]

    smtp.refused.clear()
    assert pipeline.send(batch).sent == 1
    assert [mail.recipient for mail in smtp.mails] == [address(2)]
    assert pipeline.send(next_batch).sent == 1
    assert b"Subject: Neuer Titel\r\n" in smtp.mails[1].octets


def test_an_invitation_that_leaves_the_batch_while_it_is_being_sent_is_passed_over(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, connect: Callable[[], Connection]
) -> None:
    _, second = book(campus, 2)
    batch = pipeline.prepare()
    other = MailPipeline(Database(connect(), actor="other"), smtp.connect)
    new: list[Batch] = []

    def change_the_next(_: Mail) -> None:
        smtp.on_mail = lambda _: None
        campus.update("booking.event", second, title="Neuer Titel")
        new.extend(other.gather())

    smtp.on_mail = change_the_next
    assert pipeline.send(batch) == Sent(sent=1, remaining=0, failed=0)
    assert [mail.recipient for mail in smtp.mails] == [address(1)]
    assert rows(campus)[1]["state"] == "pending"
    pipeline.render(new[0])
    pipeline.send(new[0])
    assert b"Subject: Neuer Titel\r\n" in smtp.mails[1].octets


def test_a_change_while_a_mail_is_on_its_way_waits_and_is_not_lost(
    campus: Campus, pipeline: MailPipeline, smtp: Smtp, connect: Callable[[], Connection]
) -> None:
    [event] = book(campus)
    batch = pipeline.prepare()
    other = MailPipeline(Database(connect(), actor="other"), smtp.connect)

    def change_it(_: Mail) -> None:
        smtp.on_mail = lambda _: None
        campus.update("booking.event", event, title="Neuer Titel")
        assert other.gather() == []

    smtp.on_mail = change_it
    pipeline.send(batch)
    assert (row(campus)["state"], row(campus)["sequence"]) == ("sent", 0)
    pipeline.send_all()
    assert (row(campus)["state"], row(campus)["sequence"]) == ("sent", 1)


# ── in order ──────────────────────────────────────────────────────────────────────────────────────────────


def test_cancellations_and_moves_are_sent_before_new_claims(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> None:
    """INTEROP W22."""
    room = campus.linked_room(address=address(1))
    later, cancelled, moved = (campus.event(room, title=f"alt {n}", starts=NOW + (n + 5) * DAY) for n in range(3))
    pipeline.send_all()
    smtp.mails.clear()
    campus.event(room, title="neu, früher", starts=NOW + DAY)
    campus.event(room, title="neu, auf dem alten Platz", starts=NOW + 7 * DAY)
    campus.update("booking.event", moved, starts_at=NOW + 20 * DAY, ends_at=NOW + 20 * DAY + HOUR)
    campus.update("booking.event", cancelled, cancelled=True)
    campus.update("booking.event", later, starts_at=NOW + 6 * DAY, ends_at=NOW + 6 * DAY + HOUR)
    pipeline.send_all()
    methods = ["CANCEL" if b"method=CANCEL" in mail.octets else "REQUEST" for mail in smtp.mails]
    known = [b"References:" in mail.octets for mail in smtp.mails]
    assert list(zip(methods, known, strict=True)) == [
        ("CANCEL", True),
        ("REQUEST", True),
        ("REQUEST", True),
        ("REQUEST", False),
        ("REQUEST", False),
    ]


# ── by hand ───────────────────────────────────────────────────────────────────────────────────────────────


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


# ── what cannot be rendered ───────────────────────────────────────────────────────────────────────────────


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


# ── dead and living colleagues ────────────────────────────────────────────────────────────────────────────


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
