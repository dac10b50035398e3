"""Tell operators of trouble: once per cause and hour, and once when it is over."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol

from raumpost.domain.alerting import Cause, Incident
from raumpost.domain.errors import RaumpostError

log = logging.getLogger(__name__)

QUIET = timedelta(hours=1)
"""After a mail about a cause there is no other about it for so long."""
RETRY = timedelta(minutes=5)
"""Before trying again what could not be told; the task that failed must not be held up by each try."""


class AlertStore(Protocol):
    """Remembers what has been told, for all processes together."""

    def claim(self, cause: Cause, *, now: datetime, quiet_until: datetime) -> Incident | None:
        """Count a failure; give its incident to one caller only, until `quiet_until`."""

    def note_notified(self, cause: Cause, *, now: datetime) -> None:
        """Note that the mail has left."""

    def put_back(self, cause: Cause, *, quiet_until: datetime) -> None:
        """Note that it could not be told."""

    def recover(self, causes: Collection[Cause], *, now: datetime) -> list[Incident]:
        """Note that causes are over; give what was open, to one caller only."""


def alert(book: AlertStore, cause: Cause, *, now: datetime, tell: Callable[[Incident], None]) -> bool:
    """Count a failure and tell of it, unless it has been told within the hour.

    Raises what `tell` raises; then the next failure some minutes later is told.
    """
    incident = book.claim(cause, now=now, quiet_until=now + QUIET)
    if incident is None:
        log.info("%s: told within the hour, so not again", cause)
        return False
    try:
        tell(incident)
    except RaumpostError:
        book.put_back(cause, quiet_until=now + RETRY)
        raise
    book.note_notified(cause, now=now)
    return True


def recover(book: AlertStore, causes: Collection[Cause], *, now: datetime, tell: Callable[[Incident], None]) -> int:
    """Tell that causes are over, of those whose trouble had been told; give their number."""
    told = [incident for incident in book.recover(causes, now=now) if incident.notified_at]
    for incident in told:
        tell(incident)
    return len(told)
