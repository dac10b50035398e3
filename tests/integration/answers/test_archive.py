"""Several folders, and what becomes of mails that have been read: ours may be put away, all others are not touched."""

import imaplib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from raumpost.domain.errors import InterfaceUnavailable
from raumpost.domain.model import MailOutcome
from raumpost.services.answers import archive as filing
from raumpost.wiring.tasks import mailbox_processor as tasks
from tests.airflow_connections import SetConnection
from tests.database import NOW, Campus, emptied
from tests.factories import reply
from tests.mail_pipeline import IMAP_CONN_ID, MailPipeline
from tests.servers.imap import Mailbox
from tests.servers.scripted_imap import ScriptedImap, address_of

ROOM = "room-1@rooms.example"
NAME = f"IMAP interface {IMAP_CONN_ID}"
MINUTE = timedelta(minutes=1)
PLAIN = b"Subject: hello\r\n\r\nhello\r\n"
DELETED, DONE = "Deleted", "Raumpost"


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


@dataclass
class ArchiveScenario:
    """One invitation that has left, the services, and the mailbox of the technical user."""

    campus: Campus
    pipeline: MailPipeline
    mailbox: Mailbox

    def answer(self, **said: Any) -> bytes:
        """Write an answer of the room."""
        uid = self.campus.value("SELECT uid FROM raumpost.invitation")
        return reply(**{"uid": uid, "room": ROOM} | said)

    def hear(self, *folders: str) -> None:
        """Fetch and read what has arrived."""
        self.pipeline.fetch_folders(self.mailbox.mailbox(*folders))
        self.pipeline.read(NOW + 10 * MINUTE)

    def file(self, *folders: str, login: Any = None) -> int:
        """Put ours away."""
        return self.pipeline.archive(self.mailbox.mailbox(*folders, processed=DONE, login=login))

    def outcomes(self) -> list[tuple[str, str | None]]:
        """Read folder and outcome of each mail."""
        rows = self.campus.sql("SELECT folder, outcome FROM raumpost.mail WHERE direction = 'in' ORDER BY id")
        return [(row["folder"], row["outcome"]) for row in rows]

    def filed(self) -> list[bool]:
        """Tell of each mail whether it counts as put away."""
        rows = self.campus.sql("SELECT filed_at FROM raumpost.mail WHERE direction = 'in' ORDER BY id")
        return [row["filed_at"] is not None for row in rows]

    def subjects(self, folder: str = DONE) -> list[bytes]:
        """Return the mails of a folder."""
        with_mails = self.mailbox.open(folder).mails_after(0, limit=100)
        return [mail.raw for portion in with_mails for mail in portion]


@pytest.fixture
def scenario(campus: Campus, pipeline: MailPipeline, mailbox: Mailbox) -> ArchiveScenario:
    room = campus.linked_room("Hörsaal 1", address=ROOM)
    campus.event(room, title="Analysis")
    pipeline.send_all()
    return ArchiveScenario(campus, pipeline, mailbox)


# ── several folders ───────────────────────────────────────────────────────────────────────────────────────


def test_every_folder_is_read_by_a_cursor_of_its_own(scenario: ArchiveScenario) -> None:
    scenario.mailbox.create(DELETED)
    for folder in ("INBOX", DELETED, DELETED):
        scenario.mailbox.put(PLAIN, folder=folder)
    mailbox = scenario.mailbox.mailbox("INBOX", DELETED)
    assert [scenario.pipeline.fetch_folders(mailbox) for _ in range(2)] == [3, 0]
    scenario.mailbox.put(PLAIN, folder=DELETED)
    assert scenario.pipeline.fetch_folders(mailbox) == 1
    cursors = scenario.campus.sql("SELECT folder, last_uid FROM raumpost.reply_cursor ORDER BY folder")
    assert [(row["folder"], row["last_uid"]) for row in cursors] == [(DELETED, 3), ("INBOX", 1)]


def test_an_answer_that_was_deleted_unread_is_found(scenario: ArchiveScenario) -> None:
    scenario.mailbox.create(DELETED)
    scenario.mailbox.put(scenario.answer(), folder=DELETED)
    scenario.hear("INBOX", DELETED)
    assert scenario.campus.value("SELECT answer FROM raumpost.invitation") == "ACCEPTED"


