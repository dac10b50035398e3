"""What became of the demo's bookings, as a table."""

from collections.abc import Sequence
from typing import NamedTuple

from psycopg2.extensions import connection as Connection

from sandbox.bookings import ROOMS

FINAL = {"accepted", "tentative", "declined", "failed", "cancelled"}
_DIALECTS = {room.name: room.dialect for room in ROOMS if room.exists}
_COLUMNS = ("event", "room · dialect", "invitation", "answer")


class Line(NamedTuple):
    """A booking in a room, with what became of it."""

    booking: str
    room: str
    invitation: str
    """Empty if the room was never invited."""
    status: str
    message: str


def lines(connection: Connection) -> list[Line]:
    """Read the status of each booking; of those the rooms were never invited to, only future ones."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES)
        return [Line(*row) for row in cursor.fetchall()]


_LINES = """
SELECT coalesce(i.summary, e.title), r.name,
    coalesce(i.method || ' ' || i.sequence, ''),
    coalesce(s.status, ''),
    coalesce(s.message_en, CASE WHEN l.id IS NULL THEN 'room not linked' ELSE 'older than the link: not invited' END)
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
FULL JOIN (booking.event AS e JOIN booking.event_room AS er ON er.event_id = e.id)
    ON i.kind = 'event' AND i.source_id = e.id AND m.room_id = er.room_id
JOIN booking.room AS r ON r.id = coalesce(m.room_id, er.room_id)
LEFT JOIN raumpost.room_mailbox AS l ON l.room_id = r.id
LEFT JOIN raumpost.preexisting AS p ON p.room_mailbox_id = l.id AND p.kind = 'event' AND p.source_id = e.id
LEFT JOIN booking.status AS s ON s.kind = i.kind AND s.id = i.source_id AND s.room_id = m.room_id
WHERE i.id IS NOT NULL OR e.ends_at > now() AND (l.id IS NULL OR p.source_id IS NOT NULL)
ORDER BY coalesce(i.starts_at, e.starts_at), 1, 2
"""


def table(found: Sequence[Line]) -> str:
    """Write lines below each other."""
    rows = [
        (_short(line.booking, 44), spoken(line.room), line.invitation or "-", _short(line.message, 74))
        for line in found
    ]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    ruler = tuple("-" * width for width in widths)
    texts = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (_COLUMNS, ruler, *rows)
    )
    return "\n" + "\n".join(texts) + "\n"


def spoken(room: str) -> str:
    """Name a room with the dialect of its mailbox."""
    dialect = _DIALECTS.get(room)
    return f"{room} · {dialect}" if dialect else room


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
