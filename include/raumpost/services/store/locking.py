"""One worker at a time at one thing, whatever the scheduler starts."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from raumpost.domain.errors import DatabaseUnavailable
from raumpost.services.ports import Database


@contextmanager
def exclusive(db: Database, name: str) -> Iterator[bool]:
    """Hold a named lock of the database session; return False where somebody else holds it.

    A dead worker's session ends, and its locks with it.
    """
    taken = bool(db.rows("try_lock", name=name)[0]["taken"])
    try:
        yield taken
    finally:
        if taken:
            with suppress(DatabaseUnavailable):  # then the lock is gone with the session
                db.rows("unlock", name=name)
