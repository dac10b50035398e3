"""A source that shrinks by accident frees no rooms: the guard against mass changes."""

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.linking import LinkRequest
from raumpost.services.links.apply import link
from raumpost.services.planning import plan as plan_module
from raumpost.services.planning.held_cancellations import held_cancellations
from tests.database import NOW, Campus
from tests.integration.planning.mass_deletion import (
    DAY,
    HOUR,
    book,
    delete,
    methods,
    restore,
    sent_by_pass,
    withheld,
    words,
)
from tests.link_scenario import CONNECTIONS, add_user


@pytest.fixture
def room(campus: Campus) -> int:
    return campus.linked_room("Hörsaal 1", address="one@rooms.example")


@pytest.fixture
def events(campus: Campus, db: Database, room: int) -> list[int]:
    """Thirty events that the room knows."""
    events = book(campus, room, 30)
    assert len(sent_by_pass(db)) == 30
    return events


# ── what is stopped, and what goes on ──────────────────────────────────────────────────────────────────


def test_nothing_of_a_link_is_cancelled_when_too_much_of_it_vanished_at_once(
    campus: Campus, db: Database, events: list[int]
) -> None:
    delete(campus, events[:21])
    for _ in range(3):
        assert sent_by_pass(db) == []
    assert methods(campus, events) == {"REQUEST"}
    assert withheld(db) == [("one@rooms.example", 21, 30)]
    [line] = campus.sql("SELECT level, message FROM raumpost.journal WHERE step = 'guard' AND invitation_id IS NULL")
    assert line["level"] == "error"
    assert (
        "21 of the 30 future invitations of Hörsaal 1 (one@rooms.example) would be cancelled at once" in line["message"]
    )


def test_other_links_and_other_changes_of_the_same_link_go_on(
    campus: Campus, db: Database, room: int, events: list[int]
) -> None:
    other = campus.linked_room("Hörsaal 2", address="two@rooms.example")
    [elsewhere] = book(campus, other, 1, first=50)
    sent_by_pass(db)
    delete(campus, events[:25])
    delete(campus, [elsewhere])
    campus.update("booking.event", events[29], title="changed")
    campus.event(room, starts=NOW + 90 * DAY, title="new")
    assert sorted(sent_by_pass(db)) == ["changed", "day 50", "new"]
    assert methods(campus, [elsewhere]) == {"CANCEL"}


@pytest.mark.parametrize(("gone", "of"), [(20, 20), (30, 100)])
def test_few_cancellations_and_small_shares_go_as_ever(
    campus: Campus, db: Database, room: int, gone: int, of: int
) -> None:
    events = book(campus, room, of)
    sent_by_pass(db)
    delete(campus, events[:gone])
    assert len(sent_by_pass(db)) == gone
    assert withheld(db) == []
    assert campus.value("SELECT count(*) FROM raumpost.withheld") == 0


def test_many_small_deletions_one_pass_after_the_other_are_not_counted_together(
    campus: Campus, db: Database, events: list[int]
) -> None:
    for start in (0, 10, 20):
        delete(campus, events[start : start + 10])
        assert len(sent_by_pass(db)) == 10


def test_what_one_pass_plans_in_several_portions_is_counted_together(
    campus: Campus, db: Database, events: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "PORTION", 7)
    delete(campus, events)
    assert sent_by_pass(db) == []
    assert withheld(db) == [("one@rooms.example", 30, 30)]


def test_a_stopped_link_cancels_nothing_more_until_it_has_been_settled(
    campus: Campus, db: Database, events: list[int]
) -> None:
    delete(campus, events[:21])
    sent_by_pass(db)
    delete(campus, events[21:22])
    assert sent_by_pass(db) == []
    assert withheld(db) == [("one@rooms.example", 22, 30)]


@pytest.mark.parametrize(
    "shrink",
    [
        "TRUNCATE booking.event CASCADE",
        "TRUNCATE booking.event_room",
        "UPDATE booking.event SET cancelled = true",
        "UPDATE booking.event_room SET room_id = (SELECT max(id) FROM booking.room)",
        "DELETE FROM booking.room WHERE name = 'Hörsaal 1'",
        "UPDATE booking.event SET starts_at = starts_at - interval '1 year', ends_at = ends_at - interval '1 year'",
    ],
)
@pytest.mark.parametrize("full", [False, True], ids=["by triggers", "by comparison"])
def test_however_the_source_shrinks(campus: Campus, db: Database, events: list[int], shrink: str, full: bool) -> None:
    campus.room("without mailbox")
    campus.sql(shrink)
    if full:
        campus.sql("DELETE FROM raumpost.booking_change")
    assert sent_by_pass(db, full=full) == []
    assert sent_by_pass(db, full=full) == []
    assert withheld(db) == [("one@rooms.example", 30, 30)]


