"""Remove what is kept longer than it is needed: mails, journal and words of bookings that are long over."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from raumpost.services.ports import Database

log = logging.getLogger(__name__)

PORTION = 500
"""Rows removed in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What has been removed."""

    invitations: int = 0
    """Kept as rows, without their texts: their UIDs are never used twice."""
    mails: int = 0
    foreign_mails: int = 0
    journal: int = 0
    statuses: int = 0
    """Of bookings that are gone."""
    alerts: int = 0
    previews: int = 0
    """Of what was initialised or reset by hand."""
    canaries: int = 0


def remove_old(db: Database, *, now: datetime, keep: timedelta, keep_foreign: timedelta) -> Removed:
    """Remove what belongs to bookings that ended longer than `keep` ago, and mails of strangers after `keep_foreign`.

    An invitation that is pending, being sent or failed keeps everything, however old it is. Portion by portion,
    each in its own transaction: it may be stopped at any time, and goes on when called again.
    """
    before = now - keep
    done = _forget(db, before)
    done = replace(
        done,
        journal=done.journal
        + _repeat(db, "forget_loose_journal", before=before)
        + _repeat(db, "forget_late_journal", before=before),
        mails=done.mails + _repeat(db, "forget_shared_mails"),
        foreign_mails=_repeat(db, "forget_foreign_mails", before=now - keep_foreign),
        alerts=db.run("forget_alerts", before=before),
        previews=db.run("forget_previews", before=before),
        canaries=db.run("forget_canaries", before=before),
    )
    log.info(
        "Removed %d mails and %d journal lines of %d invitations to bookings over before %s, %d statuses, "
        "%d foreign mails from before %s",
        done.mails, done.journal, done.invitations, f"{before:%Y-%m-%d}", done.statuses,
        done.foreign_mails, f"{now - keep_foreign:%Y-%m-%d}",
    )  # fmt: skip
    return done


def _forget(db: Database, before: datetime) -> Removed:
    done = Removed()
    while True:
        with db.transaction():
            ids = [row["id"] for row in db.rows("lock_bygone", before=before, limit=PORTION)]
            if not ids:
                return done
            [row] = db.rows("forget", ids=ids)
        done = Removed(
            invitations=done.invitations + row["invitations"],
            mails=done.mails + row["mails"],
            journal=done.journal + row["journal"],
            statuses=done.statuses + row["statuses"],
        )


def _repeat(db: Database, statement: str, **parameters: object) -> int:
    total = 0
    while removed := db.run(statement, **parameters, limit=PORTION):
        total += removed
    return total
