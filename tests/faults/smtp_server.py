"""A mail server that fails in every way, and keeps a record of what it took and whether it said so."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.faults.fault_schedule import FaultSchedule
from tests.faults.worker import TIMEOUT
from tests.faults.world import Transfer
from tests.servers.smtp import Fault, Smtp

PATIENCE = 0.8 * TIMEOUT
"""Seconds after which a client may have given up before the 250: on a busy machine that happens without a fault."""
LOST, SLOW = "lost", "slow"
FAULTS: dict[str, tuple[str, str | Fault]] = {
    "SMTP: 421": ("MAIL", "421 4.3.2 closing"),
    "SMTP: 450": ("RCPT", "450 4.2.1 busy"),
    "SMTP: 450 after DATA": ("CONTENT", "450 4.7.1 later"),
    "SMTP: 550": ("RCPT", "550 5.7.1 no"),
    "SMTP: disconnect before DATA": ("DATA", Fault.HANG_UP),
    "SMTP: disconnect after DATA, mail taken": ("CONTENT", Fault.HANG_UP),
    "SMTP: disconnect after DATA, mail lost": ("CONTENT", LOST),
    "SMTP: hung before DATA": ("DATA", Fault.SILENCE),
    "SMTP: hung after DATA, mail taken": ("CONTENT", Fault.SILENCE),
    "SMTP: slow": ("CONTENT", SLOW),
}


class FaultySmtp(Smtp):
    """Draws a fault for a share of the mails; `on_taken` gets, in the server's thread, each mail that it took."""

    def __init__(self, dice: Random, on_taken: Callable[[Transfer], None]) -> None:
        super().__init__()
        self.share = 0.0
        """Of the mails, that meet a fault."""
        self.injected: Counter[str] = Counter()
        self.begun = 0
        self._dice = dice
        self._schedule = FaultSchedule(list(FAULTS), dice)
        self._on_taken = on_taken

    async def handle_MAIL(
        self, protocol: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Begin a mail, and draw its fault."""
        self.begun += 1
        session.number = self.begun  # type: ignore[attr-defined] # ours
        self.faults.clear()
        if self._dice.random() < self.share:
            kind = self._schedule.draw()
            self.injected[kind] += 1
            self.faults.append(FAULTS[kind])
        return await super().handle_MAIL(protocol, session, envelope, address, options)

    async def misbehave(self, protocol: SMTP, session: Session, point: str) -> str | None:
        """Fail at this point, if its fault is here; note when the content begins."""
        if point == "DATA":
            session.content_begun = time.monotonic()  # type: ignore[attr-defined] # ours
        return await super().misbehave(protocol, session, point)

    async def handle_DATA(self, protocol: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the content, or not, and say so, or not."""
        point, how = session.fault or ("", "")  # type: ignore[attr-defined] # ours
        fails = point == "CONTENT"
        if fails and how == LOST:
            protocol.transport.abort()
            return await asyncio.Event().wait()  # type: ignore[return-value] # cancelled when the connection ends
        if fails and how == SLOW:
            await asyncio.sleep(0.3)
        if not fails or how == SLOW or isinstance(how, Fault):
            octets: Any = envelope.content
            in_time = time.monotonic() - session.content_begun < PATIENCE  # type: ignore[attr-defined] # ours
            self._on_taken(
                Transfer(
                    number=session.number,  # type: ignore[attr-defined] # ours
                    address=envelope.rcpt_tos[0],
                    raw=octets,
                    told=in_time and not (fails and isinstance(how, Fault)),
                )
            )
        if fails and how != SLOW:
            return await self.misbehave(protocol, session, "CONTENT") or "250 2.0.0 OK"
        return "250 2.0.0 OK"
