"""Mail servers for tests, and the services between them, as the DAG calls them.

`Smtp` takes mails and misbehaves on request; `Mailbox` is an IMAP mailbox that a test has for itself;
`MailPipeline` sends and reads; `reply` writes what a room answers.
"""

import asyncio
import imaplib
import os
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from enum import Enum, auto
from itertools import count
from typing import Any, NamedTuple, Self

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from raumpost.adapters.imap import ImapFolder
from raumpost.adapters.imap_mailbox import ImapMailbox
from raumpost.adapters.postgres import Database, connect
from raumpost.adapters.smtp import SmtpMailer
from raumpost.services.answers.archive import archive
from raumpost.services.answers.fetch import fetch, fetch_folders
from raumpost.services.answers.update_status import update_status
from raumpost.services.planning.gather import Batch, gather
from raumpost.services.ports import Inbox
from raumpost.services.sending.render import render_batch
from raumpost.services.sending.send import Sent, send_batch
from sandbox import dovecot as dovecot_program
from sandbox.dovecot import PASSWORD, Dovecot, find_program
from sandbox.mailserver import MailServer
from sandbox.ports import HOST, LoopThread, reachable_directory
from tests.database import NOW, Databases

LEASE = timedelta(minutes=30)
SMTP_CONN_ID, IMAP_CONN_ID = "smtp_one", "imap_one"
_numbers = count(1)


def need(obstacle: str | None) -> None:
    """Skip a test that cannot run here; in CI everything must run."""
    if obstacle is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI lacks a server: {obstacle}")
        pytest.skip(obstacle)


def need_openssl() -> None:
    """Skip a test that needs a certificate where nothing can make one."""
    need(None if find_program("openssl") else "openssl is not installed: apt-get install openssl")


def eventually(condition: Callable[[], object], describe: Callable[[], object], timeout: float = 20) -> None:
    """Wait until a condition holds; where it does not come true, describe what is there instead."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"after {timeout:g} s still: {describe()}"
        time.sleep(0.02)


# ── SMTP ──────────────────────────────────────────────────────────────────────────────────────────────────


class Fault(Enum):
    """How a server fails without words."""

    HANG_UP = auto()
    SILENCE = auto()


class Mail(NamedTuple):
    """A mail that the server has in its hands."""

    sender: str
    recipient: str
    octets: bytes


class Smtp:
    """An SMTP server that takes every mail, except where a test says otherwise.

    `faults` holds one entry per coming mail: None, or at which point (MAIL, RCPT, DATA, CONTENT) it fails and
    how: with a reply or a Fault; a reply 421 is followed by hanging up. `refused` holds replies to recipients.
    `on_mail` is called, in a thread, with each mail before it is taken; it may give another reply than 250.
    `login` is the user and password or access token (XOAUTH2) that it wants, `login_refusal` what it says to others,
    `logins` who has logged in. `tls` offers STARTTLS.
    """

    def __init__(self) -> None:
        self.login: tuple[str, str] | None = None
        self.login_refusal = "535 5.7.8 wrong password"
        self.logins: list[str] = []
        self.tls: ssl.SSLContext | None = None
        self.port = 0
        self.mails: list[Mail] = []
        self.connections = 0
        self.faults: list[tuple[str, str | Fault] | None] = []
        self.refused: dict[str, str] = {}
        self.on_mail: Callable[[Mail], str | None] = lambda _: None
        self._thread = LoopThread("SMTP server of a test")

    def connect(self, timeout: float = 10) -> smtplib.SMTP:
        """Connect as a client."""
        return smtplib.SMTP(HOST, self.port, timeout=timeout)

    def __enter__(self) -> Self:
        self._thread.start(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    async def _listen(self) -> None:
        self.port = await self._thread.listen(self.protocol, 0)

    def protocol(self) -> SMTP:
        """Serve one more connection."""
        self.connections += 1
        return _Protocol(
            self,
            hostname="smtp.test.example",
            loop=asyncio.get_running_loop(),
            authenticator=self._check_password,
            auth_require_tls=False,
            tls_context=self.tls,
        )

    def _check_password(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        return self._check(given.login.decode(), given.password.decode())

    def _check(self, *given: str) -> AuthResult:
        if given != self.login:
            return AuthResult(success=False, handled=False, message=self.login_refusal)
        self.logins.append(given[0])
        return AuthResult(success=True)

    async def auth_XOAUTH2(self, server: SMTP, _args: list[str]) -> AuthResult:
        """Log in by an access token; a wrong one is explained by a challenge first, as Google and Microsoft do."""
        said = await server.challenge_auth("")
        found = re.fullmatch(rb"user=(.*)\x01auth=Bearer (.*)\x01\x01", said if isinstance(said, bytes) else b"")
        result = self._check(found[1].decode(), found[2].decode()) if found else self._check()
        if not result.success:
            assert await server.challenge_auth('{"status":"401","schemes":"bearer"}') == b""
        return result

    async def misbehave(self, protocol: SMTP, session: Session, point: str) -> str | None:
        """Do what a test wants at this point of the dialogue; give the reply, if there is one."""
        at, how = getattr(session, "fault", None) or ("", "")
        if at != point:
            return None
        if how is Fault.HANG_UP:
            protocol.transport.abort()
        elif isinstance(how, str) and how.startswith("421"):
            await protocol.push(how)
            protocol.transport.close()
        elif isinstance(how, str):
            return how
        return await asyncio.Event().wait()  # type: ignore[return-value] # cancelled when the connection ends

    async def handle_MAIL(
        self, protocol: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Begin a mail."""
        session.fault = self.faults.pop(0) if self.faults else None  # type: ignore[attr-defined] # ours
        if reply := await self.misbehave(protocol, session, "MAIL"):
            return reply
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, protocol: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient."""
        if reply := await self.misbehave(protocol, session, "RCPT") or self.refused.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, protocol: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the content."""
        octets: Any = envelope.content
        mail = Mail(envelope.mail_from or "", envelope.rcpt_tos[0], octets)
        if reply := await asyncio.to_thread(self.on_mail, mail):
            return reply
        point, how = session.fault or ("", "")  # type: ignore[attr-defined] # ours
        if point != "CONTENT" or isinstance(how, Fault):  # without words it may have taken the mail
            self.mails.append(mail)
        return await self.misbehave(protocol, session, "CONTENT") or "250 2.0.0 OK"


