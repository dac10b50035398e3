"""Send what is pending: in order, once, and what changes meanwhile."""

from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from itertools import count

import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.domain.errors import BatchIncomplete
from raumpost.services.planning.gather import Batch
from raumpost.services.sending.send import Sent, send_batch
from tests.database import NOW, Campus
from tests.integration.sending.send_scenario import (
    DAY,
    HOUR,
    MINUTE,
    address,
    attempt,
    book,
    journal,
    mails,
    message_ids,
    row,
    rows,
    status,
)
from tests.mail_pipeline import LEASE, MailPipeline
from tests.servers.smtp import Mail, Smtp

TECH = "tech@booking.example"


# ── all goes well ──────────────────────────────────────────────────────────────────────────────────────


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


# ── what changes meanwhile ─────────────────────────────────────────────────────────────────────────────


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


# ── in order ───────────────────────────────────────────────────────────────────────────────────────────


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
