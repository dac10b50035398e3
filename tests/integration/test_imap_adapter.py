"""The IMAP adapter against real servers: it sees what is new, all of it, and leaves no trace."""

import imaplib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from raumpost.adapters import imap
from raumpost.adapters.imap import MAX_MAIL, ImapFolder
from raumpost.domain.errors import InterfaceUnavailable
from raumpost.domain.model import ReceivedMail
from tests.mailservers import IMAP_CONN_ID, Mailbox

NAME = f"IMAP interface {IMAP_CONN_ID}"


def raw(text: str, size: int = 0) -> bytes:
    """Make a mail, of a certain size where that matters."""
    head = f"Subject: {text}\r\n\r\n".encode()
    filler = (b"0123456789abcdef" * 4 + b"\r\n") * (size // 66 + 1)
    return head + filler[: max(0, size - len(head) - 2)] + b"\r\n"


def mails(folder: ImapFolder, last_uid: int = 0, limit: int = 1000) -> list[ReceivedMail]:
    return [mail for portion in folder.mails_after(last_uid, limit=limit) for mail in portion]


def uids(folder: ImapFolder, last_uid: int = 0, limit: int = 1000) -> list[list[int]]:
    return [[mail.imap_uid for mail in portion] for portion in folder.mails_after(last_uid, limit=limit)]


# ── what it sees ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_mail_is_read_octet_by_octet(any_mailbox: Mailbox) -> None:
    octets = b"Subject: x\r\n\r\n)\r\n* 2 FETCH (UID 99 RFC822.SIZE 1)\r\n\x01\xff {5}\r\n\r\n"
    uid = any_mailbox.put(octets)
    [mail] = mails(any_mailbox.open())
    assert (mail.imap_uid, mail.size, mail.raw) == (uid, len(octets), octets)


def test_the_time_of_arrival_is_aware_and_in_utc(any_mailbox: Mailbox) -> None:
    moment = datetime(2026, 3, 1, 23, 30, 15, tzinfo=timezone(timedelta(hours=-5)))
    any_mailbox.put(raw("x"), at=moment)
    [mail] = mails(any_mailbox.open())
    assert mail.received_at == moment
    assert mail.received_at.tzinfo is UTC


def test_only_later_mails_are_given_lowest_first(any_mailbox: Mailbox) -> None:
    first, second, third = (any_mailbox.put(raw(text)) for text in "abc")
    folder = any_mailbox.open()
    assert uids(folder) == [[first, second, third]]
    assert uids(folder, first) == [[second, third]]
    assert uids(folder, second) == [[third]]


def test_gaps_in_the_numbers_do_not_matter(any_mailbox: Mailbox) -> None:
    numbers = [any_mailbox.put(raw(str(n))) for n in range(5)]
    any_mailbox.remove(numbers[1], numbers[2], numbers[4])
    folder = any_mailbox.open()
    assert uids(folder, numbers[0]) == [[numbers[3]]]
    assert uids(folder, numbers[1]) == [[numbers[3]]]
    assert uids(folder, numbers[2]) == [[numbers[3]]]


def test_the_last_mail_is_not_given_again(any_mailbox: Mailbox) -> None:
    last = [any_mailbox.put(raw(text)) for text in "ab"][-1]
    folder = any_mailbox.open()
    assert uids(folder, last) == []
    assert uids(folder, last + 1) == []


def test_a_server_that_takes_an_empty_range_for_the_last_mail_is_not_believed(
    any_mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`n:*` means the last mail even below n (RFC 3501 section 6.4.8); say so here whatever this server does."""
    first, last = (any_mailbox.put(raw(text)) for text in "ab")
    client = any_mailbox.login()
    folder = any_mailbox.open(client=client)
    asked = imaplib.IMAP4.uid
    monkeypatch.setattr(client, "uid", lambda command, _range, items: asked(client, command, f"{last}:*", items))
    assert uids(folder, last) == []
    assert uids(folder, first) == [[last]]


def test_an_empty_folder_gives_nothing(any_mailbox: Mailbox) -> None:
    folder = any_mailbox.open()
    assert uids(folder) == []
    assert uids(folder, 7) == []


def test_no_more_than_the_limit_is_given(any_mailbox: Mailbox) -> None:
    numbers = [any_mailbox.put(raw(str(n))) for n in range(4)]
    assert uids(any_mailbox.open(), limit=3) == [numbers[:3]]


def test_portions_hold_so_many_mails(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "PORTION_MAILS", 2)
    numbers = [mailbox.put(raw(str(n))) for n in range(5)]
    assert uids(mailbox.open()) == [numbers[:2], numbers[2:4], numbers[4:]]


def test_portions_hold_so_many_octets_but_never_no_mail(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "PORTION_OCTETS", 5000)
    numbers = [mailbox.put(raw(str(n), size)) for n, size in enumerate([2000, 2000, 2000, 9000, 3000, 2000])]
    assert uids(mailbox.open()) == [numbers[:2], numbers[2:3], numbers[3:4], numbers[4:]]


def test_a_huge_mail_is_cut_while_its_size_tells_the_whole(any_mailbox: Mailbox) -> None:
    huge = raw("huge", MAX_MAIL + 5000)
    before, number, after = (any_mailbox.put(octets) for octets in (raw("a"), huge, raw("b")))
    found = {mail.imap_uid: mail for mail in mails(any_mailbox.open())}
    assert list(found) == [before, number, after]
    assert found[number].size == MAX_MAIL + 5000
    assert found[number].raw == huge[:MAX_MAIL]


def test_mails_that_are_deleted_meanwhile_are_passed_over(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "PORTION_MAILS", 2)
    numbers = [mailbox.put(raw(str(n))) for n in range(6)]
    portions = mailbox.open().mails_after(0, limit=10)
    assert [mail.imap_uid for mail in next(portions)] == numbers[:2]
    mailbox.remove(*numbers[2:5])
    assert [[mail.imap_uid for mail in portion] for portion in portions] == [numbers[5:]]


def test_a_mail_that_arrives_meanwhile_waits_for_the_next_time(mailbox: Mailbox) -> None:
    first = mailbox.put(raw("a"))
    portions = mailbox.open().mails_after(0, limit=10)
    assert [mail.imap_uid for mail in next(portions)] == [first]
    second = mailbox.put(raw("b"))
    assert list(portions) == []
    assert uids(mailbox.open(), first) == [[second]]


# ── no trace ──────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_marked_as_read_or_changed(any_mailbox: Mailbox) -> None:
    seen, unseen = any_mailbox.put(raw("seen")), any_mailbox.put(raw("unseen"))
    any_mailbox.owner.select("INBOX")
    any_mailbox.owner.uid("STORE", str(seen), "+FLAGS", r"(\Seen \Flagged)")
    before = any_mailbox.flags()
    assert before == {seen: {rb"\Seen", rb"\Flagged"}, unseen: set()}

    assert len(mails(any_mailbox.open())) == 2

    assert any_mailbox.flags() == before


def test_a_folder_is_opened_for_reading_only(any_mailbox: Mailbox) -> None:
    number = any_mailbox.put(raw("x"))
    client = any_mailbox.login()
    any_mailbox.open(client=client)
    client.store("1", "+FLAGS", r"(\Seen)")
    assert any_mailbox.flags() == {number: set()}


# ── folders ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_folder_that_was_deleted_and_created_anew_has_another_uidvalidity(mailbox: Mailbox) -> None:
    mailbox.create("Answers")
    mailbox.put(raw("x"), folder="Answers")
    before = mailbox.open("Answers")
    again = mailbox.open("Answers")
    mailbox.recreate("Answers")
    after = mailbox.open("Answers")
    assert before.uid_validity == again.uid_validity > 0
    assert after.uid_validity != before.uid_validity
    assert uids(after) == []


@pytest.mark.parametrize(
    ("folder", "on_the_wire"),
    [
        ("Answers of rooms", '"Answers of rooms"'),
        ('the "big" ones', r'"the \"big\" ones"'),
        ("back\\slash", r'"back\\slash"'),
        ("100 (new)", '"100 (new)"'),
        ("Rückmeldungen", '"R&APw-ckmeldungen"'),
        ("Räume & Säle", '"R&AOQ-ume &- S&AOQ-le"'),
        ("台北, 日本語", '"&U,BTFw-, &ZeVnLIqe-"'),
        ("🎉", '"&2DzfiQ-"'),
    ],
)
def test_a_folder_may_have_an_odd_name(mailbox: Mailbox, folder: str, on_the_wire: str) -> None:
    mailbox.create(on_the_wire)
    number = mailbox.put(raw("x"), folder=on_the_wire)
    opened = mailbox.open(folder)
    assert opened.folder == folder
    assert uids(opened) == [[number]]


@pytest.mark.parametrize("folder", ["Nowhere", "Nörgends", 'a" LOGOUT'])
def test_a_folder_that_does_not_exist_is_named_with_its_interface(any_mailbox: Mailbox, folder: str) -> None:
    client = any_mailbox.login()
    with pytest.raises(InterfaceUnavailable) as refusal:
        any_mailbox.open(folder, client)
    assert str(refusal.value).startswith(f"{NAME}: folder {folder} cannot be opened: ")
    assert client.noop()[0] == "OK"


def test_a_connection_that_breaks_makes_the_interface_unavailable(any_mailbox: Mailbox) -> None:
    any_mailbox.put(raw("x"))
    client = any_mailbox.login()
    folder = any_mailbox.open(client=client)
    client.shutdown()
    with pytest.raises(InterfaceUnavailable, match=f"^{NAME}: folder INBOX cannot be read: "):
        mails(folder)
    with pytest.raises(InterfaceUnavailable, match=f"^{NAME}: folder INBOX cannot be read: "):
        any_mailbox.open(client=client)
