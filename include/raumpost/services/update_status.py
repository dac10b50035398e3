"""Read stored mails, decide what each one is, and move the invitation that it answers (INTEROP R)."""

import logging
import traceback
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from raumpost.domain import lifecycle
from raumpost.domain.errors import DatabaseUnavailable
from raumpost.domain.model import Answer, AnswerStamp, Invitation, Level, MailOutcome, Method, State
from raumpost.itip.parse import Attendee, Reading, Reply, read
from raumpost.services import ledger
from raumpost.services.locking import exclusive
from raumpost.services.ports import Database, Row

log = logging.getLogger(__name__)

PORTION = 200
"""Mails looked up at a time."""

_LEVELS = {
    MailOutcome.FUTURE: Level.WARNING,
    MailOutcome.NOT_THE_ROOM: Level.WARNING,
    MailOutcome.UNKNOWN: Level.INFO,
    MailOutcome.UNREADABLE: Level.WARNING,
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a mail comes to."""

    outcome: MailOutcome
    detail: str
    invitation: Invitation | None = None
    move: lifecycle.Move | None = None


def update_status(db: Database, *, imap_conn_id: str, now: datetime) -> Counter[str]:
    """Give every unread mail of an inbox its outcome; count them by outcome.

    Each mail is one transaction: its outcome, the state of its invitation, the journal and the status at
    the booking. A mail that cannot be read gets an outcome too and never blocks the next one. One reader per
    inbox works at a time: where another one does, this counts nothing.
    """
    outcomes: Counter[str] = Counter()
    with exclusive(db, f"raumpost.read.{imap_conn_id}") as alone:
        while alone and (rows := db.rows("mails_to_read", imap_conn_id=imap_conn_id, limit=PORTION)):
            for row in rows:
                [mail] = db.rows("received_mail", id=row["id"])  # one at a time: mails can be large
                outcomes[_settle(db, mail, now)] += 1
    log.info("%s: %s", imap_conn_id, ", ".join(f"{count} {name}" for name, count in outcomes.items()) or "no new mails")
    return outcomes


def _settle(db: Database, row: Row, now: datetime) -> MailOutcome:
    try:
        reading = read(bytes(row["raw"]))
        with db.transaction():
            verdict = _judge(db, row, reading, now)
            if verdict.move and not ledger.move(db, [verdict.move]):
                raise AssertionError("the invitation is locked and was read in an allowed state")
            _store(db, row, verdict, message_id=reading.message_id)
    except DatabaseUnavailable:
        raise
    except Exception:
        log.exception("Mail %d cannot be read", row["id"])
        verdict = Verdict(outcome=MailOutcome.UNREADABLE, detail="it could not be read; the raw mail is kept")
        with db.transaction():
            _store(db, row, verdict, trace=traceback.format_exc())
    return verdict.outcome


def _store(
    db: Database, row: Row, verdict: Verdict, *, message_id: str | None = None, trace: str | None = None
) -> None:
    db.run(
        "note_read",
        id=row["id"],
        outcome=verdict.outcome,
        detail=verdict.detail,
        invitation_id=verdict.invitation.id if verdict.invitation else None,
        message_id=message_id,
    )
    if verdict.move is None and (verdict.invitation or verdict.outcome in _LEVELS):
        _note(db, row, verdict, trace)


def _note(db: Database, row: Row, verdict: Verdict, trace: str | None) -> None:
    level = _LEVELS.get(verdict.outcome, Level.INFO)
    message = f"mail {row['id']}: {verdict.detail}"
    if verdict.invitation:
        entry = ledger.about(verdict.invitation, level=level, step="read", message=message)
    else:
        entry = ledger.JournalEntry(level=level, step="read", message=message, detail=trace)
    ledger.write(db, [entry])


def _judge(db: Database, row: Row, reading: Reading, now: datetime) -> Verdict:
    """Decide in the order of INTEROP R: which invitation, who, which revision, in which order, what."""
    if not reading.replies:
        return Verdict(outcome=MailOutcome.OTHER, detail=f"no answer: “{reading.subject}”")
    reply = reading.replies[0]
    invitation = None
    if reply.uid:
        ids = [found["id"] for found in db.rows("lock_invitation_by_uid", uid=reply.uid)]
        invitation = next(iter(ledger.load(db, ids)), None)
    if invitation is None:
        return Verdict(outcome=MailOutcome.UNKNOWN, detail=f"answers UID {reply.uid}, which Raumpost never sent")
    stamp = AnswerStamp(dtstamp=reply.dtstamp, date=reading.date or row["received_at"], mail_id=row["id"])
    return _judge_reply(invitation, reading, reply, stamp, now)


def _judge_reply(invitation: Invitation, reading: Reading, reply: Reply, stamp: AnswerStamp, now: datetime) -> Verdict:
    def verdict(outcome: MailOutcome, detail: str) -> Verdict:
        return Verdict(outcome=outcome, detail=detail, invitation=invitation)

    room = invitation.address.lower()
    if room not in reading.senders:
        return verdict(MailOutcome.NOT_THE_ROOM, f"comes from {_listed(reading.senders)}, not from {room}")
    attendee = _attendee(reply, room)
    if attendee is None:
        listed = _listed({one.address for one in reply.attendees if one.address})
        return verdict(MailOutcome.NOT_THE_ROOM, f"answers for {listed}, not for {room}")
    revision = _revision(invitation, reply, stamp)
    if revision is None or revision > _last_tried(invitation):
        return verdict(MailOutcome.FUTURE, f"answers revision {reply.sequence}, which was never sent")
    if revision < invitation.sequence or invitation.method is Method.CANCEL:
        return verdict(MailOutcome.STALE, f"answers revision {revision} with {attendee.partstat}; it has been replaced")
    if attendee.partstat not in set(Answer):
        return verdict(MailOutcome.NO_ANSWER, f"says {attendee.partstat or 'nothing'}: neither yes nor no")
    said = Answer(attendee.partstat)
    if (known := invitation.answer_stamp) and invitation.answer_sequence == invitation.sequence:
        if not stamp.is_after(known):
            return verdict(MailOutcome.SUPERSEDED, f"says {said}, but a later answer is known")
        if (said, stamp.dtstamp, stamp.date) == (invitation.answer, known.dtstamp, known.date):
            return verdict(MailOutcome.SUPERSEDED, f"says {said} once more; the same answer is known")
    comment = reply.comment or attendee.comment
    move = lifecycle.answer(invitation, said=said, comment=comment, stamp=stamp, now=now)
    return Verdict(outcome=MailOutcome.APPLIED, detail=said, invitation=invitation, move=move)


def _attendee(reply: Reply, room: str) -> Attendee | None:
    """Give the room's ATTENDEE; where a system leaves it out, the sender has decided already (R3)."""
    if not reply.attendees:
        return Attendee(address=room, partstat=None, comment=None)
    return next((one for one in reply.attendees if one.address == room), None)


def _revision(invitation: Invitation, reply: Reply, stamp: AnswerStamp) -> int | None:
    """Give the revision that a reply is about; without SEQUENCE the last one known to have left (R4).

    While a revision is on its way, an answer written after that revision is taken for an answer to it.
    """
    if reply.sequence is not None:
        return reply.sequence
    written = stamp.dtstamp or stamp.date
    if invitation.state is State.SENDING and invitation.dtstamp and written >= invitation.dtstamp:
        return invitation.sequence
    return invitation.left_sequence


def _last_tried(invitation: Invitation) -> int:
    """Give the highest revision that the room can have seen: an answer may come before our own record of sending."""
    if invitation.may_have_left or invitation.attempts > 0:
        return invitation.sequence
    return -1 if invitation.left_sequence is None else invitation.left_sequence


def _listed(addresses: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(addresses)) or "nobody"
