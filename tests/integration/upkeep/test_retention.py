"""What is removed after its time, and what never is."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from raumpost.adapters.postgres import Database
from raumpost.services.upkeep import retention as module
from raumpost.services.upkeep.retention import Removed, remove_old
from tests.database import NOW, Campus
from tests.inbox_scenario import PLAIN, ROOM, Desk
from tests.mailservers import Mailbox, Post, Smtp, emptied

DAY = timedelta(days=1)
YEAR = timedelta(days=365)
MONTH = timedelta(days=30)


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


@pytest.fixture
def desk(campus: Campus, post: Post, mailbox: Mailbox, smtp: Smtp) -> Desk:
    """A desk whose invitation has left."""
    room = campus.linked_room("Hörsaal 1", address=ROOM)
    desk = Desk(campus, post, mailbox, smtp, campus.event(room, title="Analysis", booked_by="A. Turing"))
    post.send_all()
    return desk


def clean(db: Database, *, days: float) -> Removed:
    """Do the work this many days after NOW."""
    return remove_old(db, now=NOW + timedelta(days=days), keep=YEAR, keep_foreign=MONTH)


def left(campus: Campus) -> tuple[int, int]:
    """Count mails and lines of the journal about invitations."""
    return (
        campus.value("SELECT count(*) FROM raumpost.mail"),
        campus.value("SELECT count(*) FROM raumpost.journal WHERE invitation_id IS NOT NULL"),
    )


def test_mails_journal_and_texts_go_a_year_after_the_booking(desk: Desk, db: Database) -> None:
    desk.hear(desk.answer())
    before = left(desk.campus)
    assert clean(db, days=366).invitations == 0
    assert left(desk.campus) == before

    done = clean(db, days=367)
    assert (done.invitations, done.mails, done.journal) == (1, *before)
    assert left(desk.campus) == (0, 0)
    row = desk.row()
    assert (row["summary"], row["description"], row["booked_by"], row["comment"]) == ("", "", "", None)
    assert row["uid"]
    assert row["state"] == "answered"


def test_what_was_removed_is_not_counted_again(desk: Desk, db: Database) -> None:
    assert clean(db, days=367).invitations == 1
    assert clean(db, days=368) == Removed()


def test_the_status_goes_only_when_the_booking_is_gone(desk: Desk, db: Database) -> None:
    assert clean(db, days=367).statuses == 0
    assert desk.status()[0] == "sent"
    desk.campus.delete("booking.event", desk.event)
    desk.campus.sql("UPDATE raumpost.invitation SET updated_at = clock_timestamp()")
    assert clean(db, days=367).statuses == 1
    assert desk.campus.sql("SELECT * FROM booking.status") == []


@pytest.mark.parametrize(
    "columns",
    [
        "state = 'failed', last_error = 'refused'",
        "state = 'pending', sent_sequence = NULL, exposed_sequence = NULL",
        "state = 'sending', attempts = 1, batch = 1, lease_until = now()",
    ],
)
def test_what_still_has_to_be_dealt_with_keeps_everything(desk: Desk, db: Database, columns: str) -> None:
    desk.campus.sql(f"UPDATE raumpost.invitation SET {columns}")
    before = left(desk.campus)
    assert clean(db, days=5000) == Removed(journal=0)
    assert left(desk.campus) == before


def test_what_failed_for_a_link_that_was_removed_goes_too(desk: Desk, db: Database) -> None:
    desk.campus.sql("UPDATE raumpost.invitation SET state = 'failed', last_error = 'refused by A. Turing'")
    desk.campus.sql("UPDATE raumpost.room_mailbox SET removal_requested_at = %(now)s, removed_at = %(now)s", now=NOW)
    assert clean(db, days=367).invitations == 1
    row = desk.row()
    assert (row["state"], row["summary"], row["last_error"]) == ("failed", "", "")
    assert left(desk.campus) == (0, 0)


def test_a_booking_that_comes_back_is_a_change_like_any_other(desk: Desk, db: Database) -> None:
    clean(db, days=367)
    later = NOW + timedelta(days=400)
    desk.change(starts_at=later + DAY, ends_at=later + DAY * 2)
    desk.post.send_all(later)
    row = desk.row()
    assert (row["state"], row["sequence"], row["summary"]) == ("sent", 1, "Analysis")
    assert clean(db, days=402).invitations == 0
    assert clean(db, days=770).invitations == 1


def test_an_untouched_past_booking_stays_quiet_though_its_texts_are_gone(desk: Desk, db: Database) -> None:
    clean(db, days=367)
    desk.campus.update("booking.event", desk.event, description="minutes")
    desk.post.send_all(NOW + timedelta(days=368))
    assert desk.row()["state"] == "sent"
    assert len(desk.smtp.mails) == 1


def test_mails_of_strangers_go_after_a_month_and_unread_ones_stay(desk: Desk, db: Database) -> None:
    desk.hear(PLAIN)
    desk.mailbox.put(PLAIN)
    desk.post.fetch(desk.mailbox.open())
    desk.campus.sql("UPDATE raumpost.mail SET received_at = %(now)s WHERE direction = 'in'", now=NOW)
    assert clean(db, days=29).foreign_mails == 0
    assert clean(db, days=31).foreign_mails == 1
    assert desk.campus.sql("SELECT outcome FROM raumpost.mail WHERE direction = 'in'") == [{"outcome": None}]


def test_lines_that_belong_to_no_invitation_go_by_their_age(desk: Desk, db: Database) -> None:
    for age in (366, 364):
        desk.campus.sql(
            "INSERT INTO raumpost.journal (at, level, step, message, actor) "
            "VALUES (%(at)s, 'info', 'plan', 'old', 'test')",
            at=NOW - timedelta(days=age),
        )
    assert clean(db, days=0).journal == 1


def test_what_comes_after_a_booking_was_forgotten_goes_in_its_turn(desk: Desk, db: Database) -> None:
    desk.campus.sql("UPDATE raumpost.invitation SET state = 'withdrawn', method = 'CANCEL'")
    answer = desk.answer()
    clean(db, days=367)
    desk.hear(answer)
    desk.campus.sql("UPDATE raumpost.journal SET at = %(at)s", at=NOW + timedelta(days=400))
    assert left(desk.campus) == (1, 1)
    clean(db, days=764)
    assert left(desk.campus) == (1, 1)
    clean(db, days=766)
    assert left(desk.campus) == (0, 0)


def test_previews_and_canaries_go_by_their_age_but_what_a_room_may_hold(desk: Desk, db: Database) -> None:
    old, young = NOW - timedelta(days=366), NOW - timedelta(days=364)
    for at in (old, young):
        preview = "INSERT INTO raumpost.preview (verb, actor, created_at) VALUES ('reset', 'x', %(at)s) RETURNING id"
        desk.campus.sql(
            "INSERT INTO raumpost.preview_item (preview_id, room_mailbox_id, kind, source_id, fingerprint) "
            "VALUES (%(preview)s, 1, 'event', 1, 'x')",
            preview=desk.campus.value(preview, at=at),
        )
    for number, (at, state) in enumerate([(old, "cancelled"), (old, "booked"), (young, "over")]):
        desk.campus.sql(
            "INSERT INTO raumpost.canary (room_mailbox_id, uid, organizer, organizer_name, starts_at, ends_at, state, "
            "after_mail, created_at, answer_by) "
            "SELECT id, %(uid)s, 'a@b.example', 'A', %(start)s, %(at)s, %(state)s, 0, %(at)s, %(at)s "
            "FROM raumpost.room_mailbox",
            uid=str(number), start=at - DAY, at=at, state=state,
        )  # fmt: skip
    done = clean(db, days=0)
    assert (done.previews, done.canaries) == (1, 1)
    assert desk.campus.value("SELECT count(*) FROM raumpost.preview_item") == 1
    assert desk.campus.value("SELECT count(*) FROM raumpost.canary WHERE state = 'booked'") == 1


def test_a_mail_about_two_bookings_stays_until_both_are_over(desk: Desk, db: Database) -> None:
    desk.hear(desk.answer())
    room = desk.campus.value("SELECT room_id FROM raumpost.room_mailbox")
    later = desk.campus.event(room, starts=NOW + timedelta(days=100), title="Algebra")
    desk.post.send_all()
    second = desk.campus.value("SELECT max(id) FROM raumpost.invitation")
    mail = desk.campus.value("SELECT max(id) FROM raumpost.mail WHERE direction = 'in'")
    desk.campus.sql(
        "INSERT INTO raumpost.journal (level, step, message, actor, invitation_id, mail_id, kind, source_id) "
        "VALUES ('info', 'read', 'answered both', 'test', %(second)s, %(mail)s, 'event', %(event)s)",
        second=second, mail=mail, event=later,
    )  # fmt: skip
    clean(db, days=367)
    assert desk.campus.value("SELECT count(*) FROM raumpost.mail WHERE id = %(mail)s", mail=mail) == 1
    clean(db, days=467)
    assert desk.campus.value("SELECT count(*) FROM raumpost.mail WHERE id = %(mail)s", mail=mail) == 0


def test_many_are_removed_in_portions(desk: Desk, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PORTION", 2)
    room = desk.campus.value("SELECT room_id FROM raumpost.room_mailbox")
    for hours in range(3, 9):
        desk.campus.event(room, starts=NOW + timedelta(hours=hours))
    desk.post.send_all()
    assert clean(db, days=367).invitations == 7
    assert left(desk.campus) == (0, 0)
