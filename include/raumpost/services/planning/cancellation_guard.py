"""Count the cancellations of a pass, link by link: let them through, or keep all of a link for an approval."""

import logging
from datetime import datetime

from raumpost.domain import lifecycle
from raumpost.domain.cancellation_guard import are_too_many
from raumpost.domain.errors import DatabaseUnavailable
from raumpost.domain.feedback import WITHHELD, remarked
from raumpost.domain.model import Level, Method
from raumpost.services.planning.held_cancellations import Withheld, held_cancellations
from raumpost.services.planning.hold_cancellations import let_go
from raumpost.services.planning.plan import PORTION, plan_keys
from raumpost.services.ports import Database
from raumpost.services.store.invitations import carry_out, load_invitations, set_status
from raumpost.services.store.journal import JournalEntry, entry_about, write_journal
from raumpost.services.store.rows import booking_key

log = logging.getLogger(__name__)

STEP = "guard"
OFF = 100
"""Percent: no share is larger, so nothing is withheld, and what is goes on."""


def guard(db: Database, *, now: datetime, percent: int, default_time_zone: str) -> int:
    """Carry out the cancellations that were noted, but none of a link that has too many; return the number of steps.

    A link that was stopped stays so until nothing of it is withheld: all was approved, or the bookings are back.
    """
    if not held_cancellations(db, now=now):
        return 0
    with db.transaction():
        _drop_pointless(db, now)
        stopped = [link for link in held_cancellations(db, now=now) if _is_stopped(link, percent)]
        ids = [link.room_mailbox_id for link in stopped]
        new = [row["invitation_id"] for row in db.rows("withhold", room_mailbox_ids=ids)]
        db.run("release_others", room_mailbox_ids=ids)
        _tell(db, new, [link for link in stopped if not link.withheld])
    steps = _cancel_released(db)
    # What is being sent, has changed meanwhile, or goes another way by now
    keys = [booking_key(row) for row in db.rows("released_bookings")]
    return steps + plan_keys(db, keys, now=now, default_time_zone=default_time_zone)


def _cancel_released(db: Database) -> int:
    """Carry out what was planned when it was noted: no booking of it has changed since, so it is not planned again."""
    steps = 0
    try:
        while True:
            with db.transaction():
                ids = [row["id"] for row in db.rows("lock_released", limit=PORTION)]
                if not ids:
                    return steps
                released = load_invitations(db, ids)
                db.run("forget_cancellations", ids=ids)
                moves = [lifecycle.change(one, method=Method.CANCEL, content=one.content) for one in released]
                steps += len(carry_out(db, moves))
    except DatabaseUnavailable:
        raise
    except Exception:
        log.exception("Released cancellations are planned again, to find the one that cannot be carried out")
        return steps


def _is_stopped(link: Withheld, percent: int) -> bool:
    if percent >= OFF:
        return False
    return link.withheld > 0 or are_too_many(link.noted, known=link.known, percent=percent)


def _drop_pointless(db: Database, now: datetime) -> None:
    over = load_invitations(db, [row["id"] for row in db.rows("pointless_cancellations", now=now)])
    db.run("forget_cancellations", ids=[one.id for one in over])
    let_go(db, over, why="the slot is over")


def _tell(db: Database, ids: list[int], links: list[Withheld]) -> None:
    """Say it at each booking, and once for each link."""
    message = "its booking is gone, but its cancellation is held back until it is approved"
    for start in range(0, len(ids), PORTION):
        invitations = load_invitations(db, ids[start : start + PORTION])
        set_status(db, [(one, remarked(one, WITHHELD)) for one in invitations])
        write_journal(db, [entry_about(one, level=Level.WARNING, step=STEP, message=message) for one in invitations])
    entries = []
    for link in links:
        said = (
            f"{link.noted} of the {link.known} future invitations of {link.label} would be cancelled at once because "
            "the booking system no longer has their bookings: none is; bring the bookings back, or run "
            "mailbox_approve_cancellations"
        )
        log.error("%s", said)
        entries.append(JournalEntry(level=Level.ERROR, step=STEP, message=said, room_mailbox_id=link.room_mailbox_id))
    write_journal(db, entries)
