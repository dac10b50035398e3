"""Decide what a bounce, or a notice of delay, comes to (INTEROP R, bounces)."""

from raumpost.domain import lifecycle
from raumpost.domain.model import Invitation, Level, MailOutcome, Method, State
from raumpost.domain.transitions import RULES, Transition
from raumpost.itip.reading import MailKind
from raumpost.services.answers.decision import Decision, UnreadMail
from raumpost.services.answers.find_bounced import Bounced

MAX_REASON = 300


def decide_bounce(mail: UnreadMail, bounced: Bounced | str) -> Decision:
    """Decide what a bounce or a delay comes to; `bounced` may say why no invitation was found."""
    is_delay = mail.reading.kind is MailKind.DELAY
    outcome = MailOutcome.DELAY if is_delay else MailOutcome.BOUNCE
    if isinstance(bounced, str):
        return Decision(outcome=outcome, detail=f"{_why(mail, None)}; {bounced}")
    invitation = bounced.invitation
    why = _why(mail, invitation)
    answered = invitation.method is Method.REQUEST and invitation.answer_sequence == invitation.sequence
    if is_delay:
        level = Level.WARNING if bounced.current and not answered else Level.INFO
        return Decision(outcome=outcome, detail=f"delayed: {why}", invitation=invitation, level=level)
    if not bounced.current:
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
