"""Rooms that answer, behind a real mail server: LMTP in, SMTP out."""

import asyncio
import logging
import smtplib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Self

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.ports import LoopThread
from sandbox.rooms import Mail, RoomRobot

log = logging.getLogger(__name__)


class RoomServer:
    """An LMTP server for rooms behind a real mail server; submits each answer by SMTP to `submit_to`.

    An answer that cannot be submitted makes the delivery fail for now (451): the mail comes again, and
    the room answers again.
    """

    def __init__(self, robots: Iterable[RoomRobot], submit_to: tuple[str, int], *, lmtp_port: int = 0) -> None:
        self.lmtp_port = lmtp_port
        self._robots = {robot.address: robot for robot in robots}
        self._submit_to = submit_to
        self._thread = LoopThread("room server")

    def start(self) -> None:
        """Listen on `lmtp_port` (0: a free one, to be read there afterwards)."""
        self._thread.start(self._listen)

    def stop(self) -> None:
        """Close port, connections and thread; harmless when it does not run."""
        self._thread.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer_due(self, now: datetime) -> None:
        """Submit what rooms that answer late have to say by `now`. Raises OSError, as smtplib does."""
        for mail in self._thread.run(self._due(now)):
            self._submit(mail)

    async def _due(self, now: datetime) -> list[Mail]:
        return [mail for robot in self._robots.values() for mail in robot.answer_due(now)]

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self.lmtp_port = await self._thread.listen(
            lambda: LMTP(self, hostname="rooms.sandbox.example", enable_SMTPUTF8=True, loop=loop), self.lmtp_port
        )

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse an address that is no room."""
        if address.lower() not in self._robots:
            return f"550 5.1.1 <{address}>: no such room"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Deliver the mail to each room; LMTP wants one answer per recipient (RFC 2033, 4.2)."""
        raw: Any = envelope.content
        sender = (envelope.mail_from or "").strip("<>")  # aiosmtpd calls the empty sender of a bounce “<>”
        return "\r\n".join([await self._hand_over(address.lower(), raw, sender) for address in envelope.rcpt_tos])

    async def _hand_over(self, address: str, raw: bytes, sender: str) -> str:
        mail = self._robots[address].receive(raw, datetime.now(UTC), sender=sender)
        if mail is not None:
            try:
                await asyncio.to_thread(self._submit, mail)
            except OSError as error:  # smtplib's errors are OSErrors
                log.warning("%s cannot submit its answer: %s", address, error)
                return "451 4.3.0 the answer could not be submitted"
        return "250 2.1.5 OK"

    def _submit(self, mail: Mail) -> None:
        with smtplib.SMTP(*self._submit_to, timeout=10) as client:
            client.sendmail(mail.sender, [mail.recipient], mail.raw)
