"""A mail server in this process: SMTP in, IMAP out, all in memory, nothing to install but two packages.

Good for the demo and for tests of sending. It drops IMAP keywords and knows no CONDSTORE, so what reads
by IMAP is tested against `sandbox.dovecot` as well.
"""

import asyncio
import logging
import re
from argparse import Namespace
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session
from proxyprotocol.noop import ProxyProtocolNoop
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Identity, Login
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from sandbox.ports import LoopThread
from sandbox.rooms import Mail, RoomRobot

log = logging.getLogger(__name__)

_BARE_LF = re.compile(rb"(?<!\r)\n")


class MailServer:
    """SMTP and IMAP for `mailboxes` (lower-case address -> password; the login is the address).

    A mail to a registered room is answered before SMTP says 250: who has sent finds the answer there. Rooms that
    answer late do so in `answer_due`.
    `received` lists what SMTP accepted, as (mail_from, rcpt, raw). `on_delivery(address, raw)` is called,
    in a thread, for every mail put into a mailbox.
    """

    def __init__(
        self,
        mailboxes: Mapping[str, str],
        *,
        on_delivery: Callable[[str, bytes], None] | None = None,
        smtp_port: int = 0,
        imap_port: int = 0,
    ) -> None:
        self.smtp_port = smtp_port
        self.imap_port = imap_port
        self.received: list[tuple[str, str, bytes]] = []
        self._mailboxes = dict(mailboxes)
        self._on_delivery = on_delivery
        self._robots: dict[str, RoomRobot] = {}
        self._refusal: str | None = None
        self._thread = LoopThread("mail server")
        self._login: Login | None = None

    def register(self, robot: RoomRobot) -> None:
        """Let `robot` take and answer the mail to its address."""
        self._robots[robot.address] = robot

    def refuse(self, reason: str | None) -> None:
        """Answer every MAIL, RCPT and DATA with 451 and `reason` from now on; None: accept again."""
        self._refusal = None if reason is None else f"451 4.3.0 {' '.join(reason.split())}"

    def deliver(self, address: str, raw: bytes) -> None:
        """Put a mail into a mailbox, past SMTP; from any thread, `on_delivery` included.

        Bare LF becomes CRLF. Raises ValueError for an unknown mailbox.
        """
        if address.lower() not in self._mailboxes:
            raise ValueError(f"no mailbox {address}; there are: {', '.join(sorted(self._mailboxes))}")
        self._thread.run(self._store(address.lower(), _BARE_LF.sub(b"\r\n", raw)))

    def answer_due(self, now: datetime) -> None:
        """Deliver what rooms that answer late have to say by `now`; from any thread but the server's own."""
        self._thread.run(self._answer_due(now))

    def start(self) -> None:
        """Listen, with empty mailboxes, on `smtp_port` and `imap_port` (0: free ones, to be read there)."""
        self._thread.start(self._listen)

    def stop(self) -> None:
        """Close ports, connections and thread; harmless when it does not run."""
        self._thread.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        imap = await self._imap_callback()
        self.imap_port = await self._thread.listen(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), imap, loop=loop), self.imap_port
        )
        self.smtp_port = await self._thread.listen(
            lambda: SMTP(_SmtpSide(self), hostname="mail.sandbox.example", enable_SMTPUTF8=True, loop=loop),
            self.smtp_port,
        )

    async def _imap_callback(self) -> Callable[..., Any]:
        config = _ImapConfig.from_args(
            Namespace(
                host=None,
                port=0,
                debug=False,
                cert=None,
                key=None,
                tls=False,
                proxy_protocol=None,
                passlib_cfg=None,
                demo_data=False,
                demo_user="",
                demo_password="",
            ),
            hash_context=Cleartext(),
            cpu_subsystem=Subsystem.for_asyncio(),  # its default is a pool of threads that nobody ends
            invalid_user_sleep=0,
            proxy_protocol=ProxyProtocolNoop(),
        )
        config.apply_context()
        self._login = Login(config)
        for address, password in self._mailboxes.items():
            await self._identity(address).set(UserMetadata(config, address, password=password))
        return ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(self._login, config))

    def _identity(self, address: str) -> Identity:
        assert self._login is not None  # made before anything listens
        return Identity(address, self._login, None, frozenset())

    async def _store(self, address: str, raw: bytes) -> None:
        async with self._identity(address).new_session() as session:
            await session.append_messages("INBOX", [AppendMessage(raw, datetime.now(UTC))])
        if self._on_delivery is not None:
            # In a thread, so that it may call deliver.
            await asyncio.to_thread(self._on_delivery, address, raw)

    async def _accept(self, sender: str, address: str, raw: bytes) -> None:
        self.received.append((sender, address, raw))
        robot = self._robots.get(address.lower())
        if robot is None:
            await self._store(address.lower(), b"Return-Path: <%s>\r\n%s" % (sender.encode(), raw))
            return
        mail = robot.receive(raw, datetime.now(UTC), sender=sender)
        if mail is not None:
            await self._send(mail, sender)

    async def _answer_due(self, now: datetime) -> None:
        for robot in list(self._robots.values()):
            for mail in robot.answer_due(now):
                await self._send(mail)

    async def _send(self, mail: Mail, asked_by: str = "") -> None:
        """Deliver what a room sends; to the envelope sender where the ORGANIZER is in somebody else's domain."""
        for receiver in (mail.recipient.lower(), asked_by.lower()):
            if receiver in self._mailboxes:
                await self._store(receiver, b"Return-Path: <%s>\r\n%s" % (mail.sender.encode(), mail.raw))
                return
        log.warning("%s answers %s, who has no mailbox here", mail.sender or "a mailer daemon", mail.recipient)

    def _knows(self, address: str) -> bool:
        return address.lower() in self._robots or address.lower() in self._mailboxes


class _SmtpSide:
    """What aiosmtpd asks for each command."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_MAIL(
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._server._refusal:
            return self._server._refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._server._refusal:
            return self._server._refusal
        if not self._server._knows(address):
            return f"550 5.1.1 <{address}>: no such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _smtp: SMTP, _session: Session, envelope: Envelope) -> str:
        if self._server._refusal:
            return self._server._refusal
        raw = envelope.content
        assert isinstance(raw, bytes)  # decode_data is off
        for address in envelope.rcpt_tos:
            # aiosmtpd calls the empty sender of a bounce “<>”
            await self._server._accept((envelope.mail_from or "").strip("<>"), address, raw)
        return "250 2.0.0 OK"


class _ImapConfig(Config):
    @property
    def greeting(self) -> bytes:
        """Greet without pymap's look-up of the host name, which blocks the loop where DNS is slow."""
        return b"sandbox ready"
