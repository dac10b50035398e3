"""Stands before an IMAP server, and cuts connections or lets them hang, in the middle of what the server says."""

import asyncio
from collections import Counter
from random import Random

from sandbox.ports import HOST
from tests.faults.fault_schedule import FaultSchedule
from tests.servers.local_server import LocalServer

CUT, HUNG = "IMAP: cut in the middle of a fetch", "IMAP: hung in the middle of a fetch"


class ImapProxy(LocalServer):
    """Passes IMAP on; a share of the connections breaks after some octets."""

    def __init__(self, target: int, dice: Random) -> None:
        super().__init__("IMAP proxy")
        self.share = 0.0
        self.injected: Counter[str] = Counter()
        self._target = target
        self._dice = dice
        self._schedule = FaultSchedule([CUT, HUNG], dice)

    def protocol(self) -> asyncio.Protocol:
        """Serve one more client."""
        return _Client(self)

    async def connect(self, client: "_Client") -> "_Server":
        """Open the connection behind that of a client."""
        loop = asyncio.get_running_loop()
        _, server = await loop.create_connection(lambda: _Server(client), HOST, self._target)
        return server

    def draw(self) -> tuple[str, int]:
        """Draw what happens to a connection, and after how many octets of mail."""
        if self._dice.random() >= self.share:
            return "", 0
        return self._schedule.draw(), self._dice.choice([10, 300, 1500, 4000])


class _Client(asyncio.Protocol):
    """The side of the client."""

    def __init__(self, proxy: ImapProxy) -> None:
        self.proxy = proxy
        self.fault, self.octets = proxy.draw()
        self.fetching = False
        self._server: _Server | None = None
        self._waiting: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._opening = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        try:
            self._server = await self.proxy.connect(self)
        except OSError:
            self.transport.abort()
            return
        for data in self._waiting:
            self._server.transport.write(data)

    def data_received(self, data: bytes) -> None:
        self.fetching |= b"BODY.PEEK" in data
        if self._server:
            self._server.transport.write(data)
        else:
            self._waiting.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._server:
            self._server.transport.close()


class _Server(asyncio.Protocol):
    """The side of the server."""

    def __init__(self, client: _Client) -> None:
        self._client = client
        self._said = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        client = self._client
        if not client.fault or not client.fetching:
            client.transport.write(data)
            return
        room = client.octets - self._said
        self._said += len(data)
        if room > 0:
            client.transport.write(data[:room])
        if 0 <= room < len(data):
            client.proxy.injected[client.fault] += 1
            if client.fault == CUT:
                client.transport.abort()
                self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._client.fault != HUNG:
            self._client.transport.close()
