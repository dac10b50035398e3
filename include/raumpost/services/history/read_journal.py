"""Read the journal (Raumpostfach Logging) by room, booking, state, level and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from raumpost.domain.model import BookingKey, Level, State
from raumpost.services.ports import Database, Row


@dataclass(frozen=True, kw_only=True)
class JournalFilter:
    """Which lines are wanted; what is not said does not matter."""

    room_id: int | None = None
    key: BookingKey | None = None
    states: Sequence[State] = ()
    """Of the invitation, as it is now; lines about no invitation are left out then."""
    levels: Sequence[Level] = ()
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""


def read_journal(db: Database, wanted: JournalFilter, *, limit: int) -> list[Row]:
    """Give the newest lines that fit, `limit` at most, in the order in which they were written."""
    newest_first = db.rows(
        "read_journal",
        room_id=wanted.room_id,
        kind=wanted.key.kind if wanted.key else None,
        source_id=wanted.key.source_id if wanted.key else None,
        states=list(wanted.states) or None,
        levels=list(wanted.levels) or None,
        since=wanted.since,
        until=wanted.until,
        limit=limit,
    )
    return newest_first[::-1]
