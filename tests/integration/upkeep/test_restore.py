"""A dump from an hour ago is restored, and mails have been sent since: rooms and bookings agree again."""

import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from raumpost.__main__ import main
from raumpost.adapters.postgres import Database
from raumpost.domain import lifecycle
from raumpost.domain.errors import BatchIncomplete
from raumpost.domain.model import Answer, AnswerStamp
from raumpost.domain.restoring import sequence_floor
from raumpost.services.planning.gather import gather
from raumpost.services.store.invitations import carry_out, load_invitations
from raumpost.services.upkeep.restore import restore
from sandbox.postgres import PrivatePostgres
from tests.database import NOW, Campus
from tests.integration.planning.test_gather_property import Rooms
from tests.main_job import run_pass, send_batches

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Back = Callable[[], None]


@pytest.fixture
def dump(postgres: PrivatePostgres, database: str, tmp_path: Path) -> Callable[[], Back]:
    """Return a function that dumps the database, as docs/operate/server.md says, and returns what restores it."""
    file = str(tmp_path / "raumpost.dump")

    def run(program: str, *arguments: str) -> None:
        subprocess.run([postgres.program(program), *arguments], check=True, timeout=120)

    def take() -> Back:
        run("pg_dump", "--format=custom", f"--file={file}", database)
        return lambda: run("pg_restore", "--clean", "--if-exists", "--exit-on-error", f"--dbname={database}", file)

    return take


def send_to(rooms: Rooms, db: Database, *, now: datetime = NOW) -> None:
    """Let the main job gather and send; the rooms obey RFC 5546, and complain where SEQUENCE is abused."""
    send_batches(db, run_pass(db, now=now, lease=HOUR), mailer=rooms, now=now)


def calendar(rooms: Rooms) -> list[tuple[str, Any]]:
    """Read what the rooms hold."""
    return sorted((entry.summary, entry.starts) for entry in rooms.entries.values() if entry.method == "REQUEST")


def booked(campus: Campus) -> list[tuple[str, Any]]:
    """Read what is booked in rooms."""
    rows = campus.sql("SELECT title, starts_at FROM booking.event JOIN booking.event_room ON event_id = id")
    return sorted((row["title"], row["starts_at"]) for row in rows)


class BookingHistory:
    """Four bookings before the dump; after it one each is changed, deleted, and made, and one is left alone."""

    def __init__(self, campus: Campus, db: Database) -> None:
        self.campus, self.db, self.rooms = campus, db, Rooms()
        self.room = campus.linked_room("Hörsaal 1")
        names = ("alone", "changed", "deleted", "waiting")
        self.events = {
            name: campus.event(self.room, title=name, starts=NOW + (day + 1) * DAY) for day, name in enumerate(names)
        }
        send_to(self.rooms, db)

    def go_on(self) -> None:
        """Do what is forgotten later."""
        self.deliver_again(title="changed", hours=1)
        send_to(self.rooms, self.db)

    def deliver_again(self, *, title: str, hours: int) -> None:
        """Let the booking system bring what it knows, whatever is there."""
        changed = self.events["changed"]
        starts = NOW + 2 * DAY + timedelta(hours=hours)
        self.campus.update("booking.event", changed, title=title, starts_at=starts, ends_at=starts + HOUR)
        self.campus.delete("booking.event", self.events["deleted"])
        self.campus.sql(
            "INSERT INTO booking.event (id, title, starts_at, ends_at) VALUES (4711, 'new', %(at)s, %(end)s)",
            at=NOW + 9 * DAY,
            end=NOW + 9 * DAY + timedelta(hours=hours),
        )
        self.campus.sql("INSERT INTO booking.event_room VALUES (4711, %(room)s)", room=self.room)


@pytest.fixture
def story(campus: Campus, db: Database) -> BookingHistory:
    return BookingHistory(campus, db)


def test_the_programs_that_dump_and_restore_give_back_what_was_there(
    campus: Campus, story: BookingHistory, dump: Callable[[], Back]
) -> None:
    back = dump()
    before = campus.sql("SELECT * FROM raumpost.invitation ORDER BY id")
    story.go_on()
    assert campus.sql("SELECT * FROM raumpost.invitation ORDER BY id") != before
    back()
    assert campus.sql("SELECT * FROM raumpost.invitation ORDER BY id") == before


