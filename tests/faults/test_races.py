"""Races by design: real processes at the same rows, asleep or killed at the very step that matters."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from signal import SIGSTOP
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from tests.database import NOW, Campus
from tests.eventually import eventually
from tests.factories import reply
from tests.faults.fault_plan import HALF_A_MAIL
from tests.faults.jobs import MOMENTS
from tests.faults.worker import LEASE
from tests.faults.workers import Task
from tests.servers.imap import Mailbox
from tests.servers.smtp import Smtp

Start = Callable[..., Task]
ROOMS = 3


@pytest.fixture
def events(campus: Campus) -> list[int]:
    """Book some rooms."""
    return [
        campus.event(campus.linked_room(f"Raum {number}"), title=f"Termin {number}") for number in range(1, ROOMS + 1)
    ]


def gave(task: Task) -> Any:
    return task.outcome.result(30)["gave"]


def asleep(task: Task) -> Task:
    """Wait until a process has fallen asleep where it should."""
    eventually(lambda: task.waits, lambda: task.job)
    assert task.pid is not None, task.outcome.result()
    return task


def killed(campus: Campus, task: Task) -> None:
    """Wait for the end of a process, and of its session in the database, which holds its locks a little longer."""
    assert task.outcome.result(30) == {"killed": 9}
    held = """SELECT pid FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
    eventually(lambda: not campus.sql(held), lambda: campus.sql(held))


def prepared(start: Start) -> int:
    """Gather and render what is one batch."""
    [[batch, _]] = gave(start("gather"))
    gave(start("render", batch=batch))
    return int(batch)


def rows(campus: Campus) -> list[dict[str, Any]]:
    return campus.sql("SELECT * FROM raumpost.invitation ORDER BY id")


def states(campus: Campus) -> list[str]:
    return [row["state"] for row in rows(campus)]


def recipients(smtp: Smtp) -> Counter[str]:
    return Counter(mail.recipient for mail in smtp.mails)


def assert_attempts_agree(campus: Campus) -> None:
    """The rows count as many attempts as the journal tells."""
    claims = campus.sql("SELECT invitation_id AS id FROM raumpost.journal WHERE step = 'claim'")
    assert {row["id"]: row["attempts"] for row in rows(campus)} == Counter(claim["id"] for claim in claims)


def answers(campus: Campus, inbox: Mailbox) -> None:
    """Let every room accept."""
    for row in rows(campus):
        address = campus.value("SELECT address FROM raumpost.room_mailbox WHERE id = %(id)s", id=row["room_mailbox_id"])
        inbox.put(reply(row["uid"], room=address, sequence=row["sequence"], comment=row["uid"]))


def assert_each_has_its_answer(campus: Campus) -> None:
    assert [(row["state"], row["comment"]) for row in rows(campus)] == [
        ("answered", row["uid"]) for row in rows(campus)
    ]
    assert campus.value("SELECT count(*) FROM raumpost.journal WHERE step = 'answer'") == ROOMS


# ── two gatherers ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("point", ["before commit of take_changes", "before lease", "after lease"])
def test_while_one_gathers_another_does_nothing_and_does_not_wait(
    campus: Campus, start: Start, events: list[int], point: str
) -> None:
    first = asleep(start("gather", point=point, how=SIGSTOP))
    assert gave(start("gather")) == []
    first.wake()
    assert len(gave(first)) == 1
    assert campus.value("SELECT count(*) FROM raumpost.journal WHERE step = 'invite'") == ROOMS
    assert {row["state"] for row in rows(campus)} == {"pending"}
    assert len({row["batch"] for row in rows(campus)}) == 1


def test_many_gatherers_at_once_plan_and_lease_everything_once(campus: Campus, start: Start) -> None:
    room = campus.linked_room()
    for day in range(20):
        campus.event(room, starts=NOW + timedelta(days=day + 1))
        tasks = [start("gather") for _ in range(3)]
        assert sum(len(gave(task)) for task in tasks) <= 1
    gave(start("gather"))
    assert campus.value("SELECT count(*) FROM raumpost.journal WHERE step = 'invite'") == 20
    assert campus.value("SELECT count(*) FROM raumpost.invitation WHERE batch IS NOT NULL") == 20
    assert campus.value("SELECT count(*) FROM raumpost.booking_change") == 0


@pytest.mark.parametrize("point", MOMENTS["gather"])
def test_a_gatherer_that_is_killed_loses_no_change(
    campus: Campus, start: Start, smtp: Smtp, events: list[int], point: str
) -> None:
    killed(campus, start("gather", point=point))
    later = NOW + LEASE + timedelta(seconds=1)  # what it had leased is free again then
    for batch, _ in gave(start("gather", now=later)):
        gave(start("render", batch=batch, now=later))
        gave(start("send", batch=batch, now=later))
    assert states(campus) == ["sent"] * ROOMS
    assert set(recipients(smtp).values()) == {1}


