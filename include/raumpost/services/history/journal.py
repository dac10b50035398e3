"""Read the journal page by page, quickly however long it has become."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from raumpost.domain.model import BookingKind, Level
from raumpost.services.ports import Database, Row

REACH = 50_000
"""Lines in which one page looks for a text."""


@dataclass(frozen=True, kw_only=True)
class LineFilter:
    """Which lines are wanted; None: whatever it is."""

    level: Level | None = None
    """This level or a worse one."""
    mailbox: int | None = None
    invitation: int | None = None
    kind: BookingKind | None = None
    source_id: int | None = None
    """With `kind`: the booking."""
    step: str | None = None
    dag: str | None = None
    run: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    text: str | None = None
    """Part of the message, upper or lower case."""


@dataclass(frozen=True, kw_only=True)
class LinePage:
    """A page of lines, newest first; the ids from which the next pages go on, None where there is none."""

    lines: Sequence[Row]
    older: int | None
    newer: int | None
    gave_up: bool
    """The text was looked for as far as REACH allows; there may be more behind `older`."""


def read_lines(
    db: Database, wanted: LineFilter, *, limit: int, before: int | None = None, after: int | None = None
) -> LinePage:
    """Return the newest lines, or those next to a line: before it, or after it, in time."""
    reach = REACH if wanted.text else limit + 1
    rows = db.rows("find_lines", **asdict(wanted), before=before, after=after, reach=reach, limit=limit + 1)
    looked, last = rows[0]["looked"], rows[0]["last"]
    found = [row for row in rows if row["id"] is not None]
    more = len(found) > limit
    gave_up = not more and bool(wanted.text) and looked == reach
    if after is not None:
        lines = found[-limit:] if more else found
        on = lines[0]["id"] if more else last if gave_up else None
        return LinePage(lines=lines, newer=on, older=lines[-1]["id"] if lines else after + 1, gave_up=gave_up)
    lines = found[:limit]
    on = lines[-1]["id"] if more else last if gave_up else None
    newer = None if before is None else lines[0]["id"] if lines else before - 1
    return LinePage(lines=lines, newer=newer, older=on, gave_up=gave_up)
