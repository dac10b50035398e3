"""Find the invitation whose mail came back; it stays locked (INTEROP R, bounces)."""

from dataclasses import dataclass
from datetime import timedelta

from raumpost.domain.model import Invitation, State
from raumpost.itip.authentication import refusal
from raumpost.services.answers.decision import UnreadMail
from raumpost.services.ports import Database
from raumpost.services.store.invitations import load_invitations

LONGEST_TRAVEL = timedelta(days=7)
"""How long before a bounce its mail can have been sent; mail servers give up after five days or sooner."""

CLOCKS_DIFFER = timedelta(seconds=30)
"""How far behind our own time a bounce may be dated; a Date header has no fractions of a second anyway."""


@dataclass(frozen=True, kw_only=True)
class Bounced:
    """The invitation whose mail came back."""

    invitation: Invitation
    current: bool
    """It is the mail of the wanted revision and resend, as far as anybody can know."""


def find_bounced(db: Database, mail: UnreadMail) -> Bounced | str:
    """Find it by the Message-ID of our mail, else by our UID, else by recipient and time, or say why there is none."""
    return _by_message_id(db, mail) or _by_uid(db, mail) or _by_recipient(db, mail)


def _by_message_id(db: Database, mail: UnreadMail) -> Bounced | None:
    rows = db.rows("lock_invitation_by_message_id", message_id=mail.reading.original_message_id)
    for row, invitation in zip(rows, load_invitations(db, [row["id"] for row in rows]), strict=True):
        same = (row["sequence"], row["resend"]) == (invitation.sequence, invitation.resend)
        return Bounced(invitation=invitation, current=same)
    return None


def _by_uid(db: Database, mail: UnreadMail) -> Bounced | None:
    """Find it by the UID in the mail that came back.

    That of another revision than the wanted one, and a bounce that is older than our newest mail, are not about it.
    """
    rows = db.rows("lock_invitations_by_uid", uids=[mail.reading.original_uid])
    for invitation in load_invitations(db, [row["id"] for row in rows]):
        same = mail.reading.original_sequence in (None, invitation.sequence)
        current = same and invitation.dtstamp is not None and mail.written_at >= invitation.dtstamp
        return Bounced(invitation=invitation, current=current)
    return None


def _by_recipient(db: Database, mail: UnreadMail) -> Bounced | str:
    """Find the only mail to that room that is still without an answer, or say why there is none.

    Who demands proof of origin for answers gets it here too: such a bounce carries none of its own.
    """
    recipients = [one.recipient for one in mail.reading.failures if one.recipient]
    rows = db.rows(
        "lock_invitations_by_recipient",
        recipients=recipients,
        earliest=mail.written_at - LONGEST_TRAVEL,
        latest=mail.written_at + CLOCKS_DIFFER,
    )
    if not rows:
        return "no mail of ours to that address waits"
    if len(rows) > 1:
        return "several mails of ours to that address wait, and it does not say which one came back"
    if mail.authserv_id:
        domain = (mail.reading.sender or "").rpartition("@")[2]
        if doubt := refusal(
            mail.reading.authentication, authserv_id=mail.authserv_id, domain=domain, from_domain=domain
        ):
            return f"it does not say which mail came back, and cannot be trusted: {doubt}"
    [invitation] = load_invitations(db, [row["id"] for row in rows])
    if invitation.state not in {State.SENT, State.WITHDRAWN}:
        return "the only mail of ours to that address is still being sent"
    return Bounced(invitation=invitation, current=True)
