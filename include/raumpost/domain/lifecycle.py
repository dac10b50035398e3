"""The lifecycle of an invitation: every transition, and the only place that decides a new state.

State is ours, answer is the room's. Each function here returns a `Move`; the statement `transition` in
sql/queries/ carries it out: guarded by the allowed sources, with its journal row and the status at
the booking. A move that finds the row in another state changes nothing: somebody else took it, and that
is not an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from raumpost.domain.columns import Columns
from raumpost.domain.feedback import UNDELIVERABLE, Feedback, feedback, hint_of
from raumpost.domain.hints import Hint
from raumpost.domain.model import (
    MAX_ATTEMPTS,
    Answer,
    AnswerStamp,
    Content,
    Invitation,
    Level,
    Method,
    State,
)
from raumpost.domain.text import shortened


class Transition(StrEnum):
    """The ways in which an invitation moves on."""

    CLAIM = "claim"
    CONFIRM = "confirm"
    DEFER = "defer"
    FAIL = "fail"
    RESCUE = "rescue"
    ANSWER = "answer"
    BOUNCE = "bounce"
    CHANGE = "change"
    ABANDON = "abandon"
    RESET = "reset"
    RESTORE = "restore"


class Rule(NamedTuple):
    """From which states a transition may start and where it may lead."""

    sources: frozenset[State]
    targets: frozenset[State]


_S = State
RULES: Mapping[Transition, Rule] = {
    Transition.CLAIM: Rule(frozenset({_S.PENDING}), frozenset({_S.SENDING})),
    Transition.CONFIRM: Rule(frozenset({_S.SENDING}), frozenset({_S.SENT, _S.WITHDRAWN})),
    Transition.DEFER: Rule(frozenset({_S.SENDING}), frozenset({_S.PENDING})),
    Transition.FAIL: Rule(frozenset({_S.SENDING}), frozenset({_S.FAILED})),
    Transition.RESCUE: Rule(frozenset({_S.SENDING}), frozenset({_S.PENDING, _S.FAILED})),
    Transition.ANSWER: Rule(
        frozenset({_S.SENDING, _S.PENDING, _S.SENT, _S.ANSWERED, _S.FAILED}), frozenset({_S.ANSWERED})
    ),
    # Nobody answers a CANCEL: its bounce is the only word against "cancellation sent" (INTEROP W16).
    Transition.BOUNCE: Rule(frozenset({_S.SENDING, _S.SENT, _S.WITHDRAWN}), frozenset({_S.FAILED})),
    Transition.CHANGE: Rule(frozenset(State) - {_S.SENDING}, frozenset({_S.PENDING})),
    Transition.ABANDON: Rule(frozenset({_S.PENDING, _S.FAILED}), frozenset({_S.WITHDRAWN})),
    Transition.RESET: Rule(frozenset({_S.FAILED}), frozenset({_S.PENDING})),
    Transition.RESTORE: Rule(frozenset(State), frozenset({_S.PENDING})),
}


@dataclass(frozen=True, kw_only=True)
class Move:
    """One transition of one invitation, ready to be carried out."""

    invitation: Invitation
    transition: Transition
    target: State
    columns: Columns
    """Further columns with their new values."""
    level: Level
    message: str
    feedback: Feedback

    def __post_init__(self) -> None:
        if self.target not in RULES[self.transition].targets:
            raise ValueError(f"{self.transition} does not lead to {self.target}")


_NO_LEASE: Columns = {"batch": None, "lease_until": None}


def claim(invitation: Invitation, *, lease_until: datetime) -> Move:
    """Record the intent to send before the SMTP dialogue starts; this counts as an attempt."""
    attempt = invitation.attempts + 1
    return _move(
        invitation,
        Transition.CLAIM,
        State.SENDING,
        {"attempts": attempt, "lease_until": lease_until},
        f"sending {_revision(invitation)}, attempt {attempt} of {MAX_ATTEMPTS}",
    )


def confirm(invitation: Invitation, *, now: datetime) -> Move:
    """Record that the mail server took the mail (SMTP 250)."""
    columns: Columns = {
        **_NO_LEASE,
        "exposed_sequence": invitation.sequence,
        "sent_sequence": invitation.sequence,
        "sent_at": now,
        "first_message_id": invitation.first_message_id or invitation.message_id,
        "last_error": None,
    }
    if invitation.method is Method.CANCEL:
        columns |= {"held_from": None, "held_until": None}
        target, words = State.WITHDRAWN, "cancellation sent; no room answers one"
    else:
        target, words = State.SENT, "sent; the room's answer is outstanding"
    return _move(invitation, Transition.CONFIRM, target, columns, f"{_revision(invitation)} {words}")


def fall_back(invitation: Invitation, *, error: str, may_be_known: bool) -> Move:
    """Record a failed attempt: try again later, or give up after the fifth.

    The lease stays with the batch, because Airflow retries the batch; a failed row keeps its batch too, so
    that clearing the task instance finds it again.
    """
    columns: Columns = {"last_error": error}
    if may_be_known:
        columns["exposed_sequence"] = invitation.sequence
    if invitation.attempts < MAX_ATTEMPTS:
        message = f"{_revision(invitation)} not sent, attempt {invitation.attempts} of {MAX_ATTEMPTS}: {error}"
        return _move(invitation, Transition.DEFER, State.PENDING, columns, message, Level.WARNING, error=error)
    return _give_up(invitation, Transition.FAIL, columns, error)


def rescue(invitation: Invitation) -> Move:
    """Take back an invitation whose worker died between claim and outcome: the mail may have left.

    The batch stays: `send` goes on with it, and `gather` leases it anew because its lease has expired.
    """
    error = "the worker stopped before it could record the outcome; the mail may have left"
    columns: Columns = {"exposed_sequence": invitation.sequence, "last_error": error}
    if invitation.attempts < MAX_ATTEMPTS:
        message = f"{_revision(invitation)} will be tried again: {error}"
        return _move(invitation, Transition.RESCUE, State.PENDING, columns, message, Level.WARNING, error=error)
    return _give_up(invitation, Transition.RESCUE, columns, error)


def answer(invitation: Invitation, *, said: Answer, comment: str | None, stamp: AnswerStamp, now: datetime) -> Move:
    """Store the room's answer to the current revision. It proves that the mail arrived.

    A refusal that names a known policy of rooms gets a hint what to change there.
    """
    hint = hint_of(invitation, said=said, comment=comment)
    accepted = said is Answer.ACCEPTED
    columns: Columns = {
        **_NO_LEASE,
        "exposed_sequence": invitation.sequence,
        "sent_sequence": invitation.sequence,
        "first_message_id": invitation.first_message_id or invitation.message_id,
        "last_error": None,
        "answer": said,
        "answer_sequence": invitation.sequence,
        "answered_at": now,
        "answer_dtstamp": stamp.dtstamp,
        "answer_date": stamp.date,
        "answer_mail_id": stamp.mail_id,
        "comment": comment,
        "held_from": invitation.content.starts_at if accepted else None,
        "held_until": invitation.content.ends_at if accepted else None,
    }
    if invitation.sent_sequence != invitation.sequence:
        columns["sent_at"] = now
    reason = f": {shortened(comment)}" if comment else ""
    advice = f"; hint: {hint.english} ({hint.setting})" if hint else ""
    return _move(
        invitation,
        Transition.ANSWER,
        State.ANSWERED,
        columns,
        f"the room answered {_revision(invitation)} with {said}{reason}{advice}",
        Level.WARNING if said is Answer.DECLINED else Level.INFO,
        said=said,
        comment=comment,
        hint=hint,
    )


def bounce(invitation: Invitation, *, reason: str) -> Move:
    """Record that the current mail came back: a person mends the cause and resets it.

    The mail counts as having left all the same: a later answer to it stays possible, and a number is never
    used again. `reason` names the address and what the mail server said.
    """
    columns: Columns = {"last_error": f"{UNDELIVERABLE}{reason}", "exposed_sequence": invitation.sequence}
    held = "the room may still hold the slot; " if invitation.method is Method.CANCEL else ""
    return _move(
        invitation,
        Transition.BOUNCE,
        State.FAILED,
        columns,
        f"{_revision(invitation)} came back undeliverable: {reason}; {held}mend the cause and reset it",
        Level.ERROR,
        error=reason,
        undeliverable=True,
    )


def change(invitation: Invitation, *, method: Method, content: Content) -> Move:
    """Want another revision. It takes a new SEQUENCE if the room may know the last one (INTEROP W9).

    After a restore the room may also know revisions of which we do not.
    """
    sequence = invitation.sequence + 1 if invitation.may_be_known else invitation.sequence
    sequence = max(sequence, invitation.sequence_floor)
    what = "to be withdrawn" if method is Method.CANCEL else f"wanted {_slot(content)}"
    return _move(
        invitation,
        Transition.CHANGE,
        State.PENDING,
        {
            **_NO_LEASE,
            "method": method,
            "sequence": sequence,
            "summary": content.summary,
            "description": content.description,
            "booked_by": content.booked_by,
            "starts_at": content.starts_at,
            "ends_at": content.ends_at,
            "all_day": content.all_day,
            "time_zone": content.time_zone,
            "confidential": content.confidential,
            "attempts": 0,
            "last_error": None,
        },
        f"booking changed: {what} as revision {sequence}",
        method=method,
        sequence=sequence,
    )


def abandon(invitation: Invitation, *, why: str = "booking gone") -> Move:
    """Give up an invitation of which nothing ever left: the booking is gone or over, and the room knows nothing."""
    columns: Columns = {**_NO_LEASE, "method": Method.CANCEL, "attempts": 0, "last_error": None}
    return _move(
        invitation, Transition.ABANDON, State.WITHDRAWN, columns, f"{why} before anything was sent: nothing to do"
    )


def reset(invitation: Invitation, *, batch: int | None = None, lease_until: datetime | None = None) -> Move:
    """Give a failed invitation five new attempts, with a new Message-ID (the recycle symbol).

    With `batch` it stays in the batch whose task instance was cleared.
    """
    columns: Columns = {
        "batch": batch,
        "lease_until": lease_until,
        "attempts": 0,
        "resend": invitation.resend + 1,
        "last_error": None,
    }
    return _move(
        invitation, Transition.RESET, State.PENDING, columns, f"{_revision(invitation)} reset: to be sent again"
    )


def restore(invitation: Invitation, *, sequence: int) -> Move:
    """Tell the room anew after the database was restored: what became of this invitation since the dump is not known.

    `sequence` is above all that may have been sent meanwhile. The room may know the invitation, whatever the dump says.
    """
    columns: Columns = {
        **_NO_LEASE,
        "sequence": sequence,
        "exposed_sequence": invitation.sequence,
        "attempts": 0,
        "last_error": None,
    }
    return _move(
        invitation,
        Transition.RESTORE,
        State.PENDING,
        columns,
        f"database restored: {invitation.method} to be sent anew as revision {sequence}",
        sequence=sequence,
    )


def _give_up(invitation: Invitation, transition: Transition, columns: Columns, error: str) -> Move:
    message = f"{_revision(invitation)} given up after {MAX_ATTEMPTS} attempts: {error}; mend the cause and reset it"
    return _move(invitation, transition, State.FAILED, columns, message, Level.ERROR, error=error)


def _move(
    invitation: Invitation,
    transition: Transition,
    target: State,
    columns: Columns,
    message: str,
    level: Level = Level.INFO,
    *,
    method: Method | None = None,
    sequence: int | None = None,
    said: Answer | None = None,
    comment: str | None = None,
    hint: Hint | None = None,
    error: str | None = None,
    undeliverable: bool = False,
) -> Move:
    return Move(
        invitation=invitation,
        transition=transition,
        target=target,
        columns=columns,
        level=level,
        message=f"{invitation}: {message}",
        feedback=feedback(
            target,
            method=method or invitation.method,
            sequence=_told_sequence(invitation, sequence),
            answer=said,
            comment=comment,
            hint=hint,
            error=error,
            undeliverable=undeliverable,
        ),
    )


def _told_sequence(invitation: Invitation, wanted: int | None) -> int:
    """Give 0 for a first invitation, whatever its SEQUENCE: after a restore none begins at 0."""
    if invitation.exposed_sequence is None:
        return 0
    return invitation.sequence if wanted is None else wanted


def _revision(invitation: Invitation) -> str:
    return f"{invitation.method} {invitation.sequence}"


def _slot(content: Content) -> str:
    return f"{content.starts_at:%Y-%m-%d %H:%M %Z} to {content.ends_at:%Y-%m-%d %H:%M %Z}"
