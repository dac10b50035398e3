"""An IMAP server of a few lines, for what no real one can be made to do: refuse to give a mail that is there."""

import asyncio
import re
from collections.abc import Callable
from typing import Self

from sandbox.ports import HOST, LoopThread


class ScriptedImap:
    """Knows one folder, INBOX, with mails by UID; `refusals` holds tagged replies, NO or BAD, instead of a mail.

    A FETCH of several mails is refused as a whole when one of them is, after the mails before it. `nil` are mails
    without content, `answer` may give a tagged reply to any command, and what begins with `unheard` gets none at all.
    `commands` keeps what was said.
    """

    capabilities = "IMAP4rev1"

    def __init__(self, mails: dict[int, bytes]) -> None:
        self.mails = mails
        self.refusals: dict[int, str] = {}
        self.nil: set[int] = set()
        self.answer: Callable[[str], str | None] = lambda _: None
        self.unheard: str | None = None
        self.commands: list[str] = []
        self.port = 0
        self._thread = LoopThread("IMAP server of a test")

    def __enter__(self) -> Self:
        self._thread.start(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    async def _listen(self) -> None:
        self.port = await self._thread.listen(lambda: _Session(self), 0)

    def replies(self, line: str) -> tuple[list[bytes], str]:
        """Give the untagged replies to a command, and the tagged one."""
        self.commands.append(line)
        if said := self.answer(line):
            return [], said
        name = line.split()[0].upper()
        if name == "CAPABILITY":
            return [f"CAPABILITY {self.capabilities}".encode()], "OK done"
        if name in {"SELECT", "EXAMINE"}:
            return [b"OK [UIDVALIDITY 7] ok", f"{len(self.mails)} EXISTS".encode()], "OK done"
        if name == "LOGOUT":
            return [b"BYE"], "OK done"
        if fetch := re.fullmatch(r"UID FETCH (\S+) \((.*)\)", line):
            return self._fetch(fetch[1], fetch[2])
        return [], "OK done"

    def _fetch(self, uids: str, items: str) -> tuple[list[bytes], str]:
        found = []
        for number, uid in enumerate(sorted(self.mails), start=1):
            if not _contains(uids, uid):
                continue
            raw = self.mails[uid]
            head = (
                f'{number} FETCH (UID {uid} FLAGS () RFC822.SIZE {len(raw)} INTERNALDATE "01-Mar-2026 12:00:00 +0000"'
            )
            if "BODY.PEEK" not in items:
                found.append(f"{head})".encode())
            elif uid in self.refusals:
                return found, self.refusals[uid]
            elif uid in self.nil:
                found.append(f"{head} BODY[]<0> NIL)".encode())
            else:
                found.append(f"{head} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")")
        return found, "OK done"


def _contains(uids: str, uid: int) -> bool:
    for part in uids.split(","):
        first, _, last = part.partition(":")
        if int(first) <= uid and (last == "*" or uid <= int(last or first)):
            return True
    return False


class _Session(asyncio.Protocol):
    def __init__(self, server: ScriptedImap) -> None:
        self._server = server
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"* OK ready\r\n")

    def data_received(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\r\n")
        for line in lines:
            tag, _, command = line.decode().partition(" ")
            if self._server.unheard and command.startswith(self._server.unheard):
                continue
            untagged, tagged = self._server.replies(command)
            self._transport.write(b"".join(b"* " + one + b"\r\n" for one in untagged) + f"{tag} {tagged}\r\n".encode())
            if command == "LOGOUT":
                self._transport.close()


def address_of(server: ScriptedImap) -> tuple[str, int]:
    """Give host and port, as imaplib takes them."""
    return HOST, server.port
