"""Reset the failed invitations of a preview: exactly those that were shown."""

from raumpost.domain import lifecycle
from raumpost.domain.model import State
from raumpost.domain.resetting import fingerprint
from raumpost.services.ports import Database
from raumpost.services.previews import stored as previews
from raumpost.services.previews.stored import Outcome
from raumpost.services.store.invitations import carry_out, load_invitations


def reset(db: Database, *, preview: int) -> dict[Outcome, int]:
    """Give the failed invitations of a preview five new attempts each; count what became of them.

    What has changed, been answered or been reset since it was shown is left alone. Doing it twice changes nothing.
    """
    done = 0
    while True:
        with db.transaction():
            shown = previews.take(db, preview, previews.Verb.RESET)
            if not shown:
                break
            locked = db.rows("lock_invitations_of_items", **previews.bookings_of(shown))
            items = {row["id"]: previews.item(row) for row in locked}
            found = {items[one.id]: one for one in load_invitations(db, items)}
            still = {
                item: one
                for item, one in found.items()
                if one.state is State.FAILED and fingerprint(one) == shown.get(item)
            }
            moved = carry_out(db, [lifecycle.reset(one) for one in still.values()])
            reset_ = {item for item, one in still.items() if one.id in moved}
            previews.settle(
                db, preview, {item: Outcome.RESET if item in reset_ else Outcome.MOVED_ON for item in shown}
            )
            done += len(shown)
    return previews.finish(db, preview, "reset", done=done)
