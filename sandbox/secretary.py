"""Somebody who goes on booking for as long as the demo stays."""

import random
from datetime import datetime, time, timedelta

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from sandbox.bookings import EARLIER, ROOMS, TIME_ZONE, World, insert, local


class Secretary:
    """Works on the bookings for as long as the demo stays, one step at a time.

    The same `chance`, bookings and times give the same steps.
    """

    _SUBJECTS = ("Vorlesung", "Seminar", "Übung", "Tutorium", "Prüfung", "Besprechung", "Kolloquium")
    _FIELDS = ("Statistik", "Baukonstruktion", "Völkerrecht", "Thermodynamik", "Französisch", "Robotik")

    def __init__(self, world: World, chance: random.Random) -> None:
        usable = [room.name for room in ROOMS if room.linked and room.exists and not room.smtp_conn_id]
        self._rooms = {world.rooms[name]: name for name in usable}
        self._left_alone = [world.events[key] for key in (*(plan.key for plan in EARLIER), "returned")]
        """What a person tries out: older bookings, which a change would invite, and one that failed."""
        self._chance = chance

    def step(self, connection: Connection, now: datetime) -> str:
        """Book, change, move or cancel one random future event; return a sentence that describes it."""
        with connection, connection.cursor() as cursor:
            cursor.execute(
                """SELECT e.id, e.title, min(er.room_id)
                   FROM booking.event AS e JOIN booking.event_room AS er ON er.event_id = e.id
                   WHERE e.starts_at > %s AND NOT e.cancelled AND NOT e.all_day AND e.id <> ALL(%s)
                   GROUP BY e.id, e.title
                   HAVING count(*) = 1 AND min(er.room_id) = ANY(%s)
                   ORDER BY e.id""",
                (now, self._left_alone, list(self._rooms)),
            )
            events = cursor.fetchall()
            act = self._chance.choice((self._book, self._book, self._change, self._move, self._cancel))
            if not events or act == self._book:
                return self._book(cursor, now)
            event_id, title, room_id = self._chance.choice(events)
            if act == self._change:
                return self._change(cursor, event_id, title)
            if act == self._move:
                return self._move(cursor, event_id, title, room_id)
            return self._cancel(cursor, event_id, title, room_id)

    def _book(self, cursor: Cursor, now: datetime) -> str:
        title = f"{self._chance.choice(self._SUBJECTS)} {self._chance.choice(self._FIELDS)}"
        room_id = self._chance.choice(list(self._rooms))
        day = now.astimezone(TIME_ZONE).date() + timedelta(days=self._chance.randint(1, 28))
        starts_at = local(day, time(self._chance.randint(8, 18), self._chance.choice((0, 15))))
        ends_at = starts_at + timedelta(minutes=self._chance.choice((45, 90, 120)))
        event_id = insert(
            cursor,
            """INSERT INTO booking.event (title, booked_by, starts_at, ends_at)
               VALUES (%s, 'Sekretariat', %s, %s) RETURNING id""",
            title, starts_at, ends_at,
        )  # fmt: skip
        cursor.execute("INSERT INTO booking.event_room (event_id, room_id) VALUES (%s, %s)", (event_id, room_id))
        return f"booked “{title}” in {self._rooms[room_id]}, {_words(starts_at, ends_at)}"

    def _change(self, cursor: Cursor, event_id: int, title: str) -> str:
        shift = timedelta(minutes=self._chance.choice((30, 60, 1440)))  # never back, which could be the past
        cursor.execute(
            """UPDATE booking.event SET starts_at = starts_at + %(shift)s, ends_at = ends_at + %(shift)s
               WHERE id = %(id)s RETURNING starts_at, ends_at""",
            {"shift": shift, "id": event_id},
        )
        row = cursor.fetchone()
        assert row is not None  # the row was read in this transaction, and nobody else deletes here
        return f"changed “{title}” to {_words(*row)}"

    def _move(self, cursor: Cursor, event_id: int, title: str, room_id: int) -> str:
        target = self._chance.choice([room for room in self._rooms if room != room_id])
        cursor.execute("UPDATE booking.event_room SET room_id = %s WHERE event_id = %s", (target, event_id))
        return f"moved “{title}” from {self._rooms[room_id]} to {self._rooms[target]}"

    def _cancel(self, cursor: Cursor, event_id: int, title: str, room_id: int) -> str:
        if self._chance.random() < 0.5:
            cursor.execute("UPDATE booking.event SET cancelled = true WHERE id = %s", (event_id,))
            return f"cancelled “{title}” in {self._rooms[room_id]}"
        cursor.execute("DELETE FROM booking.event WHERE id = %s", (event_id,))
        return f"deleted “{title}” in {self._rooms[room_id]}"


def _words(starts_at: datetime, ends_at: datetime) -> str:
    first, last = starts_at.astimezone(TIME_ZONE), ends_at.astimezone(TIME_ZONE)
    return f"{first:%d.%m.%Y %H:%M} to {last:%H:%M}"
