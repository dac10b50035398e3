"""Report what a run of the check found."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from raumpost.domain.check import CheckStatus, Finding, Subject
from raumpost.services.checks import results as check_results
from raumpost.services.ports import Database

log = logging.getLogger(__name__)


class Line(NamedTuple):
    """A line of the table: what, ok or not ok, why, what to do."""

    what: str
    status: str
    why: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one run found."""

    counts: Mapping[CheckStatus, int]
    """Findings by status."""
    lines: Sequence[Line]

    @property
    def troubles(self) -> list[Line]:
        """Return the lines of what does not work."""
        return [line for line in self.lines if line.status == CheckStatus.NOT_OK]


def report(db: Database) -> Report:
    """Log a table of what this run found, and return it."""
    found = check_results.load(db, of_this_run=True)
    shown = _lines(found)
    log.info("What was checked:\n%s", _table(shown))
    counts = {status: sum(one.status is status for _, _, one in found) for status in CheckStatus}
    return Report(counts=counts, lines=shown)


def _lines(found: Sequence[tuple[Subject, str, Finding]]) -> list[Line]:
    """Write findings for people; room mailboxes without a trouble are only counted."""
    troubled = {(kind, name) for kind, name, one in found if one.status is not CheckStatus.OK}
    shown = [
        Line(f"{_NAMES[kind]} {name}: {one.what}", one.status, one.why, one.remedy)
        for kind, name, one in found
        if kind is not Subject.LINK or one.status is not CheckStatus.OK
    ]
    if well := {name for kind, name, _ in found if kind is Subject.LINK and (kind, name) not in troubled}:
        shown.append(Line(f"{len(well)} room mailboxes", CheckStatus.OK, "nothing to complain about", ""))
    return shown or [Line("room mailboxes", CheckStatus.OK, "there is none", "link a room with mailbox_link")]


def _table(rows: Sequence[Line]) -> str:
    """Write lines below each other, for a log."""
    whole = [Line("what", "status", "why", "what to do"), *rows]
    first, second = (max(len(row[column]) for row in whole) for column in (0, 1))
    return "\n".join(
        f"{row.what:{first}} | {row.status:{second}} | {row.why}{f' → {row.remedy}' if row.remedy else ''}"
        for row in whole
    )


_NAMES = {
    Subject.SMTP: "SMTP interface",
    Subject.IMAP: "IMAP interface",
    Subject.LINK: "room mailbox",
    Subject.CANARY: "canary in",
}
