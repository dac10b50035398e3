"""Apply what was decided about a received mail: the only place that records it."""

import logging
from collections.abc import Sequence

from raumpost.domain.model import Level, MailOutcome
from raumpost.services.answers.decision import Decision
from raumpost.services.ports import Database
from raumpost.services.store.invitations import carry_out, set_status
from raumpost.services.store.journal import JournalEntry, entry_about, write_journal

log = logging.getLogger(__name__)


def apply(db: Database, decisions: Sequence[Decision], *, mail_id: int, message_id: str | None = None) -> MailOutcome:
    """Move the invitations, write the journal, and record the outcome of the mail; return it.

    The caller opens the transaction, in which the invitations were locked. The mail gets the first decision that moves
    something, else the first.
    """
    for decision in decisions:
        _apply_one(db, decision, mail_id)
    main = next((one for one in decisions if one.move), decisions[0])
    db.run(
        "note_read",
        id=mail_id,
        outcome=main.outcome,
        detail=main.detail,
        invitation_id=main.invitation.id if main.invitation else None,
        message_id=message_id,
        about_uid=main.about_uid,
    )
    return main.outcome


def _apply_one(db: Database, decision: Decision, mail_id: int) -> None:
    if decision.move:
        if not carry_out(db, [decision.move], mail_id=mail_id):
            raise AssertionError("the invitation is locked and was read in an allowed state")
        shown = f"it has left, as mail {mail_id} shows"
        db.run("note_left", id=decision.move.invitation.id, outcome=MailOutcome.SENT, detail=shown)
    if decision.invitation and decision.wording:
        set_status(db, [(decision.invitation, decision.wording)])
    if level := decision.journal_level:
        _write_journal(db, decision, level, mail_id)


def _write_journal(db: Database, decision: Decision, level: Level, mail_id: int) -> None:
    invitation, message = decision.invitation, f"mail {mail_id}: {decision.detail}"
    if invitation:
        entry = entry_about(
            invitation, level=level, step="read", message=message, detail=decision.trace, mail_id=mail_id
        )
    else:
        entry = JournalEntry(level=level, step="read", message=message, detail=decision.trace, mail_id=mail_id)
    write_journal(db, [entry])
    if level is not Level.INFO:
        about = f"{invitation} ({invitation.uid})" if invitation else "no invitation"
        log.warning("Mail %d is %s: %s; see raumpost.journal", mail_id, decision.outcome, about)
