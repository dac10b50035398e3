"""Mails that are no answer, hostile ones, and several readers: each mail ends in one outcome."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.domain.model import MailOutcome
from raumpost.itip.reading import MailKind, Reading
from raumpost.services.answers import update_status as update_status_module
from raumpost.services.answers.fetch import fetch
from raumpost.services.ports import Inbox
from raumpost.services.store.locking import exclusive
from tests.database import NOW
from tests.inbox_scenario import MINUTE, PLAIN, ROOM, InboxScenario, stored
from tests.mail_pipeline import IMAP_CONN_ID
from tests.notices import auto_reply, receipt, report


@pytest.mark.parametrize("said", ["NEEDS-ACTION", "COMPLETED", "MAYBE", None, "\x01"])
def test_what_says_neither_yes_nor_no_is_no_answer(sent: InboxScenario, said: str | None) -> None:
    [(outcome, detail)] = sent.hear(sent.answer(said=said))
    assert outcome == "no-answer"
    assert detail == f"says {said if said and said.isprintable() else 'nothing'}: neither yes nor no"
    assert sent.row()["state"] == "sent"


@pytest.mark.parametrize("uid", ["event-7@elsewhere", "", None, "x" * 3000, "ü", "a\\nb"])
def test_an_answer_to_something_else_is_unknown(sent: InboxScenario, uid: str | None) -> None:
    [(outcome, detail)] = sent.hear(sent.answer(uid=uid))
    assert outcome == "unknown"
    assert "which Raumpost never sent" in detail
    assert sent.row()["state"] == "sent"


def test_what_is_no_answer_at_all_is_other(sent: InboxScenario) -> None:
    assert sent.hear(PLAIN, b"\r\n") == [("other", "no answer: “hello”"), ("other", "no answer: “”")]
    foreign = sent.answer(uid="other@elsewhere", method="REQUEST")
    assert sent.hear(foreign) == [("other", "no answer: “Re: Raum”")]
    assert sent.entries() == []


@pytest.mark.parametrize(
    ("method", "level"), [("REQUEST", "info"), ("PUBLISH", "info"), ("REFRESH", "warning"), ("CANCEL", "warning")]
)
def test_other_calendar_mail_about_an_invitation_is_visible_there(sent: InboxScenario, method: str, level: str) -> None:
    before = (sent.row(), sent.status())
    words = f"no answer, but {method}; nothing is done about it"
    assert sent.hear(sent.answer(method=method)) == [("other", words)]
    assert (sent.row(), sent.status()) == before
    assert sent.noted() == (level, words)


def test_our_own_cancellation_in_a_watched_folder_alarms_nobody(sent: InboxScenario) -> None:
    sent.campus.delete("booking.event", sent.event)
    sent.pipeline.send_all()
    raw = bytes(sent.campus.value("SELECT raw FROM raumpost.mail ORDER BY id DESC LIMIT 1"))
    assert sent.hear(raw) == [("other", "no answer, but CANCEL; nothing is done about it")]
    assert sent.noted()[0] == "info"


# ── proposals and delegations ─────────────────────────────────────────────────────────────────────────────

PROPOSED = "DTSTART:20900503T140000Z"


def test_a_proposal_of_another_time_is_told_and_moves_nothing(sent: InboxScenario) -> None:
    before = sent.row()
    raw = sent.answer(method="COUNTER", said="TENTATIVE", comment="lieber später", extra=[PROPOSED])
    words = "the room proposes another time: 2090-05-03 16:00 (lieber später)"
    assert sent.hear(raw) == [("counter", words)]
    assert sent.row() == before
    assert sent.status() == (
        "sent",
        "Gesendet, Rückmeldung offen; der Raum schlägt eine andere Zeit vor: 03.05.2090 16:00 (lieber später)",
        f"Sent, reply outstanding; {words}",
    )
    assert sent.noted() == ("warning", words)


def test_a_proposal_hidden_in_an_answer_is_none_to_be_applied(sent: InboxScenario) -> None:
    line = f'ATTENDEE;PARTSTAT=TENTATIVE;TO-ALL-PROPOSED-NEW-TIME="DTSTART:20900503T140000Z":mailto:{ROOM}'
    assert sent.outcomes(sent.answer(attendee=None, extra=[line])) == ["counter"]
    assert sent.row()["state"] == "sent"


def test_a_proposal_after_an_answer_keeps_the_answer(sent: InboxScenario) -> None:
    sent.hear(sent.answer(said="TENTATIVE"))
    sent.hear(sent.answer(method="COUNTER", said="TENTATIVE", dtstamp=NOW + MINUTE, extra=[PROPOSED]))
    assert (sent.row()["state"], sent.row()["answer"]) == ("answered", "TENTATIVE")
    assert sent.status()[1] == "Vorläufig angenommen; der Raum schlägt eine andere Zeit vor: 03.05.2090 16:00"


def test_a_proposal_after_a_refusal_keeps_its_reason_and_the_hint(sent: InboxScenario) -> None:
    sent.hear(sent.answer(said="DECLINED", comment="Der Raum ist bereits gebucht"))
    _, german, english = sent.status()
    assert "Hinweis: " in german
    sent.hear(sent.answer(method="COUNTER", said="DECLINED", dtstamp=NOW + MINUTE, extra=[PROPOSED]))
    assert sent.status() == (
        "declined",
        f"{german}; der Raum schlägt eine andere Zeit vor: 03.05.2090 16:00",
        f"{english}; the room proposes another time: 2090-05-03 16:00",
    )


def test_a_proposal_after_a_bounce_keeps_its_words(sent: InboxScenario) -> None:
    sent.hear(report(ROOM, returned=sent.smtp.mails[-1].octets))
    _, german, english = sent.status()
    assert german.startswith("Fehler: unzustellbar: ")
    sent.hear(sent.answer(method="COUNTER", said="TENTATIVE", extra=[PROPOSED]))
    _, with_remark_german, with_remark_english = sent.status()
    assert with_remark_german.startswith(f"{german}; der Raum")
    assert with_remark_english.startswith(f"{english}; the room")


def test_a_proposal_at_the_end_of_the_calendar_is_one_too(sent: InboxScenario) -> None:
    assert sent.outcomes(sent.answer(method="COUNTER", extra=["DTSTART:99991231T235959Z"])) == ["counter"]


def test_an_answer_after_a_proposal_settles_it(sent: InboxScenario) -> None:
    sent.hear(sent.answer(method="COUNTER", said="TENTATIVE"))
    sent.hear(sent.answer(dtstamp=NOW + MINUTE))
    assert sent.status() == ("accepted", "Angenommen", "Accepted")


@pytest.mark.parametrize("said", ["COUNTER", "DELEGATED"])
def test_what_was_said_before_the_answer_that_counts_is_superseded(sent: InboxScenario, said: str) -> None:
    sent.hear(sent.answer(dtstamp=NOW + MINUTE))
    late = sent.answer(method="COUNTER") if said == "COUNTER" else sent.answer(said=said)
    assert sent.outcomes(late) == ["superseded"]
    assert sent.status() == ("accepted", "Angenommen", "Accepted")


def test_a_proposal_for_a_replaced_revision_is_stale(sent: InboxScenario) -> None:
    sent.change()
    sent.pipeline.send_all()
    [(outcome, detail)] = sent.hear(sent.answer(method="COUNTER"))
    assert (outcome, detail) == ("stale", "answers revision 0 with a proposal of another time; it has been replaced")
    assert sent.status()[1] == "Gesendet, Rückmeldung offen"


def test_a_room_that_hands_the_invitation_on_has_not_answered(sent: InboxScenario) -> None:
    before = sent.row()
    line = f'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:desk@rooms.example":mailto:{ROOM}'
    words = "the room handed the request on to desk@rooms.example"
    assert sent.hear(sent.answer(attendee=None, extra=[line])) == [("delegated", words)]
    assert sent.row() == before
    assert sent.status() == (
        "sent",
        "Gesendet, Rückmeldung offen; der Raum hat die Anfrage an desk@rooms.example weitergegeben",
        f"Sent, reply outstanding; {words}",
    )
    assert sent.noted() == ("warning", words)


def test_whom_a_room_handed_it_on_to_is_not_the_room(sent: InboxScenario) -> None:
    line = f'ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:{ROOM}":mailto:desk@rooms.example'
    assert sent.outcomes(sent.answer(sender="desk@rooms.example", attendee=None, extra=[line])) == ["not-the-room"]


# ── what machines write for people ────────────────────────────────────────────────────────────────────────


def test_an_automatic_reply_is_no_answer_and_stands_in_the_story_of_its_invitation(sent: InboxScenario) -> None:
    before = (sent.row(), sent.status())
    words = "no answer, but auto-reply: “Außer Haus”"
    assert sent.hear(auto_reply(ROOM, answers=sent.row()["message_id"])) == [("auto-reply", words)]
    assert (sent.row(), sent.status()) == before
    assert sent.noted() == ("info", words)


def test_a_receipt_is_no_answer_and_stands_in_the_story_of_its_invitation(sent: InboxScenario) -> None:
    before = (sent.row(), sent.status())
    words = "no answer, but receipt: “Gelesen: Analysis”"
    assert sent.hear(receipt(ROOM, about=sent.row()["message_id"])) == [("receipt", words)]
    assert (sent.row(), sent.status()) == before
    assert sent.noted() == ("info", words)


def test_what_machines_write_about_other_mails_is_kept_without_a_word(sent: InboxScenario) -> None:
    assert sent.outcomes(auto_reply(ROOM), receipt(ROOM, about="<other@elsewhere>")) == ["auto-reply", "receipt"]
    assert sent.entries() == []


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────────────────


def test_a_mail_that_the_reader_cannot_read_is_kept_and_does_not_stop_the_next(
    sent: InboxScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mail is known that it cannot read, so it is told to give up."""
    reads = update_status_module.read
    broken = Reading(kind=MailKind.UNREADABLE, reason="reading it met KeyError", error="Traceback: KeyError")
    monkeypatch.setattr(update_status_module, "read", lambda raw: broken if raw == PLAIN else reads(raw))
    assert sent.hear(PLAIN, sent.answer()) == [
        ("unreadable", "it could not be read, and is kept: reading it met KeyError"),
        ("applied", "ACCEPTED"),
    ]
    assert bytes(sent.campus.value("SELECT raw FROM raumpost.mail WHERE outcome = 'unreadable'")) == PLAIN
    [entry] = sent.entries()
    assert (entry["level"], entry["detail"], entry["mail_id"]) == ("warning", "Traceback: KeyError", 2)


