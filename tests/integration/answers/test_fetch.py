"""From the mail server to the database: nothing is lost, and nothing counts twice."""

from collections.abc import Callable, Iterator, Sequence

import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters import imap
from raumpost.adapters.postgres import Database
from raumpost.domain.errors import InterfaceUnavailable
from raumpost.domain.model import ReceivedMail
from raumpost.services.answers.fetch import fetch
from tests.database import NOW, Campus
from tests.inbox_scenario import MINUTE, PAST, PLAIN, InboxScenario, stored
from tests.mail_pipeline import IMAP_CONN_ID, MailPipeline
from tests.servers.imap import Mailbox


def cursor(campus: Campus) -> tuple[int, int] | None:
    rows = campus.sql("SELECT uid_validity, last_uid FROM raumpost.reply_cursor")
    return (rows[0]["uid_validity"], rows[0]["last_uid"]) if rows else None


def test_mails_are_stored_raw_before_anything_is_made_of_them(
    campus: Campus, pipeline: MailPipeline, mailbox: Mailbox
) -> None:
    octets = b"Subject: x\r\n\r\n\xff\xfe no text at all\r\n"
    uid = mailbox.put(octets, at=PAST)
    assert pipeline.fetch(mailbox.open()) == 1
    [row] = campus.sql("SELECT * FROM raumpost.mail")
    assert bytes(row["raw"]) == octets
    assert (row["direction"], row["outcome"], row["invitation_id"]) == ("in", None, None)
    assert (row["imap_conn_id"], row["folder"], row["imap_uid"]) == (IMAP_CONN_ID, "INBOX", uid)
    assert (row["received_at"], row["size"]) == (PAST, len(octets))


def test_only_new_mails_are_fetched(campus: Campus, pipeline: MailPipeline, mailbox: Mailbox) -> None:
    assert pipeline.fetch(mailbox.open()) == 0
    mailbox.put(PLAIN)
    mailbox.put(PLAIN)
    assert pipeline.fetch(mailbox.open()) == 2
    assert pipeline.fetch(mailbox.open()) == 0
    mailbox.put(PLAIN)
    assert pipeline.fetch(mailbox.open()) == 1
    assert len(stored(campus)) == 3