def test_without_putting_it_right_a_number_would_be_used_for_two_things(
    story: BookingHistory, dump: Callable[[], Back], caplog: pytest.LogCaptureFixture
) -> None:
    back = dump()
    story.go_on()
    back()
    story.deliver_again(title="changed once more", hours=2)
    with pytest.raises(BatchIncomplete):
        send_to(story.rooms, story.db)
    assert "one SEQUENCE was used for two things" in caplog.text


@pytest.mark.parametrize("when", ["before the booking system delivers again", "after it"])
def test_once_put_right_the_rooms_hold_what_is_booked(
    campus: Campus, story: BookingHistory, dump: Callable[[], Back], when: str
) -> None:
    uids = {row["source_id"]: row["uid"] for row in campus.sql("SELECT source_id, uid FROM raumpost.invitation")}
    back = dump()
    story.go_on()
    known = set(story.rooms.entries)
    back()
    if when.startswith("before"):
        restore(story.db, now=NOW, apply=True)
        send_to(story.rooms, story.db)
    story.deliver_again(title="changed once more", hours=2)
    if when.startswith("after"):
        restore(story.db, now=NOW, apply=True)
    send_to(story.rooms, story.db)
    assert calendar(story.rooms) == booked(campus)
    assert len(calendar(story.rooms)) == 4
    assert set(story.rooms.entries) == known  # the same UIDs
    again = {row["source_id"]: row["uid"] for row in campus.sql("SELECT source_id, uid FROM raumpost.invitation")}
    assert uids.items() <= again.items()


def test_what_was_being_sent_at_the_dump_may_have_left(campus: Campus, story: BookingHistory) -> None:
    campus.sql(
        """WITH sending AS (
            UPDATE raumpost.invitation SET state = 'sending', batch = 1, lease_until = now()
            WHERE source_id = %(of)s RETURNING id)
        UPDATE raumpost.mail SET outcome = 'rendered' FROM sending WHERE invitation_id = sending.id""",
        of=story.events["alone"],
    )
    restore(story.db, now=NOW, apply=True)
    outcomes = campus.sql(
        "SELECT source_id, outcome FROM raumpost.mail AS m JOIN raumpost.invitation AS i ON i.id = m.invitation_id"
    )
    assert {row["source_id"]: row["outcome"] for row in outcomes} == {
        event: "uncertain" if name == "alone" else "sent" for name, event in story.events.items()
    }


def test_nothing_is_changed_before_it_is_said_to_apply(campus: Campus, story: BookingHistory) -> None:
    before = campus.sql("SELECT * FROM raumpost.invitation ORDER BY id")
    found = restore(story.db, now=NOW, apply=False)
    assert found.per_room == {f"room-{story.room}@rooms.example": 4}
    assert campus.sql("SELECT * FROM raumpost.invitation ORDER BY id") == before
    assert campus.value("SELECT sequence_floor FROM raumpost.installation") == 0


def test_saying_what_would_be_done_holds_up_nobody(
    campus: Campus, story: BookingHistory, connect: Callable[[], Connection]
) -> None:
    working = connect()
    campus.sql("SET lock_timeout = '1s'")
    with working, working.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('raumpost.gather', 0))")
        cursor.execute("SELECT FROM raumpost.invitation FOR UPDATE")
        assert restore(Database(campus.connection), now=NOW, apply=False).per_room.total() == 4


def test_two_restores_of_the_same_dump_use_no_number_twice(
    campus: Campus, story: BookingHistory, dump: Callable[[], Back]
) -> None:
    back = dump()
    story.go_on()
    for turn in range(3):
        back()
        now = NOW + turn * timedelta(minutes=5)
        restore(story.db, now=now, apply=True)
        story.deliver_again(title=f"turn {turn}", hours=turn + 3)
        send_to(story.rooms, story.db, now=now)
        assert calendar(story.rooms) == booked(campus)


