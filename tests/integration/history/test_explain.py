"""The whole story of a booking, and the journal by every question that people ask of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.errors import NothingKnown
from raumpost.domain.model import BookingKey, BookingKind, Level, State
from raumpost.itip.readable import readable
from raumpost.services.history.explain import explain
from raumpost.services.history.journal import LineFilter, read_lines
from tests.database import NOW, Campus, emptied
from tests.inbox_scenario import ROOM, InboxScenario
from tests.mail_pipeline import MailPipeline
from tests.notices import report
from tests.servers.imap import Mailbox
from tests.servers.smtp import Smtp


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


@pytest.fixture
def scenario(campus: Campus, pipeline: MailPipeline, mailbox: Mailbox, smtp: Smtp) -> InboxScenario:
    """A scenario whose invitation is planned."""
    room = campus.linked_room("Hörsaal 1", address=ROOM)
    return InboxScenario(campus, pipeline, mailbox, smtp, campus.event(room, title="Analysis"))


def event(id_: int) -> BookingKey:
    return BookingKey(BookingKind.EVENT, id_)


def block(id_: int) -> BookingKey:
    return BookingKey(BookingKind.BLOCK, id_)


def first_mail(scenario: InboxScenario) -> bytes:
    """Read the mail of the first invitation as it was sent."""
    return bytes(scenario.campus.value("SELECT raw FROM raumpost.mail ORDER BY id LIMIT 1"))


def told(db: Database, booking: BookingKey | str, *, after: timedelta = timedelta()) -> str:
    return "\n".join(explain(db, booking=booking, now=NOW + after).lines)


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


def test_the_story_of_a_declined_booking_says_why_and_what_to_do(scenario: InboxScenario, db: Database) -> None:
    scenario.pipeline.send_all()
    scenario.hear(scenario.answer(said="DECLINED", comment="Der Raum ist bereits belegt"))
    text = told(db, event(scenario.event))
    assert f"event {scenario.event} in the booking system" in text
    assert "“Analysis” in Hörsaal 1, 2090-05-03 12:00:00 UTC to 2090-05-03 14:00:00 UTC" in text
    assert f"Hörsaal 1, {ROOM}: answered, DECLINED to revision 0" in text
    assert f"UID      {scenario.uid}" in text
    assert "why      the room declined REQUEST 0: “Der Raum ist bereits belegt”" in text
    assert "to do    the calendar of the room is taken at that time" in text
    assert in_order(text, "to be invited", "sending REQUEST 0", "sent; the room's answer", "answered REQUEST 0 with")
    assert "[test, manual]" in text


def test_the_mails_are_shown_with_their_texts_decoded(scenario: InboxScenario, db: Database) -> None:
    scenario.pipeline.send_all()
    scenario.hear(scenario.answer())
    mails = explain(db, booking=event(scenario.event), now=NOW).mails
    assert len(mails) == 2
    assert "to the room, revision 0, resend 0" in mails[0]
    assert "| METHOD:REQUEST" in mails[0]
    assert f"<{ROOM}>" in mails[0]
    assert "applied" in mails[1]
    assert "| METHOD:REPLY" in mails[1]


def test_a_uid_leads_to_the_same_story_as_the_id(scenario: InboxScenario, db: Database) -> None:
    scenario.pipeline.send_all()
    assert told(db, scenario.uid) == told(db, event(scenario.event))


def test_a_bounce_is_told_with_the_remedy(scenario: InboxScenario, db: Database) -> None:
    scenario.pipeline.send_all()
    scenario.hear(report(ROOM, returned=first_mail(scenario)))
    text = told(db, event(scenario.event))
    assert f"{ROOM}: failed" in text
    assert "came back undeliverable" in text
    assert "reset it with mailbox_reset_failed" in text


def test_a_room_that_has_been_silent_for_long_is_suspicious(scenario: InboxScenario, db: Database) -> None:
    scenario.pipeline.send_all()
    assert "to do    wait" in told(db, event(scenario.event))
    assert "30 hours ago, and the room has not answered" in told(db, event(scenario.event), after=timedelta(hours=30))


def test_what_waits_for_the_next_run_is_said(scenario: InboxScenario, db: Database) -> None:
    text = told(db, event(scenario.event))
    assert "no invitation: not yet planned" in text
    assert "a change of it waits for the next run of mailbox_processor" in text


def test_why_a_room_has_no_invitation_is_said(campus: Campus, pipeline: MailPipeline, db: Database) -> None:
    unlinked, linked = campus.room("Keller"), campus.room("Aula")
    old = campus.event(linked, title="Ball")
    campus.link(linked)
    both = campus.event(unlinked, linked)
    cancelled = campus.event(linked, cancelled=True)
    blocked = campus.block(linked)
    pipeline.send_all()
    assert "it stood in the room before the link; mailbox_initialise invites" in told(db, event(old))
    assert "in Keller" in told(db, event(both))
    assert "the room is linked to no mailbox" in told(db, event(both))
    assert "Aula, room-" in told(db, event(both))
    assert "the booking is cancelled" in told(db, event(cancelled))
    assert "leaves blocks out" in told(db, block(blocked))


def test_a_deleted_booking_still_has_its_story(scenario: InboxScenario, db: Database) -> None:
    scenario.pipeline.send_all()
    scenario.campus.delete("booking.event", scenario.event)
    scenario.pipeline.send_all()
    text = told(db, event(scenario.event))
    assert "is not there: deleted, or in no room" in text
    assert "why      CANCEL 1 was sent" in text
    assert "to do    nothing" in text


def test_an_inactive_link_is_named_as_the_reason(scenario: InboxScenario, db: Database) -> None:
    scenario.campus.sql("UPDATE raumpost.room_mailbox SET active = false")
    scenario.pipeline.send_all()
    assert f"the link of {ROOM} is inactive" in told(db, event(scenario.event))


def test_the_title_of_a_confidential_booking_is_not_told(scenario: InboxScenario, db: Database) -> None:
    scenario.campus.update("booking.event", scenario.event, title="Berufung", confidential=True)
    scenario.pipeline.send_all()
    story = explain(db, booking=event(scenario.event), now=NOW)
    assert "(confidential)" in story.lines[1]
    assert "Berufung" not in "\n".join([*story.lines, *story.mails])


@pytest.mark.parametrize("booking", [event(99), block(1), "nobody@raumpost"])
def test_what_nobody_knows_is_refused_with_the_remedy(db: Database, booking: BookingKey | str) -> None:
    with pytest.raises(NothingKnown, match=r"check kind and id|give kind and id"):
        explain(db, booking=booking, now=NOW)


def test_the_journal_answers_by_mailbox_booking_invitation_level_and_time(
    scenario: InboxScenario, db: Database
) -> None:
    other = scenario.campus.linked_room("Aula")
    scenario.campus.event(other, title="Ball")
    scenario.pipeline.send_all()
    scenario.hear(report(ROOM, returned=first_mail(scenario)))
    first = scenario.campus.value("SELECT id FROM raumpost.room_mailbox WHERE address = %(room)s", room=ROOM)
    second = scenario.campus.value("SELECT id FROM raumpost.room_mailbox WHERE room_id = %(room)s", room=other)

    def invitation(state: State) -> int:
        return scenario.campus.value("SELECT id FROM raumpost.invitation WHERE state = %(state)s", state=state)

    def messages(**wanted: object) -> list[str]:
        found = read_lines(db, LineFilter(**wanted), limit=100).lines[::-1]  # type: ignore[arg-type]
        assert [row["id"] for row in found] == sorted(row["id"] for row in found)
        return [row["message"] for row in found]

    everything = messages()
    assert messages(kind=BookingKind.EVENT, source_id=scenario.event) == messages(mailbox=first)
    assert messages(kind=BookingKind.BLOCK, source_id=scenario.event) == []
    assert 0 < len(messages(mailbox=second)) < len(everything)
    assert len(messages(mailbox=first)) + len(messages(mailbox=second)) == len(everything)
    assert messages(invitation=invitation(State.FAILED)) == messages(mailbox=first)
    assert messages(invitation=invitation(State.SENT)) == messages(mailbox=second)
    [bounced] = messages(level=Level.WARNING)
    assert "came back undeliverable" in bounced
    middle = scenario.campus.value("SELECT at FROM raumpost.journal ORDER BY id OFFSET 3 LIMIT 1")
    assert messages(until=middle) + messages(since=middle) == everything
    assert len(messages(until=middle)) == 3


def test_the_newest_lines_are_given_when_there_are_too_many(scenario: InboxScenario, db: Database) -> None:
    scenario.pipeline.send_all()
    [row] = read_lines(db, LineFilter(), limit=1).lines
    assert "the room's answer is outstanding" in row["message"]


def test_a_mail_cannot_deceive_who_reads_the_log() -> None:
    shown = readable("Subject: \x1b[2Jhello\r\nX: \u202eevil\r\n\r\nbody\x07\r\n".encode(), limit=1000)
    assert shown == "Subject: �[2Jhello\nX: �evil\n\nbody�"


def test_a_long_mail_is_cut_and_says_so() -> None:
    shown = readable(b"Subject: x\r\n\r\n" + b"a" * 500, limit=100)
    assert shown.endswith("more characters)")
    assert len(shown) < 150


def test_what_is_no_text_is_only_counted() -> None:
    raw = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n"
    assert "(3 octets, not shown)" in readable(raw, limit=1000)
