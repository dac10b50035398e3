"""One way to ask a person: list what an action would do, keep and show the list, apply exactly that once approved."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from raumpost.services.ports import Database
from raumpost.services.previews import stored as previews
from raumpost.services.previews.markdown import Preview
from raumpost.services.previews.stored import Item, Outcome, Shown

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What an action would do."""

    portions: Iterable[Mapping[Item, str]]
    """The items, with a fingerprint each. All of them may be more than fits into memory."""
    preview: Callable[[], Preview]
    """Returns what a person is shown, once all portions have been taken."""


class Action(ABC):
    """Something done by hand.

    Each has a file here, which offers it as ACTION, and a DAG, whose id is `mailbox_` and the name of the file.
    """

    verb: ClassVar[str]
    """Its name in raumpost.preview."""
    step: ClassVar[str]
    """Its name in raumpost.journal."""

    @abstractmethod
    def list(self, db: Database, params: Mapping[str, Any], *, now: datetime, default_time_zone: str) -> Listing:
        """Read the parameters of the DAG and list what the action would do; change nothing.

        Raises ConfigurationError, which says all that is wrong at once.
        """

    @abstractmethod
    def question(self, *, count: int, rooms: int) -> str:
        """Return what a person is asked about so many items in so many room mailboxes."""

    @abstractmethod
    def apply(
        self, db: Database, shown: Mapping[Item, str], *, now: datetime, default_time_zone: str
    ) -> Mapping[Item, Outcome]:
        """Do it to a portion of what was shown, inside a transaction; return what became of every item.

        What has changed since it was shown has another fingerprint now.
        """


def show(db: Database, action: Action, listing: Listing) -> Shown:
    """Keep what an action would do, and return it with what a person is shown; change nothing else."""
    count = 0
    with db.transaction():
        stored = previews.begin(db, action.verb)
        for items in listing.portions:
            previews.add(db, stored, items)
            count += len(items)
    preview = listing.preview()
    log.info("Preview %d (%s): %d in %d room mailboxes", stored, action.verb, count, len(preview.per_room))
    return Shown(id=stored, count=count, preview=preview)


def apply(db: Database, action: Action, *, preview: int, now: datetime, default_time_zone: str) -> dict[Outcome, int]:
    """Do exactly what was shown, in portions; return how many items came to which outcome.

    Doing it again changes nothing: it goes on where it stopped.
    """
    done = 0
    while True:
        with db.transaction():
            shown = previews.take(db, preview, action.verb)
            if not shown:
                break
            settled = action.apply(db, shown, now=now, default_time_zone=default_time_zone)
            previews.settle(db, preview, settled)
            done += len(shown)
    return previews.finish(db, preview, action.step, done=done)
