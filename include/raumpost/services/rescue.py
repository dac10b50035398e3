"""Take back what dead workers left claimed: their mails may have left."""

from collections.abc import Iterable

from raumpost.domain import lifecycle
from raumpost.domain.model import MailOutcome
from raumpost.services import ledger
from raumpost.services.ports import Database


def rescue(db: Database, ids: Iterable[int], *, in_batch: int | None = None) -> int:
    """Take back claimed invitations, which the caller has locked; give their number."""
    orphans = ledger.load(db, ids)
    moved = ledger.move(db, [lifecycle.rescue(orphan) for orphan in orphans], in_batch=in_batch)
    if moved:
        db.run("note_claimed_mails", ids=list(moved), outcome=MailOutcome.UNCERTAIN)
    return len(moved)
