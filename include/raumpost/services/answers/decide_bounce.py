"""Decide what a bounce, or a notice of delay, comes to (INTEROP R, bounces)."""

from dataclasses import dataclass
from datetime import timedelta

from raumpost.domain import lifecycle
from raumpost.domain.model import Invitation, Level, MailOutcome, Method, State
from raumpost.domain.transitions import RULES, Transition
from raumpost.itip.authentication import refusal
from raumpost.itip.reading import MailKind
from raumpost.services.answers.decision import Decision, UnreadMail
from raumpost.services.ports import Database
from raumpost.services.store.invitations import load_invitations

LONGEST_TRAVEL = timedelta(days=7)
"""How long before a bounce its mail can have been sent; mail servers give up after five days or sooner."""

CLOCKS_DIFFER = timedelta(seconds=30)
"""How far behind our own time a bounce may be dated; a Date header has no fractions of a second anyway."""

MAX_REASON = 300


@dataclass(frozen=True, kw_only=True)
class _Match:
    """The invitation whose mail came back."""

    invitation: Invitation
    current: bool
    """It is the mail of the wanted revision and resend, as far as can be told."""


def decide_bounce(db: Database, mail: UnreadMail) -> Decision:
    """Decide what a bounce or a delay comes to; the invitation stays locked.

    It is found by the Message-ID of our mail, else by our UID, else by recipient and time.
    """
    is_delay = mail.reading.kind is MailKind.DELAY
    outcome = MailOutcome.DELAY if is_delay else MailOutcome.BOUNCE
    match = _by_message_id(db, mail) or _by_uid(db, mail) or _by_recipient(db, mail)
    if isinstance(match, str):
        return Decision(outcome=outcome, detail=f"{_why(mail, None)}; {match}")
    invitation = match.invitation
    why = _why(mail, invitation)
    answered = invitation.method is Method.REQUEST and invitation.answer_sequence == invitation.sequence
    if is_delay:
        level = Level.WARNING if match.current and not answered else Level.INFO
        return Decision(outcome=outcome, detail=f"delayed: {why}", invitation=invitation, level=level)
    if not match.current:
        detail = f"undeliverable: {why}; but that mail has been replaced"
        return Decision(outcome=MailOutcome.STALE, detail=detail, invitation=invitation)
    if answered:
        detail = f"undeliverable: {why}; but the room has answered"
        return Decision(outcome=MailOutcome.STALE, detail=detail, invitation=invitation)
    if invitation.state in RULES[Transition.BOUNCE].sources and _has_left(invitation):
        move = lifecycle.bounce(invitation, reason=why)
        return Decision(outcome=outcome, detail=f"undeliverable: {why}", invitation=invitation, move=move)
    return Decision(
        outcome=outcome,
        detail=f"undeliverable: {why}; the invitation is {invitation.state} all the same",
        invitation=invitation,
        level=Level.INFO if invitation.state is State.FAILED else Level.WARNING,
    )


def _by_message_id(db: Database, mail: UnreadMail) -> _Match | None:
    rows = db.rows("lock_invitation_by_message_id", message_id=mail.reading.original_message_id)
    for row, invitation in zip(rows, load_invitations(db, [row["id"] for row in rows]), strict=True):
        same = (row["sequence"], row["resend"]) == (invitation.sequence, invitation.resend)
        return _Match(invitation=invitation, current=same)
    return None


def _by_uid(db: Database, mail: UnreadMail) -> _Match | None:
    """Find it by the UID in the mail that came back.

    That of another revision than the wanted one, and a bounce that is older than our newest mail, are not about it.
    """
    rows = db.rows("lock_invitations_by_uid", uids=[mail.reading.original_uid])
    for invitation in load_invitations(db, [row["id"] for row in rows]):
        same = mail.reading.original_sequence in (None, invitation.sequence)
        current = same and invitation.dtstamp is not None and mail.written_at >= invitation.dtstamp
        return _Match(invitation=invitation, current=current)
    return None


def _by_recipient(db: Database, mail: UnreadMail) -> _Match | str:
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
    return _Match(invitation=invitation, current=True)


def _has_left(invitation: Invitation) -> bool:
    return invitation.may_be_known or invitation.state is State.SENDING


def _why(mail: UnreadMail, invitation: Invitation | None) -> str:
    """Name the address and what the mail server said of it."""
    reading = mail.reading
    room = invitation.address.lower() if invitation else None
    failures = sorted(reading.failures, key=lambda one: one.recipient != room)
    failure = failures[0] if failures else None
    recipient = (failure.recipient if failure else None) or room or "unknown recipient"
    reason = (failure.reason if failure else None) or reading.reason or ""
    status = (failure.status if failure else None) or ""
    words = reason if status in reason else f"{status} {reason}".strip()
    return f"{recipient}: {words or 'the mail server gives no reason'}"[:MAX_REASON]
