"""From the inbox to the booking: nothing is lost, nothing counts twice, and each mail ends in one outcome."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters import imap
from raumpost.adapters.postgres import Database
from raumpost.domain.errors import InterfaceUnavailable
from raumpost.domain.model import MailOutcome, ReceivedMail
from raumpost.services import update_status as update_status_module
from raumpost.services.fetch import fetch
from raumpost.services.gather import Batch
from raumpost.services.locking import exclusive
from raumpost.services.ports import Inbox
from raumpost.services.update_status import update_status
from tests.database import NOW, Campus
from tests.mailservers import IMAP_CONN_ID, LEASE, Mail, Mailbox, Post, Smtp, emptied, reply

ROOM = "room-1@rooms.example"
MINUTE = timedelta(minutes=1)
PAST = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN = b"Subject: hello\r\n\r\nhello\r\n"


@dataclass
class Desk:
    """One room with one booking, the services, and the inbox of the technical user."""

    campus: Campus
    post: Post
    mailbox: Mailbox
    smtp: Smtp
    event: int

    def row(self) -> dict[str, Any]:
        """Read the invitation."""
        [row] = self.campus.sql("SELECT * FROM raumpost.invitation")
        return row

    @property
    def uid(self) -> str:
        """Give the UID of the invitation."""
        return str(self.row()["uid"])

    def change(self, **columns: object) -> None:
        """Change the booking; one hour later, if nothing else is said."""
        later = {"starts_at": NOW + timedelta(days=1, hours=1), "ends_at": NOW + timedelta(days=1, hours=3)}
        self.campus.update("booking.event", self.event, **columns or later)

    def answer(self, **said: Any) -> bytes:
        """Write an answer of the room to the first revision."""
        return reply(**{"uid": self.uid, "room": ROOM} | said)

    def hear(self, *mails: bytes, at: datetime | None = None) -> list[tuple[str, str]]:
        """Let mails arrive, fetch and read them; give outcome and detail of each."""
        known = self.campus.value("SELECT coalesce(max(id), 0) FROM raumpost.mail")
        for raw in mails:
            self.mailbox.put(raw, at=at)
        assert self.post.fetch(self.mailbox.open()) == len(mails)
        self.post.read()
        rows = self.campus.sql("SELECT outcome, detail FROM raumpost.mail WHERE id > %(id)s ORDER BY id", id=known)
        return [(row["outcome"], row["detail"]) for row in rows]

    def outcomes(self, *mails: bytes, at: datetime | None = None) -> list[str]:
        """Let mails arrive, fetch and read them; give the outcome of each."""
        return [outcome for outcome, _ in self.hear(*mails, at=at)]

    def status(self) -> tuple[str, str, str]:
        """Read what stands at the booking."""
        [row] = self.campus.sql("SELECT status, message_de, message_en FROM booking.status")
        return row["status"], row["message_de"], row["message_en"]

    def journal(self, step: str) -> list[str]:
        """Read the journal of one step."""
        rows = self.campus.sql("SELECT message FROM raumpost.journal WHERE step = %(step)s ORDER BY id", step=step)
        return [row["message"] for row in rows]


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


@pytest.fixture
def desk(campus: Campus, post: Post, mailbox: Mailbox, smtp: Smtp) -> Desk:
    """Give a desk whose invitation is planned."""
    room = campus.linked_room("Hörsaal 1", address=ROOM)
    return Desk(campus, post, mailbox, smtp, campus.event(room, title="Analysis"))


@pytest.fixture
def sent(desk: Desk) -> Desk:
    """Give a desk whose invitation has left."""
    desk.post.send_all()
    return desk


def stored(campus: Campus) -> list[tuple[int, int, str | None]]:
    """Read what was fetched: UIDVALIDITY, UID, outcome."""
    rows = campus.sql("SELECT uid_validity, imap_uid, outcome FROM raumpost.mail WHERE direction = 'in' ORDER BY id")
    return [(row["uid_validity"], row["imap_uid"], row["outcome"]) for row in rows]


def cursor(campus: Campus) -> tuple[int, int] | None:
    rows = campus.sql("SELECT uid_validity, last_uid FROM raumpost.reply_cursor")
    return (rows[0]["uid_validity"], rows[0]["last_uid"]) if rows else None


# ── fetch ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_mails_are_stored_raw_before_anything_is_made_of_them(campus: Campus, post: Post, mailbox: Mailbox) -> None:
    octets = b"Subject: x\r\n\r\n\xff\xfe no text at all\r\n"
    uid = mailbox.put(octets, at=PAST)
    assert post.fetch(mailbox.open()) == 1
    [row] = campus.sql("SELECT * FROM raumpost.mail")
    assert bytes(row["raw"]) == octets
    assert (row["direction"], row["outcome"], row["invitation_id"]) == ("in", None, None)
    assert (row["imap_conn_id"], row["folder"], row["imap_uid"]) == (IMAP_CONN_ID, "INBOX", uid)
    assert (row["received_at"], row["size"]) == (PAST, len(octets))


def test_only_new_mails_are_fetched(campus: Campus, post: Post, mailbox: Mailbox) -> None:
    assert post.fetch(mailbox.open()) == 0
    mailbox.put(PLAIN)
    mailbox.put(PLAIN)
    assert post.fetch(mailbox.open()) == 2
    assert post.fetch(mailbox.open()) == 0
    mailbox.put(PLAIN)
    assert post.fetch(mailbox.open()) == 1
    assert len(stored(campus)) == 3


def test_what_is_above_the_limit_waits_for_the_next_time(campus: Campus, post: Post, mailbox: Mailbox) -> None:
    uids = [mailbox.put(PLAIN) for _ in range(5)]
    assert [post.fetch(mailbox.open(), limit=2) for _ in range(4)] == [2, 2, 1, 0]
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
    campus: Campus, post: Post, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "PORTION_MAILS", 2)
    uids = [mailbox.put(PLAIN) for _ in range(3)]
    inner = mailbox.open()
    seen = []
    post.fetch(Wrapped(inner, lambda: seen.append((cursor(campus), len(stored(campus))))))
    assert seen == [((inner.uid_validity, uids[1]), 2)]
    assert cursor(campus) == (inner.uid_validity, uids[2])


def test_a_connection_that_breaks_in_the_second_portion_loses_nothing_and_doubles_nothing(
    campus: Campus, post: Post, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "PORTION_MAILS", 2)
    uids = [mailbox.put(PLAIN) for _ in range(5)]
    client = mailbox.login()
    with pytest.raises(InterfaceUnavailable):
        post.fetch(Wrapped(mailbox.open(client=client), client.shutdown))
    assert [uid for _, uid, _ in stored(campus)] == uids[:2]

    assert post.fetch(mailbox.open()) == 3
    assert [uid for _, uid, _ in stored(campus)] == uids


def test_mails_and_cursor_move_together_or_not_at_all(
    campus: Campus, post: Post, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "PORTION_MAILS", 2)
    uids = [mailbox.put(PLAIN) for _ in range(4)]
    campus.sql(f"ALTER TABLE raumpost.reply_cursor ADD CONSTRAINT closed CHECK (last_uid <= {uids[1]})")
    try:
        with pytest.raises(psycopg2.errors.CheckViolation):
            post.fetch(mailbox.open())
    finally:
        campus.sql("ALTER TABLE raumpost.reply_cursor DROP CONSTRAINT closed")
    assert [uid for _, uid, _ in stored(campus)] == uids[:2]
    assert cursor(campus) == (mailbox.open().uid_validity, uids[1])
    assert post.fetch(mailbox.open()) == 2
    assert [uid for _, uid, _ in stored(campus)] == uids


def test_a_second_fetcher_of_the_same_inbox_is_locked_out(
    campus: Campus, post: Post, mailbox: Mailbox, connect: Callable[[], Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "PORTION_MAILS", 1)
    for _ in range(2):
        mailbox.put(PLAIN)
    second = Database(connect(), actor="second")
    meanwhile: list[int] = []

    def fetch_meanwhile() -> None:
        for conn_id in (IMAP_CONN_ID, "imap_two"):
            meanwhile.append(fetch(second, imap_conn_id=conn_id, inbox=mailbox.open(), limit=10))

    assert post.fetch(Wrapped(mailbox.open(), fetch_meanwhile)) == 2
    assert meanwhile == [0, 2]
    assert fetch(second, imap_conn_id=IMAP_CONN_ID, inbox=mailbox.open(), limit=10) == 0
    assert len(stored(campus)) == 4


def test_a_fetcher_that_fails_leaves_no_lock(post: Post, mailbox: Mailbox, connect: Callable[[], Connection]) -> None:
    mailbox.put(PLAIN)
    client = mailbox.login()
    broken = mailbox.open(client=client)
    client.shutdown()
    with pytest.raises(InterfaceUnavailable):
        post.fetch(broken)
    other = Database(connect(), actor="second")
    assert fetch(other, imap_conn_id=IMAP_CONN_ID, inbox=mailbox.open(), limit=10) == 1


def test_a_folder_that_is_numbered_anew_is_read_again_without_changing_answers(sent: Desk) -> None:
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
        assert sent.post.fetch(sent.mailbox.open("Answers")) == 3
        if turn == 0:
            sent.post.read(NOW + MINUTE)
            before = (sent.row(), sent.status(), sent.journal("answer"))
            continue
        sent.post.read(NOW + 10 * turn * MINUTE)
        assert (sent.row(), sent.status(), sent.journal("answer")) == before
    assert before[0]["comment"] == "gut"
    assert [outcome for _, _, outcome in stored(sent.campus)] == [
        *("applied", "applied", "other"),
        *("superseded", "superseded", "other") * 2,
    ]
    assert len({validity for validity, _, _ in stored(sent.campus)}) == 3


def test_a_folder_that_is_numbered_anew_is_read_from_its_start(campus: Campus, post: Post, mailbox: Mailbox) -> None:
    mailbox.create("Answers")
    for _ in range(3):
        mailbox.put(PLAIN, folder="Answers")
    post.fetch(mailbox.open("Answers"))
    mailbox.recreate("Answers")
    assert post.fetch(mailbox.open("Answers")) == 0
    uid = mailbox.put(PLAIN, folder="Answers")
    assert uid == 1
    assert post.fetch(mailbox.open("Answers")) == 1
    assert cursor(campus) == (mailbox.open("Answers").uid_validity, 1)


# ── outcomes ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "status", "german", "english"),
    [
        ("ACCEPTED", "accepted", "Angenommen", "Accepted"),
        ("TENTATIVE", "tentative", "Vorläufig angenommen", "Tentatively accepted"),
        ("DECLINED", "declined", "Abgelehnt", "Declined"),
        ("accepted", "accepted", "Angenommen", "Accepted"),
    ],
)
def test_an_answer_is_stored_and_told_at_the_booking_in_both_languages(
    sent: Desk, said: str, status: str, german: str, english: str
) -> None:
    assert sent.status()[0] == "sent"
    assert sent.hear(sent.answer(said=said, comment="siehe Aushang")) == [("applied", said.upper())]
    row = sent.row()
    assert (row["state"], row["answer"], row["answer_sequence"]) == ("answered", said.upper(), 0)
    assert (row["answered_at"], row["comment"]) == (NOW, "siehe Aushang")
    assert sent.status() == (status, f"{german}: siehe Aushang", f"{english}: siehe Aushang")
    assert "the room answered REQUEST 0 with" in sent.journal("answer")[-1]


def test_a_comment_at_the_attendee_is_told_too(sent: Desk) -> None:
    line = f'ATTENDEE;PARTSTAT=DECLINED;X-RESPONSE-COMMENT="Belegt":mailto:{ROOM}'
    assert sent.outcomes(sent.answer(attendee=None, extra=[line])) == ["applied"]
    assert sent.status() == ("declined", "Abgelehnt: Belegt", "Declined: Belegt")


def test_answer_mail_and_status_are_written_in_one_transaction(sent: Desk) -> None:
    sent.hear(sent.answer())
    transactions = sent.campus.sql(
        """SELECT i.xmin::text AS invitation, m.xmin::text AS mail, s.xmin::text AS status, j.xmin::text AS journal
           FROM raumpost.invitation AS i
           JOIN raumpost.mail AS m ON m.invitation_id = i.id AND m.outcome = 'applied'
           JOIN raumpost.journal AS j ON j.invitation_id = i.id AND j.step = 'answer'
           CROSS JOIN booking.status AS s"""
    )
    assert len(transactions) == 1
    assert len(set(transactions[0].values())) == 1


def test_an_answer_that_is_given_again_is_superseded(sent: Desk) -> None:
    assert sent.outcomes(sent.answer(), sent.answer()) == ["applied", "superseded"]
    [_, (_, detail)] = sent.hear(sent.answer(said="DECLINED", dtstamp=NOW - MINUTE), sent.answer())
    assert detail == "says ACCEPTED once more; the same answer is known"


def test_an_answer_to_a_replaced_revision_is_stale(sent: Desk) -> None:
    sent.change()
    sent.post.send_all()
    assert sent.hear(sent.answer(said="DECLINED")) == [
        ("stale", "answers revision 0 with DECLINED; it has been replaced")
    ]
    assert sent.row()["state"] == "sent"


def test_an_answer_to_a_revision_that_waits_to_be_replaced_is_stale(sent: Desk) -> None:
    sent.change()
    sent.post.gather()
    assert sent.outcomes(sent.answer()) == ["stale"]
    assert sent.row()["state"] == "pending"


@pytest.mark.parametrize("sequence", [0, 1, None])
def test_an_answer_to_a_withdrawn_invitation_is_stale(sent: Desk, sequence: int | None) -> None:
    sent.campus.delete("booking.event", sent.event)
    sent.post.send_all()
    assert sent.row()["state"] == "withdrawn"
    assert sent.outcomes(sent.answer(sequence=sequence)) == ["stale"]
    assert (sent.row()["state"], sent.status()[0]) == ("withdrawn", "cancelled")


@pytest.mark.parametrize("sequence", [1, 999_999_999])
def test_an_answer_to_a_revision_that_was_never_sent_comes_from_the_future(sent: Desk, sequence: int) -> None:
    assert sent.hear(sent.answer(sequence=sequence)) == [
        ("future", f"answers revision {sequence}, which was never sent")
    ]
    assert sent.row()["state"] == "sent"
    assert sent.journal("read") == [
        f"event {sent.event} “Analysis” in {ROOM}: mail 2: answers revision {sequence}, which was never sent"
    ]


@pytest.mark.parametrize("sequence", [0, None])
def test_nothing_answers_an_invitation_that_was_never_tried(desk: Desk, sequence: int | None) -> None:
    desk.post.gather()
    assert desk.outcomes(desk.answer(sequence=sequence)) == ["future"]
    assert desk.row()["state"] == "pending"


@pytest.mark.parametrize("said", ["NEEDS-ACTION", "DELEGATED", "COMPLETED", "MAYBE", None, "\x01"])
def test_what_says_neither_yes_nor_no_is_no_answer(sent: Desk, said: str | None) -> None:
    [(outcome, detail)] = sent.hear(sent.answer(said=said))
    assert outcome == "no-answer"
    assert detail == f"says {said if said and said.isprintable() else 'nothing'}: neither yes nor no"
    assert sent.row()["state"] == "sent"


def test_an_answer_from_somebody_else_is_not_the_rooms(sent: Desk) -> None:
    assert sent.hear(sent.answer(sender="Eve <eve@evil.example>")) == [
        ("not-the-room", f"comes from eve@evil.example, not from {ROOM}")
    ]
    assert sent.row()["state"] == "sent"


def test_an_answer_for_somebody_else_is_not_the_rooms(sent: Desk) -> None:
    assert sent.hear(sent.answer(attendee="room-2@rooms.example")) == [
        ("not-the-room", f"answers for room-2@rooms.example, not for {ROOM}")
    ]
    assert sent.row()["state"] == "sent"


def test_the_room_may_also_be_the_sender_in_the_name_of_somebody_else(sent: Desk) -> None:
    raw = sent.answer(sender="janitor@rooms.example", headers=[("Sender", ROOM.upper())], attendee=ROOM.title())
    assert sent.outcomes(raw) == ["applied"]


def test_a_mail_without_sender_is_not_the_rooms(sent: Desk) -> None:
    assert sent.hear(sent.answer(headers=[("From", "")])) == [("not-the-room", f"comes from nobody, not from {ROOM}")]


@pytest.mark.parametrize("uid", ["event-7@elsewhere", "", None, "x" * 3000, "ü", "a\\nb"])
def test_an_answer_to_something_else_is_unknown(sent: Desk, uid: str | None) -> None:
    [(outcome, detail)] = sent.hear(sent.answer(uid=uid))
    assert outcome == "unknown"
    assert "which Raumpost never sent" in detail
    assert sent.row()["state"] == "sent"


def test_what_is_no_answer_at_all_is_other(sent: Desk) -> None:
    away = b"Subject: =?utf-8?q?Au=C3=9Fer_Haus?=\r\nAuto-Submitted: auto-replied\r\n\r\nEvent\r\n"
    invitation = bytes(sent.campus.value("SELECT raw FROM raumpost.mail"))
    bounce = (
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n" + invitation
    )
    counter = sent.answer(said="DECLINED", method="COUNTER")
    assert sent.hear(PLAIN, b"\r\n", away, invitation, bounce, counter) == [
        ("other", "no answer: “hello”"),
        ("other", "no answer: “”"),
        ("other", "no answer: “Außer Haus”"),
        ("other", "no answer: “Analysis”"),
        ("other", "no answer: “”"),
        ("other", "no answer: “Re: Raum”"),
    ]
    assert sent.row()["state"] == "sent"


def nested(depth: int) -> bytes:
    levels = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth))
    return levels.encode()


def test_what_cannot_be_read_is_kept_and_does_not_stop_the_next(sent: Desk) -> None:
    raw = nested(3000)
    assert sent.hear(raw, sent.answer()) == [
        ("unreadable", "it could not be read; the raw mail is kept"),
        ("applied", "ACCEPTED"),
    ]
    assert bytes(sent.campus.value("SELECT raw FROM raumpost.mail WHERE outcome = 'unreadable'")) == raw
    [entry] = sent.campus.sql("SELECT level, message, detail FROM raumpost.journal WHERE step = 'read'")
    assert entry["level"] == "warning"
    assert "could not be read" in entry["message"]
    assert "RecursionError" in entry["detail"]


def test_every_outcome_of_an_incoming_mail_is_tried_here() -> None:
    outgoing = {MailOutcome.RENDERED, MailOutcome.SENT, MailOutcome.NOT_SENT, MailOutcome.UNCERTAIN}
    source = Path(__file__).read_text(encoding="utf-8")
    assert [outcome for outcome in set(MailOutcome) - outgoing if f'"{outcome}"' not in source] == []


# ── which answer counts ───────────────────────────────────────────────────────────────────────────────────


def last(sent: Desk, *mails: bytes, at: datetime | None = None) -> tuple[list[str], str]:
    """Let mails arrive; give their outcomes and the answer that counts then."""
    outcomes = sent.outcomes(*mails, at=at)
    return outcomes, sent.row()["answer"]


def test_a_later_answer_wins(sent: Desk) -> None:
    assert last(sent, sent.answer(said="TENTATIVE")) == (["applied"], "TENTATIVE")
    assert last(sent, sent.answer(dtstamp=NOW + MINUTE)) == (["applied"], "ACCEPTED")
    later = NOW + timedelta(days=3)
    assert last(sent, sent.answer(said="DECLINED", dtstamp=later, comment="Wasserschaden")) == (["applied"], "DECLINED")
    assert sent.status() == ("declined", "Abgelehnt: Wasserschaden", "Declined: Wasserschaden")
    assert sent.row()["held_from"] is None


def test_the_stamp_decides_which_answer_is_later(sent: Desk) -> None:
    newer = sent.answer(dtstamp=NOW + MINUTE, date=NOW - MINUTE)
    older = sent.answer(said="DECLINED", dtstamp=NOW, date=NOW + MINUTE)
    assert last(sent, newer, older) == (["applied", "superseded"], "ACCEPTED")
    assert last(sent, older) == (["superseded"], "ACCEPTED")


@pytest.mark.parametrize("dtstamp", [NOW, None])
def test_where_the_stamps_do_not_differ_the_date_decides(sent: Desk, dtstamp: datetime | None) -> None:
    newer = sent.answer(dtstamp=dtstamp, date=NOW + MINUTE)
    older = sent.answer(said="DECLINED", dtstamp=dtstamp, date=NOW)
    assert last(sent, newer, older) == (["applied", "superseded"], "ACCEPTED")


def test_where_one_has_no_stamp_the_date_decides(sent: Desk) -> None:
    newer = sent.answer(dtstamp=None, date=NOW + MINUTE)
    older = sent.answer(said="DECLINED", dtstamp=NOW + timedelta(days=9), date=NOW)
    assert last(sent, newer, older) == (["applied", "superseded"], "ACCEPTED")


def test_where_there_is_no_date_the_time_of_arrival_decides(sent: Desk) -> None:
    assert last(sent, sent.answer(date=None), at=PAST + 2 * MINUTE) == (["applied"], "ACCEPTED")
    assert last(sent, sent.answer(said="DECLINED", date=PAST + MINUTE)) == (["superseded"], "ACCEPTED")
    assert last(sent, sent.answer(said="DECLINED", date=None), at=PAST + 3 * MINUTE) == (["applied"], "DECLINED")


def test_where_nothing_differs_the_one_that_arrived_last_counts(sent: Desk) -> None:
    first, second = sent.answer(), sent.answer(said="DECLINED")
    assert last(sent, first, second) == (["applied", "applied"], "DECLINED")
    assert last(sent, first) == (["applied"], "ACCEPTED")


def test_the_order_of_the_inbox_is_kept_over_portions(sent: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update_status_module, "PORTION", 2)
    said = ["ACCEPTED", "DECLINED", "TENTATIVE", "ACCEPTED", "DECLINED"]
    assert last(sent, *(sent.answer(said=one) for one in said)) == (["applied"] * 5, "DECLINED")


def test_an_answer_to_the_next_revision_counts_whatever_its_time(sent: Desk) -> None:
    sent.hear(sent.answer(said="DECLINED", dtstamp=NOW + timedelta(days=1)))
    sent.change()
    sent.post.send_all()
    assert last(sent, sent.answer(sequence=1, dtstamp=NOW - timedelta(days=1))) == (["applied"], "ACCEPTED")


# ── which revision ────────────────────────────────────────────────────────────────────────────────────────


def test_without_sequence_the_last_revision_that_left_is_answered(sent: Desk) -> None:
    assert last(sent, sent.answer(sequence=None)) == (["applied"], "ACCEPTED")
    sent.change()
    sent.post.send_all()
    assert sent.row()["state"] == "sent"
    assert last(sent, sent.answer(sequence=None, said="DECLINED")) == (["applied"], "DECLINED")
    assert sent.row()["answer_sequence"] == 1


def test_without_sequence_an_update_that_has_not_left_is_never_answered(sent: Desk) -> None:
    sent.change()
    assert sent.outcomes(sent.answer(sequence=None)) == ["applied"]  # not yet planned
    batch = sent.post.prepare()
    assert sent.outcomes(sent.answer(sequence=None, said="DECLINED")) == ["stale"]
    sent.smtp.refused[ROOM] = "550 5.1.1 unknown"
    with pytest.raises(Exception, match="1 to be tried again"):
        sent.post.send(batch)
    assert sent.outcomes(sent.answer(sequence=None, said="DECLINED")) == ["stale"]
    assert sent.row()["state"] == "pending"
    assert sent.row()["answer"] == "ACCEPTED"


def test_without_attendee_the_sender_decides_who_but_nobody_what(sent: Desk) -> None:
    """R3, R6: without ATTENDEE there is no PARTSTAT either."""
    assert sent.outcomes(sent.answer(attendee=None)) == ["no-answer"]
    assert sent.outcomes(sent.answer(attendee=None, sender="eve@evil.example")) == ["not-the-room"]
    assert sent.row()["state"] == "sent"


def test_an_answer_proves_that_a_mail_has_left_that_was_counted_as_failed(desk: Desk) -> None:
    desk.smtp.refused[ROOM] = "450 4.2.0 greylisted"
    batch = desk.post.prepare()
    for _ in range(5):
        with pytest.raises(Exception, match="batch"):
            desk.post.send(batch)
    assert desk.row()["state"] == "failed"
    assert desk.outcomes(desk.answer()) == ["applied"]
    row = desk.row()
    assert (row["state"], row["left_sequence"], row["sent_sequence"], row["last_error"]) == ("answered", 0, 0, None)
    assert (row["batch"], row["lease_until"]) == (None, None)


# ── while it is being sent ────────────────────────────────────────────────────────────────────────────────


def read_while_sending(desk: Desk, db: Database, batch: Batch, **said: Any) -> str:
    """Let the answer be read before the mail server has said 250; give the outcome."""
    states: list[str] = []

    def answer_at_once(_: Mail) -> None:
        states.append(desk.row()["state"])
        desk.mailbox.put(desk.answer(**said))
        fetch(db, imap_conn_id=IMAP_CONN_ID, inbox=desk.mailbox.open(), limit=10)
        update_status(db, imap_conn_id=IMAP_CONN_ID, now=NOW)

    desk.smtp.on_mail = answer_at_once
    desk.post.send(batch)
    assert states == ["sending"]
    return str(desk.campus.value("SELECT outcome FROM raumpost.mail WHERE direction = 'in' ORDER BY id DESC LIMIT 1"))


@pytest.mark.parametrize("sequence", [0, None])
def test_an_answer_while_the_invitation_is_sent_beats_its_confirmation(
    desk: Desk, connect: Callable[[], Connection], sequence: int | None
) -> None:
    outcome = read_while_sending(desk, Database(connect()), desk.post.prepare(), sequence=sequence)
    assert outcome == "applied"
    row = desk.row()
    assert (row["state"], row["answer"], row["sent_sequence"]) == ("answered", "ACCEPTED", 0)
    assert desk.status()[0] == "accepted"
    assert desk.campus.value("SELECT outcome FROM raumpost.mail WHERE direction = 'out'") == "sent"


def test_an_answer_while_an_update_is_sent_beats_its_confirmation(
    sent: Desk, connect: Callable[[], Connection]
) -> None:
    sent.change()
    outcome = read_while_sending(sent, Database(connect()), sent.post.prepare(), sequence=1)
    assert outcome == "applied"
    assert (sent.row()["state"], sent.row()["answer_sequence"]) == ("answered", 1)


def test_a_late_answer_to_the_old_revision_while_an_update_is_sent_is_stale(
    sent: Desk, connect: Callable[[], Connection]
) -> None:
    sent.change()
    assert read_while_sending(sent, Database(connect()), sent.post.prepare(), sequence=0) == "stale"
    assert sent.row()["state"] == "sent"


def test_an_answer_beats_the_rescue_of_an_invitation_whose_worker_died(desk: Desk) -> None:
    batch = desk.post.prepare()
    desk.campus.sql("UPDATE raumpost.invitation SET state = 'sending', attempts = 1")
    assert desk.outcomes(desk.answer()) == ["applied"]
    assert desk.post.gather(NOW + 2 * LEASE) == []
    assert desk.post.send(batch).sent == 0
    assert desk.row()["state"] == "answered"
    assert desk.smtp.mails == []


# ── the slot that the room holds ──────────────────────────────────────────────────────────────────────────


def held(desk: Desk) -> tuple[datetime, datetime] | None:
    row = desk.row()
    return (row["held_from"], row["held_until"]) if row["held_from"] else None


def test_an_accepted_slot_is_held_until_an_update_is_answered(sent: Desk) -> None:
    slot = (NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2))
    assert held(sent) is None
    sent.hear(sent.answer())
    assert held(sent) == slot
    sent.change()
    sent.post.send_all()
    assert held(sent) == slot
    sent.hear(sent.answer(sequence=1))
    assert held(sent) == (slot[0] + timedelta(hours=1), slot[1] + timedelta(hours=1))


@pytest.mark.parametrize("said", ["DECLINED", "TENTATIVE"])
def test_a_declined_update_gives_the_old_slot_away_too(sent: Desk, said: str) -> None:
    sent.hear(sent.answer())
    sent.change()
    sent.post.send_all()
    sent.hear(sent.answer(sequence=1, said=said))
    assert held(sent) is None


def test_a_stale_answer_does_not_touch_the_slot(sent: Desk) -> None:
    sent.hear(sent.answer())
    sent.change()
    sent.post.send_all()
    before = held(sent)
    assert before
    assert sent.outcomes(sent.answer(said="DECLINED", dtstamp=NOW + MINUTE)) == ["stale"]
    assert held(sent) == before


def test_a_cancellation_gives_the_slot_back(sent: Desk) -> None:
    sent.hear(sent.answer())
    sent.campus.delete("booking.event", sent.event)
    sent.post.send_all()
    assert held(sent) is None


# ── hostile mails, several readers ────────────────────────────────────────────────────────────────────────

HOSTILE = {
    "NUL in the subject": lambda desk: b"Subject: a\0b\r\n\r\nx\r\n",
    "NUL encoded in the subject": lambda desk: b"Subject: =?utf-8?q?a=00b?=\r\n\r\nx\r\n",
    "a lone surrogate in the subject": lambda desk: b"Subject: =?utf-7?q?+2AA-?=\r\n\r\nx\r\n",
    "a damaged encoded word": lambda desk: b"Subject: =?utf-8?b?w?=\r\n\r\nx\r\n",
    "raw octets in the subject": lambda desk: b"Subject: \xff\xfe\xed\xa0\x80\r\n\r\nx\r\n",
    "NUL in the Message-ID": lambda desk: b"Message-ID: <a\0\xffb>\r\n" + desk.answer(),
    "NUL in the comment": lambda desk: desk.answer(comment="a\0b"),
    "a surrogate in the comment": lambda desk: desk.answer(comment="X").replace(b"COMMENT:X", b"COMMENT:\xed\xa0\x80"),
    "NUL in the UID": lambda desk: desk.answer(uid="a\0b"),
    "NUL in the PARTSTAT": lambda desk: desk.answer(said="MAY\0BE"),
    "NUL in the attendee": lambda desk: desk.answer(attendee="a\0b@rooms.example"),
    "NUL in the sender": lambda desk: desk.answer(sender="X").replace(b"From: X", b"From: a\0\xffb@rooms.example"),
    "an impossible date": lambda desk: desk.answer(headers=[("Date", "1 Jan 9999 23:59:59 -2300")]),
    "a stamp at the end of time": lambda desk: desk.answer(dtstamp=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_mail_gets_its_outcome_and_does_not_stop_the_next(
    sent: Desk, hostile: Callable[[Desk], bytes]
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
    sent.post.read()
    [(_, _, first), (_, _, second)] = stored(sent.campus)
    assert first in {"applied", "other", "unknown", "no-answer", "not-the-room"}
    assert second in {"applied", "superseded"}
    assert sent.row()["state"] == "answered"
    assert sent.post.read() == {}


def test_a_mail_is_read_once(sent: Desk) -> None:
    sent.hear(sent.answer())
    assert sent.post.read() == {}


def test_mails_are_counted_by_outcome(sent: Desk) -> None:
    for raw in [PLAIN, sent.answer(), PLAIN]:
        sent.mailbox.put(raw)
    sent.post.fetch(sent.mailbox.open())
    assert sent.post.read() == {"other": 2, "applied": 1}


def test_one_reader_works_at_a_time(sent: Desk, connect: Callable[[], Connection]) -> None:
    sent.mailbox.put(sent.answer())
    sent.post.fetch(sent.mailbox.open())
    with exclusive(Database(connect()), f"raumpost.read.{IMAP_CONN_ID}") as alone:
        assert alone
        assert sent.post.read() == {}
        assert sent.row()["state"] == "sent"
    assert sent.post.read() == {"applied": 1}


def test_another_inbox_is_not_read(sent: Desk) -> None:
    sent.mailbox.put(sent.answer())
    inbox: Inbox = sent.mailbox.open()
    fetch(sent.post.db, imap_conn_id="imap_two", inbox=inbox, limit=10)
    assert sent.post.read() == {}


def test_the_journal_names_booking_room_and_reason(sent: Desk) -> None:
    sent.hear(sent.answer(said="DECLINED", comment="Belegt"))
    [entry] = sent.campus.sql("SELECT * FROM raumpost.journal WHERE step = 'answer'")
    assert entry["message"] == (
        f"event {sent.event} “Analysis” in {ROOM}: the room answered REQUEST 0 with DECLINED: Belegt"
    )
    assert (entry["level"], entry["actor"], entry["dag_run"]) == ("warning", "test", "manual")


@pytest.mark.parametrize(("written", "outcome"), [(MINUTE, "applied"), (-MINUTE, "stale")])
def test_without_sequence_the_time_tells_whether_an_update_on_its_way_is_answered(
    sent: Desk, written: timedelta, outcome: str
) -> None:
    sent.change()
    [batch] = sent.post.gather()
    sent.post.render(batch)
    sent.campus.sql(
        "UPDATE raumpost.invitation SET state = 'sending', attempts = 1, dtstamp = %(dtstamp)s", dtstamp=NOW
    )
    assert sent.outcomes(sent.answer(sequence=None, dtstamp=NOW + written)) == [outcome]
