"""What is written at the booking: a status and a sentence."""

import re
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from raumpost.domain.hints import Hint, hint_for
from raumpost.domain.message import Message, message
from raumpost.domain.model import Answer, Invitation, Method, State
from raumpost.domain.text import shortened


class Feedback(NamedTuple):
    """What is written at a booking: one of the statuses of the contract, and a sentence."""

    status: str
    message: Message


WITHHELD = message("status.withheld")
"""The booking is gone, and the guard has not let its cancellation through: the room still holds the slot."""


def feedback(
    state: State,
    *,
    method: Method,
    sequence: int,
    answer: Answer | None = None,
    comment: str | None = None,
    hint: Hint | None = None,
    error: str | None = None,
    undeliverable: bool = False,
) -> Feedback:
    """Return what the state of an invitation means to the person who booked.

    With `undeliverable` the error is what a mail server said when the mail came back.
    """
    error = shortened(error) if error else None
    match state:
        case State.PENDING | State.SENDING:
            said = _pending(method, sequence)
            return Feedback("pending", message("status.last-attempt", status=said, error=error) if error else said)
        case State.SENT:
            return Feedback("sent", message("status.sent"))
        case State.ANSWERED:
            if answer is None:
                raise ValueError("an answered invitation has an answer")
            status, said = _ANSWERED[answer]
            if comment:
                said = message("status.with-reason", status=said, reason=shortened(comment))
            if hint:
                said = message("status.with-hint", status=said, hint=hint.what)
            return Feedback(status, said)
        case State.FAILED:
            return Feedback("failed", _failed(method, error or "", undeliverable))
        case State.WITHDRAWN:
            return Feedback("cancelled", message("status.cancelled"))


def remarked(invitation: Invitation, remark: Message) -> Feedback:
    """Add a remark, which changes no state, to what is said of the state that an invitation is in."""
    known = standing(invitation)
    return Feedback(known.status, message("status.remarked", status=known.message, remark=remark))


def standing(invitation: Invitation) -> Feedback:
    """Return what the state that an invitation is in means."""
    return feedback(
        invitation.state,
        method=invitation.method,
        sequence=invitation.sequence,
        answer=invitation.answer,
        comment=invitation.comment,
        hint=hint_of(invitation, said=invitation.answer, comment=invitation.comment),
        error=invitation.last_error or "",
        undeliverable=invitation.bounced,
    )


def hint_of(invitation: Invitation, *, said: Answer | None, comment: str | None) -> Hint | None:
    """Return what to change at the room, if it refuses by one of its known policies.

    Many refusals quote the title, and a title such as “Belegt” or “Konfliktmanagement” is no reason.
    """
    if said is not Answer.DECLINED or not comment:
        return None
    title = invitation.content.summary
    quoted = title and title != comment and re.compile(rf"(?<!\w){re.escape(title)}(?!\w)")
    return hint_for(quoted.sub(" ", comment) if quoted else comment)


def proposal(start: datetime | None, *, zone: tzinfo, comment: str | None) -> Message:
    """Report that the room proposes another time; `start` is in the time zone of the room, or as the room wrote it."""
    local = start
    if start and start.tzinfo:
        with suppress(OverflowError):  # at the very end of the calendar: then as the room wrote it
            local = start.astimezone(zone)
    if local is None:
        remark = message("status.proposal")
    elif local.tzinfo is UTC:
        remark = message("status.proposal-at-utc", at=local)
    else:
        remark = message("status.proposal-at", at=local)
    return _with_comment(remark, comment)


def delegation(delegate: str | None, *, comment: str | None) -> Message:
    """Report that the room handed the invitation on."""
    remark = message("status.delegated", to=delegate) if delegate else message("status.delegated-to-somebody")
    return _with_comment(remark, comment)


def _with_comment(remark: Message, comment: str | None) -> Message:
    return message("status.with-comment", remark=remark, comment=shortened(comment)) if comment else remark


_ANSWERED = {
    Answer.ACCEPTED: ("accepted", message("status.accepted")),
    Answer.TENTATIVE: ("tentative", message("status.tentative")),
    Answer.DECLINED: ("declined", message("status.declined")),
}


def _pending(method: Method, sequence: int) -> Message:
    if method is Method.CANCEL:
        return message("status.cancellation-pending")
    if sequence == 0:
        return message("status.invitation-pending")
    return message("status.update-pending")


def _failed(method: Method, error: str, undeliverable: bool) -> Message:
    if not undeliverable:
        return message("status.failed", error=error)
    if method is Method.CANCEL:
        return message("status.cancellation-undeliverable", error=error)
    return message("status.undeliverable", error=error)
