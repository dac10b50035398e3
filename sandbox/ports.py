"""What every server of the sandbox needs to start and to stop: a port, a place, patience, an end."""

import asyncio
import contextlib
import os
import pwd
import random
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import psutil

HOST = "127.0.0.1"

# Below the range from which Linux (32768) and macOS (49152) take the ports of outgoing connections:
# a port found free stays free until its server opens it, even while clients are busy.
_PORTS = range(20000, 32000)
_share = _PORTS
_given: set[int] = set()
_pick = random.SystemRandom()

_T = TypeVar("_T")


class NotStarted(RuntimeError):
    """A server of the sandbox could not be started; the message says why and where its log is."""


def take_share(number: int, shares: int) -> None:
    """Hand out only every n-th port from now on, so that processes side by side never choose the same one."""
    global _share
    _share = _PORTS[number::shares]


def free_port() -> int:
    """Find a port on 127.0.0.1 that nobody listens on; never the same one twice in a process."""
    for _ in range(1000):
        port = _pick.choice(_share)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise NotStarted(f"no free port between {_PORTS.start} and {_PORTS.stop} on {HOST}")


def is_free(port: int) -> bool:
    """Return whether nothing listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def wait_for_port(
    port: int,
    banner: bytes = b"",
    process: subprocess.Popen[bytes] | None = None,
    timeout: float = 10.0,
    *,
    log: Path | None = None,
) -> None:
    """Wait until the server on `port` greets with `banner` (empty: until it accepts a connection).

    Raises NotStarted as soon as `process` has ended, or after `timeout` seconds, with the end of `log`.
    """
    deadline = time.monotonic() + timeout
    while True:
        if process is not None and process.poll() is not None:
            raise NotStarted(f"{process.args!r} ended with code {process.returncode}{quote(log)}")
        try:
            with socket.create_connection((HOST, port), timeout=1) as connection:
                if not banner or connection.recv(len(banner), socket.MSG_WAITALL) == banner:
                    return
        except OSError:
            pass  # not yet listening, or not yet talking
        if time.monotonic() > deadline:
            raise NotStarted(f"port {port} did not greet with {banner!r} within {timeout:g} s{quote(log)}")
        time.sleep(0.01)


def quote(log: Path | None, lines: int = 15) -> str:
    """Name a log and quote its end, to be appended to an error message."""
    if log is None:
        return ""
    if not log.exists():
        return f"; it wrote no log ({log})"
    return f"; the end of {log}:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def run_server(command: list[str], log: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C in the demo does not tear it down at random."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, **options
        )


def stop_process(
    process: subprocess.Popen[bytes] | None, how: signal.Signals = signal.SIGTERM, timeout: float = 10.0
) -> None:
    """End a server started by `run_server` and everything it started; harmless when it is gone already."""
    if process is None:
        return
    if process.poll() is None:
        process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
    # The session, not just the process: what a master leaves behind keeps ports and files open.
    deadline = time.monotonic() + timeout
    while (survivors := _session(process.pid)) and time.monotonic() < deadline:
        for survivor in survivors:
            with contextlib.suppress(psutil.Error):
                survivor.kill()
        process.poll()
        time.sleep(0.002)
    process.wait(timeout)


def _session(leader: int) -> list[psutil.Process]:
    """Return the members of a session that are more than zombies; Airflow gives each task a group of its own."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # it has just ended, or is none of our business
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def require_reachable(path: Path, user: str) -> None:
    """Refuse a place whose parents are closed to `user`, before a server fails there with a riddle."""
    account = pwd.getpwnam(user)
    for parent in reversed(path.resolve().parents):
        status = parent.stat()
        if status.st_uid == account.pw_uid:
            allowed = status.st_mode & stat.S_IXUSR
        elif status.st_gid == account.pw_gid:
            allowed = status.st_mode & stat.S_IXGRP
        else:
            allowed = status.st_mode & stat.S_IXOTH
        if not allowed:
            raise NotStarted(
                f"started by root, the server runs as “{user}”, which cannot reach {path}: {parent} is closed "
                f"to it (mode {stat.S_IMODE(status.st_mode):04o}). Use a place below an open directory, such "
                "as sandbox.ports.reachable_directory() returns, or work as an ordinary user."
            )


@contextlib.contextmanager
def reachable_directory(within: Path | None = None) -> Iterator[Path]:
    """Return a temporary directory that servers under another user can reach; remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="raumpost-", dir=within, ignore_cleanup_errors=True) as name:
        place = Path(name).resolve()
        place.chmod(0o755)
        yield place


class LoopThread:
    """An event loop in a thread of its own, for servers written with asyncio."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.BaseTransport] = set()

    def start(self, setup: Callable[[], Awaitable[None]], timeout: float = 10.0) -> None:
        """Run `setup`, which calls `listen`, in the loop; return when it is done, raise what it raises."""
        if self._thread is not None:
            raise NotStarted(f"{self._name} runs already")
        ready: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main(setup, ready)), name=self._name, daemon=True
        )
        self._thread.start()
        try:
            ready.result(timeout)
        except BaseException:
            self.stop()
            raise

    async def _main(self, setup: Callable[[], Awaitable[None]], ready: Future[None]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            await setup()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that called start
            ready.set_exception(error)
        else:
            ready.set_result(None)
            await self._stop.wait()
        await self._hang_up()

    async def _hang_up(self) -> None:
        # First accept no more, then let those accepted a moment ago become connections, within a few turns
        # of the loop: asyncio trips over them in a closed server, and nobody would close them.
        loop = asyncio.get_running_loop()
        for server in self._servers:
            for listener in server.sockets:
                loop.remove_reader(listener)
        for _ in range(5):
            await asyncio.sleep(0)
        while self._servers:
            self._servers.pop().close()
        while self._connections:
            self._connections.pop().close()
        for _ in range(5):
            await asyncio.sleep(0)

    async def listen(self, factory: Callable[[], asyncio.BaseProtocol], port: int) -> int:
        """Serve on `port` (0: a free one) until `stop`; return the port."""

        def make() -> asyncio.BaseProtocol:
            protocol = factory()
            made, lost = protocol.connection_made, protocol.connection_lost
            connections: list[asyncio.BaseTransport] = []

            # Remembered here, because aiosmtpd forgets a client that leaves before it was greeted.
            def connection_made(transport: asyncio.BaseTransport) -> None:
                connections.append(transport)
                self._connections.add(transport)
                made(transport)

            def connection_lost(exc: Exception | None) -> None:
                self._connections.difference_update(connections)
                lost(exc)

            protocol.connection_made = connection_made  # type: ignore[method-assign] # of this one object
            protocol.connection_lost = connection_lost  # type: ignore[method-assign]
            return protocol

        try:
            server = await asyncio.get_running_loop().create_server(make, HOST, port)
        except OSError as error:
            raise NotStarted(f"{self._name}: port {port} cannot be opened: {error}") from error
        self._servers.append(server)
        opened: int = server.sockets[0].getsockname()[1]
        return opened

    def run(self, coroutine: Coroutine[Any, Any, _T], timeout: float = 30.0) -> _T:
        """Run a coroutine in the loop, from any other thread, and wait for its result."""
        if self._loop is None or threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError(f"{self._name}: not running, or called from its own thread")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout)

    def stop(self) -> None:
        """End the loop and the thread; harmless when there is none."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._stop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed by itself: setup failed
                self._loop.call_soon_threadsafe(self._stop.set)
        thread.join(15)
        self._loop = self._stop = None
        if thread.is_alive():
            raise RuntimeError(f"the thread of {self._name} does not end")
