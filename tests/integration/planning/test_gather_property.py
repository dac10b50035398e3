"""Random histories: what the changes told, what a full comparison finds, and what the rooms know in the end.

Two copies of one database live through the same history. In one the gatherer learns of changes by the
triggers; in the other it is deaf for what was invited already and compares everything. Rooms keep a
calendar as RFC 5546 says, from the mails alone.
"""

import logging
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from icalendar import Calendar

from raumpost.adapters.postgres import Database, connect
from raumpost.domain import lifecycle
from raumpost.domain.errors import BatchIncomplete, MaybeSent, NotSent
from raumpost.domain.model import Answer, AnswerStamp, Invitation, Method, State
from raumpost.services.planning.gather import gather
from raumpost.services.sending.render import render_batch
from raumpost.services.sending.send import send_batch
from raumpost.services.store.invitations import carry_out, load_invitations
from tests.database import NOW, Campus, Databases

LEASE = timedelta(minutes=30)
ROOMS = (1, 2, 3)
LATE_ROOM = 3
"""Linked in the middle of a history, with bookings in it."""

_VOLATILE = ("id", "batch", "created_at", "updated_at")


@dataclass(frozen=True)
class Entry:
    """What a room knows of one UID."""

    sequence: int
    method: str
    starts: datetime
    ends: datetime
    summary: str


