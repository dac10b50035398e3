"""The lifecycle of an invitation: every transition, and the only place that decides a new state.

State is ours, answer is the room's. Each function here returns a `Move`; one statement carries it out: guarded by the
allowed sources, with its journal row and the status at the booking. A move that finds the row in another state changes
nothing: somebody else took it, and that is not an error.
"""

from datetime import datetime

from raumpost.domain.columns import Columns
from raumpost.domain.feedback import feedback, hint_of
from raumpost.domain.hints import Hint
from raumpost.domain.message import Message, message
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
from raumpost.domain.transitions import Move, Transition

_NO_LEASE: Columns = {"batch": None, "lease_until": None}
_NO_ERROR: Columns = {"last_error": None, "bounced": False}


def claim(invitation: Invitation, *, lease_until: datetime) -> Move:
    """Record the intent to send before the SMTP dialogue starts; this counts as an attempt."""
    attempt = invitation.attempts + 1
    return _move(
        invitation,
        Transition.CLAIM,
        State.SENDING,
        {"attempts": attempt, "lease_until": lease_until},
        message("lifecycle.claimed", revision=_revision(invitation), attempt=attempt, most=MAX_ATTEMPTS),
    )


def confirm(invitation: Invitation, *, now: datetime) -> Move:
    """Record that the mail server took the mail (SMTP 250)."""
    columns: Columns = {
        **_NO_LEASE,
        "exposed_sequence": invitation.sequence,
        "sent_sequence": invitation.sequence,
        "sent_at": now,
        "first_message_id": invitation.first_message_id or invitation.message_id,
        **_NO_ERROR,
    }
    if invitation.method is Method.CANCEL:
        columns |= {"held_from": None, "held_until": None}
        target, said = State.WITHDRAWN, message("lifecycle.cancellation-sent", revision=_revision(invitation))
    else:
        target, said = State.SENT, message("lifecycle.sent", revision=_revision(invitation))
    return _move(invitation, Transition.CONFIRM, target, columns, said)


def fall_back(invitation: Invitation, *, error: str, may_be_known: bool) -> Move:
    """Record a failed attempt: try again later, or give up after the fifth.

    The lease stays with the batch, because Airflow retries the batch; a failed row keeps its batch too, so
    that clearing the task instance finds it again.
    """
    columns: Columns = {"last_error": error}
    if may_be_known:
        columns["exposed_sequence"] = invitation.sequence
    if invitation.attempts < MAX_ATTEMPTS:
        said = message(
            "lifecycle.not-sent",
            revision=_revision(invitation),
            attempt=invitation.attempts,
            most=MAX_ATTEMPTS,
            error=error,
        )
        return _move(invitation, Transition.DEFER, State.PENDING, columns, said, Level.WARNING, error=error)
    return _give_up(invitation, Transition.FAIL, columns, error)


def rescue(invitation: Invitation, *, error: str) -> Move:
    """Take back an invitation whose worker died between claim and outcome: the mail may have left.

    `error` reports that in words. The batch stays: `send` goes on with it, and `gather` leases it again because its
    lease has expired.
    """
    columns: Columns = {"exposed_sequence": invitation.sequence, "last_error": error}
    if invitation.attempts < MAX_ATTEMPTS:
        said = message("lifecycle.rescued", revision=_revision(invitation), error=error)
        return _move(invitation, Transition.RESCUE, State.PENDING, columns, said, Level.WARNING, error=error)
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
        **_NO_ERROR,
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
    report = message("lifecycle.answered", revision=_revision(invitation), answer=said)
    if comment:
        report = message("lifecycle.with-reason", report=report, reason=shortened(comment))
    if hint:
        report = message("lifecycle.with-hint", report=report, hint=hint.what, setting=hint.setting)
    return _move(
        invitation,
        Transition.ANSWER,
        State.ANSWERED,
        columns,
        report,
        Level.WARNING if said is Answer.DECLINED else Level.INFO,
        said=said,
        comment=comment,
        hint=hint,
    )