def test_the_same_answers_in_two_folders_count_once(scenario: ArchiveScenario) -> None:
    answers = [scenario.answer(said="TENTATIVE"), scenario.answer(dtstamp=NOW + MINUTE, date=NOW + MINUTE)]
    scenario.mailbox.create(DELETED)
    for raw in answers:
        scenario.mailbox.put(raw)
    scenario.hear("INBOX", DELETED)
    before = scenario.campus.sql("SELECT * FROM raumpost.invitation")
    for raw in answers:
        scenario.mailbox.put(raw, folder=DELETED)
    scenario.hear("INBOX", DELETED)
    assert scenario.campus.sql("SELECT * FROM raumpost.invitation") == before
    copies = [outcome for folder, outcome in scenario.outcomes() if folder == DELETED]
    assert copies == [MailOutcome.SUPERSEDED] * 2
    assert len(scenario.campus.sql("SELECT id FROM raumpost.journal WHERE step = 'answer'")) == 2


def test_a_folder_that_does_not_exist_is_named_at_the_end_and_the_others_are_read(scenario: ArchiveScenario) -> None:
    scenario.mailbox.create(DELETED)
    scenario.mailbox.put(PLAIN)
    scenario.mailbox.put(PLAIN, folder=DELETED)
    with pytest.raises(InterfaceUnavailable) as refusal:
        scenario.pipeline.fetch_folders(scenario.mailbox.mailbox("INBOX", "Nowhere", "Nirgends", DELETED))
    assert [folder for folder, _ in scenario.outcomes()] == ["INBOX", DELETED]
    for folder in ("Nowhere", "Nirgends"):
        assert f"{NAME}: folder {folder} cannot be opened: " in str(refusal.value)
    assert "check that it exists, and the extra folders" in str(refusal.value)


# ── putting away ──────────────────────────────────────────────────────────────────────────────────────────

WITHOUT_MOVE = "IMAP4rev1 UIDPLUS"


