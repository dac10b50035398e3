"""Cancel canaries: every one that a room may hold, whatever became of the run that booked it."""

import logging
from datetime import datetime, timedelta

from raumpost.domain.canary import Canary, CanaryState
from raumpost.domain.errors import CannotRender, ConfigurationError, InterfaceUnavailable, MaybeSent, NotSent
from raumpost.domain.model import Level, Method
from raumpost.itip.render import render
from raumpost.services.checks import canary as canaries
from raumpost.services.ports import Database, OpenMailer
from raumpost.services.store.journal import write_journal

log = logging.getLogger(__name__)

GRACE = timedelta(minutes=15)
"""After the time for the answer: as long the run that booked a canary may take to cancel it."""

_TROUBLES = (CannotRender, ConfigurationError, InterfaceUnavailable, MaybeSent, NotSent)
"""What may be wrong with one canary and with no other."""


def cancel(
    db: Database, *, open_mailer: OpenMailer, now: datetime, default_time_zone: str, address: str | None = None
) -> int:
    """Cancel the canaries of this run in a room, or those that earlier runs left behind; return their number.

    Raises InterfaceUnavailable, at the end, when any could not be cancelled.
    """
    if address is None:
        forgotten = [row["id"] for row in db.rows("forgotten_canaries", before=now - GRACE)]
        found = canaries.load(db, forgotten)
    else:
        found = canaries.of_run(db, address)
    troubles = []
    done = 0
    for canary in (one for one in found if one.state in canaries.OPEN):
        try:
            done += _cancel(db, canary, open_mailer, now, default_time_zone)
        except _TROUBLES as exc:
            write_journal(db, [canaries.about(canary, level=Level.ERROR, message=f"cannot be cancelled: {exc}")])
            troubles.append(f"canary in {canary.address}: {exc}")
    if troubles:
        raise InterfaceUnavailable(
            *troubles, remedy="until then the room holds the slot: the next run of mailbox_check tries again"
        )
    return done


def _cancel(db: Database, canary: Canary, open_mailer: OpenMailer, now: datetime, default_time_zone: str) -> bool:
    if canary.slot.ends_at <= now:
        canaries.move(
            db,
            canary,
            CanaryState.OVER,
            message="over before it was cancelled",
            level=Level.WARNING,
            error=canary.error,
        )
        return False
    mail = render(canaries.calendar_mail(canary, Method.CANCEL, now=now, default_time_zone=default_time_zone))
    with open_mailer(canary.smtp_conn_id) as mailer:
        mailer.send(mail, sender=canary.organizer, recipient=canary.address)
    canaries.move(
        db, canary, CanaryState.CANCELLED, message="trial booking cancelled", cancelled_at=now, error=canary.error
    )
    log.info("Canary in %s cancelled", canary.address)
    return True
