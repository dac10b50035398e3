"""Decide what a mail comes to."""

from collections.abc import Sequence
from datetime import datetime

from raumpost.domain.model import MailOutcome
from raumpost.itip.reading import MailKind
from raumpost.services.answers.decide_bounce import decide_bounce
from raumpost.services.answers.decide_canary import decide_canary
from raumpost.services.answers.decide_reply import decide_reply
from raumpost.services.answers.decision import Decision, UnreadMail
from raumpost.services.answers.find_bounced import find_bounced
from raumpost.services.ports import Database
from raumpost.services.store.invitations import load_invitations


def decide(db: Database, mail: UnreadMail, now: datetime) -> Sequence[Decision]:
    """Return one decision for each invitation that a mail is about, or the one without any.

    The invitations are locked until the transaction around this ends.
    """
    reading = mail.reading
    if reading.kind is MailKind.UNREADABLE:
        detail = f"it could not be read, and is kept: {reading.reason}"
        return [Decision(outcome=MailOutcome.UNREADABLE, detail=detail, trace=reading.error)]
    if canary := decide_canary(db, mail):
        return [canary]
    match reading.kind:
        case MailKind.BOUNCE | MailKind.DELAY:
            return [decide_bounce(mail, find_bounced(db, mail))]
        case MailKind.AUTO_REPLY | MailKind.RECEIPT:
            return [_decide_notice(db, mail)]
    if reading.replies:
        return decide_reply(db, mail, now)
    return [Decision(outcome=MailOutcome.OTHER, detail=f"no answer: “{reading.subject}”")]


def _decide_notice(db: Database, mail: UnreadMail) -> Decision:
    """Tie an automatic reply or a receipt to the invitation that it is about; it never does more."""
    reading = mail.reading
    rows = db.rows("lock_invitation_by_message_id", message_id=reading.original_message_id)
    return Decision(
        outcome=MailOutcome.AUTO_REPLY if reading.kind is MailKind.AUTO_REPLY else MailOutcome.RECEIPT,
        detail=f"no answer, but {reading.kind}: “{reading.subject}”",
        invitation=next(iter(load_invitations(db, [row["id"] for row in rows[:1]])), None),
    )
