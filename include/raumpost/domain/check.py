"""What a check found: one line per thing that was looked at, and what to do where it is not well."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from raumpost.domain.errors import RaumpostError
from raumpost.domain.message import Message

SEE_WHY = "see why; then check again"
"""What to do where nothing better is known."""


class CheckStatus(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and somebody should look at it; a run stays green."""
    NOT_OK = "not ok"
    """It does not work: somebody must act."""


class Subject(StrEnum):
    """What kind of thing was checked."""

    SMTP = "smtp"
    """An SMTP interface, by the name of its connection."""
    IMAP = "imap"
    """An IMAP interface, by the name of its connection."""
    LINK = "link"
    """A room mailbox, by its address."""
    CANARY = "canary"
    """The trial booking in a room mailbox, by its address."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the result."""

    what: str
    """Which step or property of the subject."""
    status: CheckStatus
    why: str
    """What was seen."""
    remedy: str = ""
    """What to do; empty where nothing is to be done."""


def ok(what: str, why: str) -> Finding:
    """Say that something is well, and by what that was seen."""
    return Finding(what=what, status=CheckStatus.OK, why=why)


def warning(what: str, why: str, remedy: str) -> Finding:
    """Say that something works, and should be looked at."""
    return Finding(what=what, status=CheckStatus.WARNING, why=why, remedy=remedy)


def not_ok(what: str, why: str, remedy: str) -> Finding:
    """Return that something does not work."""
    return Finding(what=what, status=CheckStatus.NOT_OK, why=why, remedy=remedy)


def failed(what: str, error: RaumpostError) -> Finding:
    """Return that something does not work, by the error that shows it."""
    return not_ok(what, error.why, error.remedy or SEE_WHY)


def worst(findings: Sequence[Finding]) -> CheckStatus:
    """Return the status of the whole."""
    statuses = {finding.status for finding in findings}
    return next((one for one in (CheckStatus.NOT_OK, CheckStatus.WARNING) if one in statuses), CheckStatus.OK)


@dataclass(frozen=True, kw_only=True)
class Observation:
    """A finding before it is worded."""

    what: Message
    status: CheckStatus
    why: Message
    remedy: Message | None = None
