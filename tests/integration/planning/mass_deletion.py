"""A room with many bookings, and what a test does with them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from raumpost.adapters.postgres import Database
from raumpost.services.planning.held_cancellations import held_cancellations
from tests.database import NOW, Campus
from tests.main_job import deliver, run_pass

DAY = timedelta(days=1)


HOUR = timedelta(hours=1)


def sent_by_pass(db: Database, *, now: datetime = NOW, budget: int = 5000, **options: Any) -> list[str]:
    """Gather, and send all that is given; return the subjects in order."""
    return deliver(db, run_pass(db, now=now, lease=HOUR, budget=budget, **options), now=now)


def book(campus: Campus, room: int, number: int, *, first: int = 0) -> list[int]:
    """Book a room on so many days in a row."""
    return [
        campus.event(room, starts=NOW + (day + 1) * DAY, title=f"day {day}") for day in range(first, first + number)
    ]


def delete(campus: Campus, events: Iterable[int]) -> None:
    campus.sql("DELETE FROM booking.event WHERE id = ANY(%(ids)s)", ids=list(events))


def restore(campus: Campus, events: Iterable[int], room: int) -> None:
    """Put deleted events back as they were."""
    for event in events:
        campus.sql(
            "INSERT INTO booking.event (id, title, starts_at, ends_at) "
            "SELECT source_id, summary, starts_at, ends_at FROM raumpost.invitation "
            "WHERE kind = 'event' AND source_id = %(id)s",
            id=event,
        )
        campus.sql("INSERT INTO booking.event_room VALUES (%(event)s, %(room)s)", event=event, room=room)


def methods(campus: Campus, events: Iterable[int]) -> set[str]:
    rows = campus.sql(
        "SELECT DISTINCT method FROM raumpost.invitation WHERE kind = 'event' AND source_id = ANY(%(ids)s)",
        ids=list(events),
    )
    return {row["method"] for row in rows}


def withheld(db: Database) -> list[tuple[str, int, int]]:
    return [(one.address, one.withheld, one.known) for one in held_cancellations(db, now=NOW)]


def words(campus: Campus, event: int) -> tuple[str, str, str]:
    [row] = campus.sql("SELECT status, message_de, message_en FROM booking.status WHERE id = %(id)s", id=event)
    return row["status"], row["message_de"], row["message_en"]