def test_what_is_above_the_limit_waits_for_the_next_time(
    campus: Campus, pipeline: MailPipeline, mailbox: Mailbox
) -> None:
    uids = [mailbox.put(PLAIN) for _ in range(5)]
    assert [pipeline.fetch(mailbox.open(), limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert [uid for _, uid, _ in stored(campus)] == uids


def test_folders_and_inboxes_have_cursors_of_their_own(campus: Campus, db: Database, mailbox: Mailbox) -> None:
    mailbox.create("Answers")
    mailbox.put(PLAIN)
    mailbox.put(PLAIN, folder="Answers")
    for conn_id in ("imap_one", "imap_two"):
        assert fetch(db, imap_conn_id=conn_id, inbox=mailbox.open(), limit=10) == 1
        assert fetch(db, imap_conn_id=conn_id, inbox=mailbox.open("Answers"), limit=10) == 1
        assert fetch(db, imap_conn_id=conn_id, inbox=mailbox.open(), limit=10) == 0
    assert campus.value("SELECT count(*) FROM raumpost.reply_cursor") == 4


class Wrapped:
    """An inbox in which something happens after its first portion."""

    def __init__(self, inner: imap.ImapFolder, happens: Callable[[], None]) -> None:
        self.folder, self.uid_validity = inner.folder, inner.uid_validity
        self._inner, self._happens = inner, happens

    def mails_after(self, last_uid: int, *, limit: int) -> Iterator[Sequence[ReceivedMail]]:
        portions = self._inner.mails_after(last_uid, limit=limit)
        yield next(portions)
        self._happens()
        yield from portions


def test_the_cursor_moves_with_each_portion(
    campus: Campus, pipeline: MailPipeline, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "PORTION_MAILS", 2)
    uids = [mailbox.put(PLAIN) for _ in range(3)]
    inner = mailbox.open()
    seen = []
    pipeline.fetch(Wrapped(inner, lambda: seen.append((cursor(campus), len(stored(campus))))))
    assert seen == [((inner.uid_validity, uids[1]), 2)]
    assert cursor(campus) == (inner.uid_validity, uids[2])


def test_a_connection_that_breaks_in_the_second_portion_loses_nothing_and_doubles_nothing(
    campus: Campus, pipeline: MailPipeline, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "PORTION_MAILS", 2)
    uids = [mailbox.put(PLAIN) for _ in range(5)]
    client = mailbox.login()
    with pytest.raises(InterfaceUnavailable):
        pipeline.fetch(Wrapped(mailbox.open(client=client), client.shutdown))
    assert [uid for _, uid, _ in stored(campus)] == uids[:2]

    assert pipeline.fetch(mailbox.open()) == 3
    assert [uid for _, uid, _ in stored(campus)] == uids


def test_mails_and_cursor_move_together_or_not_at_all(
    campus: Campus, pipeline: MailPipeline, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "PORTION_MAILS", 2)
    uids = [mailbox.put(PLAIN) for _ in range(4)]
    campus.sql(f"ALTER TABLE raumpost.reply_cursor ADD CONSTRAINT closed CHECK (last_uid <= {uids[1]})")
    try:
        with pytest.raises(psycopg2.errors.CheckViolation):
            pipeline.fetch(mailbox.open())
    finally:
        campus.sql("ALTER TABLE raumpost.reply_cursor DROP CONSTRAINT closed")
    assert [uid for _, uid, _ in stored(campus)] == uids[:2]
    assert cursor(campus) == (mailbox.open().uid_validity, uids[1])
    assert pipeline.fetch(mailbox.open()) == 2
    assert [uid for _, uid, _ in stored(campus)] == uids


def test_a_second_fetcher_of_the_same_inbox_is_locked_out(
    campus: Campus,
    pipeline: MailPipeline,
    mailbox: Mailbox,
    connect: Callable[[], Connection],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imap, "PORTION_MAILS", 1)
    for _ in range(2):
        mailbox.put(PLAIN)
    second = Database(connect(), actor="second")
    meanwhile: list[int] = []

    def fetch_meanwhile() -> None:
        for conn_id in (IMAP_CONN_ID, "imap_two"):
            meanwhile.append(fetch(second, imap_conn_id=conn_id, inbox=mailbox.open(), limit=10))

    assert pipeline.fetch(Wrapped(mailbox.open(), fetch_meanwhile)) == 2
    assert meanwhile == [0, 2]
    assert fetch(second, imap_conn_id=IMAP_CONN_ID, inbox=mailbox.open(), limit=10) == 0
    assert len(stored(campus)) == 4


def test_a_fetcher_that_fails_leaves_no_lock(
    pipeline: MailPipeline, mailbox: Mailbox, connect: Callable[[], Connection]
) -> None:
    mailbox.put(PLAIN)
    client = mailbox.login()
    broken = mailbox.open(client=client)
    client.shutdown()
    with pytest.raises(InterfaceUnavailable):
        pipeline.fetch(broken)
    other = Database(connect(), actor="second")
    assert fetch(other, imap_conn_id=IMAP_CONN_ID, inbox=mailbox.open(), limit=10) == 1


def test_a_folder_that_is_numbered_anew_is_read_again_without_changing_answers(sent: InboxScenario) -> None:
    answers = [
        sent.answer(said="TENTATIVE", comment="mal sehen"),
        sent.answer(dtstamp=NOW + MINUTE, date=NOW + MINUTE, comment="gut"),
    ]
    sent.mailbox.create("Answers")
    for turn in range(3):
        if turn:
            sent.mailbox.recreate("Answers")
        for raw in [*answers, PLAIN]:
            sent.mailbox.put(raw, folder="Answers")
        assert sent.pipeline.fetch(sent.mailbox.open("Answers")) == 3
        if turn == 0:
            sent.pipeline.read(NOW + MINUTE)
            before = (sent.row(), sent.status(), sent.journal("answer"))
            continue
        sent.pipeline.read(NOW + 10 * turn * MINUTE)
        assert (sent.row(), sent.status(), sent.journal("answer")) == before
    assert before[0]["comment"] == "gut"
    assert [outcome for _, _, outcome in stored(sent.campus)] == [
        *("applied", "applied", "other"),
        *("superseded", "superseded", "other") * 2,
    ]
    assert len({validity for validity, _, _ in stored(sent.campus)}) == 3


def test_a_folder_that_is_numbered_anew_is_read_from_its_start(
    campus: Campus, pipeline: MailPipeline, mailbox: Mailbox
) -> None:
    mailbox.create("Answers")
    for _ in range(3):
        mailbox.put(PLAIN, folder="Answers")
    pipeline.fetch(mailbox.open("Answers"))
    mailbox.recreate("Answers")
    assert pipeline.fetch(mailbox.open("Answers")) == 0
    uid = mailbox.put(PLAIN, folder="Answers")
    assert uid == 1
    assert pipeline.fetch(mailbox.open("Answers")) == 1
    assert cursor(campus) == (mailbox.open("Answers").uid_validity, 1)
