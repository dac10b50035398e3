"""Alerts recorded in files, for when the database itself is unreachable.

Each host whose tasks fail keeps its own files.
"""

import fcntl
import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from raumpost.domain.alerting import Cause, Incident


class FileAlertStore:
    """One file per cause, in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def claim(self, cause: Cause, *, now: datetime, quiet_until: datetime) -> Incident | None:
        """Count a failure; return its incident to one caller only, until `quiet_until`."""
        with self._page(cause) as page:
            if page.get("open"):
                page["count"] += 1
            else:
                page |= {"open": True, "first_at": now, "count": 1}
            if page.get("quiet_until", now) > now:
                return None
            page["quiet_until"] = quiet_until
            return self._incident(cause, page)

    def note_notified(self, cause: Cause, *, now: datetime) -> None:
        """Record that the mail was sent."""
        with self._page(cause) as page:
            page["notified_at"] = now

    def put_back(self, cause: Cause, *, quiet_until: datetime) -> None:
        """Record that the mail could not be sent."""
        with self._page(cause) as page:
            page["quiet_until"] = quiet_until

    def recover(self, causes: Collection[Cause], *, now: datetime) -> list[Incident]:
        """Record that causes are over; return what was open, to one caller only."""
        found = []
        for cause in causes:
            if not self._path(cause).exists():
                continue
            with self._page(cause) as page:
                if page.get("open"):
                    page["open"] = False
                    found.append(self._incident(cause, page))
        return found

    def _path(self, cause: Cause) -> Path:
        return self._directory / f"{'_'.join(part for part in cause if part).replace('/', '_')}.json"

    @contextmanager
    def _page(self, cause: Cause) -> Iterator[dict[str, Any]]:
        """Read a page and write it back; one process at a time."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self._path(cause), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            page = _read(file.read())
            try:
                yield page
            finally:
                file.seek(0)
                file.truncate()
                json.dump(page, file, default=datetime.isoformat)
                file.flush()

    @staticmethod
    def _incident(cause: Cause, page: dict[str, Any]) -> Incident:
        first_at, notified_at = page["first_at"], page.get("notified_at")
        known = notified_at if notified_at and notified_at >= first_at else None
        return Incident(cause=cause, first_at=first_at, count=page["count"], notified_at=known)


def _read(text: str) -> dict[str, Any]:
    try:
        page: dict[str, Any] = json.loads(text) if text else {}
    except ValueError:  # half written when the host went down
        return {}
    return {name: datetime.fromisoformat(value) if isinstance(value, str) else value for name, value in page.items()}