def test_room_blocks_are_guarded_too(campus: Campus, db: Database) -> None:
    room = campus.linked_room("Werkstatt", include_blocks=True)
    for day in range(25):
        campus.block(room, starts=NOW + (day + 1) * DAY)
    sent_by_pass(db)
    campus.sql("DELETE FROM booking.room_block")
    assert sent_by_pass(db) == []
    assert [one.withheld for one in held_cancellations(db, now=NOW)] == [25]


def test_what_never_left_is_dropped_without_asking(campus: Campus, db: Database, room: int) -> None:
    events = book(campus, room, 30)
    sent_by_pass(db, budget=0)
    delete(campus, events)
    sent_by_pass(db)
    assert withheld(db) == []
    assert campus.value("SELECT count(*) FROM raumpost.invitation WHERE state = 'withdrawn'") == 30


# ── what a person wants through the link is not stopped ────────────────────────────────────────────────


def test_a_link_that_is_removed_frees_its_room_also_while_the_guard_holds_it(
    campus: Campus, db: Database, events: list[int]
) -> None:
    delete(campus, events[:25])
    assert sent_by_pass(db) == []
    link(db, [LinkRequest(where="1", room="Hörsaal 1", remove=True)], connection_type=CONNECTIONS.get, now=NOW)
    assert len(sent_by_pass(db)) == 30
    assert withheld(db) == []
    lines = campus.sql("SELECT message FROM raumpost.journal WHERE message LIKE '%%is no longer held back: %%'")
    assert len(lines) == 25
    assert {line["message"].rpartition(": ")[2] for line in lines} == {"the link withdraws it all the same"}


def test_blocks_that_are_switched_off_are_withdrawn(campus: Campus, db: Database) -> None:
    room = campus.linked_room("Werkstatt", include_blocks=True)
    for day in range(25):
        campus.block(room, starts=NOW + (day + 1) * DAY)
    sent_by_pass(db)
    campus.sql("UPDATE raumpost.room_mailbox SET include_blocks = false")
    assert len(sent_by_pass(db)) == 25


def test_blocks_that_are_switched_off_are_withdrawn_also_where_the_guard_holds_them(
    campus: Campus, db: Database
) -> None:
    room = campus.linked_room("Werkstatt", include_blocks=True)
    for day in range(25):
        campus.block(room, starts=NOW + (day + 1) * DAY)
    sent_by_pass(db)
    campus.sql("DELETE FROM booking.room_block")
    assert sent_by_pass(db) == []
    campus.sql("UPDATE raumpost.room_mailbox SET include_blocks = false")
    assert len(sent_by_pass(db)) == 25
    assert campus.value("SELECT count(*) FROM raumpost.withheld") == 0


def test_invitations_are_made_anew_under_another_user(campus: Campus, db: Database, events: list[int]) -> None:
    add_user(campus, "Zweiter", email="new@booking.example")
    request = LinkRequest(where="1", room="Hörsaal 1", technical_user="Zweiter", reinvite=True)
    link(db, [request], connection_type=CONNECTIONS.get, now=NOW)
    assert len(sent_by_pass(db)) == len(events)
    assert len(sent_by_pass(db)) == len(events)


# ── slots ──────────────────────────────────────────────────────────────────────────────────────────────


def test_bookings_imported_anew_under_other_ids_wait_for_the_slots_they_would_collide_with(
    campus: Campus, db: Database, room: int, events: list[int]
) -> None:
    delete(campus, events)
    again = book(campus, room, 30)
    apart = campus.event(room, starts=NOW + 90 * DAY, title="apart")
    assert sent_by_pass(db) == ["apart"]  # the others would be declined
    assert words(campus, again[0])[0] == "pending"
    restore(campus, events[:1], room)
    delete(campus, again[:1])
    assert sent_by_pass(db) == []
    campus.sql("UPDATE raumpost.withheld SET state = 'released'")
    assert sorted(sent_by_pass(db)[:29]) == sorted(f"day {day}" for day in range(1, 30))
    assert methods(campus, [*again[1:], apart]) == {"REQUEST"}
    assert campus.value("SELECT count(*) FROM raumpost.invitation WHERE state = 'pending'") == 0


def test_a_slot_that_the_room_holds_since_before_a_move_that_never_left_is_waited_for_too(
    campus: Campus, db: Database, room: int, events: list[int]
) -> None:
    campus.sql("UPDATE raumpost.invitation SET held_from = starts_at, held_until = ends_at")
    held = NOW + 1 * DAY
    campus.update("booking.event", events[0], starts_at=NOW + 50 * DAY, ends_at=NOW + 50 * DAY + HOUR)
    sent_by_pass(db, budget=0)
    delete(campus, events)
    campus.event(room, starts=held, title="in the old slot")
    campus.event(room, starts=NOW + 50 * DAY, title="in the new slot")
    assert sent_by_pass(db) == []
