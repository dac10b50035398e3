"""Ends the wait for a database server that has gone silent: libpq waits without limit, and no signal wakes it."""

import os
import socket
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import connection as PostgresConnection


class Watchdog:
    """Cuts one connection when its server has been silent for `patience` seconds.

    The server's own statement_timeout comes first where the server still works. A thread looks, because the one that
    waits cannot; a timer for each statement would cost more CPU time than the statement.
    """

    def __init__(self, connection: PostgresConnection, *, patience: float) -> None:
        self.patience = patience
        self.has_cut = False
        self._connection = connection
        self._lock = threading.Lock()
        self._until: float | None = None
        looks = threading.Thread(target=_look_again_and_again, args=(weakref.ref(self), patience / 10), daemon=True)
        looks.start()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch one exchange with the server."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def begin(self) -> None:
        """Expect a response from now on."""
        with self._lock:
            self._until = time.monotonic() + self.patience

    def end(self) -> None:
        """Stop expecting a response."""
        with self._lock:
            self._until = None

    def look(self) -> bool:
        """Cut the connection if its time is up; return whether to check again."""
        with self._lock:  # until then the connection stays open and keeps its descriptor
            if self._connection.closed:
                return False
            if self._until is None or time.monotonic() < self._until:
                return True
            self.has_cut = True
            with socket.socket(fileno=os.dup(self._connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
            return False


def _look_again_and_again(watchdog: "weakref.ref[Watchdog]", interval: float) -> None:
    while True:
        time.sleep(min(interval, 1))
        found = watchdog()
        if found is None or not found.look():
            return
        del found
