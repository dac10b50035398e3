"""Notify operators of trouble: once per cause and hour, and once when it is over."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from raumpost.domain.alerting import Cause, Incident
from raumpost.domain.errors import RaumpostError
from raumpost.services.ports import AlertStore

log = logging.getLogger(__name__)

QUIET = timedelta(hours=1)
"""After a mail about a cause there is no other about it for so long."""
RETRY = timedelta(minutes=5)
"""Before a mail that could not be sent is tried again; the task that failed must not be held up by each try."""


def alert(store: AlertStore, cause: Cause, *, now: datetime, notify: Callable[[Incident], None]) -> bool:
    """Count a failure and notify operators, unless they were notified within the hour.

    Raises what `notify` raises; then the next failure some minutes later is reported.
    """
    incident = store.claim(cause, now=now, quiet_until=now + QUIET)
    if incident is None:
        log.info("%s: reported within the hour, so not again", cause)
        return False
    try:
        notify(incident)
    except RaumpostError:
        store.put_back(cause, quiet_until=now + RETRY)
        raise
    store.note_notified(cause, now=now)
    return True


def recover(store: AlertStore, causes: Collection[Cause], *, now: datetime, notify: Callable[[Incident], None]) -> int:
    """Notify operators that causes are over, of those that they know of; return their number."""
    known = [incident for incident in store.recover(causes, now=now) if incident.notified_at]
    for incident in known:
        notify(incident)
    return len(known)