# ── two senders ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("point", ["before claim", "before mail", "after mail"])
def test_while_one_sends_a_batch_another_leaves_it_alone(
    campus: Campus, start: Start, smtp: Smtp, events: list[int], point: str
) -> None:
    batch = prepared(start)
    first = asleep(start("send", batch=batch, point=point, nth=2, how=SIGSTOP))
    refused = start("send", batch=batch).outcome.result(30)
    assert (refused["raised"], refused["retry"]) == ("BatchIncomplete", True)
    first.wake()
    assert gave(first) == ROOMS
    assert set(recipients(smtp).values()) == {1}
    assert_attempts_agree(campus)


def test_many_senders_of_one_batch_send_each_mail_once(
    campus: Campus, start: Start, smtp: Smtp, events: list[int]
) -> None:
    batch = prepared(start)
    tasks = [start("send", batch=batch) for _ in range(4)]
    assert sum(task.outcome.result(30).get("gave", 0) for task in tasks) == ROOMS
    assert set(recipients(smtp).values()) == {1}
    assert_attempts_agree(campus)


def test_a_sender_that_sleeps_beyond_its_lease_keeps_what_it_has_claimed(
    campus: Campus, start: Start, smtp: Smtp, events: list[int]
) -> None:
    batch = prepared(start)
    sleeper = asleep(start("send", batch=batch, point="after mail", nth=1, how=SIGSTOP))
    later = NOW + 2 * LEASE
    for other, _ in gave(start("gather", now=later)):
        gave(start("render", batch=other, now=later))
        gave(start("send", batch=other, now=later))
    assert sorted(states(campus)) == ["sending", "sent", "sent"]
    sleeper.wake()
    sleeper.outcome.result(30)
    assert states(campus) == ["sent"] * ROOMS
    assert set(recipients(smtp).values()) == {1}
    assert_attempts_agree(campus)


def test_a_change_of_what_is_being_sent_waits_for_its_outcome(
    campus: Campus, start: Start, smtp: Smtp, events: list[int]
) -> None:
    batch = prepared(start)
    sender = asleep(start("send", batch=batch, point="before mail", how=SIGSTOP))
    [sending] = [row for row in rows(campus) if row["state"] == "sending"]
    campus.update("booking.event", sending["source_id"], title="Neuer Titel")
    assert gave(start("gather")) == []
    sender.wake()
    assert gave(sender) == ROOMS
    assert len(gave(start("gather"))) == 1
    changed = campus.sql("SELECT state, sequence FROM raumpost.invitation WHERE id = %(id)s", id=sending["id"])
    assert changed == [{"state": "pending", "sequence": 1}]


def test_an_answer_that_is_read_while_its_sender_sleeps_stays(
    campus: Campus, start: Start, smtp: Smtp, inbox: Mailbox, events: list[int]
) -> None:
    batch = prepared(start)
    sender = asleep(start("send", batch=batch, point="after mail", nth=ROOMS, how=SIGSTOP))
    answers(campus, inbox)
    gave(start("fetch"))
    gave(start("read"))
    sender.wake()
    gave(sender)
    assert_each_has_its_answer(campus)
    assert {row["outcome"] for row in campus.sql("SELECT outcome FROM raumpost.mail WHERE direction = 'out'")} == {
        "sent"
    }


def test_a_sender_that_wakes_when_its_booking_has_gone_on_sends_nothing_of_it(
    campus: Campus, start: Start, smtp: Smtp, inbox: Mailbox, events: list[int]
) -> None:
    batch = prepared(start)
    killed(campus, start("send", batch=batch, point="after mail"))
    [first] = [row for row in rows(campus) if row["state"] == "sending"]
    sleeper = asleep(start("send", batch=batch, point="after commit of claim", how=SIGSTOP))
    answers(campus, inbox)
    gave(start("fetch"))
    gave(start("read"))
    campus.update("booking.event", first["source_id"], cancelled=True)
    [[other, _]] = gave(start("gather"))
    gave(start("render", batch=other))
    sleeper.wake()
    sleeper.outcome.result(30)
    gave(start("send", batch=other))
    to = campus.value("SELECT address FROM raumpost.room_mailbox WHERE id = %(id)s", id=first["room_mailbox_id"])
    left = [message_from_bytes(mail.octets)["Message-ID"] for mail in smtp.mails if mail.recipient == to]
    [invited, cancelled] = campus.sql(
        "SELECT message_id FROM raumpost.mail WHERE invitation_id = %(id)s AND direction = 'out' ORDER BY sequence",
        id=first["id"],
    )
    assert Counter(left) == {invited["message_id"]: 1, cancelled["message_id"]: 1}
    assert states(campus).count("withdrawn") == 1