def bounce(invitation: Invitation, *, reason: str) -> Move:
    """Record that the current mail came back: a person fixes the cause and resets it.

    The mail counts as having left all the same: a later answer to it stays possible, and a number is never
    used again. `reason` names the address and what the mail server said.
    """
    columns: Columns = {"last_error": reason, "bounced": True, "exposed_sequence": invitation.sequence}
    if invitation.method is Method.CANCEL:
        said = message("lifecycle.cancellation-bounced", revision=_revision(invitation), reason=reason)
    else:
        said = message("lifecycle.bounced", revision=_revision(invitation), reason=reason)
    return _move(
        invitation,
        Transition.BOUNCE,
        State.FAILED,
        columns,
        said,
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
    if method is Method.CANCEL:
        said = message("lifecycle.to-be-withdrawn", sequence=sequence)
    else:
        said = message("lifecycle.changed", starts_at=content.starts_at, ends_at=content.ends_at, sequence=sequence)
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
            **_NO_ERROR,
        },
        said,
        method=method,
        sequence=sequence,
    )


def abandon(invitation: Invitation, *, over: bool = False) -> Move:
    """Return up an invitation of which nothing ever left: the room knows nothing.

    Its booking is gone or, with `over`, in the past.
    """
    columns: Columns = {**_NO_LEASE, "method": Method.CANCEL, "attempts": 0, **_NO_ERROR}
    said = message("lifecycle.over") if over else message("lifecycle.gone")
    return _move(invitation, Transition.ABANDON, State.WITHDRAWN, columns, said)


def reset(invitation: Invitation, *, batch: int | None = None, lease_until: datetime | None = None) -> Move:
    """Return a failed invitation five new attempts, with a new Message-ID (the recycle symbol).

    With `batch` it stays in the batch whose task instance was cleared.
    """
    columns: Columns = {
        "batch": batch,
        "lease_until": lease_until,
        "attempts": 0,
        "resend": invitation.resend + 1,
        **_NO_ERROR,
    }
    said = message("lifecycle.reset", revision=_revision(invitation))
    return _move(invitation, Transition.RESET, State.PENDING, columns, said)


def restore(invitation: Invitation, *, sequence: int) -> Move:
    """Send it to the room again after the database was restored: what became of it since the dump is not known.

    `sequence` is above all that may have been sent meanwhile. The room may know the invitation, whatever the dump says.
    """
    columns: Columns = {
        **_NO_LEASE,
        "sequence": sequence,
        "exposed_sequence": invitation.sequence,
        "attempts": 0,
        **_NO_ERROR,
    }
    return _move(
        invitation,
        Transition.RESTORE,
        State.PENDING,
        columns,
        message("lifecycle.restored", method=invitation.method, sequence=sequence),
        sequence=sequence,
    )


def _give_up(invitation: Invitation, transition: Transition, columns: Columns, error: str) -> Move:
    said = message("lifecycle.given-up", revision=_revision(invitation), attempts=MAX_ATTEMPTS, error=error)
    return _move(invitation, transition, State.FAILED, columns, said, Level.ERROR, error=error)


def _move(
    invitation: Invitation,
    transition: Transition,
    target: State,
    columns: Columns,
    report: Message,
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
        message=report,
        feedback=feedback(
            target,
            method=method or invitation.method,
            sequence=_stated_sequence(invitation, sequence),
            answer=said,
            comment=comment,
            hint=hint,
            error=error,
            undeliverable=undeliverable,
        ),
    )


def _stated_sequence(invitation: Invitation, wanted: int | None) -> int:
    """Return 0 for a first invitation, whatever its SEQUENCE: after a restore none begins at 0."""
    if invitation.exposed_sequence is None:
        return 0
    return invitation.sequence if wanted is None else wanted


def _revision(invitation: Invitation) -> str:
    return f"{invitation.method} {invitation.sequence}"
