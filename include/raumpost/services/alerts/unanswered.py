"""Tell which rooms have not answered in time, and when all have."""

from collections.abc import Callable
from datetime import datetime, timedelta

from raumpost.domain.alerting import AlertMail, Cause, Kind, digest, recovery
from raumpost.services.alerts.digests import LIMIT, by_room
from raumpost.services.alerts.incidents import notified_at
from raumpost.services.alerts.throttle import AlertStore, alert, recover
from raumpost.services.ports import Database

CAUSE = Cause(Kind.UNANSWERED, "")


def report_unanswered(
    db: Database, book: AlertStore, *, now: datetime, patience: timedelta, tell: Callable[[AlertMail], None]
) -> int:
    """Tell of invitations to future bookings without an answer for longer than `patience`; give their number.

    They are told together, and only when one is among them that has not been told yet.
    """
    last = notified_at(db, CAUSE)
    rows = db.rows(
        "unanswered",
        now=now,
        sent_before=now - patience,
        told_before=last - patience if last else None,
        limit=LIMIT,
    )
    if not rows:
        recover(
            book,
            [CAUSE],
            now=now,
            tell=lambda incident: tell(recovery(CAUSE, since=incident.first_at, count=incident.count, now=now)),
        )
        return 0
    total = int(rows[0]["total"])
    if any(row["new"] for row in rows):
        letter = digest(
            CAUSE,
            rooms=by_room(rows, lambda row: f"sent {row['sent_at']:%Y-%m-%d %H:%M} UTC{', new' if row['new'] else ''}"),
            total=total,
        )
        alert(book, CAUSE, now=now, tell=lambda _incident: tell(letter))
    return total
