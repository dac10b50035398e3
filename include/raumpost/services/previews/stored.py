"""Previews in the database: what a person was shown, and what became of each item."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from raumpost.domain.model import BookingKey, Level
from raumpost.services.ports import Database, Row
from raumpost.services.previews.markdown import Preview
from raumpost.services.store.journal import JournalEntry, write_journal
from raumpost.services.store.rows import booking_key

log = logging.getLogger(__name__)

PORTION = 1000
"""Items applied in one transaction."""


class Outcome(StrEnum):
    """What became of something that was shown."""

    INVITED = "invited"
    INVITED_CHANGED = "invited-changed"
    """Invited as it stands now: it changed after it was shown."""
    INVITED_ALREADY = "invited-already"
    """Somebody else, or a change of the booking, was faster."""
    NOT_WANTED = "not-wanted"
    """Gone, cancelled, over, or its link is gone or leaves it out."""
    RESET = "reset"
    APPROVED = "approved"
    MOVED_ON = "moved-on"
    """Changed, answered, or dealt with by somebody else after it was shown."""


class Item(NamedTuple):
    """One booking in one room mailbox, or the invitation that this is by its generation."""

    room_mailbox_id: int
    key: BookingKey
    generation: int = 0


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A preview that has been stored."""

    id: int
    count: int
    preview: Preview


def begin(db: Database, verb: str) -> int:
    """Make a preview to keep what is shown; return its number."""
    return int(db.rows("store_preview", verb=verb)[0]["id"])


def add(db: Database, preview: int, items: Mapping[Item, str]) -> None:
    """Keep what is shown, with a fingerprint each."""
    db.run("store_preview_items", preview=preview, fingerprints=list(items.values()), **columns(items))


def take(db: Database, preview: int, verb: str) -> dict[Item, str]:
    """Lock a portion of what waits to be applied; return the fingerprints of what was shown."""
    found = db.rows("lock_preview", preview=preview, verb=verb, limit=PORTION)
    return {item(row): row["fingerprint"] for row in found}


def settle(db: Database, preview: int, outcomes: Mapping[Item, Outcome]) -> None:
    """Note what became of items."""
    db.run("settle_preview", preview=preview, outcomes=list(outcomes.values()), **columns(outcomes))


def finish(db: Database, preview: int, step: str, *, done: int) -> dict[Outcome, int]:
    """Count the outcomes of a preview, and write about them if anything was done."""
    found = {Outcome(row["outcome"]): row["items"] for row in db.rows("preview_outcomes", preview=preview)}
    if done:
        message = f"preview {preview} applied: {', '.join(f'{count} {outcome}' for outcome, count in found.items())}"
        write_journal(db, [JournalEntry(level=Level.INFO, step=step, message=message)])
        log.info("%s", message)
    else:
        log.info("Preview %d: nothing is left to apply", preview)
    return found


def item(row: Row) -> Item:
    """Return the item of a row."""
    return Item(row["room_mailbox_id"], booking_key(row), row["generation"])


def columns(items: Iterable[Item]) -> dict[str, Sequence[object]]:
    """Return items as the parameters of the statements that tell generations apart."""
    listed = list(items)
    return {**bookings_of(listed), "generations": [one.generation for one in listed]}


def bookings_of(items: Iterable[Item]) -> dict[str, Sequence[object]]:
    """Return items as the parameters of the statements for which every generation is the same booking."""
    listed = list(items)
    return {
        "room_mailbox_ids": [one.room_mailbox_id for one in listed],
        "kinds": [one.key.kind for one in listed],
        "source_ids": [one.key.source_id for one in listed],
    }
