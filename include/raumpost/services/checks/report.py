"""Report what a run of the check found."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raumpost.domain.check import CheckStatus, Line, lines, table
from raumpost.services.checks import results as check_results
from raumpost.services.ports import Database

log = logging.getLogger(__name__)


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
    shown = lines(found)
    log.info("What was checked:\n%s", table(shown))
    counts = {status: sum(one.status is status for _, _, one in found) for status in CheckStatus}
    return Report(counts=counts, lines=shown)