@pytest.fixture(params=["MOVE", WITHOUT_MOVE])
def login(scenario: ArchiveScenario, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Log in at a server that can move mails, and at one that says it can only copy and delete them."""

    def log_in() -> imaplib.IMAP4:
        client = scenario.mailbox.login()
        if request.param == WITHOUT_MOVE:
            monkeypatch.setattr(client, "capability", lambda: ("OK", [WITHOUT_MOVE.encode()]))
        return client

    return log_in


def test_ours_are_moved_and_all_others_stay_as_they_are(scenario: ArchiveScenario, login: Any) -> None:
    answer = scenario.answer()
    ours = scenario.mailbox.put(answer)
    foreign = scenario.mailbox.put(PLAIN)
    seen = scenario.mailbox.put(scenario.answer(uid="another-system@elsewhere.example"))
    deleted = scenario.mailbox.put(b"Subject: to be deleted\r\n\r\nby its owner\r\n")
    crasher = scenario.mailbox.put(scenario.answer(sender="somebody@else.example"))
    scenario.mailbox.owner.select("INBOX")
    scenario.mailbox.owner.uid("STORE", str(seen), "+FLAGS", r"(\Seen \Flagged)")
    scenario.mailbox.owner.uid("STORE", str(deleted), "+FLAGS", r"(\Deleted)")
    scenario.mailbox.owner.select("INBOX", readonly=True)
    before = scenario.mailbox.flags()

    scenario.hear()
    assert scenario.mailbox.flags() == before
    assert scenario.file(login=login) == 1

    assert before.pop(ours) == set()
    assert scenario.mailbox.flags() == before
    assert before == {
        foreign: set(), seen: {rb"\Seen", rb"\Flagged"}, deleted: {rb"\Deleted"}, crasher: set(),
    }  # fmt: skip
    assert scenario.subjects() == [answer]
    assert scenario.filed() == [True, False, False, False, False]


def test_what_was_moved_is_neither_moved_nor_read_again(scenario: ArchiveScenario, login: Any) -> None:
    scenario.mailbox.put(scenario.answer())
    scenario.hear()
    assert [scenario.file(login=login) for _ in range(2)] == [1, 0]
    scenario.hear()
    assert scenario.outcomes() == [("INBOX", MailOutcome.APPLIED)]
    assert len(scenario.subjects()) == 1


def test_mails_are_moved_in_batches(scenario: ArchiveScenario, login: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "BATCH", 2)
    monkeypatch.setattr(filing, "LIMIT", 5)
    for number in range(7):
        scenario.mailbox.put(scenario.answer(dtstamp=NOW + number * MINUTE))
    scenario.hear()
    assert [scenario.file(login=login) for _ in range(3)] == [5, 2, 0]
    assert len(scenario.subjects()) == 7
    assert scenario.mailbox.flags() == {}


def test_mails_of_every_folder_that_is_read_are_moved(scenario: ArchiveScenario) -> None:
    scenario.mailbox.create(DELETED)
    scenario.mailbox.put(scenario.answer())
    scenario.mailbox.put(scenario.answer(dtstamp=NOW + MINUTE), folder=DELETED)
    scenario.hear("INBOX", DELETED)
    assert scenario.file("INBOX") == 1
    assert scenario.file("INBOX", DELETED) == 1
    assert len(scenario.subjects()) == 2


def test_without_a_processed_folder_nothing_is_even_opened(scenario: ArchiveScenario) -> None:
    scenario.mailbox.put(scenario.answer())
    scenario.hear()
    assert scenario.pipeline.archive(scenario.mailbox.mailbox(login=pytest.fail)) == 0
    assert scenario.filed() == [False]


def test_the_processed_folder_is_created_once_and_may_have_an_odd_name(scenario: ArchiveScenario) -> None:
    for number in range(2):
        scenario.mailbox.put(scenario.answer(dtstamp=NOW + number * MINUTE))
        scenario.hear()
        mailbox = scenario.mailbox.mailbox(processed="Räume & Säle, gelesen")
        assert scenario.pipeline.archive(mailbox) == 1
    assert len(scenario.subjects("Räume & Säle, gelesen")) == 2


def test_a_mail_that_is_gone_counts_as_put_away(scenario: ArchiveScenario, login: Any) -> None:
    gone, there = (scenario.mailbox.put(scenario.answer(dtstamp=NOW + number * MINUTE)) for number in range(2))
    scenario.hear()
    scenario.mailbox.remove(gone)
    assert scenario.file(login=login) == 2
    assert scenario.filed() == [True, True]
    assert len(scenario.subjects()) == 1
    assert there not in scenario.mailbox.flags()


def test_in_a_folder_that_was_numbered_anew_no_other_mail_is_taken_for_ours(scenario: ArchiveScenario) -> None:
    scenario.mailbox.create(DELETED)
    ours = scenario.mailbox.put(scenario.answer(), folder=DELETED)
    scenario.hear(DELETED)
    scenario.mailbox.recreate(DELETED)
    assert scenario.mailbox.put(PLAIN, folder=DELETED) == ours
    assert scenario.file(DELETED) == 0
    assert scenario.filed() == [True]
    assert scenario.subjects(DELETED) == [PLAIN]
    assert scenario.subjects() == []


def test_a_folder_that_cannot_be_cleared_is_named_the_others_are_cleared_and_it_is_tried_again(
    scenario: ArchiveScenario,
) -> None:
    scenario.mailbox.create(DELETED)
    scenario.mailbox.put(scenario.answer())
    scenario.mailbox.put(scenario.answer(dtstamp=NOW + MINUTE), folder=DELETED)
    scenario.hear("INBOX", DELETED)
    scenario.mailbox.owner.select("INBOX")
    scenario.mailbox.owner.rename(DELETED, "Elsewhere")
    with pytest.raises(InterfaceUnavailable, match=f"^{NAME}: folder {DELETED} cannot be opened: "):
        scenario.file("INBOX", DELETED)
    assert scenario.filed() == [True, False]
    assert scenario.campus.value("SELECT state FROM raumpost.invitation") == "answered"
    scenario.mailbox.owner.rename("Elsewhere", DELETED)
    assert scenario.file("INBOX", DELETED) == 1


def test_a_processed_folder_that_cannot_be_made_is_named_and_nothing_is_lost(scenario: ArchiveScenario) -> None:
    number = scenario.mailbox.put(scenario.answer())
    scenario.hear()
    with pytest.raises(InterfaceUnavailable, match=f"^{NAME}: mails cannot be moved from folder INBOX to a//b: "):
        scenario.pipeline.archive(scenario.mailbox.mailbox(processed="a//b"))
    assert scenario.filed() == [False]
    assert list(scenario.mailbox.flags()) == [number]


def test_a_server_that_can_delete_only_everything_that_is_marked_keeps_all_mails(
    scenario: ArchiveScenario, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedImap({1: scenario.answer()}) as server:

        def log_in() -> imaplib.IMAP4:
            client = imaplib.IMAP4(*address_of(server), timeout=10)
            client.login("tech", "secret")
            return client

        mailbox = scenario.mailbox.mailbox(processed=DONE, login=log_in)
        assert scenario.pipeline.fetch_folders(mailbox) == 1
        scenario.pipeline.read(NOW)
        with caplog.at_level(logging.WARNING):
            assert scenario.pipeline.archive(mailbox) == 0
        mailbox.close()
        assert "the server offers neither MOVE nor UIDPLUS, so 1 mails stay in folder INBOX" in caplog.text
        assert [line for line in server.commands if line.split()[0] in {"UID", "EXPUNGE", "STORE", "CLOSE"}] == [
            line for line in server.commands if line.startswith("UID FETCH")
        ]
    assert scenario.filed() == [False]


def test_the_task_that_reads_the_mails_puts_them_away_if_the_connection_names_a_folder(
    scenario: ArchiveScenario, database: str, set_connection: SetConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "label", lambda _: None)  # there is no task instance to label
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    box = scenario.mailbox
    login = {"login": box.address, "password": box.password, "use_ssl": False}
    box.create(DELETED)
    box.put(scenario.answer())
    box.put(scenario.answer(), folder=DELETED)
    conn_id = set_connection("imap", box.port, **login, folders=["INBOX", DELETED])
    assert tasks.fetch_replies("manual", conn_id) == 2
    assert tasks.update_status("manual", conn_id) == {"applied": 1, "superseded": 1}
    assert scenario.filed() == [False, False]
    set_connection("imap", box.port, **login, folders=["INBOX", DELETED], processed_folder=DONE)
    assert tasks.update_status("manual", conn_id) == {}
    assert scenario.filed() == [True, True]
    assert len(scenario.subjects()) == 2
    monkeypatch.delenv("AIRFLOW_CONN_IMAP_ONE")
    assert tasks.update_status("manual", conn_id) == {}  # with nothing left to do the connection is not needed

    set_connection("imap", box.port, **login, authserv_id="mx.booking.example")
    box.put(scenario.answer(said="DECLINED", dtstamp=NOW + MINUTE))
    assert tasks.fetch_replies("manual", conn_id) == 1
    assert tasks.update_status("manual", conn_id) == {"untrusted": 1}


# ── mails that the server does not give ───────────────────────────────────────────────────────────────────


def test_a_mail_that_the_server_does_not_give_is_kept_as_unreadable_and_named_in_the_journal(
    scenario: ArchiveScenario,
) -> None:
    with ScriptedImap(dict.fromkeys((1, 3), PLAIN) | {2: scenario.answer(), 4: scenario.answer()}) as server:
        server.refusals[2] = "NO The specified message could not be converted"
        client = imaplib.IMAP4(*address_of(server), timeout=10)
        client.login("tech", "secret")
        assert [scenario.pipeline.fetch(scenario.mailbox.open(client=client)) for _ in range(2)] == [4, 0]
        client.logout()
    scenario.pipeline.read(NOW)
    rows = scenario.campus.sql(
        "SELECT imap_uid, outcome, detail, raw FROM raumpost.mail WHERE direction = 'in' ORDER BY id"
    )
    assert [row["outcome"] for row in rows] == ["other", "unreadable", "other", "applied"]
    said = "folder INBOX, UID 2: the server does not give this mail: The specified message could not be converted"
    assert (rows[1]["detail"], bytes(rows[1]["raw"])) == (said, b"")
    [line] = scenario.campus.sql("SELECT level, message FROM raumpost.journal WHERE step = 'fetch'")
    assert (line["level"], line["message"]) == ("warning", f"{IMAP_CONN_ID}: {said}; look at it in the mailbox")
