"""A canary: a trial booking that shows whether a room mailbox answers. Where it goes, and what its answer tells."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from raumpost.domain import hints
from raumpost.domain.check import Finding, not_ok, ok, warning
from raumpost.domain.hints import Hint, hint_for
from raumpost.domain.model import Answer

LENGTH = timedelta(minutes=15)
NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
"""By the clock of the room."""
EARLIEST = timedelta(hours=2)
"""From now until the slot: it must still lie ahead when it is cancelled."""


class Slot(NamedTuple):
    """A time in a room; the end is exclusive."""

    starts_at: datetime
    ends_at: datetime


class CanaryState(StrEnum):
    """How far a canary has come."""

    BOOKING = "booking"
    """Its mail is about to leave. `send` moves it on; where its worker died, the clean-up does."""
    NOT_SENT = "not-sent"
    """The mail server refused it: nothing is to be cancelled."""
    BOOKED = "booked"
    """The room may hold the slot. The cancellation moves it on."""
    CANCELLED = "cancelled"
    """The cancellation was sent."""
    OVER = "over"
    """The slot had passed before it could be cancelled."""


class ReplyKind(StrEnum):
    """What came back about a canary."""

    ANSWER = "answer"
    BOUNCE = "bounce"
    DELAY = "delay"
    NOTICE = "notice"
    """An automatic reply, or a receipt."""
    STRANGER = "stranger"
    """An answer from an address that is not the room's."""
    UNCLEAR = "unclear"
    """From the room, but neither yes nor no."""


@dataclass(frozen=True, kw_only=True)
class CanaryReply:
    """One mail that came back."""

    kind: ReplyKind
    received_at: datetime
    answer: Answer | None = None
    said: str = ""


@dataclass(frozen=True, kw_only=True)
class Canary:
    """One trial booking of one room mailbox."""

    id: int
    room_mailbox_id: int
    address: str
    room_name: str
    time_zone: str | None
    imap_conn_id: str
    smtp_conn_id: str
    uid: str
    organizer: str
    organizer_name: str
    slot: Slot
    state: CanaryState
    after_mail: int
    """The newest mail known when it was booked."""
    sent_at: datetime | None
    created_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    error: str | None


def free_slot(taken: Sequence[Slot], *, zone: tzinfo, now: datetime) -> Slot | None:
    """Find a free quarter of an hour in the coming night; the hours that people use least come first."""
    for start in _candidates(now, zone):
        end = start + LENGTH
        if all(end <= one.starts_at or one.ends_at <= start for one in taken):
            return Slot(start, end)
    return None


def night(now: datetime, zone: tzinfo) -> Slot:
    """Give the night that is, or comes next, as far as it still lies ahead."""
    earliest = now + EARLIEST
    local = earliest.astimezone(zone)
    first = local.date() - timedelta(days=local.time() < NIGHT_ENDS)
    begins, ends = _night_after(first, zone)
    if ends - earliest < 2 * LENGTH:
        begins, ends = _night_after(first + timedelta(days=1), zone)
    return Slot(max(begins, earliest), ends)


def finding_about(replies: Sequence[CanaryReply], canary: Canary, *, worded: Callable[[Hint], str]) -> Finding:
    """Say what the room made of its canary, or what probably kept it from answering."""
    what = f"trial booking {canary.slot.starts_at:%Y-%m-%d %H:%M} UTC"
    if canary.sent_at is None:
        return not_ok(
            what, f"the mail was not accepted: {canary.error}", "see what this check says of the SMTP interface"
        )
    best = min(replies, key=lambda one: (_ORDER.index(one.kind), one.received_at), default=None)
    if best is None:
        return not_ok(
            what,
            f"no answer within {_duration(canary.answer_by - canary.created_at)}",
            "see whether this room mailbox books by itself (Exchange: AutomateProcessing AutoAccept), takes mail from "
            "the technical user, and answers to the mailbox that the IMAP interface reads; a slow room gets more "
            "canary_minutes",
        )
    if best.kind is ReplyKind.ANSWER and best.answer:
        return _answered(what, best.answer, best.said, _duration(best.received_at - canary.sent_at), worded)
    said = best.said or "no reason given"
    match best.kind:
        case ReplyKind.BOUNCE:
            return not_ok(
                what, f"the mail came back: {said}", "correct the address, or let the room mailbox take the mail"
            )
        case ReplyKind.STRANGER:
            return not_ok(
                what, f"an answer came from {said}, which is not this room", "if it is the room's, add it as an alias"
            )
        case ReplyKind.UNCLEAR:
            return not_ok(what, f"the room says neither yes nor no: {said}", "let the room mailbox decide by itself")
        case ReplyKind.DELAY:
            return not_ok(what, f"the mail has not arrived yet: {said}", "wait for the mail server, then check again")
        case _:
            return not_ok(
                what,
                f"only an automatic reply or receipt came: {said}",
                "this is a mailbox of a person, or one that does not book by itself: make it a room mailbox",
            )


_ORDER = (ReplyKind.ANSWER, ReplyKind.BOUNCE, ReplyKind.STRANGER, ReplyKind.UNCLEAR, ReplyKind.DELAY, ReplyKind.NOTICE)
_HARMLESS = (hints.WORKING_HOURS, hints.CONFLICT)
"""Refusals that come of the hour that a canary must take."""


def _answered(what: str, answer: Answer, comment: str, after: str, worded: Callable[[Hint], str]) -> Finding:
    reason = f": {comment}" if comment else ""
    if answer is Answer.ACCEPTED:
        return ok(what, f"accepted after {after}")
    if answer is Answer.TENTATIVE:
        return warning(
            what, f"tentative after {after}{reason}", "a person decides for this room; let it decide by itself"
        )
    hint = hint_for(comment)
    refused = f"declined after {after}{reason}"
    if hint in _HARMLESS:
        return warning(what, f"the way there and back works, but: {refused}", worded(hint) if hint else "")
    remedy = worded(hint) if hint else "ask who runs the room mailbox why it refuses"
    return not_ok(what, refused, remedy)


def _duration(spent: timedelta) -> str:
    seconds = max(round(spent.total_seconds()), 0)  # the mail server's clock may be slow
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min {seconds % 60} s"


def _candidates(now: datetime, zone: tzinfo) -> Iterator[datetime]:
    begins, ends = night(now, zone)
    first = datetime.combine(ends.astimezone(zone).date(), time(3), zone).astimezone(UTC)
    quarters = (ends - begins) // LENGTH + 1
    starts = [_quarter(begins) + number * LENGTH for number in range(quarters)]
    fitting = [one for one in starts if begins <= one and one + LENGTH <= ends]
    yield from sorted(fitting, key=lambda one: abs(one - first))


def _quarter(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def _night_after(day: date, zone: tzinfo) -> Slot:
    begins = datetime.combine(day, NIGHT_BEGINS, zone)
    ends = datetime.combine(day + timedelta(days=1), NIGHT_ENDS, zone)
    return Slot(begins.astimezone(UTC), ends.astimezone(UTC))
