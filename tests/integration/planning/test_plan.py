"""Plan what has changed in the booking system."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.domain import lifecycle
from raumpost.services.planning.gather import Batch
from raumpost.services.sending.render import render_batch
from raumpost.services.sending.send import send_batch
from raumpost.services.store.invitations import carry_out
from tests.database import NOW, Campus
from tests.integration.planning.gather_scenario import claim, read, told, waiting
from tests.main_job import LEASE, ZONE, RecordingMailer, deliver, run_pass


@pytest.fixture
def other(connect: Callable[[], Connection]) -> Database:
    """Return a second worker's connection."""
    return Database(connect(), actor="other")


def test_an_invitation_is_created_with_its_journal_row_and_the_status_at_the_booking(
    campus: Campus, db: Database
) -> None:
    room = campus.linked_room()
    event = campus.event(room, title="Algebra", booked_by="Prof. Noether")
    run_pass(db)
    row = told(campus, event)
    assert (row["method"], row["sequence"], row["state"], row["summary"]) == ("REQUEST", 0, "pending", "Algebra")
    assert row["uid"].startswith(f"event-{event}-mailbox-{row['room_mailbox_id']}.")
    assert row["uid"].endswith("@raumpost")
    [entry] = campus.sql("SELECT * FROM raumpost.journal")
    assert (entry["step"], entry["invitation_id"], entry["actor"]) == ("invite", row["id"], "test")
    assert entry["message"] == f"event {event} “Algebra” in room-{room}@rooms.example: to be invited"
    [status] = campus.sql("SELECT kind, id, room_id, status, message_de FROM booking.status")
    assert list(status.values()) == ["event", event, room, "pending", "Einladung ausstehend"]