def test_a_mail_whose_verdict_cannot_be_stored_does_not_stop_the_next(sent: InboxScenario) -> None:
    sent.campus.sql("ALTER TABLE raumpost.invitation ADD CONSTRAINT closed CHECK (comment <> 'x') NOT VALID")
    try:
        outcomes = sent.hear(sent.answer(comment="x"), sent.answer(said="TENTATIVE"))
    finally:
        sent.campus.sql("ALTER TABLE raumpost.invitation DROP CONSTRAINT closed")
    assert outcomes == [
        ("unreadable", "what it says could not be stored; the raw mail is kept"),
        ("applied", "TENTATIVE"),
    ]
    [entry] = sent.entries()
    assert "CheckViolation" in entry["detail"]


def test_every_outcome_of_an_incoming_mail_is_tried_here() -> None:
    outgoing = {MailOutcome.RENDERED, MailOutcome.SENT, MailOutcome.NOT_SENT, MailOutcome.UNCERTAIN}
    tests = "".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    assert [outcome for outcome in set(MailOutcome) - outgoing if f'"{outcome}"' not in tests] == []


# ── hostile mails, several readers ────────────────────────────────────────────────────────────────────────

HOSTILE = {
    "NUL in the subject": lambda scenario: b"Subject: a\0b\r\n\r\nx\r\n",
    "NUL encoded in the subject": lambda scenario: b"Subject: =?utf-8?q?a=00b?=\r\n\r\nx\r\n",
    "a lone surrogate in the subject": lambda scenario: b"Subject: =?utf-7?q?+2AA-?=\r\n\r\nx\r\n",
    "a damaged encoded word": lambda scenario: b"Subject: =?utf-8?b?w?=\r\n\r\nx\r\n",
    "raw octets in the subject": lambda scenario: b"Subject: \xff\xfe\xed\xa0\x80\r\n\r\nx\r\n",
    "NUL in the Message-ID": lambda scenario: b"Message-ID: <a\0\xffb>\r\n" + scenario.answer(),
    "NUL in the comment": lambda scenario: scenario.answer(comment="a\0b"),
    "a surrogate in the comment": lambda scenario: scenario.answer(comment="X").replace(
        b"COMMENT:X", b"COMMENT:\xed\xa0\x80"
    ),
    "NUL in the UID": lambda scenario: scenario.answer(uid="a\0b"),
    "NUL in the PARTSTAT": lambda scenario: scenario.answer(said="MAY\0BE"),
    "NUL in the attendee": lambda scenario: scenario.answer(attendee="a\0b@rooms.example"),
    "NUL in the sender": lambda scenario: scenario.answer(sender="X").replace(
        b"From: X", b"From: a\0\xffb@rooms.example"
    ),
    "an impossible date": lambda scenario: scenario.answer(headers=[("Date", "1 Jan 9999 23:59:59 -2300")]),
    "a stamp at the end of time": lambda scenario: scenario.answer(
        dtstamp=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    ),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_mail_gets_its_outcome_and_does_not_stop_the_next(
    sent: InboxScenario, hostile: Callable[[InboxScenario], bytes]
) -> None:
    raw = hostile(sent)
    # past IMAP, where a NUL cannot stand in a literal (RFC 3501 section 9)
    for uid, octets in enumerate([raw, sent.answer(said="TENTATIVE", date=NOW + MINUTE)], start=1):
        sent.campus.sql(
            """INSERT INTO raumpost.mail
                   (direction, imap_conn_id, folder, uid_validity, imap_uid, received_at, size, raw)
               VALUES ('in', 'imap_one', 'INBOX', 1, %(uid)s, %(now)s, 1, %(raw)s)""",
            uid=uid,
            now=NOW,
            raw=octets,
        )
    sent.pipeline.read()
    [(_, _, first), (_, _, second)] = stored(sent.campus)
    assert first in {"applied", "other", "unknown", "no-answer", "not-the-room"}
    assert second in {"applied", "superseded"}
    assert sent.row()["state"] == "answered"
    assert sent.pipeline.read() == {}


def test_a_mail_is_read_once(sent: InboxScenario) -> None:
    sent.hear(sent.answer())
    assert sent.pipeline.read() == {}


def test_mails_are_counted_by_outcome(sent: InboxScenario) -> None:
    for raw in [PLAIN, sent.answer(), PLAIN]:
        sent.mailbox.put(raw)
    sent.pipeline.fetch(sent.mailbox.open())
    assert sent.pipeline.read() == {"other": 2, "applied": 1}


def test_one_reader_works_at_a_time(sent: InboxScenario, connect: Callable[[], Connection]) -> None:
    sent.mailbox.put(sent.answer())
    sent.pipeline.fetch(sent.mailbox.open())
    with exclusive(Database(connect()), f"raumpost.read.{IMAP_CONN_ID}") as alone:
        assert alone
        assert sent.pipeline.read() == {}
        assert sent.row()["state"] == "sent"
    assert sent.pipeline.read() == {"applied": 1}


def test_another_inbox_is_not_read(sent: InboxScenario) -> None:
    sent.mailbox.put(sent.answer())
    inbox: Inbox = sent.mailbox.open()
    fetch(sent.pipeline.db, imap_conn_id="imap_two", inbox=inbox, limit=10)
    assert sent.pipeline.read() == {}
