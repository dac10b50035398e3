"""Answers to what the database does not know any more tell that it was restored from a dump."""

from datetime import UTC, datetime

from raumpost.adapters.postgres import Database
from raumpost.domain.check import CheckStatus, Finding, Subject
from raumpost.services.checks.interface import check_interface
from raumpost.services.upkeep.restore import restore
from tests.database import NOW
from tests.inbox_scenario import InboxScenario
from tests.mail_pipeline import IMAP_CONN_ID


def history(db: Database) -> Finding | None:
    """Check the inbox, without looking at its server; return what is said of the past."""
    found = check_interface(db, kind=Subject.IMAP, conn_id=IMAP_CONN_ID, probe=lambda _: [], now=datetime.now(UTC))
    return next((one for one in found if one.what == "history"), None)


def forgotten(scenario: InboxScenario) -> str:
    """Return the UID of an invitation that this installation may have sent."""
    return scenario.uid.replace(f"event-{scenario.event}-", "event-4711-")


def test_answers_to_what_was_sent_say_nothing_of_a_restore(sent: InboxScenario, db: Database) -> None:
    stranger = sent.answer(uid="event-1-mailbox-1.another-installation@raumpost")
    assert sent.outcomes(sent.answer(), stranger) == ["applied", "unknown"]
    assert history(db) is None


def test_an_answer_to_a_later_revision_asks_whether_the_database_was_restored(
    sent: InboxScenario, db: Database
) -> None:
    assert sent.outcomes(sent.answer(sequence=2)) == ["future"]
    found = history(db)
    assert found
    assert found.status is CheckStatus.NOT_OK
    assert "1 later revisions, 0 invitations that it does not know" in found.why
    assert "run “python -m raumpost restored” (docs/operate/server.md)" in found.remedy


def test_an_answer_under_a_uid_of_this_installation_asks_so_too(sent: InboxScenario, db: Database) -> None:
    assert sent.outcomes(sent.answer(uid=forgotten(sent))) == ["unknown"]
    found = history(db)
    assert found
    assert found.status is CheckStatus.NOT_OK
    assert forgotten(sent) in found.why


def test_once_put_right_only_slots_that_nobody_books_any_more_are_named(sent: InboxScenario, db: Database) -> None:
    sent.hear(sent.answer(sequence=2), sent.answer(uid=forgotten(sent)))
    restore(db, now=NOW, apply=True)
    assert history(db) is None
    sent.pipeline.send_all()
    later = sent.answer(sequence=2)
    assert sent.outcomes(later, sent.answer(uid=forgotten(sent))) == ["stale", "unknown"]
    found = history(db)
    assert found
    assert found.status is CheckStatus.WARNING
    assert "0 later revisions, 1 invitations" in found.why
    assert "After a restore" in found.remedy
    assert sent.outcomes(sent.answer(sequence=sent.row()["sequence"])) == ["applied"]


def test_a_booking_that_was_delivered_again_is_not_forgotten(sent: InboxScenario, db: Database) -> None:
    sent.hear(sent.answer(uid=forgotten(sent)))
    assert history(db)
    sent.campus.sql("UPDATE raumpost.invitation SET uid = %(uid)s", uid=forgotten(sent))
    assert history(db) is None
