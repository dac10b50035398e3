"""Send the mails of a batch, one at a time: claim, hand over, record the outcome, each committed at once."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from raumpost.domain import lifecycle
from raumpost.domain.errors import BatchIncomplete, InterfaceUnavailable, MaybeSent, NotSent
from raumpost.domain.model import Invitation, MailOutcome, State
from raumpost.domain.transitions import Move
from raumpost.services.ports import Database, Mailer
from raumpost.services.sending.render import render_batch
from raumpost.services.sending.rescue import rescue
from raumpost.services.store.invitations import carry_out, load_invitations
from raumpost.services.store.locking import exclusive

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What became of a batch in one attempt."""

    sent: int
    remaining: int
    """To be tried again."""
    failed: int
    """Given up after the fifth attempt."""


def send_batch(
    db: Database,
    *,
    batch: int,
    mailer: Mailer,
    clock: Callable[[], datetime],
    lease: timedelta,
    default_time_zone: str,
    until: datetime | None = None,
    cleared: bool = False,
) -> Sent:
    """Send what is left of a batch and record each outcome at once.

    With `cleared` a person cleared the task instance, which resets the failed invitations of the batch. What has
    no mail, after a reset or because it could not be rendered, is rendered first. After `until` nothing
    more is begun, so that no time-out strikes in the middle of a mail.
    Raises BatchIncomplete, at the end, when anything was not sent.
    """
    with exclusive(db, f"raumpost.batch.{batch}") as alone:
        if not alone:
            raise BatchIncomplete(f"batch {batch} is being sent by another process", retry=True)
        _take_over(db, batch, clock() + lease, cleared)
        render_batch(db, batch=batch, now=clock(), default_time_zone=default_time_zone, only_missing=True)
        sent = _send_each(db, batch, mailer, clock, lease, until)
        db.run("extend_lease", batch=batch, lease_until=clock() + lease)
        remaining = len(_ids(db, batch, State.PENDING, State.SENDING))
        result = Sent(sent=sent, remaining=remaining, failed=len(_ids(db, batch, State.FAILED)))
    log.info("Batch %d: %d sent, %d to be tried again, %d failed", batch, result.sent, result.remaining, result.failed)
    if result.remaining or result.failed:
        raise BatchIncomplete(
            f"batch {batch}: {result.sent} sent, {result.remaining} to be tried again, {result.failed} failed for good",
            remedy="the reasons are above and in raumpost.journal",
            retry=result.remaining > 0,
        )
    return result


def _take_over(db: Database, batch: int, lease_until: datetime, cleared: bool) -> None:
    """Take back what a dead predecessor left claimed; holding the lock, nobody else can be sending it."""
    with db.transaction():
        rescue(db, [row["id"] for row in db.rows("lock_orphans_of_batch", batch=batch)], in_batch=batch)
        if cleared:
            failed = load_invitations(db, _ids(db, batch, State.FAILED))
            resets = [lifecycle.reset(one, batch=batch, lease_until=lease_until) for one in failed]
            carry_out(db, resets, in_batch=batch)
    db.run("extend_lease", batch=batch, lease_until=lease_until)


def _send_each(
    db: Database, batch: int, mailer: Mailer, clock: Callable[[], datetime], lease: timedelta, until: datetime | None
) -> int:
    sent = 0
    unavailable: InterfaceUnavailable | None = None
    for read in load_invitations(db, _ids(db, batch, State.PENDING)):
        if until and clock() >= until:
            log.warning("Batch %d: out of time; the rest is for the next attempt", batch)
            break
        taken = _claim(db, lifecycle.claim(read, lease_until=clock() + lease), batch)
        if not taken:
            continue  # changed or answered meanwhile
        claimed, mail = taken
        if not db.rows("still_claimed", id=claimed.id, batch=batch, sequence=claimed.sequence):
            log.warning("%s: answered, or taken over, while this process slept", claimed)
            continue
        try:
            if unavailable:
                raise unavailable
            if mail is None:
                raise NotSent(read.last_error or "it could not be rendered; see raumpost.journal")
            mailer.send(mail, sender=claimed.organizer or "", recipient=claimed.address)
        except NotSent as exc:
            _record_failure(db, claimed, str(exc), may_be_known=False)
        except InterfaceUnavailable as exc:
            unavailable = exc  # spare the others the timeout; each still counts its attempt
            _record_failure(db, claimed, str(exc), may_be_known=False)
        except MaybeSent as exc:
            _record_failure(db, claimed, str(exc), may_be_known=True)
        except Exception as exc:
            log.exception("%s (%s): unexpected error", claimed, claimed.uid)
            _record_failure(db, claimed, f"{type(exc).__name__}: {exc}", may_be_known=True)
        else:
            _record(db, claimed, lifecycle.confirm(claimed, now=clock()), MailOutcome.SENT)
            sent += 1
    return sent


def _claim(db: Database, claim: Move, batch: int) -> tuple[Invitation, bytes | None] | None:
    """Claim an invitation; return it as claimed and its mail, if it has one, or None when it did not move.

    In one transaction: whoever falls asleep in between must not read a revision that somebody else claims by then.
    """
    with db.transaction():
        if not carry_out(db, [claim], in_batch=batch):
            return None
        (claimed,) = load_invitations(db, [claim.invitation.id])
        mail = db.rows("rendered_mail", id=claimed.id, sequence=claimed.sequence, resend=claimed.resend)
    return claimed, bytes(mail[0]["raw"]) if mail else None


def _record_failure(db: Database, invitation: Invitation, error: str, *, may_be_known: bool) -> None:
    log.warning("%s (%s): %s", invitation, invitation.uid, error)
    move = lifecycle.fall_back(invitation, error=error, may_be_known=may_be_known)
    _record(db, invitation, move, MailOutcome.UNCERTAIN if may_be_known else MailOutcome.NOT_SENT, error)


def _record(db: Database, invitation: Invitation, move: Move, outcome: MailOutcome, detail: str | None = None) -> None:
    revision = {"id": invitation.id, "sequence": invitation.sequence, "resend": invitation.resend}
    with db.transaction():
        # It does not move where an answer came first, nor where this process slept so long that another batch has it:
        # then only that its mail may have left is news
        if carry_out(db, [move], in_batch=invitation.batch) or outcome is not MailOutcome.NOT_SENT:
            db.run("note_mail_outcome", **revision, outcome=outcome, detail=detail)


def _ids(db: Database, batch: int, *states: State) -> list[int]:
    return [row["id"] for row in db.rows("batch_in_state", batch=batch, states=list(states))]
