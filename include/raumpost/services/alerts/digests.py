"""Report bookings that rooms have declined or not answered, all of them in one mail."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from raumpost.domain.alerting import AlertMail, Cause, Kind
from raumpost.domain.text import shortened
from raumpost.services.alerts.incidents import notified_at
from raumpost.services.alerts.mails import digest, recovery
from raumpost.services.alerts.throttle import alert, recover
from raumpost.services.ports import AlertStore, Database, Row
from raumpost.services.store.rows import booking_key

UNANSWERED, DECLINED = Cause(Kind.UNANSWERED), Cause(Kind.DECLINED)
SETTLED = timedelta(minutes=15)
"""An answer is stored some time after the moment that it names; then it must not be missed."""
LIMIT = 200
"""Bookings listed in one mail."""


def report_unanswered(
    db: Database, store: AlertStore, *, now: datetime, patience: timedelta, notify: Callable[[AlertMail], None]
) -> int:
    """Report invitations to future bookings without an answer for longer than `patience`; return their number.

    They are reported together, and only when one is among them that has not been reported yet. When there are none
    any more, operators are notified of that.
    """
    last = notified_at(db, UNANSWERED)
    rows = db.rows(
        "unanswered",
        now=now,
        sent_before=now - patience,
        reported_before=last - patience if last else None,
        limit=LIMIT,
    )
    if not rows:
        recover(
            store,
            [UNANSWERED],
            now=now,
            notify=lambda incident: notify(
                recovery(UNANSWERED, since=incident.first_at, count=incident.count, now=now)
            ),
        )
        return 0
    total = int(rows[0]["total"])
    if any(row["new"] for row in rows):
        mail = digest(UNANSWERED, rooms=_by_room(rows, _sent), total=total)
        alert(store, UNANSWERED, now=now, notify=lambda _incident: notify(mail))
    return total


def report_declined(db: Database, store: AlertStore, *, now: datetime, notify: Callable[[AlertMail], None]) -> int:
    """Report future bookings that were declined since the last report; return their number."""
    last = notified_at(db, DECLINED)
    rows = db.rows("declined", now=now, after=last - SETTLED if last else None, until=now - SETTLED, limit=LIMIT)
    if not rows:
        return 0
    total = int(rows[0]["total"])
    mail = digest(DECLINED, rooms=_by_room(rows, _reason), total=total)
    alert(store, DECLINED, now=now, notify=lambda _incident: notify(mail))
    return total


def _by_room(rows: Iterable[Row], remark: Callable[[Row], str]) -> dict[str, list[str]]:
    """Return a line per booking under the name of its room."""
    rooms: dict[str, list[str]] = {}
    for row in rows:
        line = f"{booking_key(row)} “{row['summary']}”, {row['starts_at']:%Y-%m-%d %H:%M} UTC: {remark(row)}"
        rooms.setdefault(f"{row['room_name']} ({row['address']})", []).append(line)
    return rooms


def _sent(row: Row) -> str:
    return f"sent {row['sent_at']:%Y-%m-%d %H:%M} UTC{', new' if row['new'] else ''}"


def _reason(row: Row) -> str:
    return shortened(" ".join(row["comment"].split())) if row["comment"] else "without a reason"
