"""Read the worlds for the checker, with SQL of its own."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import psycopg2
import psycopg2.extras

from tests.faults.reading import message_id_of
from tests.faults.world import Answer, Booking, Invitation, Line, Received, Sent, Status, Transfer, Try, World

_BOOKINGS = """
SELECT m.address, 'event-' || e.id AS key, e.starts_at AS starts, e.ends_at AS ends,
    CASE WHEN e.confidential THEN 'Belegt' ELSE e.title END AS summary
FROM booking.event AS e
JOIN booking.event_room AS er ON er.event_id = e.id
JOIN raumpost.room_mailbox AS m ON m.room_id = er.room_id
WHERE NOT e.cancelled AND e.ends_at > %(now)s
UNION ALL
SELECT m.address, 'block-' || b.id, b.starts_at, b.ends_at, 'Raumsperre: ' || b.reason
FROM booking.room_block AS b
JOIN raumpost.room_mailbox AS m ON m.room_id = b.room_id
WHERE m.include_blocks AND b.ends_at > %(now)s
"""
_INVITATIONS = """
SELECT i.id, i.uid, m.address, i.kind || '-' || i.source_id AS key, i.method, i.sequence, i.resend, i.state,
    i.attempts, i.answer, i.answer_sequence, i.comment
FROM raumpost.invitation AS i JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
ORDER BY i.id
"""
_JOURNAL = """
SELECT id, invitation_id AS invitation, step, message, coalesce(dag_run, '') AS run FROM raumpost.journal ORDER BY id
"""
_SENT = """
SELECT invitation_id AS invitation, sequence, resend, outcome FROM raumpost.mail WHERE direction = 'out'
"""
_RECEIVED = "SELECT id, raw, outcome FROM raumpost.mail WHERE direction = 'in'"
_STATUSES = """
SELECT m.address, s.kind || '-' || s.id AS key, s.status, s.message_en AS words
FROM booking.status AS s JOIN raumpost.room_mailbox AS m ON m.room_id = s.room_id
"""


def snapshot(
    uri: str,
    *,
    now: datetime,
    transfers: Sequence[Transfer],
    arrivals: Sequence[Transfer],
    answers: Sequence[Answer],
    inbox: Sequence[str],
    tries: Mapping[str, Try],
) -> World:
    """Read bookings and database as they are at the moment `now`; the rest comes from the world outside."""
    with closing(psycopg2.connect(uri)) as connection:

        def rows(statement: str) -> list[dict[str, Any]]:
            with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                cursor.execute(statement, {"now": now})
                return [dict(row) for row in cursor]

        return World(
            now=now,
            bookings=[Booking(**row) for row in rows(_BOOKINGS)],
            invitations=[Invitation(**row) for row in rows(_INVITATIONS)],
            journal=[Line(**row) for row in rows(_JOURNAL)],
            sent=[Sent(**row) for row in rows(_SENT)],
            received=[
                Received(id=row["id"], message_id=message_id_of(bytes(row["raw"])), outcome=row["outcome"])
                for row in rows(_RECEIVED)
            ],
            statuses=[Status(**row) for row in rows(_STATUSES)],
            transfers=transfers,
            arrivals=arrivals,
            answers=answers,
            inbox=inbox,
            tries=tries,
        )
