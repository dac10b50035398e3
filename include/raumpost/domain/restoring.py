"""Which numbers are safe after the database was restored from a dump. Pure."""

from datetime import UTC, datetime

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""Before any dump."""


def sequence_floor(highest: int, now: datetime) -> int:
    """Return a SEQUENCE above all that may have been sent, also by what has been forgotten.

    It counts seconds, and no invitation gets a new revision every second: so it also exceeds whatever followed an
    earlier restore, from the same dump or another one. It fits into 31 bits (RFC 5545 section 3.3.8) until 2094.
    """
    return max(highest + 1, int((now - BEGINNING).total_seconds()))