def test_a_booking_keeps_its_uid_through_change_cancellation_and_return(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    deliver(db, run_pass(db))
    uid = told(campus, event)["uid"]
    seen = []
    for change in ({"title": "Analysis"}, {"cancelled": True}, {"cancelled": False}):
        campus.update("booking.event", event, **change)
        deliver(db, run_pass(db))
        row = told(campus, event)
        seen.append((row["uid"], row["method"], row["sequence"], row["state"]))
    assert seen == [(uid, "REQUEST", 1, "sent"), (uid, "CANCEL", 2, "withdrawn"), (uid, "REQUEST", 3, "sent")]


def test_several_changes_before_sending_are_one_mail(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    deliver(db, run_pass(db))
    for title in ("Analysis", "Topologie", "Geometrie"):
        campus.update("booking.event", event, title=title)
        batches = run_pass(db)
    assert told(campus, event)["sequence"] == 1
    assert deliver(db, batches) == ["Geometrie"]


def test_what_is_created_and_deleted_before_anything_left_is_never_mailed(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    [batch] = run_pass(db)
    campus.delete("booking.event", event)
    assert run_pass(db) == []
    assert deliver(db, [batch]) == []
    assert (told(campus, event)["state"], told(campus, event)["exposed_sequence"]) == ("withdrawn", None)
    assert campus.value("SELECT status FROM booking.status") == "cancelled"


def test_an_invitation_that_changes_leaves_the_batch_in_which_it_waits(campus: Campus, db: Database) -> None:
    room = campus.linked_room()
    changes, stays = campus.event(room, title="alt"), campus.event(room, title="bleibt")
    first = run_pass(db)
    deliver(db, first, broken=True)
    campus.update("booking.event", changes, title="neu")
    second = run_pass(db)
    assert [batch.invitations for batch in second] == [1]
    assert told(campus, changes)["attempts"] == 0
    assert deliver(db, first) == ["bleibt"]
    assert deliver(db, second) == ["neu"]
    assert told(campus, stays)["attempts"] == 2


def test_an_invitation_that_changes_while_its_batch_is_being_sent_leaves_it_too(
    campus: Campus, db: Database, other: Database
) -> None:
    room = campus.linked_room()
    campus.event(room, title="zuerst")
    event = campus.event(room, title="alt", starts=NOW + timedelta(days=2))
    [batch] = run_pass(db)
    second: list[Batch] = []

    def change() -> None:
        campus.update("booking.event", event, title="neu")
        second.extend(run_pass(other))

    mailer = RecordingMailer(meanwhile=change)
    render_batch(db, batch=batch.id, now=NOW, default_time_zone=ZONE)
    send_batch(db, batch=batch.id, mailer=mailer, clock=lambda: NOW, lease=LEASE, default_time_zone="Europe/Berlin")
    assert ["Subject: zuerst" in mail.splitlines() for _, mail in mailer.took] == [True]
    assert deliver(db, second) == ["neu"]


def test_a_change_while_its_invitation_is_being_sent_is_planned_in_the_next_pass(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    run_pass(db)
    claimed = claim(db, told(campus, event)["id"])
    campus.update("booking.event", event, title="Analysis")
    for _ in range(2):
        assert run_pass(db) == []
        assert read(db, claimed.id) == claimed
        assert waiting(campus) == 1
    carry_out(db, [lifecycle.confirm(claimed, now=NOW)])
    assert deliver(db, run_pass(db)) == ["Analysis"]
    assert told(campus, event)["sequence"] == 1
    assert waiting(campus) == 0


def test_a_change_from_before_a_link_is_still_one_when_it_was_postponed(campus: Campus, db: Database) -> None:
    room, later = campus.linked_room(), campus.room()
    event = campus.event(room, later)
    run_pass(db)
    claimed = claim(db, told(campus, event)["id"])
    campus.update("booking.event", event, title="Analysis")
    campus.link(later)
    run_pass(db)
    carry_out(db, [lifecycle.confirm(claimed, now=NOW)])
    run_pass(db)
    assert told(campus, event)["summary"] == "Analysis"  # in the one room that was invited
    assert waiting(campus) == 0


def test_a_full_pass_finds_what_no_trigger_told(campus: Campus, db: Database) -> None:
    room = campus.linked_room()
    changed, deleted = campus.event(room), campus.event(room)
    deliver(db, run_pass(db))
    campus.sql("SET session_replication_role = replica")
    new = campus.event(room, title="neu")
    campus.update("booking.event", changed, title="geändert")
    campus.sql("DELETE FROM booking.event_room WHERE event_id = %(id)s", id=deleted)
    campus.delete("booking.event", deleted)
    assert waiting(campus) == 0
    assert run_pass(db) == []
    run_pass(db, full=True)
    assert told(campus, new)["method"] == "REQUEST"
    assert (told(campus, changed)["summary"], told(campus, changed)["state"]) == ("geändert", "pending")
    assert told(campus, deleted)["method"] == "CANCEL"


def test_a_full_pass_does_not_invite_what_stood_there_before(campus: Campus, db: Database) -> None:
    room = campus.room()
    campus.event(room)
    campus.link(room)
    assert run_pass(db, full=True) == []


def test_blocks_follow_the_switch_of_the_link(campus: Campus, db: Database) -> None:
    room = campus.room()
    link = campus.link(room, include_blocks=False)
    campus.block(room, reason="Wasserschaden")
    assert run_pass(db) == []
    campus.update("raumpost.room_mailbox", link, include_blocks=True)
    assert deliver(db, run_pass(db)) == ["Raumsperre: Wasserschaden"]
    campus.update("raumpost.room_mailbox", link, include_blocks=False)
    assert deliver(db, run_pass(db)) == ["Raumsperre: Wasserschaden"]
    assert campus.value("SELECT state FROM raumpost.invitation") == "withdrawn"


FINITE = {"starts_at": "2090-06-01Z", "ends_at": "2090-06-02Z"}


@pytest.mark.parametrize(
    ("bad", "level", "words", "mirrored"),
    [
        pytest.param({"ends_at": "2090-05-01Z"}, "error", "ends before it starts", False, id="reversed"),
        pytest.param({"ends_at": FINITE["starts_at"]}, "error", "ends before it starts", False, id="empty"),
        pytest.param({"ends_at": "infinity"}, "error", "outside the years", False, id="endless"),
        pytest.param({"starts_at": "-infinity"}, "error", "outside the years", False, id="without a beginning"),
        pytest.param(
            {"starts_at": "infinity", "ends_at": "infinity"}, "error", "ends before it starts", False, id="infinity"
        ),
        pytest.param({"ends_at": "20900-06-02Z"}, "error", "outside the years", False, id="a zero too much"),
        pytest.param(
            {"starts_at": "12026-06-01Z", "ends_at": "12026-06-02Z"},
            "error",
            "outside the years",
            False,
            id="far future",
        ),
        pytest.param({"starts_at": "0026-06-01Z"}, "error", "outside the years", False, id="year 26"),
        pytest.param({"starts_at": "4000-01-01Z BC"}, "error", "outside the years", False, id="before Christ"),
        pytest.param({"title": None}, "warning", "has no title", True, id="no title"),
        pytest.param({"title": "\r\n"}, "warning", "has no title", True, id="blank title"),
        pytest.param({"title": "a\r\nBcc: b"}, "info", "control characters", True, id="line break in the title"),
        pytest.param({"title": "a\x07b"}, "info", "control characters", True, id="control character in the title"),
    ],
)
def test_a_bad_booking_is_noted_by_name_and_the_pass_goes_on(
    campus: Campus, db: Database, bad: dict[str, object], level: str, words: str, mirrored: bool
) -> None:
    room = campus.linked_room("Hörsaal 1")
    broken = campus.event(room, **FINITE | bad)
    good = campus.event(room)
    assert len(run_pass(db)) == 1
    assert told(campus, good)["state"] == "pending"
    notes = campus.sql("SELECT * FROM raumpost.journal WHERE step = 'plan' AND level = %(level)s", level=level)
    [note] = notes
    assert (note["kind"], note["source_id"], note["room_mailbox_id"]) == ("event", broken, 1)
    assert note["message"].startswith(f"event {broken} in room “Hörsaal 1”")
    assert words in note["message"]
    assert campus.value("SELECT count(*) FROM raumpost.invitation") == 1 + mirrored


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "Etc", "x" * 300])
def test_days_in_an_unknown_time_zone_are_noted_and_counted_in_the_default_one(
    campus: Campus, db: Database, name: str
) -> None:
    room = campus.room(time_zone=name)
    campus.link(room)
    event = campus.event(room, all_day=True)
    run_pass(db, default_time_zone="Europe/Vienna")
    assert told(campus, event)["time_zone"] == "Europe/Vienna"
    message = campus.value("SELECT message FROM raumpost.journal WHERE step = 'plan'")
    assert f"event {event} in room “Hörsaal 1”" in message
    assert "correct booking.room.time_zone" in message


def test_an_event_in_a_room_without_a_mailbox_is_noted(campus: Campus, db: Database) -> None:
    event = campus.event(campus.room("Keller"))
    assert run_pass(db) == []
    [note] = campus.sql("SELECT level, kind, source_id, room_mailbox_id, message FROM raumpost.journal")
    assert [note["level"], note["kind"], note["source_id"], note["room_mailbox_id"]] == ["info", "event", event, None]
    assert f"event {event} is in room “Keller”" in note["message"]


def test_a_note_is_written_once_and_not_again_by_a_full_pass(campus: Campus, db: Database) -> None:
    campus.event(campus.linked_room(), title=None)
    run_pass(db)
    run_pass(db, full=True)
    assert campus.value("SELECT count(*) FROM raumpost.journal WHERE step = 'plan'") == 1


def test_a_booking_that_breaks_leaves_its_room_as_it_was_told(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    deliver(db, run_pass(db))
    before = told(campus, event)
    campus.update("booking.event", event, ends_at=datetime(2080, 1, 1, tzinfo=UTC))
    assert run_pass(db) == []
    assert told(campus, event) == before
