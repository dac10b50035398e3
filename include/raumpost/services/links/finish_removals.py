"""Make links history that are being removed, once nothing is left to withdraw."""

import logging
from collections.abc import Sequence
from datetime import datetime

from raumpost.domain.model import Level
from raumpost.services.ports import Database
from raumpost.services.store.journal import JournalEntry, write_journal

log = logging.getLogger(__name__)


def finish_removals(db: Database, *, now: datetime, give_up: Sequence[int] = ()) -> int:
    """Free the rooms and addresses of links whose cancellations are all sent; return the number of these links.

    `give_up` are links that go although some of their cancellations have failed for good.
    """
    with db.transaction():
        removable = db.rows("lock_removable", ids=list(give_up), now=now)
        if removable:
            db.run("finish_removal", ids=[row["id"] for row in removable], now=now)
            write_journal(
                db,
                [
                    JournalEntry(
                        level=Level.WARNING if row["given_up"] else Level.INFO,
                        step="link",
                        message=_words(row["address"], row["given_up"]),
                        room_mailbox_id=row["id"],
                    )
                    for row in removable
                ],
            )
    if removable:
        log.info("Removed %d links: %s", len(removable), ", ".join(row["address"] for row in removable))
    return len(removable)


def _words(address: str, given_up: int) -> str:
    if given_up:
        return f"{address}: link removed without {given_up} cancellations: free these times in the room mailbox by hand"
    return f"{address}: link removed; its room and address may be linked again"
