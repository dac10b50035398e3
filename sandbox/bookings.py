"""A small raum]für[raum: rooms, groups and bookings of a university, in plain SQL.

`load` before anything is linked, `link`, `book`, and then `change`; each is one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

TIME_ZONE = ZoneInfo("Europe/Berlin")
TECHNICAL_USER = "tech@booking.example"


@dataclass(frozen=True, kw_only=True)
class Room:
    """A room of the sandbox."""

    name: str
    groups: tuple[str, ...]
    address: str
    dialect: str = "plain"
    """How its mailbox answers; see `sandbox.dialects`."""
    exists: bool = True
    """False: the mail server does not know the address."""
    linked: bool = True
    """False: the mailbox waits for a person to link it."""
    smtp_conn_id: str | None = None
    """An SMTP interface of its own."""
    include_blocks: bool = False


ROOMS: Final = (
    Room(name="Hörsaal 1", groups=("Hörsäle",), address="hoersaal-1@rooms.example", dialect="exchange"),
    Room(name="Hörsaal 2", groups=("Hörsäle",), address="hoersaal-2@rooms.example", dialect="google"),
    Room(name="Audimax", groups=("Hörsäle", "Repräsentation"), address="audimax@rooms.example", dialect="zimbra"),
    Room(name="Seminarraum 101", groups=("Seminarräume",), address="seminarraum-101@rooms.example", dialect="kolab"),
    Room(
        name="Seminarraum 102",
        groups=("Seminarräume",),
        address="seminarraum-102@rooms.example",
        dialect="grommunio",
        include_blocks=True,
    ),
    Room(
        name="Container C1",
        groups=("Seminarräume",),
        address="container-c1@rooms.example",
        smtp_conn_id="smtp_container",
    ),
    Room(
        name="Container C2",
        groups=("Seminarräume",),
        address="container-c2@rooms.example",
        exists=False,
    ),
    Room(name="Senatssaal", groups=("Repräsentation",), address="senatssaal@rooms.example", dialect="late"),
    Room(name="Bibliothek", groups=("Repräsentation",), address="bibliothek@rooms.example", dialect="counter"),
    Room(name="Werkhalle", groups=(), address="werkhalle@rooms.example", dialect="silent"),
    Room(name="Pavillon", groups=(), address="pavillon@rooms.example", dialect="bouncing"),
    Room(name="Lehrwerkstatt", groups=(), address="lehrwerkstatt@rooms.example", dialect="exchange", linked=False),
    Room(name="Sternwarte", groups=("Repräsentation",), address="sternwarte@rooms.example", linked=False),
)


@dataclass(frozen=True, kw_only=True)
class World:
    """The ids of what was inserted: rooms and groups by name, events and blocks by their key below."""

    rooms: dict[str, int]
    groups: dict[str, int]
    technical_user_id: int
    events: dict[str, int] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """An event: `day` counts from next Monday, `at` is local, all-day without it."""

    key: str
    title: str
    booked_by: str
    day: int
    at: str = ""
    minutes: int = 90
    rooms: tuple[str, ...]
    description: str = ""
    confidential: bool = False


# They stand there before a room is linked: the work of mailbox_initialise, and a past one that is nobody's.
EARLIER: Final = (
    _Plan(key="past", title="Semesterabschluss", booked_by="Fachschaft", day=-21, at="16:00", rooms=("Audimax",)),
    _Plan(key="earlier-senate", title="Senatssitzung", booked_by="Rektorat", day=2, at="14:00", minutes=180,
          rooms=("Senatssaal",)),
    _Plan(key="earlier-lecture", title="Vorlesung Werkstoffkunde", booked_by="Prof. Dr. Jürgen Groß", day=3,
          at="08:15", rooms=("Hörsaal 2",)),
    _Plan(key="earlier-gala", title="Jubiläum der Universität", booked_by="Rektorat", day=230, at="18:00", minutes=300,
          rooms=("Senatssaal",)),
    _Plan(key="earlier-welding", title="Schweißkurs für Maschinenbau", booked_by="Lehrwerkstatt", day=4, at="13:00",
          rooms=("Lehrwerkstatt",)),
    _Plan(key="earlier-briefing", title="Sicherheitsunterweisung", booked_by="Lehrwerkstatt", day=4, at="14:00",
          minutes=60, rooms=("Lehrwerkstatt",)),
    _Plan(key="earlier-stars", title="Beobachtungsnacht", booked_by="Institut für Physik", day=5, at="21:00",
          minutes=300, rooms=("Sternwarte",)),
)  # fmt: skip

_EVENTS = (
    _Plan(key="analysis", title="Vorlesung Analysis I", booked_by="Prof. Dr. Anna Weiß", day=0, at="08:15",
          rooms=("Hörsaal 1",), description="Bitte Kreide bereitlegen.\nÜbungsblätter liegen aus."),
    _Plan(key="physics", title="Vorlesung Experimentalphysik", booked_by="Prof. Dr. Marc Dubois", day=0,
          at="10:15", rooms=("Hörsaal 1",), description="Mit Versuchen; Verdunkelung nötig."),
    _Plan(key="colloquium", title="Kolloquium: Größen & Maße; Teil 1, „Grundlagen“",
          booked_by="Institut für Mathematik", day=1, at="16:15", rooms=("Hörsaal 2",)),
    _Plan(key="two-rooms", title="Ringvorlesung Klima (mit Übertragung)", booked_by="Studium generale", day=2,
          at="18:15", rooms=("Audimax", "Hörsaal 2")),
    _Plan(key="confidential", title="Berufungskommission W3 Informatik", booked_by="Dekanat", day=1, at="13:00",
          minutes=240, rooms=("Senatssaal",), description="Bewerbungsgespräche", confidential=True),
    _Plan(key="all-day", title="Tag der offenen Tür", booked_by="Öffentlichkeitsarbeit", day=4,
          rooms=("Audimax",)),
    _Plan(key="overlap-first", title="Seminar Maschinelles Lernen", booked_by="Dr. Özlem Yıldız", day=1,
          at="10:00", minutes=120, rooms=("Hörsaal 1",)),
    _Plan(key="overlap-second", title="Tutorium Lineare Algebra", booked_by="Tutorienbüro", day=1, at="11:00",
          minutes=60, rooms=("Hörsaal 1",)),
    _Plan(key="too-far-ahead", title="Jahrestagung Informatik", booked_by="Fakultät 2", day=200, at="09:00",
          minutes=480, rooms=("Hörsaal 1",)),
    _Plan(key="emoji", title="🎉 Begrüßung der Erstsemester: Kaffee & Brötchen ☕", booked_by="Fachschaft", day=2,
          at="09:00", minutes=180, rooms=("Seminarraum 101",)),
    _Plan(key="history", title="Oberseminar Geschichte", booked_by="Prof. Dr. Łucja Nowak", day=3, at="16:15",
          rooms=("Seminarraum 102",)),
    _Plan(key="council", title="Fachschaftssitzung", booked_by="Fachschaft", day=3, at="18:00",
          rooms=("Seminarraum 101",)),
    _Plan(key="bounce", title="Klausur Statik (Nachschreibtermin)", booked_by="Prüfungsamt", day=4, at="12:00",
          minutes=120, rooms=("Container C2",)),
    _Plan(key="counter", title="Lesung im Lesesaal", booked_by="Bibliothek", day=2, at="19:00",
          rooms=("Bibliothek",)),
    _Plan(key="silent", title="Praktikum Fräsen", booked_by="Maschinenbau", day=3, at="09:00", rooms=("Werkhalle",)),
    _Plan(key="returned", title="Sommerfest der Fachschaft", booked_by="Fachschaft", day=4, at="15:00", minutes=240,
          rooms=("Pavillon",)),
    _Plan(key="unreachable", title="Tutorium Technische Mechanik", booked_by="Tutorienbüro", day=1, at="14:00",
          rooms=("Container C1",)),
)  # fmt: skip

_BLOCKS = (
    _Plan(key="maintenance", title="Wartung der Medientechnik", booked_by="", day=0, at="07:00", minutes=300,
          rooms=("Seminarraum 102",)),
    _Plan(key="cleaning", title="Grundreinigung", booked_by="", day=5, rooms=("Hörsaal 2",)),
)  # fmt: skip


def load(connection: Connection, now: datetime) -> World:
    """Insert rooms, groups, the technical user and a few bookings that are older than the mailboxes."""
    with connection, connection.cursor() as cursor:
        world = World(
            rooms={
                room.name: insert(cursor, "INSERT INTO booking.room (name) VALUES (%s) RETURNING id", room.name)
                for room in ROOMS
            },
            groups={
                name: insert(cursor, "INSERT INTO booking.room_group (name) VALUES (%s) RETURNING id", name)
                for name in dict.fromkeys(name for room in ROOMS for name in room.groups)
            },
            technical_user_id=insert(
                cursor,
                "INSERT INTO booking.app_user (name, email, technical) VALUES ('Raumpost', %s, true) RETURNING id",
                TECHNICAL_USER,
            ),
        )
        for room in ROOMS:
            for name in room.groups:
                cursor.execute(
                    "INSERT INTO booking.room_group_member (room_group_id, room_id) VALUES (%s, %s)",
                    (world.groups[name], world.rooms[room.name]),
                )
        for plan in EARLIER:
            world.events[plan.key] = _insert_event(cursor, world, plan, now)
    return world


def link(connection: Connection, world: World, *, smtp_conn_id: str, imap_conn_id: str) -> None:
    """Link the rooms to their mailboxes, but those that a person links."""
    with connection, connection.cursor() as cursor:
        for room in ROOMS:
            if room.linked:
                cursor.execute(
                    """INSERT INTO raumpost.room_mailbox
                           (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id, include_blocks)
                       VALUES (%s, %s, %s, %s, %s, %s)""",
                    (world.rooms[room.name], room.address, room.smtp_conn_id or smtp_conn_id, imap_conn_id,
                     world.technical_user_id, room.include_blocks),
                )  # fmt: skip


def book(connection: Connection, world: World, now: datetime) -> None:
    """Book the coming week: one of everything that can happen to a booking; ids go into `world`."""
    with connection, connection.cursor() as cursor:
        for plan in _EVENTS:
            world.events[plan.key] = _insert_event(cursor, world, plan, now)
        for plan in _BLOCKS:
            starts_at, ends_at = _times(plan, now)
            world.blocks[plan.key] = insert(
                cursor,
                """INSERT INTO booking.room_block (room_id, reason, starts_at, ends_at, all_day)
                   VALUES (%s, %s, %s, %s, %s) RETURNING id""",
                world.rooms[plan.rooms[0]], plan.title, starts_at, ends_at, not plan.at,
            )  # fmt: skip


def change(connection: Connection, world: World) -> None:
    """Change four of the booked events: a new start, a cancellation, a hard deletion, another room."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            """UPDATE booking.event
               SET starts_at = starts_at + interval '4 hours', ends_at = ends_at + interval '4 hours'
               WHERE id = %s""",
            (world.events["analysis"],),
        )
        cursor.execute("UPDATE booking.event SET cancelled = true WHERE id = %s", (world.events["physics"],))
        cursor.execute("DELETE FROM booking.event WHERE id = %s", (world.events["council"],))
        cursor.execute(
            "UPDATE booking.event_room SET room_id = %s WHERE event_id = %s",
            (world.rooms["Hörsaal 1"], world.events["history"]),
        )


def insert(cursor: Cursor, statement: str, *values: object) -> int:
    """Run an INSERT … RETURNING id; return the id."""
    cursor.execute(statement, values)
    row: Sequence[int] | None = cursor.fetchone()
    assert row is not None  # RETURNING returns one row or raises
    return row[0]


def _insert_event(cursor: Cursor, world: World, plan: _Plan, now: datetime) -> int:
    starts_at, ends_at = _times(plan, now)
    event_id = insert(
        cursor,
        """INSERT INTO booking.event
               (title, description, booked_by, starts_at, ends_at, all_day, confidential)
           VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        plan.title, plan.description, plan.booked_by, starts_at, ends_at, not plan.at, plan.confidential,
    )  # fmt: skip
    for name in plan.rooms:
        cursor.execute(
            "INSERT INTO booking.event_room (event_id, room_id) VALUES (%s, %s)", (event_id, world.rooms[name])
        )
    return event_id


def _times(plan: _Plan, now: datetime) -> tuple[datetime, datetime]:
    today = now.astimezone(TIME_ZONE).date()
    day = today + timedelta(days=7 - today.weekday() + plan.day)
    if not plan.at:
        return local(day, time()), local(day + timedelta(days=1), time())
    starts_at = local(day, time.fromisoformat(plan.at))
    return starts_at, starts_at + timedelta(minutes=plan.minutes)


def local(day: date, at: time) -> datetime:
    """Return a time of day on the campus."""
    return datetime.combine(day, at, TIME_ZONE)
