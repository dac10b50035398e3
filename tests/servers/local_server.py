"""What the fake servers of the tests are made of: a server in this process, and one that is asked line by line."""

import asyncio
from abc import ABC, abstractmethod
from typing import Self

from sandbox.ports import LoopThread


class LocalServer(ABC):
    """Listens on a free port of this machine, in an event loop and a thread of its own."""

    def __init__(self, name: str) -> None:
        self.port = 0
        self._thread = LoopThread(name)

    def __enter__(self) -> Self:
        self._thread.start(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    async def _listen(self) -> None:
        self.port = await self._thread.listen(self.protocol, 0)

    @abstractmethod
    def protocol(self) -> asyncio.BaseProtocol:
        """Serve one more connection."""


class LineServer(LocalServer):
    """Greets, and replies to each line that it gets: with nothing at all, where a test wants that."""

    def protocol(self) -> asyncio.BaseProtocol:
        return _Dialogue(self)

    @abstractmethod
    def greeting(self) -> bytes:
        """Return what is said first."""

    @abstractmethod
    def reply(self, line: str) -> bytes:
        """Return what is said to a line."""

    def ends_after(self, line: str) -> bool:
        """Return whether this line is the last one."""
        return False


class _Dialogue(asyncio.Protocol):
    def __init__(self, server: LineServer) -> None:
        self._server = server
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._server.greeting())

    def data_received(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\r\n")
        for octets in lines:
            line = octets.decode(errors="replace")
            self._transport.write(self._server.reply(line))
            if self._server.ends_after(line):
                self._transport.close()
