"""Approve the cancellations of a preview: exactly those that were shown; the next pass carries them out."""

from raumpost.domain.model import Level
from raumpost.services.ports import Database
from raumpost.services.previews import stored as previews
from raumpost.services.previews.stored import Outcome
from raumpost.services.store.invitations import load_invitations
from raumpost.services.store.journal import entry_about, write_journal

STEP = "guard"


def approve_cancellations(db: Database, *, preview: int) -> dict[Outcome, int]:
    """Let through what was shown; count what became of it.

    What came back, was cancelled otherwise, or vanished a second time since it was shown is left alone. Doing it
    twice changes nothing.
    """
    done = 0
    while True:
        with db.transaction():
            shown = previews.take(db, preview, previews.Verb.APPROVE)
            if not shown:
                break
            found = db.rows("approve_cancellations", noted_ats=list(shown.values()), **previews.columns(shown))
            invitations = load_invitations(db, (row["id"] for row in found))
            approved = {previews.item(row) for row in found}
            write_journal(
                db,
                [
                    entry_about(one, level=Level.INFO, step=STEP, message="its cancellation was approved")
                    for one in invitations
                ],
            )
            previews.settle(
                db, preview, {item: Outcome.APPROVED if item in approved else Outcome.MOVED_ON for item in shown}
            )
            done += len(shown)
    return previews.finish(db, preview, STEP, done=done)