class _Protocol(SMTP):
    async def smtp_DATA(self, arg: str) -> None:
        """Fail before the content, where a test wants that."""
        if reply := await self.event_handler.misbehave(self, self.session, "DATA"):
            await self.push(reply)
            return
        await super().smtp_DATA(arg)


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    """Give an SMTP server that does what the test tells it."""
    with Smtp() as server:
        yield server


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port where connections are accepted and nobody ever says anything."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


# ── IMAP ──────────────────────────────────────────────────────────────────────────────────────────────────


class FolderGone(Exception):
    """Dovecot mixed up a folder made anew and the old one, which another connection still reads."""


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
        """Give the mailbox as the adapter sees it, over a connection of its own."""
        return ImapMailbox(
            login or self.login,
            name=f"IMAP interface {IMAP_CONN_ID}",
            folders=folders or ("INBOX",),
            processed_folder=processed,
        )

    def put(self, raw: bytes, *, folder: str = "INBOX", at: datetime | None = None) -> int:
        """Put a mail into a folder; give its UID. Dovecot does not believe a time of arrival in the future.

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
        """Give the flags of each mail by UID, without \\Recent, which is not the client's."""
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
    """Give an empty mailbox on Dovecot."""
    yield from _mailbox(Mailbox(dovecot.imap_port, _new_address(), PASSWORD, dovecot.lmtp_port))


@pytest.fixture(params=["dovecot", "pymap"])
def any_mailbox(request: pytest.FixtureRequest) -> Iterator[Mailbox]:
    """Give an empty mailbox on each kind of IMAP server in turn."""
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


# ── the database ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def database_in_turns(databases: Databases) -> Iterator[str]:
    """One database that is emptied after each test: much faster than one for each."""
    with databases.copy() as uri:
        yield uri


def emptied(uri: str) -> Iterator[str]:
    """Lend the database to a test, and empty it then."""
    yield uri
    with closing(connect(dsn=uri)) as connection, connection.cursor() as cursor:
        cursor.execute(
            """TRUNCATE raumpost.journal, raumpost.mail, raumpost.invitation, raumpost.preexisting,
                   raumpost.reply_cursor, raumpost.room_mailbox, raumpost.check_result, raumpost.preview,
                   raumpost.alert,
                   booking.status, booking.room, booking.event, booking.app_user
               RESTART IDENTITY CASCADE"""
        )
        cursor.execute("UPDATE raumpost.installation SET sequence_floor = DEFAULT, restored_at = DEFAULT")
        cursor.execute("TRUNCATE raumpost.booking_change")  # last: emptying bookings is a change too


