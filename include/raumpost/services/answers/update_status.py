"""Read stored mails, decide what each one is, and let it do what it does to its invitation (INTEROP R)."""

import logging
import traceback
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from raumpost.domain.errors import DatabaseUnavailable
from raumpost.domain.model import Level, MailOutcome
from raumpost.domain.transitions import Move
from raumpost.itip.parse import read
from raumpost.services.answers.decide import decide
from raumpost.services.answers.decision import Decision, UnreadMail
from raumpost.services.ports import Database, Row
from raumpost.services.store.invitations import carry_out, set_status
from raumpost.services.store.journal import JournalEntry, entry_about, write_journal
from raumpost.services.store.locking import exclusive

log = logging.getLogger(__name__)

PORTION = 200
"""Mails looked up at a time."""
MOST_READINGS = 5
"""How often reading a mail may end the process before it is set aside."""
IN_A_ROW = 3
"""Mails, one after the other, at which the database gives up: then the trouble is not theirs, and the pass ends."""


def update_status(db: Database, *, imap_conn_id: str, now: datetime, authserv_id: str | None = None) -> Counter[str]:
    """Give every unread mail of an inbox its outcome; count them by outcome.

    Each mail is one transaction: its outcome, the state of its invitation, the journal and the status at
    the booking. A mail that cannot be read gets an outcome too and never blocks the next one; one at which the
    database gives up waits for the next pass, and DatabaseUnavailable is raised at the end. One reader per inbox works
    at a time: where another one does, this counts nothing. With `authserv_id` an answer counts only if the
    Authentication-Results of that mail server confirm its sender.
    """
    outcomes: Counter[str] = Counter()
    after, in_a_row = 0, 0
    trouble: DatabaseUnavailable | None = None
    with exclusive(db, f"raumpost.read.{imap_conn_id}") as alone:
        while alone and (rows := db.rows("mails_to_read", imap_conn_id=imap_conn_id, after=after, limit=PORTION)):
            for row in rows:
                [mail] = db.rows("begin_reading", id=row["id"])  # one at a time: mails can be large
                try:
                    outcomes[_settle(db, mail, now, authserv_id)] += 1
                    in_a_row = 0
                except DatabaseUnavailable as exc:
                    db.run("take_back_reading", id=row["id"])  # raises where there is no database at all
                    log.warning("Mail %d waits: %s", row["id"], exc)
                    trouble, in_a_row = exc, in_a_row + 1
                    if in_a_row == IN_A_ROW:
                        raise
            after = row["id"]
    if trouble:
        raise trouble
    log.info("%s: %s", imap_conn_id, ", ".join(f"{count} {name}" for name, count in outcomes.items()) or "no new mails")
    return outcomes


def _settle(db: Database, row: Row, now: datetime, authserv_id: str | None) -> MailOutcome:
    if row["readings"] > MOST_READINGS:
        log.error("Mail %d has ended its reader %d times and is set aside", row["id"], MOST_READINGS)
        detail = f"reading it has ended the program {MOST_READINGS} times; the raw mail is kept"
        decision = Decision(outcome=MailOutcome.UNREADABLE, detail=detail, level=Level.ERROR)
        with db.transaction():
            return _record(db, row["id"], [decision])
    try:
        reading = read(bytes(row["raw"]))
        written_at = reading.date or row["received_at"]
        mail = UnreadMail(id=row["id"], reading=reading, written_at=written_at, authserv_id=authserv_id)
        with db.transaction():
            return _record(db, row["id"], decide(db, mail, now), message_id=reading.message_id)
    except DatabaseUnavailable:
        raise
    except Exception:
        log.exception("Mail %d cannot be judged", row["id"])
        decision = Decision(
            outcome=MailOutcome.UNREADABLE,
            detail="what it says could not be stored; the raw mail is kept",
            trace=traceback.format_exc(),
        )
        with db.transaction():
            return _record(db, row["id"], [decision])


def _record(db: Database, mail_id: int, decisions: Sequence[Decision], *, message_id: str | None = None) -> MailOutcome:
    """Carry out the decisions; the mail itself gets the first that moved something, else the first."""
    for decision in decisions:
        if decision.move:
            if not carry_out(db, [decision.move], mail_id=mail_id):
                raise AssertionError("the invitation is locked and was read in an allowed state")
            _note_left(db, decision.move, mail_id)
        if decision.invitation and decision.told:
            set_status(db, [(decision.invitation, decision.told)])
        if level := decision.journal_level:
            _note(db, mail_id, decision, level)
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


def _note_left(db: Database, move: Move, mail_id: int) -> None:
    db.run("note_left", id=move.invitation.id, outcome=MailOutcome.SENT, detail=f"it has left, as mail {mail_id} shows")


def _note(db: Database, mail_id: int, decision: Decision, level: Level) -> None:
    message = f"mail {mail_id}: {decision.detail}"
    if decision.invitation:
        entry = entry_about(
            decision.invitation, level=level, step="read", message=message, detail=decision.trace, mail_id=mail_id
        )
    else:
        entry = JournalEntry(level=level, step="read", message=message, detail=decision.trace, mail_id=mail_id)
    write_journal(db, [entry])
    if level is not Level.INFO:
        about = f"{decision.invitation} ({decision.invitation.uid})" if decision.invitation else "no invitation"
        log.warning("Mail %d is %s: %s; see raumpost.journal", mail_id, decision.outcome, about)
