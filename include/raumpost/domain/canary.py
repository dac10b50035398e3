"""A canary: a trial booking that shows whether a room mailbox answers. Where it goes, and what its answer tells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from raumpost.domain import hints
from raumpost.domain.check import CheckStatus, Observation
from raumpost.domain.hints import hint_for
from raumpost.domain.message import Message, message
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
    """Return the night that is, or comes next, as far as it still lies ahead."""
    earliest = now + EARLIEST
    local = earliest.astimezone(zone)
    first = local.date() - timedelta(days=local.time() < NIGHT_ENDS)
    begins, ends = _night_after(first, zone)
    if ends - earliest < 2 * LENGTH:
        begins, ends = _night_after(first + timedelta(days=1), zone)
    return Slot(max(begins, earliest), ends)


def observation_about(replies: Sequence[CanaryReply], canary: Canary) -> Observation:
    """Return what the room made of its canary, or what probably kept it from answering."""
    what = message("canary.booking", starts_at=canary.slot.starts_at)
    if canary.sent_at is None:
        why, remedy = message("canary.not-accepted", error=canary.error), message("canary.not-accepted.remedy")
        return Observation(what=what, status=CheckStatus.NOT_OK, why=why, remedy=remedy)
    best = min(replies, key=lambda one: (_ORDER.index(one.kind), one.received_at), default=None)
    if best is None:
        why = message("canary.no-answer", after=_duration(canary.answer_by - canary.created_at))
        return Observation(what=what, status=CheckStatus.NOT_OK, why=why, remedy=message("canary.no-answer.remedy"))
    if best.kind is ReplyKind.ANSWER and best.answer:
        return _answered(what, best.answer, best.said, _duration(best.received_at - canary.sent_at))
    why, remedy = _other_reply(best.kind, best.said or message("canary.no-reason"))
    return Observation(what=what, status=CheckStatus.NOT_OK, why=why, remedy=remedy)


def _other_reply(kind: ReplyKind, said: str | Message) -> tuple[Message, Message]:
    match kind:
        case ReplyKind.BOUNCE:
            return message("canary.bounced", said=said), message("canary.bounced.remedy")
        case ReplyKind.STRANGER:
            return message("canary.stranger", said=said), message("canary.stranger.remedy")
        case ReplyKind.UNCLEAR:
            return message("canary.unclear", said=said), message("canary.unclear.remedy")
        case ReplyKind.DELAY:
            return message("canary.delayed", said=said), message("canary.delayed.remedy")
        case _:
            return message("canary.notice", said=said), message("canary.notice.remedy")


_ORDER = (ReplyKind.ANSWER, ReplyKind.BOUNCE, ReplyKind.STRANGER, ReplyKind.UNCLEAR, ReplyKind.DELAY, ReplyKind.NOTICE)
_HARMLESS = (hints.WORKING_HOURS, hints.CONFLICT)
"""Refusals that come of the hour that a canary must take."""


def _answered(what: Message, answer: Answer, comment: str, after: Message) -> Observation:
    if answer is Answer.ACCEPTED:
        return Observation(what=what, status=CheckStatus.OK, why=message("canary.accepted", after=after))
    if answer is Answer.TENTATIVE:
        why = _with_reason(message("canary.tentative", after=after), comment)
        return Observation(what=what, status=CheckStatus.WARNING, why=why, remedy=message("canary.tentative.remedy"))
    hint = hint_for(comment)
    why = _with_reason(message("canary.declined", after=after), comment)
    remedy = message("canary.hint", hint=hint.what, setting=hint.setting) if hint else message("canary.ask")
    if hint in _HARMLESS:
        return Observation(
            what=what, status=CheckStatus.WARNING, why=message("canary.harmless", why=why), remedy=remedy
        )
    return Observation(what=what, status=CheckStatus.NOT_OK, why=why, remedy=remedy)


def _with_reason(why: Message, comment: str) -> Message:
    return message("canary.with-reason", why=why, reason=comment) if comment else why


def _duration(spent: timedelta) -> Message:
    seconds = max(round(spent.total_seconds()), 0)  # the mail server's clock may be slow
    if seconds < 120:
        return message("canary.seconds", seconds=seconds)
    return message("canary.minutes", minutes=seconds // 60, seconds=seconds % 60)


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
