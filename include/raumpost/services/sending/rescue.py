"""Take back what dead workers left claimed: their mails may have left."""

from collections.abc import Iterable

from raumpost.domain import lifecycle
from raumpost.domain.message import message
from raumpost.domain.model import MailOutcome
from raumpost.services.ports import Database
from raumpost.services.store.invitations import carry_out, load_invitations
from raumpost.texts.wording import english


def rescue(db: Database, ids: Iterable[int], *, in_batch: int | None = None) -> int:
    """Take back claimed invitations, which the caller has locked; return their number."""
    orphans = load_invitations(db, ids)
    error = english(message("sending.worker-stopped"))
    moved = carry_out(db, [lifecycle.rescue(orphan, error=error) for orphan in orphans], in_batch=in_batch)
    if moved:
        db.run("note_claimed_mails", ids=list(moved), outcome=MailOutcome.UNCERTAIN)
    return len(moved)
