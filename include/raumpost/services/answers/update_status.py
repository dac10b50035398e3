"""Turn stored mails into the status of their bookings, one way for each: parse, decide, apply (INTEROP R)."""

import logging
import traceback
from collections import Counter
from datetime import datetime

from raumpost.domain.errors import DatabaseUnavailable
from raumpost.domain.model import Level, MailOutcome
from raumpost.itip.parse import read
from raumpost.services.answers.apply import apply
from raumpost.services.answers.decide import decide
from raumpost.services.answers.decision import Decision, UnreadMail
from raumpost.services.ports import Database, Row
from raumpost.services.store.locking import exclusive

log = logging.getLogger(__name__)

PORTION = 200
"""Mails looked up at a time."""
MOST_READINGS = 5
"""How often reading a mail may end the process before it is set aside."""
IN_A_ROW = 3
"""Mails, one after the other, at which the database gives up: then the trouble is not theirs, and the pass ends."""


def is_idle(db: Database, *, imap_conn_id: str) -> bool:
    """Return whether no mail of an inbox waits to be read or moved: then nobody needs its connection."""
    return bool(db.rows("is_inbox_idle", imap_conn_id=imap_conn_id)[0]["idle"])


def update_status(db: Database, *, imap_conn_id: str, now: datetime, authserv_id: str | None = None) -> Counter[str]:
    """Process every unread mail of an inbox, and count them by outcome.

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
                    outcomes[_process(db, mail, now, authserv_id)] += 1
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


def _process(db: Database, row: Row, now: datetime, authserv_id: str | None) -> MailOutcome:
    """Take a mail from its octets to its recorded outcome: parse, decide, apply."""
    if row["readings"] > MOST_READINGS:
        log.error("Mail %d has ended its reader %d times and is set aside", row["id"], MOST_READINGS)
        detail = f"reading it has ended the program {MOST_READINGS} times; the raw mail is kept"
        set_aside = Decision(outcome=MailOutcome.UNREADABLE, detail=detail, level=Level.ERROR)
        with db.transaction():
            return apply(db, [set_aside], mail_id=row["id"])
    try:
        mail = _parse(row, authserv_id)
        with db.transaction():  # what the decision is about stays locked until it is applied
            decisions = decide(db, mail, now)
            return apply(db, decisions, mail_id=mail.id, message_id=mail.reading.message_id)
    except DatabaseUnavailable:
        raise
    except Exception:
        log.exception("Mail %d cannot be processed", row["id"])
        unreadable = Decision(
            outcome=MailOutcome.UNREADABLE,
            detail="what it says could not be stored; the raw mail is kept",
            trace=traceback.format_exc(),
        )
        with db.transaction():
            return apply(db, [unreadable], mail_id=row["id"])


def _parse(row: Row, authserv_id: str | None) -> UnreadMail:
    reading = read(bytes(row["raw"]))
    written_at = reading.date or row["received_at"]
    return UnreadMail(id=row["id"], reading=reading, written_at=written_at, authserv_id=authserv_id)
