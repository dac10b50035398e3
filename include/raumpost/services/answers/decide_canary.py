"""Decide what a mail about a canary comes to: nothing, and above all nothing for the invitations of bookings."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from raumpost.domain.model import Level, MailOutcome
from raumpost.itip.reading import MailKind
from raumpost.services.answers.decision import Decision, UnreadMail
from raumpost.services.answers.find_bounced import LONGEST_TRAVEL
from raumpost.services.ports import Database

CLOCKS_DIFFER = timedelta(minutes=5)
"""A bounce may seem to be written before its mail was sent."""

_OUTCOMES: Mapping[MailKind, MailOutcome] = MappingProxyType(
    {
        MailKind.BOUNCE: MailOutcome.BOUNCE,
        MailKind.DELAY: MailOutcome.DELAY,
        MailKind.AUTO_REPLY: MailOutcome.AUTO_REPLY,
        MailKind.RECEIPT: MailOutcome.RECEIPT,
    }
)


def decide_canary(db: Database, mail: UnreadMail) -> Decision | None:
    """Decide what a mail about a canary comes to; None: it is about something else.

    A bounce that names neither Message-ID nor UID may be the canary's while that is without an answer. Then it fails
    no invitation: mailbox_check says what became of the canary.
    """
    reading = mail.reading
    uids = [one.uid for one in reading.replies if one.uid] + [reading.original_uid or ""]
    is_report = reading.kind in {MailKind.BOUNCE, MailKind.DELAY}
    nameless = is_report and not reading.original_message_id and not reading.original_uid
    rows = db.rows(
        "canary_behind",
        uids=uids,
        message_id=reading.original_message_id or "",
        recipients=[one.recipient for one in reading.failures if one.recipient] if nameless else [],
        earliest=mail.written_at - LONGEST_TRAVEL,
        latest=mail.written_at + CLOCKS_DIFFER,
    )
    for row in rows:
        outcome = _OUTCOMES.get(reading.kind, MailOutcome.OTHER)
        said = "may be about" if nameless else "about"
        return Decision(
            outcome=outcome, detail=f"{said} the canary of mailbox_check in {row['address']}", level=Level.INFO
        )
    return None
