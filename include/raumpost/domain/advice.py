"""Say why an invitation is where it is, and what to do next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from raumpost.domain.hints import hint_for
from raumpost.domain.model import MAX_ATTEMPTS, Answer, Invitation, Method, State

PATIENCE = timedelta(hours=24)
"""A room that answers by itself does so within minutes."""
_NOTHING = "nothing"


class Advice(NamedTuple):
    """Two sentences for an operator."""

    why: str
    next: str


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What is known of an invitation beside the invitation itself."""

    now: datetime
    active: bool
    """Of the link; False: sending is paused."""
    sent_at: datetime | None
    comment: str | None


def advise(invitation: Invitation, about: Circumstances) -> Advice:
    """Explain the state of an invitation."""
    revision = f"{invitation.method} {invitation.sequence}"
    match invitation.state:
        case State.PENDING:
            return _pending(invitation, about, revision)
        case State.SENDING:
            return Advice(
                f"a run of mailbox_processor has claimed {revision} and not yet recorded what became of it",
                "wait; if its worker died, a later run takes it back when the lease has run out",
            )
        case State.SENT:
            return _sent(invitation, about, revision)
        case State.ANSWERED:
            return _answered(invitation, about, revision)
        case State.FAILED:
            return Advice(
                f"{revision} failed: {invitation.last_error}",
                "mend the cause, then reset it with mailbox_reset_failed; a change of the booking resets it too",
            )
        case State.WITHDRAWN:
            if invitation.left_sequence is None:
                return Advice("the booking was gone or over before anything had been sent", _NOTHING)
            return Advice(f"{revision} was sent: the room is free again; no room answers a cancellation", _NOTHING)


def _pending(invitation: Invitation, about: Circumstances, revision: str) -> Advice:
    what = "the cancellation" if invitation.method is Method.CANCEL else "the invitation"
    if not about.active:
        return Advice(
            f"{what} ({revision}) waits because the link of {invitation.address} is inactive", "activate the link"
        )
    if invitation.attempts:
        return Advice(
            f"attempt {invitation.attempts} of {MAX_ATTEMPTS} to send {revision} failed: {invitation.last_error}",
            "mend the cause; the next attempt follows by itself",
        )
    if invitation.last_error:
        return Advice(f"{revision} could not be prepared: {invitation.last_error}", "mend the cause")
    return Advice(
        f"{what} ({revision}) is to be sent by the next run of mailbox_processor",
        "wait for it; if nothing happens, see whether mailbox_processor is unpaused and its runs are green",
    )


def _sent(invitation: Invitation, about: Circumstances, revision: str) -> Advice:
    if about.sent_at is None or about.now - about.sent_at < PATIENCE:
        return Advice(f"the mail server took {revision}; the room has not answered yet", "wait")
    hours = (about.now - about.sent_at) // timedelta(hours=1)
    return Advice(
        f"the mail server took {revision} {hours} hours ago, and the room has not answered",
        f"see whether {invitation.address} answers invitations by itself and whether mails of the technical user reach "
        "it; mailbox_check with canary tries it out",
    )


def _answered(invitation: Invitation, about: Circumstances, revision: str) -> Advice:
    said = f": “{about.comment}”" if about.comment else ""
    match invitation.answer:
        case Answer.ACCEPTED:
            return Advice(f"the room accepted {revision}{said}", _NOTHING)
        case Answer.TENTATIVE:
            return Advice(
                f"the room accepted {revision} tentatively{said}", "whoever decides for this room has to confirm it"
            )
        case _:
            hint = hint_for(about.comment)
            remedy = f"{hint.english} ({hint.setting})" if hint else "look into the calendar of the room"
            return Advice(f"the room declined {revision}{said}", f"{remedy}; then change the booking to ask again")
