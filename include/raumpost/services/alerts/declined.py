"""Tell which bookings their rooms have declined."""

from collections.abc import Callable
from datetime import datetime, timedelta

from raumpost.domain.alerting import AlertMail, Cause, Kind, digest
from raumpost.domain.text import shortened
from raumpost.services.alerts.digests import LIMIT, by_room
from raumpost.services.alerts.incidents import notified_at
from raumpost.services.alerts.throttle import AlertStore, alert
from raumpost.services.ports import Database, Row

CAUSE = Cause(Kind.DECLINED, "")
SETTLED = timedelta(minutes=15)
"""An answer is stored some time after the moment that it names; then it must not be missed."""


def report_declined(db: Database, book: AlertStore, *, now: datetime, tell: Callable[[AlertMail], None]) -> int:
    """Tell of future bookings that were declined since this was last told; give their number."""
    last = notified_at(db, CAUSE)
    after = last - SETTLED if last else None
    rows = db.rows("declined", now=now, after=after, until=now - SETTLED, limit=LIMIT)
    if not rows:
        return 0
    total = int(rows[0]["total"])
    letter = digest(CAUSE, rooms=by_room(rows, _reason), total=total)
    alert(book, CAUSE, now=now, tell=lambda _incident: tell(letter))
    return total


def _reason(row: Row) -> str:
    return shortened(" ".join(row["comment"].split())) if row["comment"] else "without a reason"
