"""An SMTP server that takes mails, and misbehaves on request."""

import asyncio
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.ports import HOST, LoopThread
from tests.servers.local_server import LocalServer


class Fault(Enum):
    """How a server fails without words."""

    HANG_UP = auto()
    SILENCE = auto()


class Mail(NamedTuple):
    """A mail that the server has in its hands."""

    sender: str
    recipient: str
    octets: bytes


class Smtp(LocalServer):
    """An SMTP server that takes every mail, except where a test says otherwise.

    `faults` holds one entry per coming mail: None, or at which point (MAIL, RCPT, DATA, CONTENT) it fails and
    how: with a reply or a Fault; a reply 421 is followed by hanging up. `refused` holds replies to recipients.
    `on_mail` is called, in a thread, with each mail before it is taken; it may give another reply than 250.
    `login` is the user and password or access token (XOAUTH2) that it wants, `login_refusal` what it says to others,
    `logins` who has logged in. `tls` offers STARTTLS.
    """

    def __init__(self) -> None:
        super().__init__("SMTP server of a test")
        self.login: tuple[str, str] | None = None
        self.login_refusal = "535 5.7.8 wrong password"
        self.logins: list[str] = []
        self.tls: ssl.SSLContext | None = None
        self.mails: list[Mail] = []
        self.connections = 0
        self.faults: list[tuple[str, str | Fault] | None] = []
        self.refused: dict[str, str] = {}
        self.on_mail: Callable[[Mail], str | None] = lambda _: None

    def connect(self, timeout: float = 10) -> smtplib.SMTP:
        """Connect as a client."""
        return smtplib.SMTP(HOST, self.port, timeout=timeout)

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
        """Do what a test wants at this point of the dialogue; return the reply, if there is one."""
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
    """Return an SMTP server that does what the test tells it."""
    with Smtp() as server:
        yield server


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Return a port where connections are accepted and nobody ever says anything."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def smtps(smtp: Smtp, certificate: Path) -> Iterator[int]:
    """Let the SMTP server speak TLS from the first octet at one more port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    thread = LoopThread("SMTP server with TLS")
    servers: list[asyncio.Server] = []

    async def listen() -> None:
        servers.append(await asyncio.get_running_loop().create_server(smtp.protocol, HOST, 0, ssl=context))

    async def close() -> None:
        servers[0].close()
        await servers[0].wait_closed()

    thread.start(listen)
    yield servers[0].sockets[0].getsockname()[1]
    thread.run(close())
    thread.stop()