def test_a_booking_that_was_over_at_the_dump_and_is_moved_ahead_again_uses_no_number_twice(
    campus: Campus, story: BookingHistory, dump: Callable[[], Back]
) -> None:
    def move(days: int) -> None:
        starts = NOW + days * DAY
        campus.update("booking.event", soon, starts_at=starts, ends_at=starts + HOUR)

    soon = campus.event(story.room, title="soon", starts=NOW + HOUR)
    send_to(story.rooms, story.db)
    back = dump()
    move(20)
    send_to(story.rooms, story.db)
    back()
    later = NOW + 8 * HOUR
    restore(story.db, now=later, apply=True)
    send_to(story.rooms, story.db, now=later)
    move(21)
    send_to(story.rooms, story.db, now=later)
    assert calendar(story.rooms) == booked(campus)


def test_what_a_room_cancelled_or_never_got_by_the_dump_is_told_anew_too(
    campus: Campus, story: BookingHistory, dump: Callable[[], Back]
) -> None:
    """At the dump: one withdrawn, one not yet sent. Since: the first booked again, the second sent and deleted."""
    campus.update("booking.event", story.events["alone"], cancelled=True)
    send_to(story.rooms, story.db)
    fresh = campus.event(story.room, title="fresh", starts=NOW + 20 * DAY)
    gather(story.db, now=NOW, lease=HOUR, budget=0, default_time_zone="Europe/Berlin")
    back = dump()
    campus.update("booking.event", story.events["alone"], cancelled=False)
    send_to(story.rooms, story.db)
    assert {"alone", "fresh"} <= {summary for summary, _ in calendar(story.rooms)}
    back()
    campus.delete("booking.event", fresh)  # the booking system's own truth
    restore(story.db, now=NOW, apply=True)
    send_to(story.rooms, story.db)
    assert {summary for summary, _ in calendar(story.rooms)} == {"changed", "deleted", "waiting"}


def test_every_booking_is_compared_also_where_no_change_was_noted(campus: Campus, story: BookingHistory) -> None:
    """The schema of the bookings may come from elsewhere, without its triggers."""
    campus.delete("booking.event", story.events["deleted"])
    campus.event(story.room, title="new", starts=NOW + 9 * DAY)
    campus.sql("DELETE FROM raumpost.booking_change")
    restore(story.db, now=NOW, apply=True)
    send_to(story.rooms, story.db)
    assert calendar(story.rooms) == booked(campus)


def test_what_stood_in_a_room_before_its_link_is_still_not_invited(campus: Campus, story: BookingHistory) -> None:
    room = campus.room("Altbau")
    campus.event(room, title="old")
    campus.link(room)
    restore(story.db, now=NOW, apply=True)
    send_to(story.rooms, story.db)
    assert "old" not in {summary for summary, _ in calendar(story.rooms)}


def test_an_answer_from_before_is_stale_and_the_new_one_counts(campus: Campus, story: BookingHistory) -> None:
    id_ = campus.value("SELECT min(id) FROM raumpost.invitation")
    restore(story.db, now=NOW, apply=True)
    send_to(story.rooms, story.db)
    [invitation] = load_invitations(story.db, [id_])
    assert invitation.sequence == sequence_floor(0, NOW)
    stamp = AnswerStamp(dtstamp=NOW, date=NOW, mail_id=1)
    assert carry_out(story.db, [lifecycle.answer(invitation, said=Answer.ACCEPTED, comment=None, stamp=stamp, now=NOW)])
    assert campus.value("SELECT status FROM booking.status ORDER BY id LIMIT 1") == "accepted"


def test_the_command_says_first_what_it_would_do(
    campus: Campus,
    story: BookingHistory,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    assert main(["restored"]) == 0
    said = capsys.readouterr().out
    assert f"4 to room-{story.room}@rooms.example" in said
    assert "4 invitations and cancellations would be sent again with --apply" in said
    assert campus.value("SELECT count(*) FROM raumpost.invitation WHERE state = 'pending'") == 0
    assert main(["restored", "--apply"]) == 0
    assert "are sent again by the next runs of mailbox_processor" in capsys.readouterr().out
    assert campus.value("SELECT count(*) FROM raumpost.invitation WHERE state = 'pending'") == 4
    [line] = campus.sql("SELECT actor, message FROM raumpost.journal WHERE step = 'restore' AND invitation_id IS NULL")
    assert line["actor"] == "python -m raumpost restored"
    assert "4 invitations to be sent again" in line["message"]
