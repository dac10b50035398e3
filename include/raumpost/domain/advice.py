"""Why an invitation is where it is, and what to do next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from raumpost.domain.hints import hint_for
from raumpost.domain.message import Message, message
from raumpost.domain.model import MAX_ATTEMPTS, Answer, Invitation, Method, State

PATIENCE = timedelta(hours=24)
"""A room that answers by itself does so within minutes."""


class Advice(NamedTuple):
    """Two sentences for an operator."""

    why: Message
    next: Message


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What is known of an invitation beside the invitation itself."""

    now: datetime
    active: bool
    """Of the link; False: sending is paused."""
    sent_at: datetime | None
    comment: str | None
    withheld: bool = False
    """Its booking is gone, and the guard holds its cancellation back."""


_NOTHING = message("advice.nothing")
_WAIT = message("advice.wait")
_FIX = message("advice.fix")


def advise(invitation: Invitation, about: Circumstances) -> Advice:
    """Return why the invitation is in its state, and what to do."""
    revision = f"{invitation.method} {invitation.sequence}"
    if about.withheld:
        return Advice(message("advice.withheld"), message("advice.withheld.next"))
    match invitation.state:
        case State.PENDING:
            return _pending(invitation, about, revision)
        case State.SENDING:
            return Advice(message("advice.sending", revision=revision), message("advice.sending.next"))
        case State.SENT:
            return _sent(invitation, about, revision)
        case State.ANSWERED:
            return _answered(invitation, about, revision)
        case State.FAILED:
            return Advice(
                message("advice.failed", revision=revision, error=invitation.shown_error), message("advice.failed.next")
            )
        case State.WITHDRAWN:
            if invitation.exposed_sequence is None:
                return Advice(message("advice.never-sent"), _NOTHING)
            return Advice(message("advice.withdrawn", revision=revision), _NOTHING)


def _pending(invitation: Invitation, about: Circumstances, revision: str) -> Advice:
    if invitation.method is Method.CANCEL:
        what = message("advice.cancellation", revision=revision)
    else:
        what = message("advice.invitation", revision=revision)
    error = invitation.last_error
    if not about.active:
        return Advice(
            message("advice.inactive", what=what, address=invitation.address), message("advice.inactive.next")
        )
    if invitation.attempts:
        attempt = invitation.attempts
        return Advice(
            message("advice.attempt-failed", attempt=attempt, most=MAX_ATTEMPTS, revision=revision, error=error),
            message("advice.attempt-failed.next"),
        )
    if error:
        return Advice(message("advice.not-prepared", revision=revision, error=error), _FIX)
    return Advice(message("advice.pending", what=what), message("advice.pending.next"))


def _sent(invitation: Invitation, about: Circumstances, revision: str) -> Advice:
    if about.sent_at is None or about.now - about.sent_at < PATIENCE:
        return Advice(message("advice.sent", revision=revision), _WAIT)
    hours = (about.now - about.sent_at) // timedelta(hours=1)
    return Advice(
        message("advice.unanswered", revision=revision, hours=hours),
        message("advice.unanswered.next", address=invitation.address),
    )


def _answered(invitation: Invitation, about: Circumstances, revision: str) -> Advice:
    def why(said: Message) -> Message:
        return message("advice.with-comment", said=said, comment=about.comment) if about.comment else said

    match invitation.answer:
        case Answer.ACCEPTED:
            return Advice(why(message("advice.accepted", revision=revision)), _NOTHING)
        case Answer.TENTATIVE:
            return Advice(why(message("advice.tentative", revision=revision)), message("advice.tentative.next"))
        case _:
            hint = hint_for(about.comment)
            remedy = message("advice.hint", hint=hint.what, setting=hint.setting) if hint else message("advice.look")
            return Advice(why(message("advice.declined", revision=revision)), message("advice.ask", remedy=remedy))
