"""An IMAP server of a few lines, for what no real one can be made to do: refuse to give a mail that is there."""

import re
from collections.abc import Callable

from sandbox.ports import HOST
from tests.servers.local_server import LineServer


class ScriptedImap(LineServer):
    """Knows one folder, INBOX, with mails by UID; `refusals` holds tagged replies, NO or BAD, instead of a mail.

    A FETCH of several mails is refused as a whole when one of them is, after the mails before it. `nil` are mails
    without content, `answer` may give a tagged reply to any command, and what begins with `unheard` gets none at all.
    `commands` keeps what was said.
    """

    capabilities = "IMAP4rev1"

    def __init__(self, mails: dict[int, bytes]) -> None:
        super().__init__("IMAP server of a test")
        self.mails = mails
        self.refusals: dict[int, str] = {}
        self.nil: set[int] = set()
        self.answer: Callable[[str], str | None] = lambda _: None
        self.unheard: str | None = None
        self.commands: list[str] = []

    def greeting(self) -> bytes:
        return b"* OK ready\r\n"

    def reply(self, line: str) -> bytes:
        """Return the untagged replies to a command, and the tagged one."""
        tag, _, command = line.partition(" ")
        if self.unheard and command.startswith(self.unheard):
            return b""
        untagged, tagged = self._replies(command)
        return b"".join(b"* " + one + b"\r\n" for one in untagged) + f"{tag} {tagged}\r\n".encode()

    def ends_after(self, line: str) -> bool:
        return line.endswith(" LOGOUT")

    def _replies(self, line: str) -> tuple[list[bytes], str]:
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


def address_of(server: ScriptedImap) -> tuple[str, int]:
    """Return host and port, as imaplib takes them."""
    return HOST, server.port
