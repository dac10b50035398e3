"""What a test sees of noted changes."""

from datetime import timedelta

from raumpost.adapters.postgres import Database
from raumpost.services.planning.gather import gather
from tests.database import NOW, Campus

Change = tuple[str, int]


def queued(campus: Campus) -> list[Change]:
    """Take what is queued."""
    rows = campus.sql("DELETE FROM raumpost.booking_change RETURNING kind, source_id")
    return sorted((row["kind"], row["source_id"]) for row in rows)


def invited(campus: Campus) -> set[Change]:
    return {(row["kind"], row["source_id"]) for row in campus.sql("SELECT kind, source_id FROM raumpost.invitation")}


def gather_now(db: Database) -> None:
    gather(db, now=NOW, lease=timedelta(minutes=30), budget=500, default_time_zone="Europe/Berlin")