class Rooms:
    """The calendars of all rooms, and a mail server before them that is moody in a reproducible way."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Entry] = {}
        self.mood: int | None = None
        """None: takes everything."""

    def send(self, raw: bytes, *, sender: str, recipient: str) -> None:
        message = message_from_bytes(raw)
        chance = 0 if self.mood is None else _chance(message["Message-ID"], self.mood) % 10
        if chance == 9:
            raise NotSent("451 not now")
        if chance == 8:
            raise MaybeSent("broke off, and nothing arrived")
        self.receive(message, recipient)
        if chance == 7:
            raise MaybeSent("broke off, and it arrived")

    def receive(self, message: Message, recipient: str) -> None:
        """Obey RFC 5546: of one UID the highest SEQUENCE counts; one SEQUENCE never says two things."""
        part = message.get_payload()[-1]
        assert isinstance(part, Message)
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        calendar = Calendar.from_ical(payload)
        [event] = calendar.events
        entry = Entry(
            sequence=int(event["SEQUENCE"]),
            method=str(calendar["METHOD"]),
            starts=event.start,
            ends=event.end,
            summary=str(event["SUMMARY"]),
        )
        known = self.entries.get((recipient, str(event["UID"])))
        if known is None or entry.sequence > known.sequence:
            self.entries[recipient, str(event["UID"])] = entry
        elif entry.sequence == known.sequence:
            assert entry == known, "one SEQUENCE was used for two things"
        else:
            raise AssertionError("SEQUENCE went back")


class World:
    """One database and the rooms that get its mails."""

    def __init__(self, campus: Campus, db: Database) -> None:
        self.campus, self.db = campus, db
        self.rooms = Rooms()
        self.open: list[int] = []
        """Batches that are not through yet."""
        campus.sql(_EMPTY)
        for number in ROOMS:
            campus.room(f"Hörsaal {number}")

    def gather(self, now: datetime, *, full: bool) -> None:
        batches = gather(self.db, now=now, lease=LEASE, budget=500, default_time_zone="Europe/Berlin", full=full)
        self.open += [batch.id for batch in batches]

    def forget_changes_of_the_invited(self) -> None:
        """Lose changes that a full comparison must make up for; adoption of what stood there needs the others."""
        self.campus.sql(
            "DELETE FROM raumpost.booking_change AS c WHERE "
            "EXISTS (SELECT FROM raumpost.invitation AS i WHERE (i.kind, i.source_id) = (c.kind, c.source_id)) AND NOT "
            "EXISTS (SELECT FROM raumpost.preexisting AS p WHERE (p.kind, p.source_id) = (c.kind, c.source_id))"
        )

    def send(self, now: datetime, mood: int | None) -> None:
        self.rooms.mood = mood
        for batch in list(self.open):
            render_batch(self.db, batch=batch, now=now, default_time_zone="Europe/Berlin")
            try:
                send_batch(
                    self.db,
                    batch=batch,
                    mailer=self.rooms,
                    clock=lambda: now,
                    lease=LEASE,
                    default_time_zone="Europe/Berlin",
                )
            except BatchIncomplete as exc:
                if exc.retry:
                    continue
            self.open.remove(batch)

    def die(self, now: datetime, mood: int, *, after_sending: bool) -> None:
        """Let a worker die between claim and outcome, of one mail in two."""
        for invitation in self.invitations(State.PENDING):
            if invitation.batch is None or _chance(invitation.uid, mood) % 2:
                continue
            render_batch(self.db, batch=invitation.batch, now=now, default_time_zone="Europe/Berlin")
            assert carry_out(self.db, [lifecycle.claim(invitation, lease_until=now + LEASE)])
            if after_sending:
                revision = {name: getattr(invitation, name) for name in ("id", "sequence", "resend")}
                [mail] = self.db.rows("rendered_mail", **revision)
                self.rooms.receive(message_from_bytes(bytes(mail["raw"])), invitation.address)

    def answer(self, now: datetime, mood: int) -> None:
        """Let one room in two answer what it knows; only answers to the current revision count."""
        for invitation in self.invitations():
            entry = self.rooms.entries.get((invitation.address, invitation.uid))
            chance = _chance(invitation.uid, mood)
            if entry is None or chance % 2 or invitation.method is Method.CANCEL:
                continue
            if entry.sequence == invitation.sequence:
                stamp = AnswerStamp(dtstamp=now, date=now, mail_id=1)
                said = list(Answer)[chance % 3]
                move = lifecycle.answer(invitation, said=said, comment=None, stamp=stamp, now=now)
                assert carry_out(self.db, [move])

    def reset(self) -> None:
        carry_out(self.db, [lifecycle.reset(invitation) for invitation in self.invitations(State.FAILED)])

    def invitations(self, *states: State) -> list[Invitation]:
        rows = self.campus.sql(
            "SELECT id FROM raumpost.invitation WHERE state = ANY(%(states)s) ORDER BY uid",
            states=list(states or State),
        )
        return load_invitations(self.db, [row["id"] for row in rows])

    def told(self) -> list[dict[str, Any]]:
        """Return everything about all invitations that the two worlds have in common."""
        rows = self.campus.sql("SELECT * FROM raumpost.invitation ORDER BY uid")
        return [{name: value for name, value in row.items() if name not in _VOLATILE} for row in rows]

    def planned_steps(self) -> int:
        return int(
            self.campus.value("SELECT count(*) FROM raumpost.journal WHERE step IN ('invite', 'change', 'abandon')")
        )


class Twins:
    """One history, two worlds. Each step takes what it needs from its own dice."""

    def __init__(self, hearing: World, deaf: World) -> None:
        self.hearing, self.deaf = hearing, deaf
        self.now = NOW
        self.events: list[int] = []
        self.blocks: list[int] = []
        self.links: set[int] = set()
        for room in ROOMS:
            if room != LATE_ROOM:
                self._link(room)

    def both(self, act: Callable[[World], Any]) -> Any:
        """Do the same in both worlds; it must come to the same."""
        first, second = act(self.hearing), act(self.deaf)
        assert first == second
        return first

    def write(self, statement: str, **parameters: object) -> None:
        """Write in both worlds as the booking system or an operator does."""
        self.both(lambda world: world.campus.sql(statement, **parameters))

    # ── the booking system ────────────────────────────────────────────────────────────────────────────────

    def book(self, dice: Random) -> None:
        rooms, starts, title = _some_rooms(dice), self._start(dice), dice.choice("ABC")
        self.events.append(self.both(lambda world: world.campus.event(*rooms, starts=starts, hours=4, title=title)))

    def reschedule(self, dice: Random) -> None:
        """Move an event, also over now; no hours at all make it unusable."""
        starts = self._start(dice)
        ends = starts + timedelta(hours=dice.choice([4, 4, 4, 30, 0]))
        self.write(
            "UPDATE booking.event SET starts_at = %(starts)s, ends_at = %(ends)s WHERE id = %(id)s",
            id=_one(self.events, dice),
            starts=starts,
            ends=ends,
        )

    def edit(self, dice: Random) -> None:
        change = dice.choice(["title = title || '!'", "confidential = NOT confidential", "cancelled = NOT cancelled"])
        self.write(f"UPDATE booking.event SET {change} WHERE id = %(id)s", id=_one(self.events, dice))

    def move(self, dice: Random) -> None:
        self.write(
            "DELETE FROM booking.event_room WHERE event_id = %(id)s;"
            "INSERT INTO booking.event_room SELECT id, unnest(%(rooms)s) FROM booking.event WHERE id = %(id)s",
            id=_one(self.events, dice),
            rooms=_some_rooms(dice),
        )

    def delete(self, dice: Random) -> None:
        self.write("DELETE FROM booking.event WHERE id = %(id)s", id=_one(self.events, dice))

    def block(self, dice: Random) -> None:
        room, starts = dice.choice(ROOMS), self._start(dice)
        self.blocks.append(self.both(lambda world: world.campus.block(room, starts=starts, hours=6)))

    def move_block(self, dice: Random) -> None:
        self.write(
            "UPDATE booking.room_block SET room_id = %(room)s WHERE id = %(id)s",
            id=_one(self.blocks, dice),
            room=dice.choice(ROOMS),
        )

    def lift_block(self, dice: Random) -> None:
        self.write("DELETE FROM booking.room_block WHERE id = %(id)s", id=_one(self.blocks, dice))

    # ── operators ─────────────────────────────────────────────────────────────────────────────────────────

    def link_late(self, _: Random) -> None:
        self._link(LATE_ROOM)

    def switch(self, dice: Random) -> None:
        column = dice.choice(["active", "include_blocks"])
        self.write(
            f"UPDATE raumpost.room_mailbox SET {column} = NOT {column} WHERE room_id = %(room)s",
            room=dice.choice(ROOMS),
        )

    def reset(self, _: Random) -> None:
        self.both(World.reset)

    # ── time and mail ─────────────────────────────────────────────────────────────────────────────────────

    def time_passes(self, dice: Random) -> None:
        self.now += timedelta(minutes=dice.choice([1, 31, 300, 1500]))

    def gather(self, _: Random) -> None:
        self._gather()

    def send(self, dice: Random) -> None:
        self._send(dice.randrange(1000))

    def gather_and_send(self, dice: Random) -> None:
        self._gather()
        self._send(dice.choice([None, dice.randrange(1000)]))

    def workers_die(self, dice: Random) -> None:
        self._gather()
        mood, after_sending = dice.randrange(1000), dice.choice([True, False])
        self.both(lambda world: world.die(self.now, mood, after_sending=after_sending))

    def rooms_answer(self, dice: Random) -> None:
        mood = dice.randrange(1000)
        self.both(lambda world: world.answer(self.now, mood))

    # ── the end ───────────────────────────────────────────────────────────────────────────────────────────

    def settle(self) -> None:
        """Mend everything; then each room knows exactly the bookings that lie ahead."""
        self.write("UPDATE raumpost.room_mailbox SET active = true")
        self.now += LEASE + timedelta(minutes=1)  # whatever a dead worker held is free now
        for _ in range(10):
            self.both(World.reset)
            self._gather()
            self._send(None)
            if not self.hearing.invitations(State.PENDING, State.SENDING, State.FAILED):
                break
        else:
            raise AssertionError("the mails do not come to an end")
        self.both(World.told)
        self.both(lambda world: world.rooms.entries)
        for world in (self.hearing, self.deaf):
            rows = world.campus.sql(_AHEAD, now=self.now)
            ahead = {(row["address"], row["name"]): (row["starts_at"], row["ends_at"], row["summary"]) for row in rows}
            broken = {row["name"] for row in world.campus.sql(_BROKEN)}
            known = {
                (to, _booking(uid)): (entry.starts, entry.ends, entry.summary)
                for (to, uid), entry in world.rooms.entries.items()
                if entry.method == "REQUEST" and entry.ends > self.now and _booking(uid) not in broken
            }
            assert known == ahead

    def _start(self, dice: Random) -> datetime:
        return self.now + timedelta(hours=dice.choice([48, 24, 2, -2, -8]))

    def _link(self, room: int) -> None:
        if room not in self.links:
            self.links.add(room)
            self.both(lambda world: world.campus.link(room, smtp_conn_id=f"smtp_{room % 2}", include_blocks=room == 2))

    def _gather(self) -> None:
        self.hearing.gather(self.now, full=False)
        self.deaf.forget_changes_of_the_invited()
        self.deaf.gather(self.now, full=True)
        self.both(World.told)
        steps = self.hearing.planned_steps()
        self.hearing.gather(self.now, full=True)
        assert self.hearing.planned_steps() == steps, "a full comparison found what the changes had not told"

    def _send(self, mood: int | None) -> None:
        self.both(lambda world: world.send(self.now, mood))


STEPS: dict[Callable[[Twins, Random], None], int] = {
    Twins.book: 4,
    Twins.reschedule: 4,
    Twins.edit: 4,
    Twins.move: 2,
    Twins.delete: 2,
    Twins.block: 1,
    Twins.move_block: 1,
    Twins.lift_block: 1,
    Twins.link_late: 1,
    Twins.switch: 1,
    Twins.reset: 1,
    Twins.time_passes: 3,
    Twins.gather: 2,
    Twins.send: 1,
    Twins.gather_and_send: 6,
    Twins.workers_die: 2,
    Twins.rooms_answer: 2,
}
"""How often each is drawn."""


def _one(ids: list[int], dice: Random) -> int:
    """Choose one of the last few, so that one thing lives through much."""
    return dice.choice(ids[-4:] or [0])


def _some_rooms(dice: Random) -> list[int]:
    return sorted(dice.sample(ROOMS, dice.choice([1, 1, 2, 3])))


def _booking(uid: str) -> str:
    """Return the booking of a UID, such as event-7."""
    return uid.partition("-mailbox-")[0]


def _chance(identifier: str, mood: int) -> int:
    """Return a number that depends on nothing that differs from run to run, such as the installation in a UID."""
    return zlib.crc32(re.sub(r"\.[0-9a-f-]{36}", f" {mood}", identifier).encode())


_NUMBERED = (
    *("booking.room", "booking.event", "booking.room_block", "booking.app_user"),
    *("raumpost.mail", "raumpost.journal", "raumpost.invitation", "raumpost.room_mailbox", "raumpost.booking_change"),
)
_EMPTY = ";".join(  # much faster than TRUNCATE
    [
        "SET session_replication_role = replica",
        *(f"DELETE FROM {table}" for table in ("booking.event_room", "booking.status", "raumpost.preexisting")),
        *(f"DELETE FROM {table}; ALTER TABLE {table} ALTER COLUMN id RESTART" for table in _NUMBERED),
        "ALTER SEQUENCE raumpost.batch_id RESTART",
        "SET session_replication_role = origin",
    ]
)

_AHEAD = """
SELECT m.address, b.name, b.starts_at, b.ends_at, b.summary
FROM raumpost.room_mailbox AS m
JOIN (
    SELECT er.room_id, 'event' AS kind, e.id, 'event-' || e.id AS name, e.starts_at, e.ends_at,
        NOT e.cancelled AS wanted, CASE WHEN e.confidential THEN 'Belegt' ELSE e.title END AS summary
    FROM booking.event AS e JOIN booking.event_room AS er ON er.event_id = e.id
    UNION ALL
    SELECT room_id, 'block', id, 'block-' || id, starts_at, ends_at, true, 'Raumsperre' FROM booking.room_block
) AS b USING (room_id)
WHERE b.wanted AND b.starts_at < b.ends_at AND b.ends_at > %(now)s AND (b.kind = 'event' OR m.include_blocks)
  AND NOT EXISTS (
    SELECT FROM raumpost.preexisting AS p WHERE (p.room_mailbox_id, p.kind, p.source_id) = (m.id, b.kind, b.id))