SENT_TWICE = {HALF_A_MAIL: 0, "after mail": 1, "after confirm": 1}
"""Mails that go out twice, by the moment of the death; wherever else it strikes, none does."""


@pytest.mark.parametrize("moment", [one for one in MOMENTS["send"] if one != "after commit of defer"])
def test_a_sender_that_is_killed_loses_nothing_and_repeats_at_most_one_mail(
    campus: Campus, start: Start, smtp: Smtp, events: list[int], moment: str
) -> None:
    batch = prepared(start)
    killed(campus, start("send", batch=batch, point=moment, nth=2 if moment != HALF_A_MAIL else 1))
    gave(start("send", batch=batch))
    assert states(campus) == ["sent"] * ROOMS
    assert sum(recipients(smtp).values()) == ROOMS + SENT_TWICE.get(moment, 0)
    assert len({message_from_bytes(mail.octets)["Message-ID"] for mail in smtp.mails}) == ROOMS
    assert_attempts_agree(campus)


def test_after_five_deaths_an_invitation_has_failed_and_says_why(
    campus: Campus, start: Start, smtp: Smtp, events: list[int]
) -> None:
    batch = prepared(start)
    for _ in range(5):
        killed(campus, start("send", batch=batch, point="after commit of claim"))
    last = start("send", batch=batch).outcome.result(30)
    assert (last["raised"], last["retry"]) == ("BatchIncomplete", False)
    assert sorted(states(campus)) == ["failed", "sent", "sent"]
    [failed] = [row for row in rows(campus) if row["state"] == "failed"]
    assert (failed["attempts"], "the worker stopped" in failed["last_error"]) == (5, True)
    assert_attempts_agree(campus)


# ── two readers ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sent(campus: Campus, start: Start, inbox: Mailbox, events: list[int]) -> None:
    """Send everything, and let every room accept."""
    gave(start("send", batch=prepared(start)))
    answers(campus, inbox)


@pytest.mark.usefixtures("sent")
def test_while_one_fetches_another_does_nothing_and_each_mail_is_stored_once(campus: Campus, start: Start) -> None:
    first = asleep(start("fetch", point="before commit of store_received", how=SIGSTOP))
    assert gave(start("fetch")) == 0
    first.wake()
    assert gave(first) == ROOMS
    assert gave(start("fetch")) == 0
    assert campus.value("SELECT count(*) FROM raumpost.mail WHERE direction = 'in'") == ROOMS


@pytest.mark.usefixtures("sent")
def test_many_fetchers_at_once_store_each_mail_once(campus: Campus, start: Start) -> None:
    assert sum(gave(task) for task in [start("fetch") for _ in range(4)]) == ROOMS
    assert campus.value("SELECT count(*) FROM raumpost.mail WHERE direction = 'in'") == ROOMS


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("point", MOMENTS["fetch"])
def test_a_fetcher_that_is_killed_loses_no_mail(campus: Campus, start: Start, point: str) -> None:
    killed(campus, start("fetch", point=point))
    gave(start("fetch"))
    gave(start("read"))
    assert_each_has_its_answer(campus)


@pytest.mark.usefixtures("sent")
def test_while_one_reads_another_counts_nothing_and_each_answer_counts_once(campus: Campus, start: Start) -> None:
    gave(start("fetch"))
    first = asleep(start("read", point="before commit of note_read", how=SIGSTOP))
    assert gave(start("read")) == {}
    first.wake()
    assert gave(first) == {"applied": ROOMS}
    assert_each_has_its_answer(campus)


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("point", MOMENTS["read"])
def test_a_reader_that_is_killed_applies_each_answer_once_in_the_end(campus: Campus, start: Start, point: str) -> None:
    gave(start("fetch"))
    killed(campus, start("read", point=point, nth=2))
    gave(start("read"))
    assert_each_has_its_answer(campus)
    assert campus.value("SELECT count(*) FROM raumpost.mail WHERE outcome IS NULL") == 0


def test_a_gatherer_waits_for_a_booking_that_is_written_at_the_same_time(
    campus: Campus, start: Start, connect: Callable[[], Connection]
) -> None:
    """Numbers of changes are given before they are committed, and may be committed in another order."""
    room = campus.linked_room()
    slow = connect()
    slow.autocommit = False
    late = Campus(slow).event(room, title="begun first, committed last")
    early = campus.event(room, starts=NOW + timedelta(days=2))
    gave(start("gather"))
    assert [row["source_id"] for row in rows(campus)] == [early]
    slow.commit()
    gave(start("gather"))
    assert {row["source_id"] for row in rows(campus)} == {early, late}
