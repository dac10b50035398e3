"""Mailboxes on real IMAP servers, each for one test alone."""

import imaplib
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime
from itertools import count

import pytest

from raumpost.adapters.imap import ImapFolder
from raumpost.adapters.imap_mailbox import ImapMailbox
from sandbox import dovecot as dovecot_program
from sandbox.dovecot import PASSWORD, Dovecot
from sandbox.mailserver import MailServer
from sandbox.ports import HOST, reachable_directory
from tests.mail_pipeline import IMAP_CONN_ID
from tests.servers.needs import need

_numbers = count(1)


class FolderGone(Exception):
    """Dovecot mixed up a folder made again and the old one, which another connection still reads."""


class Mailbox:
    """A mailbox that a test has for itself: `put`, `remove` and `flags` as its owner, `open` as Raumpost."""

    def __init__(self, port: int, user: str, password: str, lmtp_port: int | None = None) -> None:
        self.address = user
        self.lmtp_port = lmtp_port
        self.port, self.password = port, password
        self._stack = ExitStack()
        self.owner = self.login()

    def login(self) -> imaplib.IMAP4:
        """Open a connection that ends with the test."""
        client = imaplib.IMAP4(HOST, self.port, timeout=10)
        self._stack.callback(_hang_up, client)
        client.login(self.address, self.password)
        return client

    def open(self, folder: str = "INBOX", client: imaplib.IMAP4 | None = None) -> ImapFolder:
        """Open a folder by the adapter, over a connection of its own."""
        return ImapFolder(client or self.login(), name=f"IMAP interface {IMAP_CONN_ID}", folder=folder)

    def mailbox(
        self, *folders: str, processed: str | None = None, login: Callable[[], imaplib.IMAP4] | None = None
    ) -> ImapMailbox:
        """Return the mailbox as the adapter sees it, over a connection of its own."""
        return ImapMailbox(
            login or self.login,
            name=f"IMAP interface {IMAP_CONN_ID}",
            folders=folders or ("INBOX",),
            processed_folder=processed,
        )

    def put(self, raw: bytes, *, folder: str = "INBOX", at: datetime | None = None) -> int:
        """Put a mail into a folder; return its UID. Dovecot does not believe a time of arrival in the future.

        Raises FolderGone.
        """
        status, [data] = self.owner.append(folder, "", at and imaplib.Time2Internaldate(at), raw)
        if any(sign in data for sign in (b"deleted under us", b"SERVERBUG", b"TRYCREATE")):
            raise FolderGone(data)
        found = re.search(rb"APPENDUID \d+ (\d+)", data)
        assert status == "OK", data
        assert found, data
        return int(found[1])

    def remove(self, *uids: int, folder: str = "INBOX") -> None:
        """Delete mails for good."""
        self.owner.select(folder)
        self.owner.uid("STORE", ",".join(map(str, uids)), "+FLAGS", r"(\Deleted)")
        self.owner.expunge()

    def create(self, folder: str) -> None:
        """Create a folder; the name as it goes over the wire."""
        status, data = self.owner.create(folder)
        assert status == "OK", data

    def recreate(self, folder: str) -> None:
        """Put a folder aside and create it anew: its UIDVALIDITY is another one then.

        Not deleted: as long as somebody reads it, Dovecot then takes each new folder of that name for the deleted one.
        Raises FolderGone.
        """
        self.owner.select("INBOX")
        self.owner.rename(folder, f"{folder}-{next(_numbers)}")  # may be gone already
        status, [data] = self.owner.create(folder)
        if status != "OK":
            raise FolderGone(data)

    def flags(self, folder: str = "INBOX") -> dict[int, frozenset[bytes]]:
        """Return the flags of each mail by UID, without \\Recent, which is not the client's."""
        self.owner.select(folder, readonly=True)
        found = {}
        for one in self.owner.uid("FETCH", "1:*", "(FLAGS)")[1]:
            if isinstance(one, bytes) and (uid := re.search(rb"UID (\d+)", one)):
                found[int(uid[1])] = frozenset(imaplib.ParseFlags(one)) - {rb"\Recent"}
        return found

    def close(self) -> None:
        """End every connection."""
        self._stack.close()


def _hang_up(client: imaplib.IMAP4) -> None:
    with suppress(OSError, imaplib.IMAP4.error):
        client.logout()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One Dovecot for all tests; every address has a mailbox there."""
    need(dovecot_program.obstacle())
    with reachable_directory() as directory, Dovecot(directory) as server:
        yield server


@pytest.fixture
def mailbox(dovecot: Dovecot) -> Iterator[Mailbox]:
    """Return an empty mailbox on Dovecot."""
    yield from _mailbox(Mailbox(dovecot.imap_port, _new_address(), PASSWORD, dovecot.lmtp_port))


@pytest.fixture(params=["dovecot", "pymap"])
def any_mailbox(request: pytest.FixtureRequest) -> Iterator[Mailbox]:
    """Return an empty mailbox on each kind of IMAP server in turn."""
    if request.param == "dovecot":
        yield request.getfixturevalue("mailbox")
        return
    address = _new_address()
    with MailServer({address: PASSWORD}) as server:
        yield from _mailbox(Mailbox(server.imap_port, address, PASSWORD))


def _new_address() -> str:
    return f"tech-{next(_numbers)}@booking.example"


def _mailbox(mailbox: Mailbox) -> Iterator[Mailbox]:
    try:
        yield mailbox
    finally:
        mailbox.close()