# ── the services ──────────────────────────────────────────────────────────────────────────────────────────


class MailPipeline:
    """The services as the DAG calls them, one by one."""

    def __init__(self, db: Database, connect: Callable[[], smtplib.SMTP]) -> None:
        self.db = db
        self.mailer = SmtpMailer(connect, name=f"SMTP interface {SMTP_CONN_ID}")

    def gather(self, now: datetime = NOW) -> list[Batch]:
        """Plan and lease."""
        return gather(self.db, now=now, lease=LEASE, budget=500, default_time_zone="Europe/Berlin")

    def render(self, batch: Batch, now: datetime = NOW) -> int:
        """Write the mails of a batch."""
        return render_batch(self.db, batch=batch.id, now=now, default_time_zone="Europe/Berlin")

    def send(
        self,
        batch: Batch,
        now: datetime = NOW,
        *,
        db: Database | None = None,
        cleared: bool = False,
        until: datetime | None = None,
    ) -> Sent:
        """Try once to send what is left of a batch."""
        return send_batch(
            db or self.db,
            batch=batch.id,
            mailer=self.mailer,
            clock=lambda: now,
            lease=LEASE,
            default_time_zone="Europe/Berlin",
            until=until,
            cleared=cleared,
        )

    def prepare(self, now: datetime = NOW) -> Batch:
        """Gather what must be one batch, and render it."""
        [batch] = self.gather(now)
        self.render(batch, now)
        return batch

    def send_all(self, now: datetime = NOW) -> None:
        """Gather, render and send whatever there is."""
        for batch in self.gather(now):
            self.render(batch, now)
            self.send(batch, now)

    def fetch_folders(self, mailbox: ImapMailbox, *, limit: int = 1000) -> int:
        """Store the new mails of all folders of a mailbox."""
        return fetch_folders(self.db, imap_conn_id=IMAP_CONN_ID, mailbox=mailbox, limit=limit)

    def archive(self, mailbox: ImapMailbox) -> int:
        """Move our mails to the mailbox's processed folder."""
        return archive(self.db, imap_conn_id=IMAP_CONN_ID, mailbox=mailbox)

    def fetch(self, inbox: Inbox, *, limit: int = 1000) -> int:
        """Store the new mails of an inbox."""
        return fetch(self.db, imap_conn_id=IMAP_CONN_ID, inbox=inbox, limit=limit)

    def read(self, now: datetime = NOW) -> Mapping[str, int]:
        """Read the stored mails; count them by outcome."""
        return update_status(self.db, imap_conn_id=IMAP_CONN_ID, now=now)


@pytest.fixture
def pipeline(db: Database, smtp: Smtp) -> Iterator[MailPipeline]:
    """Give the services, with the test's database and its SMTP server."""
    pipeline = MailPipeline(db, smtp.connect)
    yield pipeline
    pipeline.mailer.close()


# ── what rooms answer ─────────────────────────────────────────────────────────────────────────────────────


def reply(
    uid: str | None,
    *,
    room: str,
    said: str | None = "ACCEPTED",
    sequence: object = 0,
    dtstamp: datetime | None = NOW,
    date: datetime | None = NOW,
    comment: str | None = None,
    attendee: str | None = "",
    sender: str = "",
    method: str = "REPLY",
    headers: Sequence[tuple[str, str]] = (),
    extra: Sequence[str] = (),
) -> bytes:
    """Write an answer. None leaves a property out; `attendee` and `sender` are the room if nothing is said."""
    partstat = f";PARTSTAT={said}" if said else ""
    properties = [
        ("UID:", uid),
        ("SEQUENCE:", sequence),
        ("DTSTAMP:", dtstamp and f"{dtstamp:%Y%m%dT%H%M%SZ}"),
        (f"ATTENDEE;CUTYPE=ROOM{partstat}:mailto:", room if attendee == "" else attendee),
        ("COMMENT:", comment),
    ]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT"]
    lines += [f"{name}{value}" for name, value in properties if value is not None]
    lines += [*extra, "END:VEVENT", "END:VCALENDAR", ""]
    mail = Message()
    mail["From"] = sender or room
    mail["Subject"] = "Re: Raum"
    if date is not None:
        mail["Date"] = format_datetime(date)
    mail["Content-Type"] = f"text/calendar; charset=UTF-8; method={method}"
    mail["Content-Transfer-Encoding"] = "8bit"
    for name, text in headers:
        del mail[name]
        mail[name] = text
    return mail.as_bytes().replace(b"\n", b"\r\n") + "\r\n".join(lines).encode()
