"""Servers that accept and then say nothing, from the step on that a test names."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from sandbox.ports import HOST
from tests.servers.local_server import LineServer

SMTP_GREETING = "220 smtp.test.example"
SMTP_WORDS = {
    "EHLO": "250-smtp.test.example\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN",
    "STARTTLS": "220 go on",
    "AUTH": "235 welcome",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 taken",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}
IMAP_GREETING = "* OK ready"
IMAP_WORDS = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS MOVE\r\n{tag} OK",
    "STARTTLS": "{tag} OK",
    "LOGIN": "{tag} OK",
    "EXAMINE": "* OK [UIDVALIDITY 7] ok\r\n* 1 EXISTS\r\n{tag} OK",
    "SELECT": "* OK [UIDVALIDITY 7] ok\r\n* 1 EXISTS\r\n{tag} OK",
    "STATUS": "* STATUS x (UIDVALIDITY 8)\r\n{tag} OK",
    "UID SEARCH": "* SEARCH 1\r\n{tag} OK",
    "UID MOVE": "{tag} OK",
    "LOGOUT": "{tag} OK",
}


class HungServer(LineServer):
    """Answers commands by their beginnings, and to all others not a word; the first line of a dialogue is its own."""

    def __init__(self, greeting: str, words: dict[str, str], *, silent_at: str) -> None:
        if silent_at not in words:
            raise ValueError(f"{silent_at} is no step of this dialogue")
        self._greeting, self._silent_at = greeting, silent_at
        self._words = {step: said for step, said in words.items() if step != silent_at}
        super().__init__("hung server of a test")
        self.asked = 0
        """How often the step was reached."""

    def greeting(self) -> bytes:
        return f"{self._greeting}\r\n".encode()

    def reply(self, line: str) -> bytes:
        """Return what is said to a line; nothing, from the step on at which it falls silent."""
        tag, _, command = line.partition(" ") if self._greeting == IMAP_GREETING else ("", "", line)
        if command.upper().startswith(self._silent_at):
            self.asked += 1
        if self.asked:
            return b""
        said = next((said for step, said in self._words.items() if command.upper().startswith(step)), None)
        return f"{said.format(tag=tag)} ok\r\n".encode() if said else b""


@contextmanager
def full_port() -> Iterator[int]:
    """Return a port that takes no more connections and refuses none: those who connect hear nothing at all."""
    with socket.create_server((HOST, 0), backlog=0) as server:
        waiting = [socket.socket() for _ in range(3)]  # Linux lets one more in than the backlog says
        for one in waiting:
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect(server.getsockname())
        try:
            yield server.getsockname()[1]
        finally:
            for one in waiting:
                one.close()


class Line:
    """A line to a real server, which can fall silent without a sign, as a server that hangs."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._open = threading.Event()
        self._open.set()
        self._ended = False
        self._sockets: list[socket.socket] = []
        self._server = socket.create_server((HOST, 0))
        self.port = int(self._server.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._open.set()
        for one in [self._server, *self._sockets]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def hang(self) -> None:
        """Let nothing through any more."""
        self._open.clear()

    def _accept(self) -> None:
        with suppress(OSError):  # closed at the end
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection((HOST, self._target))
                self._sockets += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while octets := source.recv(65536):
                self._open.wait()
                if self._ended:  # what was on its way is lost
                    return
                target.sendall(octets)
            target.shutdown(socket.SHUT_WR)
