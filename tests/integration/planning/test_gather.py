"""Gather alone, rescue what dead workers left, and lease."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import QUERIES, Database
from raumpost.domain import lifecycle
from raumpost.domain.errors import DatabaseUnavailable
from raumpost.domain.model import Answer, AnswerStamp, State
from raumpost.services.planning import plan as plan_module
from raumpost.services.planning.gather import gather
from raumpost.services.store.invitations import carry_out
from tests.database import NOW, Campus
from tests.integration.planning.gather_scenario import claim, told, waiting
from tests.main_job import LEASE, ZONE, deliver, run_pass

STAMP = AnswerStamp(dtstamp=NOW, date=NOW, mail_id=3)


@pytest.fixture
def other(connect: Callable[[], Connection]) -> Database:
    """Return a second worker's connection."""
    return Database(connect(), actor="other")


# ── alone ──────────────────────────────────────────────────────────────────────────────────────────────


def test_one_gatherer_works_at_a_time(campus: Campus, db: Database, other: Database) -> None:
    campus.event(campus.linked_room())
    assert other.rows("try_lock", name="raumpost.gather") == [{"taken": True}]
    assert run_pass(db) == []
    assert waiting(campus) > 0
    other.rows("unlock", name="raumpost.gather")
    assert len(run_pass(db)) == 1
    assert run_pass(other) == []
    assert other.rows("try_lock", name="raumpost.gather") == [{"taken": True}]  # the first one let it go


def test_a_dead_gatherer_leaves_no_lock_behind(campus: Campus, db: Database, connect: Callable[[], Connection]) -> None:
    campus.event(campus.linked_room())
    dead = connect()
    assert Database(dead).rows("try_lock", name="raumpost.gather") == [{"taken": True}]
    pid = dead.get_backend_pid()
    assert campus.value("SELECT pg_terminate_backend(%(pid)s, 10000)", pid=pid)
    assert len(run_pass(db)) == 1


