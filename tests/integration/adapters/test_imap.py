"""The IMAP adapter against real servers: it sees what is new, all of it, and leaves no trace."""

import imaplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from raumpost.adapters import imap
from raumpost.adapters.imap import MAX_MAIL, ImapFolder
from raumpost.domain.errors import InterfaceUnavailable
from raumpost.domain.model import ReceivedMail
from tests.mail_pipeline import IMAP_CONN_ID
from tests.servers.imap import Mailbox
from tests.servers.scripted_imap import ScriptedImap, address_of

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


# ── mails that the server does not give ───────────────────────────────────────────────────────────────────

MAIL = b"Subject: x\r\n\r\nbody\r\n"
NOT_CONVERTED = "NO The specified message could not be converted"


@pytest.fixture
def scripted() -> Iterator[ScriptedImap]:
    """Return a server with the mails 1 to 5."""
    with ScriptedImap(dict.fromkeys(range(1, 6), MAIL)) as server:
        yield server


@pytest.fixture
def refusing(scripted: ScriptedImap) -> Iterator[ImapFolder]:
    """Return its INBOX."""
    client = imaplib.IMAP4(*address_of(scripted), timeout=10)
    client.login("tech", "secret")
    yield ImapFolder(client, name=NAME)
    client.logout()


@pytest.mark.parametrize("refusal", [NOT_CONVERTED, "BAD Command Error. 10"])
def test_a_mail_that_the_server_does_not_give_holds_up_no_other(
    scripted: ScriptedImap, refusing: ImapFolder, refusal: str
) -> None:
    scripted.refusals[3] = refusal
    found = mails(refusing)
    assert [mail.imap_uid for mail in found] == [1, 2, 3, 4, 5]
    refused = found.pop(2)
    assert [mail.raw for mail in found] == [MAIL] * 4
    assert refused.refusal
    assert refused.raw == b""
    assert refused.refusal.startswith("folder INBOX, UID 3: the server does not give this mail: ")
    assert refusal.partition(" ")[2] in refused.refusal


def test_after_a_refusal_each_mail_is_a_portion_so_that_every_pass_gets_further(
    scripted: ScriptedImap, refusing: ImapFolder
) -> None:
    scripted.refusals = {2: NOT_CONVERTED, 4: NOT_CONVERTED}
    assert uids(refusing) == [[1], [2], [3], [4], [5]]


def test_a_mail_without_content_is_a_refused_one(scripted: ScriptedImap, refusing: ImapFolder) -> None:
    scripted.nil = {5}
    found = mails(refusing)
    assert [mail.refusal is not None for mail in found] == [False] * 4 + [True]


@pytest.mark.parametrize(
    "trouble",
    [
        "NO [UNAVAILABLE] backend is down",
        "NO [INUSE] try later",
        "BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds",
        "BAD User is authenticated but not connected.",
    ],
)
def test_a_server_in_trouble_is_no_reason_to_give_up_a_mail(
    scripted: ScriptedImap, refusing: ImapFolder, trouble: str
) -> None:
    scripted.refusals[3] = trouble
    with pytest.raises(InterfaceUnavailable, match=f"^{NAME}: folder INBOX cannot be read: "):
        mails(refusing)


def test_a_server_that_cannot_even_tell_the_flags_is_no_reason_to_give_up_a_mail(
    scripted: ScriptedImap, refusing: ImapFolder
) -> None:
    scripted.refusals[3] = NOT_CONVERTED
    scripted.answer = lambda line: "NO internal error" if line == "UID FETCH 3 (UID FLAGS)" else None
    portions = refusing.mails_after(0, limit=10)
    assert [[mail.imap_uid for mail in next(portions)] for _ in range(2)] == [[1], [2]]
    with pytest.raises(InterfaceUnavailable, match=f"^{NAME}: folder INBOX cannot be read: internal error$"):
        next(portions)


def test_sizes_that_the_server_cannot_tell_keep_no_mail_back(scripted: ScriptedImap, refusing: ImapFolder) -> None:
    scripted.answer = lambda line: NOT_CONVERTED if line.endswith(":* (UID RFC822.SIZE)") else None
    assert [mail.imap_uid for mail in mails(refusing)] == [1, 2, 3, 4, 5]
