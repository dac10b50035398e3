"""What is removed after its time, and what never is."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from raumpost.adapters.postgres import Database
from raumpost.services.upkeep import retention as module
from raumpost.services.upkeep.retention import Removed, remove_old
from tests.database import NOW, Campus, emptied
from tests.inbox_scenario import PLAIN, ROOM, InboxScenario
from tests.mail_pipeline import MailPipeline
from tests.servers.imap import Mailbox
from tests.servers.smtp import Smtp

DAY = timedelta(days=1)
YEAR = timedelta(days=365)
MONTH = timedelta(days=30)


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


@pytest.fixture
def scenario(campus: Campus, pipeline: MailPipeline, mailbox: Mailbox, smtp: Smtp) -> InboxScenario:
    """A scenario whose invitation has left."""
    room = campus.linked_room("Hörsaal 1", address=ROOM)
    scenario = InboxScenario(
        campus, pipeline, mailbox, smtp, campus.event(room, title="Analysis", booked_by="A. Turing")
    )
    pipeline.send_all()
    return scenario


def clean(db: Database, *, days: float) -> Removed:
    """Do the work this many days after NOW."""
    return remove_old(db, now=NOW + timedelta(days=days), keep=YEAR, keep_foreign=MONTH)


def left(campus: Campus) -> tuple[int, int]:
    """Count mails and lines of the journal about invitations."""
    return (
        campus.value("SELECT count(*) FROM raumpost.mail"),
        campus.value("SELECT count(*) FROM raumpost.journal WHERE invitation_id IS NOT NULL"),
    )


def test_mails_journal_and_texts_go_a_year_after_the_booking(scenario: InboxScenario, db: Database) -> None:
    scenario.hear(scenario.answer())
    before = left(scenario.campus)
    assert clean(db, days=366).invitations == 0
    assert left(scenario.campus) == before

    done = clean(db, days=367)
    assert (done.invitations, done.mails, done.journal) == (1, *before)
    assert left(scenario.campus) == (0, 0)
    row = scenario.row()
    assert (row["summary"], row["description"], row["booked_by"], row["comment"]) == ("", "", "", None)
    assert row["uid"]
    assert row["state"] == "answered"


def test_what_was_removed_is_not_counted_again(scenario: InboxScenario, db: Database) -> None:
    assert clean(db, days=367).invitations == 1
    assert clean(db, days=368) == Removed()


def test_the_status_goes_only_when_the_booking_is_gone(scenario: InboxScenario, db: Database) -> None:
    assert clean(db, days=367).statuses == 0
    assert scenario.status()[0] == "sent"
    scenario.campus.delete("booking.event", scenario.event)
    scenario.campus.sql("UPDATE raumpost.invitation SET updated_at = clock_timestamp()")
    assert clean(db, days=367).statuses == 1
    assert scenario.campus.sql("SELECT * FROM booking.status") == []


@pytest.mark.parametrize(
    "columns",
    [
        "state = 'failed', last_error = 'refused'",
        "state = 'pending', sent_sequence = NULL, exposed_sequence = NULL",
        "state = 'sending', attempts = 1, batch = 1, lease_until = now()",
    ],
)
def test_what_still_has_to_be_dealt_with_keeps_everything(scenario: InboxScenario, db: Database, columns: str) -> None:
    scenario.campus.sql(f"UPDATE raumpost.invitation SET {columns}")
    before = left(scenario.campus)
    assert clean(db, days=5000) == Removed(journal=0)
    assert left(scenario.campus) == before


def test_what_failed_for_a_link_that_was_removed_goes_too(scenario: InboxScenario, db: Database) -> None:
    scenario.campus.sql("UPDATE raumpost.invitation SET state = 'failed', last_error = 'refused by A. Turing'")
    scenario.campus.sql(
        "UPDATE raumpost.room_mailbox SET removal_requested_at = %(now)s, removed_at = %(now)s", now=NOW
    )
    assert clean(db, days=367).invitations == 1
    row = scenario.row()
    assert (row["state"], row["summary"], row["last_error"]) == ("failed", "", "")
    assert left(scenario.campus) == (0, 0)


def test_a_booking_that_comes_back_is_a_change_like_any_other(scenario: InboxScenario, db: Database) -> None:
    clean(db, days=367)
    later = NOW + timedelta(days=400)
    scenario.change(starts_at=later + DAY, ends_at=later + DAY * 2)
    scenario.pipeline.send_all(later)
    row = scenario.row()
    assert (row["state"], row["sequence"], row["summary"]) == ("sent", 1, "Analysis")
    assert clean(db, days=402).invitations == 0
    assert clean(db, days=770).invitations == 1


def test_an_untouched_past_booking_stays_quiet_though_its_texts_are_gone(scenario: InboxScenario, db: Database) -> None:
    clean(db, days=367)
    scenario.campus.update("booking.event", scenario.event, description="minutes")
    scenario.pipeline.send_all(NOW + timedelta(days=368))
    assert scenario.row()["state"] == "sent"
    assert len(scenario.smtp.mails) == 1


def test_mails_of_strangers_go_after_a_month_and_unread_ones_stay(scenario: InboxScenario, db: Database) -> None:
    scenario.hear(PLAIN)
    scenario.mailbox.put(PLAIN)
    scenario.pipeline.fetch(scenario.mailbox.open())
    scenario.campus.sql("UPDATE raumpost.mail SET received_at = %(now)s WHERE direction = 'in'", now=NOW)
    assert clean(db, days=29).foreign_mails == 0
    assert clean(db, days=31).foreign_mails == 1
    assert scenario.campus.sql("SELECT outcome FROM raumpost.mail WHERE direction = 'in'") == [{"outcome": None}]


def test_lines_that_belong_to_no_invitation_go_by_their_age(scenario: InboxScenario, db: Database) -> None:
    for age in (366, 364):
        scenario.campus.sql(
            "INSERT INTO raumpost.journal (at, level, step, message, actor) "
            "VALUES (%(at)s, 'info', 'plan', 'old', 'test')",
            at=NOW - timedelta(days=age),
        )
    assert clean(db, days=0).journal == 1


def test_what_comes_after_a_booking_was_forgotten_goes_in_its_turn(scenario: InboxScenario, db: Database) -> None:
    scenario.campus.sql("UPDATE raumpost.invitation SET state = 'withdrawn', method = 'CANCEL'")
    answer = scenario.answer()
    clean(db, days=367)
    scenario.hear(answer)
    scenario.campus.sql("UPDATE raumpost.journal SET at = %(at)s", at=NOW + timedelta(days=400))
    assert left(scenario.campus) == (1, 1)
    clean(db, days=764)
    assert left(scenario.campus) == (1, 1)
    clean(db, days=766)
    assert left(scenario.campus) == (0, 0)


def test_previews_and_canaries_go_by_their_age_but_what_a_room_may_hold(scenario: InboxScenario, db: Database) -> None:
    old, young = NOW - timedelta(days=366), NOW - timedelta(days=364)
    for at in (old, young):
        preview = "INSERT INTO raumpost.preview (verb, actor, created_at) VALUES ('reset', 'x', %(at)s) RETURNING id"
        scenario.campus.sql(
            "INSERT INTO raumpost.preview_item (preview_id, room_mailbox_id, kind, source_id, fingerprint) "
            "VALUES (%(preview)s, 1, 'event', 1, 'x')",
            preview=scenario.campus.value(preview, at=at),
        )
    for number, (at, state) in enumerate([(old, "cancelled"), (old, "booked"), (young, "over")]):
        scenario.campus.sql(
            "INSERT INTO raumpost.canary (room_mailbox_id, uid, organizer, organizer_name, starts_at, ends_at, state, "
            "after_mail, created_at, answer_by) "
            "SELECT id, %(uid)s, 'a@b.example', 'A', %(start)s, %(at)s, %(state)s, 0, %(at)s, %(at)s "
            "FROM raumpost.room_mailbox",
            uid=str(number), start=at - DAY, at=at, state=state,
        )  # fmt: skip
    done = clean(db, days=0)
    assert (done.previews, done.canaries) == (1, 1)
    assert scenario.campus.value("SELECT count(*) FROM raumpost.preview_item") == 1
    assert scenario.campus.value("SELECT count(*) FROM raumpost.canary WHERE state = 'booked'") == 1


def test_a_mail_about_two_bookings_stays_until_both_are_over(scenario: InboxScenario, db: Database) -> None:
    scenario.hear(scenario.answer())
    room = scenario.campus.value("SELECT room_id FROM raumpost.room_mailbox")
    later = scenario.campus.event(room, starts=NOW + timedelta(days=100), title="Algebra")
    scenario.pipeline.send_all()
    second = scenario.campus.value("SELECT max(id) FROM raumpost.invitation")
    mail = scenario.campus.value("SELECT max(id) FROM raumpost.mail WHERE direction = 'in'")
    scenario.campus.sql(
        "INSERT INTO raumpost.journal (level, step, message, actor, invitation_id, mail_id, kind, source_id) "
        "VALUES ('info', 'read', 'answered both', 'test', %(second)s, %(mail)s, 'event', %(event)s)",
        second=second, mail=mail, event=later,
    )  # fmt: skip
    clean(db, days=367)
    assert scenario.campus.value("SELECT count(*) FROM raumpost.mail WHERE id = %(mail)s", mail=mail) == 1
    clean(db, days=467)
    assert scenario.campus.value("SELECT count(*) FROM raumpost.mail WHERE id = %(mail)s", mail=mail) == 0


def test_many_are_removed_in_portions(scenario: InboxScenario, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PORTION", 2)
    room = scenario.campus.value("SELECT room_id FROM raumpost.room_mailbox")
    for hours in range(3, 9):
        scenario.campus.event(room, starts=NOW + timedelta(hours=hours))
    scenario.pipeline.send_all()
    assert clean(db, days=367).invitations == 7
    assert left(scenario.campus) == (0, 0)
