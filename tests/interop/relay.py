"""A mail server in this process that keeps nothing: for who is not root and so has no Postfix."""

import asyncio
import smtplib
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.ports import HOST
from tests.servers.local_server import LocalServer


class _Protocol(SMTP):
    # Cyrus writes a long title into one line of its answer, longer than SMTP allows; Postfix takes that too.
    line_length_limit = 10_000


class Relay(LocalServer):
    """Hands each mail on by LMTP while its sender waits, and says to him what was said there.

    `lmtp_ports` holds the port for each domain. It offers no AUTH: where that is offered, Cyrus names its user
    with MAIL FROM, a parameter that aiosmtpd does not know.
    """

    def __init__(self) -> None:
        super().__init__("relay")
        self.lmtp_ports: dict[str, int] = {}

    def connect(self) -> smtplib.SMTP:
        """Connect as a client."""
        return smtplib.SMTP(HOST, self.port, timeout=10)

    def protocol(self) -> SMTP:
        return _Protocol(self, hostname="relay.test.example", loop=asyncio.get_running_loop())

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take a mail, if who is to have it takes it."""
        [recipient] = envelope.rcpt_tos
        raw: Any = envelope.content
        return await asyncio.to_thread(self._hand_on, envelope.mail_from or "", recipient, raw)

    def _hand_on(self, sender: str, recipient: str, raw: bytes) -> str:
        with smtplib.LMTP(HOST, self.lmtp_ports[recipient.rpartition("@")[2]], timeout=10) as client:
            try:
                client.sendmail(sender, [recipient], raw)
            except smtplib.SMTPRecipientsRefused as exc:
                [(code, words)] = exc.recipients.values()
                return f"{code} {' '.join(words.decode().split())}"
        return "250 2.0.0 OK"
