"""The table of transitions: from which states each may start, and where it may lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from raumpost.domain.columns import Columns
from raumpost.domain.feedback import Feedback
from raumpost.domain.message import Message
from raumpost.domain.model import Invitation, Level, State


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
    message: Message
    """For the journal."""
    feedback: Feedback
    """For the person who booked."""

    def __post_init__(self) -> None:
        if self.target not in RULES[self.transition].targets:
            raise ValueError(f"{self.transition} does not lead to {self.target}")
