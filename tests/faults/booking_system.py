"""The booking system and the operators: somebody always books, changes, moves, deletes, blocks, links."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from random import Random

import psycopg2
from psycopg2.extensions import connection as Connection

from tests.database import Campus

ROOMS = 6
INTERFACES = ("smtp_one", "smtp_two")
IMAP_CONN_ID = "imap_one"


class BookingSystem:
    """Writes into the schema booking, in transactions that may stay open for a while, or that are taken back.

    A step that a fault of the database interrupts did not happen.
    """

    def __init__(self, uri: str, dice: Random) -> None:
        self.done: Counter[str] = Counter()
        self._uri = uri
        self._dice = dice
        self._open: list[tuple[int, Connection]] = []
        self._round = 0

    def furnish(self) -> None:
        """Build rooms and link them."""
        with closing(psycopg2.connect(self._uri)) as connection, connection:
            campus = Campus(connection)
            for number in range(1, ROOMS + 1):
                room = campus.room(f"Hörsaal {number}")
                campus.link(
                    room,
                    smtp_conn_id=INTERFACES[number % 2],
                    imap_conn_id=IMAP_CONN_ID,
                    include_blocks=number % 3 == 0,
                )

    def work(self, now: datetime, *, steps: int) -> None:
        """Take some steps, each in a transaction of its own."""
        self._round += 1
        self._finish(lambda since: self._round - since >= 3)
        for _ in range(steps):
            [act] = self._dice.choices(list(STEPS), list(STEPS.values()))
            chance = self._dice.random()
            try:
                connection = psycopg2.connect(self._uri, connect_timeout=5, options="-c lock_timeout=200ms")
            except psycopg2.OperationalError:
                continue
            try:
                if act(self, Campus(connection), now):
                    if chance < 0.12:
                        self._open.append((self._round, connection))
                        self.done["transactions that stayed open for a while"] += 1
                        continue
                    if chance < 0.15:
                        connection.rollback()
                    else:
                        connection.commit()
                        self.done[act.__name__] += 1
            except psycopg2.OperationalError:
                pass  # the database is away, or somebody holds the row: another time
            connection.close()

    def rest(self) -> None:
        """End what is open, and switch everything on."""
        self._finish(lambda _: True)
        with closing(psycopg2.connect(self._uri)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("UPDATE raumpost.room_mailbox SET active = true WHERE NOT active")

    def _finish(self, is_over: Callable[[int], bool]) -> None:
        for one in [one for one in self._open if is_over(one[0])]:
            self._open.remove(one)
            try:
                one[1].commit()
                self.done["commits of what stayed open"] += 1
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                pass  # it died with its connection: taken back
            one[1].close()

    # ── steps: each tells whether it found something to do ────────────────────────────────────────────────

    def book(self, campus: Campus, now: datetime) -> bool:
        """Book one to three rooms."""
        starts = self._start(now)
        campus.event(*self._some_rooms(), starts=starts, hours=self._dice.choice([1, 2, 4]), title=self._title())
        return True

    def reschedule(self, campus: Campus, now: datetime) -> bool:
        """Give an event another time."""
        starts = self._start(now)
        return self._change(
            campus,
            "UPDATE booking.event SET starts_at = %(starts)s, ends_at = %(ends)s WHERE id = %(id)s",
            starts=starts,
            ends=starts + timedelta(hours=self._dice.choice([1, 3])),
        )

    def edit(self, campus: Campus, _now: datetime) -> bool:
        """Give an event another title, or make it confidential, or not."""
        what = self._dice.choice(["title = title || '!'", "confidential = NOT confidential"])
        return self._change(campus, f"UPDATE booking.event SET {what} WHERE id = %(id)s")

    def cancel(self, campus: Campus, _now: datetime) -> bool:
        """Cancel an event, or book it again."""
        return self._change(campus, "UPDATE booking.event SET cancelled = NOT cancelled WHERE id = %(id)s")

    def move(self, campus: Campus, _now: datetime) -> bool:
        """Move an event to other rooms."""
        return self._change(
            campus,
            "DELETE FROM booking.event_room WHERE event_id = %(id)s;"
            "INSERT INTO booking.event_room SELECT id, unnest(%(rooms)s) FROM booking.event WHERE id = %(id)s",
            rooms=self._some_rooms(),
        )

    def delete(self, campus: Campus, _now: datetime) -> bool:
        """Delete an event for good."""
        return self._change(campus, "DELETE FROM booking.event WHERE id = %(id)s")

    def block(self, campus: Campus, now: datetime) -> bool:
        """Block a room."""
        campus.block(self._dice.randint(1, ROOMS), starts=self._start(now), hours=6, reason=self._title())
        return True

    def move_block(self, campus: Campus, _now: datetime) -> bool:
        """Move a block to another room."""
        return self._change(
            campus,
            "UPDATE booking.room_block SET room_id = %(room)s WHERE id = %(id)s",
            table="room_block",
            room=self._dice.randint(1, ROOMS),
        )

    def lift_block(self, campus: Campus, _now: datetime) -> bool:
        """Delete a block."""
        return self._change(campus, "DELETE FROM booking.room_block WHERE id = %(id)s", table="room_block")

    def switch_link(self, campus: Campus, _now: datetime) -> bool:
        """Switch a link off, or on again."""
        campus.sql(
            "UPDATE raumpost.room_mailbox SET active = NOT active WHERE room_id = %(room)s",
            room=self._dice.randint(1, ROOMS),
        )
        return True

    def switch_blocks(self, campus: Campus, _now: datetime) -> bool:
        """Mirror the blocks of a room, or no longer."""
        campus.sql(
            "UPDATE raumpost.room_mailbox SET include_blocks = NOT include_blocks WHERE room_id = %(room)s",
            room=self._dice.randint(1, ROOMS),
        )
        return True

    def _change(self, campus: Campus, statement: str, *, table: str = "event", **values: object) -> bool:
        """Change one of the newest, so that one booking lives through much."""
        newest = campus.sql(f"SELECT id FROM booking.{table} ORDER BY id DESC LIMIT 12")
        if not newest:
            return False
        campus.sql(statement, id=self._dice.choice(newest)["id"], **values)
        return True

    def _start(self, now: datetime) -> datetime:
        hours = self._dice.choice([-3, 1, 5, 30, 60, 100, 200, 400])
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)

    def _some_rooms(self) -> list[int]:
        return sorted(self._dice.sample(range(1, ROOMS + 1), self._dice.choice([1, 1, 1, 2, 3])))

    def _title(self) -> str:
        return f"{self._dice.choice(['Vorlesung', 'Übung', 'Prüfung'])} {self._dice.randint(1, 999)}"


STEPS: dict[Callable[[BookingSystem, Campus, datetime], bool], int] = {
    BookingSystem.book: 10,
    BookingSystem.reschedule: 6,
    BookingSystem.edit: 5,
    BookingSystem.cancel: 3,
    BookingSystem.move: 4,
    BookingSystem.delete: 3,
    BookingSystem.block: 2,
    BookingSystem.move_block: 1,
    BookingSystem.lift_block: 1,
    BookingSystem.switch_link: 1,
    BookingSystem.switch_blocks: 1,
}
"""How often each is drawn."""
