"""Gather what must be sent: rescue orphans, plan booking changes, lease pending invitations into batches."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from raumpost.domain import lifecycle
from raumpost.services.links.finish_removals import finish_removals
from raumpost.services.planning.cancellation_guard import guard
from raumpost.services.planning.plan import plan_changes, plan_everything
from raumpost.services.ports import Database
from raumpost.services.sending.rescue import rescue
from raumpost.services.store.invitations import carry_out, load_invitations
from raumpost.services.store.locking import exclusive

log = logging.getLogger(__name__)

PORTION = 1000
"""Invitations abandoned in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Invitations that one task instance sends through one SMTP interface."""

    id: int
    smtp_conn_id: str
    invitations: int
    rooms: int


def gather(
    db: Database,
    *,
    now: datetime,
    lease: timedelta,
    budget: int,
    default_time_zone: str,
    full: bool = False,
    guard_percent: int = 30,
) -> list[Batch]:
    """Plan what has changed and give the batches to send now.

    `budget` is the most that one interface gets in this pass. With `full` every booking of every linked
    room is compared, not only the changed ones; the outcome is the same. A link of whose future invitations more
    than `guard_percent` would be cancelled at once keeps them. One gatherer works at a time: where another one
    does, this gives nothing.
    """
    with exclusive(db, "raumpost.gather") as alone:
        if not alone:
            log.info("Another pass is gathering; nothing to do")
            return []
        rescued = _rescue(db, now)
        _drop_past(db, now)
        db.run("keep_past", now=now)
        planned = plan_changes(db, now=now, default_time_zone=default_time_zone)
        if full:
            planned += plan_everything(db, now=now, default_time_zone=default_time_zone)
        planned += guard(db, now=now, percent=guard_percent, default_time_zone=default_time_zone)
        finish_removals(db, now=now)
        batches = [
            Batch(id=row["batch"], smtp_conn_id=row["smtp_conn_id"], invitations=row["invitations"], rooms=row["rooms"])
            for row in db.rows("lease", now=now, lease_until=now + lease, budget=budget)
        ]
    log.info(
        "Gathered: %d planned, %d rescued, %d to send in %d batches",
        planned, rescued, sum(batch.invitations for batch in batches), len(batches),
    )  # fmt: skip
    return batches


def _drop_past(db: Database, now: datetime) -> None:
    """Past bookings are not invited, however long their invitation had to wait."""
    while True:
        with db.transaction():
            ids = [row["id"] for row in db.rows("lock_past", now=now, limit=PORTION)]
            if not ids:
                return
            carry_out(db, [lifecycle.abandon(past, over=True) for past in load_invitations(db, ids)])


def _rescue(db: Database, now: datetime) -> int:
    with db.transaction():
        return rescue(db, [row["id"] for row in db.rows("lock_orphans", now=now)])