"""
_BROKEN = "SELECT 'event-' || id AS name FROM booking.event WHERE ends_at <= starts_at"


@pytest.fixture
def worlds(databases: Databases, caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], tuple[World, World]]]:
    caplog.set_level(logging.CRITICAL, logger="raumpost")  # thousands of refused mails bury the one history that counts
    with ExitStack() as stack:
        uris = [stack.enter_context(databases.copy()) for _ in range(2)]
        connections = [stack.enter_context(closing(connect(dsn=uri))) for uri in uris]

        def make() -> tuple[World, World]:
            one, two = (World(Campus(connection), Database(connection)) for connection in connections)
            return one, two

        yield make


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.binary(min_size=8, max_size=8), kept=st.binary(min_size=12, max_size=12))
def test_changes_and_full_comparison_agree_and_the_rooms_end_up_knowing_what_lies_ahead(
    worlds: Callable[[], tuple[World, World]], seed: bytes, kept: bytes
) -> None:
    twins = Twins(*worlds())
    # Hypothesis drops the steps that do not matter, bit by bit; drawn one by one, histories would come out thin.
    for number, happens in enumerate("".join(f"{byte:08b}" for byte in kept)):
        dice = Random(f"{seed.hex()} {number}")
        [step] = dice.choices(list(STEPS), STEPS.values())
        if happens == "1":
            note(f"{twins.now:%d %H:%M} {step.__name__}")
            step(twins, dice)
    twins.settle()
