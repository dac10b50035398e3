"""List bookings room by room, for a digest."""

from collections.abc import Callable, Iterable

from raumpost.services.ports import Row
from raumpost.services.store.rows import booking_key

LIMIT = 200
"""Bookings listed in one mail."""


def by_room(rows: Iterable[Row], remark: Callable[[Row], str]) -> dict[str, list[str]]:
    """Give a line per booking under the name of its room."""
    rooms: dict[str, list[str]] = {}
    for row in rows:
        line = f"{booking_key(row)} “{row['summary']}”, {row['starts_at']:%Y-%m-%d %H:%M} UTC: {remark(row)}"
        rooms.setdefault(f"{row['room_name']} ({row['address']})", []).append(line)
    return rooms