def test_a_pass_that_breaks_off_lets_the_next_one_in_and_loses_nothing(
    campus: Campus, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = campus.linked_room()
    events = [campus.event(room) for _ in range(5)]
    monkeypatch.setattr(plan_module, "PORTION", 4)  # rows of changes: each event was queued twice
    planned: list[int] = []

    def break_off(*arguments: Any) -> int:
        if planned:
            raise DatabaseUnavailable
        planned.append(store(*arguments))
        return planned[-1]

    store = plan_module._store
    with monkeypatch.context() as patch:
        patch.setattr(plan_module, "_store", break_off)
        with pytest.raises(DatabaseUnavailable):
            run_pass(db)
    assert 0 < planned[0] < len(events)
    assert campus.value("SELECT count(*) FROM raumpost.invitation") == planned[0]
    assert [batch.invitations for batch in run_pass(db)] == [len(events)]
    assert waiting(campus) == 0


def test_many_changes_are_planned_in_portions(campus: Campus, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    room = campus.linked_room()
    events = {campus.event(room) for _ in range(10)}
    monkeypatch.setattr(plan_module, "PORTION", 3)
    assert [batch.invitations for batch in run_pass(db)] == [10]
    rows = campus.sql("SELECT source_id FROM raumpost.invitation")
    assert {row["source_id"] for row in rows} == events
    campus.sql("UPDATE booking.event SET title = 'Analysis'")
    campus.sql("DELETE FROM raumpost.booking_change")
    run_pass(db, full=True)
    assert campus.value("SELECT count(*) FROM raumpost.invitation WHERE summary = 'Analysis'") == 10


def test_an_idle_pass_looks_at_no_booking(campus: Campus, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    room = campus.linked_room()
    for _ in range(20):
        campus.event(room)
    deliver(db, run_pass(db))
    statements: list[str] = []

    @contextmanager
    def counted(self: Database, statement: str, parameters: Any) -> Iterator[Any]:
        statements.append(statement)
        with executed(self, statement, parameters) as cursor:
            yield cursor

    executed = Database._executed
    monkeypatch.setattr(Database, "_executed", counted)
    assert gather(db, now=NOW, lease=LEASE, budget=500, default_time_zone=ZONE) == []
    past, noted = ["lock_orphans", "lock_past", "keep_past"], ["newest_change", "take_changes"]
    settled = ["cancellations_by_link", "lock_removable"]
    assert statements == ["try_lock", *past, *noted, *settled, "lease", "unlock"]


# ── rescue ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_orphan_is_rescued_and_leased_again_when_its_lease_has_run_out(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    [first] = run_pass(db)
    claim(db, told(campus, event)["id"])

    assert run_pass(db, now=NOW + LEASE) == []
    assert told(campus, event)["state"] == "sending"

    [second] = run_pass(db, now=NOW + LEASE + timedelta(seconds=1))
    row = told(campus, event)
    assert (row["state"], row["batch"], row["exposed_sequence"], row["attempts"]) == ("pending", second.id, 0, 1)
    assert second.id != first.id
    assert campus.value("SELECT count(*) FROM raumpost.journal WHERE step = 'rescue'") == 1


def test_an_orphan_on_its_last_attempt_fails(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    run_pass(db)
    campus.sql("UPDATE raumpost.invitation SET attempts = 4")
    claim(db, told(campus, event)["id"])
    assert run_pass(db, now=NOW + 2 * LEASE) == []
    assert told(campus, event)["state"] == "failed"


def test_an_answer_beats_a_rescue(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    run_pass(db)
    claimed = claim(db, told(campus, event)["id"])
    answer = lifecycle.answer(claimed, said=Answer.ACCEPTED, comment=None, stamp=STAMP, now=NOW)
    assert carry_out(db, [answer])
    assert run_pass(db, now=NOW + 2 * LEASE) == []
    assert told(campus, event)["state"] == "answered"


def test_an_answer_that_is_being_stored_beats_a_rescue(campus: Campus, db: Database, other: Database) -> None:
    event = campus.event(campus.linked_room())
    run_pass(db)
    claimed = claim(db, told(campus, event)["id"])
    with other.transaction():
        assert other.rows("lock_invitations_by_uid", uids=[claimed.uid])
        assert run_pass(db, now=NOW + 2 * LEASE) == []  # and does not wait for the lock
        answer = lifecycle.answer(claimed, said=Answer.ACCEPTED, comment=None, stamp=STAMP, now=NOW)
        assert carry_out(other, [answer])
    assert told(campus, event)["state"] == "answered"
    assert run_pass(db, now=NOW + 2 * LEASE) == []


def test_a_rescue_beats_the_late_outcome_of_a_worker_that_was_thought_dead(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    run_pass(db)
    claimed = claim(db, told(campus, event)["id"])
    run_pass(db, now=NOW + 2 * LEASE)
    assert carry_out(db, [lifecycle.confirm(claimed, now=NOW)]) == set()
    assert told(campus, event)["state"] == "pending"


# ── lease ──────────────────────────────────────────────────────────────────────────────────────────────


def test_there_is_one_batch_for_each_smtp_interface(campus: Campus, db: Database) -> None:
    one, two, three = (campus.linked_room(smtp_conn_id=name) for name in ("smtp_one", "smtp_two", "smtp_one"))
    for rooms in ([one], [one, two], [three]):
        campus.event(*rooms)
    batches = run_pass(db)
    assert len({batch.id for batch in batches}) == 2
    assert {(batch.smtp_conn_id, batch.invitations, batch.rooms) for batch in batches} == {
        ("smtp_one", 3, 2),
        ("smtp_two", 1, 1),
    }
    rows = campus.sql(
        "SELECT DISTINCT i.batch, m.smtp_conn_id FROM raumpost.invitation AS i "
        "JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id"
    )
    assert {(row["batch"], row["smtp_conn_id"]) for row in rows} == {(b.id, b.smtp_conn_id) for b in batches}


def test_no_interface_gets_more_than_its_budget_and_releases_come_first(campus: Campus, db: Database) -> None:
    room, elsewhere = campus.linked_room(), campus.linked_room(smtp_conn_id="smtp_two")
    gone = [campus.event(room, title="weg") for _ in range(2)]
    moved = campus.event(room, title="alt")
    deliver(db, run_pass(db))
    for n in range(3):
        campus.event(room, title=f"neu {n}")
        campus.event(elsewhere)
    campus.update("booking.event", moved, title="verlegt")
    for event in gone:
        campus.delete("booking.event", event)

    sizes, subjects = [], []
    while batches := run_pass(db, budget=2):
        sizes.append({batch.smtp_conn_id: batch.invitations for batch in batches})
        subjects += deliver(db, [batch for batch in batches if batch.smtp_conn_id == "smtp_one"])
        deliver(db, [batch for batch in batches if batch.smtp_conn_id != "smtp_one"])

    assert sizes == [{"smtp_one": 2, "smtp_two": 2}, {"smtp_one": 2, "smtp_two": 1}, {"smtp_one": 2}]
    assert subjects == ["weg", "weg", "verlegt", "neu 0", "neu 1", "neu 2"]


def test_an_inactive_link_is_planned_but_not_leased(campus: Campus, db: Database) -> None:
    room = campus.room()
    link = campus.link(room, active=False)
    event = campus.event(room)
    assert run_pass(db) == []
    assert (told(campus, event)["state"], told(campus, event)["batch"]) == ("pending", None)
    campus.update("raumpost.room_mailbox", link, active=True)
    assert [batch.invitations for batch in run_pass(db)] == [1]


def test_what_is_leased_is_not_leased_again_before_its_lease_has_run_out(campus: Campus, db: Database) -> None:
    event = campus.event(campus.linked_room())
    [first] = run_pass(db)
    assert run_pass(db, now=NOW + LEASE) == []
    [second] = run_pass(db, now=NOW + LEASE + timedelta(seconds=1))
    row = told(campus, event)
    assert (row["batch"], row["lease_until"]) == (second.id, NOW + 2 * LEASE + timedelta(seconds=1))
    assert deliver(db, [first]) == []
    assert len(deliver(db, [second])) == 1


def test_each_attempt_of_a_batch_extends_its_lease(campus: Campus, db: Database) -> None:
    campus.event(campus.linked_room())
    batches = run_pass(db)
    deliver(db, batches, broken=True, now=NOW + LEASE)
    assert run_pass(db, now=NOW + 2 * LEASE) == []
    assert len(run_pass(db, now=NOW + 2 * LEASE + timedelta(seconds=1))) == 1


@pytest.mark.parametrize("release", ["deleted", "moved away"])
def test_no_claim_passes_a_release_of_its_room_that_waits_in_another_batch(
    campus: Campus, db: Database, release: str
) -> None:
    room, elsewhere = campus.linked_room(), campus.linked_room()
    old = campus.event(room, title="alt")
    deliver(db, run_pass(db))
    if release == "deleted":
        campus.delete("booking.event", old)
    else:
        campus.update("booking.event", old, starts_at=NOW + timedelta(days=3), ends_at=NOW + timedelta(days=4))
    waits = run_pass(db)
    deliver(db, waits, broken=True)

    new = campus.event(room, title="neu")
    campus.event(elsewhere, title="anderswo")
    assert deliver(db, run_pass(db)) == ["anderswo"]
    assert told(campus, new)["batch"] is None

    assert deliver(db, waits) == ["alt"]
    assert deliver(db, run_pass(db)) == ["neu"]


def test_a_claim_waits_while_a_release_of_its_room_is_being_sent(campus: Campus, db: Database) -> None:
    room = campus.linked_room()
    old = campus.event(room)
    deliver(db, run_pass(db))
    campus.delete("booking.event", old)
    run_pass(db)
    claimed = claim(db, told(campus, old)["id"])
    campus.event(room)
    assert run_pass(db) == []
    carry_out(db, [lifecycle.confirm(claimed, now=NOW)])
    assert len(run_pass(db)) == 1


def test_a_release_whose_lease_has_run_out_goes_first_in_the_batch_of_the_claims(campus: Campus, db: Database) -> None:
    room = campus.linked_room()
    old = campus.event(room, title="alt")
    deliver(db, run_pass(db))
    campus.delete("booking.event", old)
    run_pass(db)
    campus.event(room, title="neu", starts=NOW + timedelta(hours=1))
    assert deliver(db, run_pass(db, now=NOW + 2 * LEASE)) == ["alt", "neu"]


def test_a_failed_release_does_not_hold_up_its_room_for_ever(campus: Campus, db: Database) -> None:
    room = campus.linked_room()
    old = campus.event(room)
    deliver(db, run_pass(db))
    campus.delete("booking.event", old)
    batches = run_pass(db)
    for _ in range(5):
        deliver(db, batches, broken=True)
    assert told(campus, old)["state"] == State.FAILED
    campus.event(room, title="neu")
    assert deliver(db, run_pass(db)) == ["neu"]


@pytest.mark.parametrize("full", [False, True])
def test_a_booking_that_cannot_be_planned_is_set_aside_and_the_others_go_on(
    db: Database, campus: Campus, full: bool
) -> None:
    room = campus.linked_room()
    good, poison, also_good = campus.event(room), campus.event(room), campus.event(room)
    # nothing known makes the statement fail, so the database is told to
    campus.sql(f"ALTER TABLE raumpost.invitation ADD CONSTRAINT poison CHECK (source_id <> {poison})")
    if full:
        campus.sql("DELETE FROM raumpost.booking_change")
    run_pass(db, full=full)
    invited = [row["source_id"] for row in campus.sql("SELECT source_id FROM raumpost.invitation ORDER BY id")]
    assert invited == [good, also_good]
    [entry] = campus.sql("SELECT level, source_id, message, detail FROM raumpost.journal WHERE step = 'plan'")
    assert (entry["level"], entry["source_id"]) == ("error", poison)
    assert f"event {poison} cannot be planned" in entry["message"]
    assert "Traceback" in entry["detail"]
    assert campus.value("SELECT count(*) FROM raumpost.booking_change") == 0


def test_a_schema_that_does_not_fit_loses_no_change(db: Database, campus: Campus) -> None:
    campus.event(campus.linked_room())
    campus.sql("ALTER TABLE booking.event RENAME COLUMN booked_by TO organizer")
    with pytest.raises(
        DatabaseUnavailable, match=r"does not fit: column e\.booked_by does not exist; run “make migrate”"
    ):
        run_pass(db)
    campus.sql("ALTER TABLE booking.event RENAME COLUMN organizer TO booked_by")
    assert [batch.invitations for batch in run_pass(db)] == [1]


def test_a_link_that_is_not_committed_yet_holds_up_planning_and_misses_no_booking(
    db: Database, campus: Campus, connect: Callable[[], Connection]
) -> None:
    room = campus.room()
    operator = connect()
    with operator:
        Campus(operator).link(room)
        campus.event(room)
        assert run_pass(db) == []
    assert [batch.invitations for batch in run_pass(db)] == [1]


def test_a_lease_of_much_that_has_just_become_pending_does_not_compare_each_with_all(
    campus: Campus, db: Database
) -> None:
    """The planner still believes that hardly anything is open, as after an approval or a restore."""
    room = campus.linked_room()
    campus.sql(
        "INSERT INTO booking.event (title, starts_at, ends_at) "
        "SELECT 'Vorlesung', %(at)s + n * interval '3 hours', %(at)s + n * interval '3 hours' + interval '1 hour' "
        "FROM generate_series(1, 2000) AS n",
        at=NOW,
    )
    campus.sql("INSERT INTO booking.event_room SELECT id, %(room)s FROM booking.event", room=room)
    gather(db, now=NOW, lease=LEASE, budget=0, default_time_zone="Europe/Berlin")
    campus.sql("UPDATE raumpost.invitation SET state = 'withdrawn', method = 'CANCEL'")
    campus.sql("VACUUM ANALYZE raumpost.invitation")
    campus.sql("UPDATE raumpost.invitation SET state = 'pending'")
    parameters = {"now": NOW, "lease_until": NOW + LEASE, "budget": 500}
    plan = campus.sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {QUERIES['lease'].text}", **parameters)[0]["QUERY PLAN"]
    compared = [int(number) for number in re.findall(r'"Rows Removed by Join Filter": (\d+)', json.dumps(plan))]
    assert sum(compared) < 10_000
