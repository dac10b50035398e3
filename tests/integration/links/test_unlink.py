"""Remove links."""

from collections.abc import Callable
from typing import Any

import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.domain import lifecycle
from raumpost.domain.errors import ConfigurationError
from raumpost.domain.linking import LinkRequest, Verb
from raumpost.domain.model import BookingKey, BookingKind
from raumpost.services.history.explain import explain
from raumpost.services.links.apply import link
from raumpost.services.links.finish_removals import finish_removals
from raumpost.services.links.outcome_table import details
from raumpost.services.previews import action, initialise, reset_failed
from raumpost.services.previews.stored import Outcome
from raumpost.services.store.invitations import carry_out, load_invitations
from tests.database import NOW, Campus
from tests.integration.links.link_world import apply, journal, links
from tests.link_scenario import CONNECTIONS, add_user, invitations, request
from tests.main_job import deliver, run_pass


def removal(**fields: Any) -> LinkRequest:
    return LinkRequest(where="1", remove=True, **fields)


def test_removing_cancels_what_is_ahead_first_and_then_frees_room_and_address(campus: Campus, db: Database) -> None:
    room = campus.linked_room("Hörsaal 1", address="hoersaal-1@rooms.example")
    campus.sql("INSERT INTO raumpost.room_mailbox_alias SELECT id, 'h1@rooms.example' FROM raumpost.room_mailbox")
    sent = campus.event(room)
    deliver(db, run_pass(db))
    never_sent = campus.event(room)
    run_pass(db)

    done = apply(db, removal(room="Hörsaal 1"))
    assert done.counts["remove"] == 1
    assert details(done.outcomes[0]) == ["2 invitations to withdraw first, 1 of them by a cancellation"]
    assert links(campus)[0]["removed_at"] is None
    again = apply(db, removal(room="Hörsaal 1"), preview_only=True)
    assert details(again.outcomes[0]) == ["is being removed: 2 invitations still to withdraw"]
    [refused] = apply(db, request(room="Hörsaal 1")).outcomes
    assert "is being removed" in details(refused)[0]

    campus.event(room, title="neu")  # nothing new is invited
    batches = run_pass(db)
    assert links(campus)[0]["removed_at"] is None  # the cancellation has not left yet
    assert deliver(db, batches) == ["Vorlesung"]
    run_pass(db)
    assert [row["removed_at"] for row in links(campus)] == [NOW]
    assert {(row["source_id"], row["state"]) for row in invitations(campus)} == {
        (sent, "withdrawn"),
        (never_sent, "withdrawn"),
    }
    assert [entry["message"].split(": ", 1)[1][:12] for entry in journal(campus)] == ["link to be r", "link removed"]
    assert db.rows("inboxes") == []
    assert apply(db, removal(room="Hörsaal 1")).counts["unchanged"] == 1

    add_user(campus, "Raumpost zwei", email="two@booking.example")
    again = request(room="Hörsaal 1", aliases=("h1@rooms.example",), technical_user="Raumpost zwei")
    assert apply(db, again).counts["create"] == 1
    changed = campus.event(room, title="nach dem neuen Link")
    assert deliver(db, run_pass(db)) == ["nach dem neuen Link"]
    assert [row["source_id"] for row in invitations(campus)][-1] == changed
    assert run_pass(db, full=True) == []


def test_a_link_without_invitations_is_removed_at_once(campus: Campus, db: Database) -> None:
    room = campus.linked_room("Hörsaal 1")
    campus.event(room, starts=NOW.replace(year=2089))
    assert apply(db, removal(room="Hörsaal 1")).counts["remove"] == 1
    assert links(campus)[0]["removed_at"] == NOW


def test_a_past_invitation_stays_as_it_is_and_does_not_hold_up_the_removal(campus: Campus, db: Database) -> None:
    room = campus.linked_room("Hörsaal 1")
    past = campus.event(room)
    deliver(db, run_pass(db))
    later = NOW.replace(year=2091)
    link(db, [removal(room="Hörsaal 1")], connection_type=CONNECTIONS.get, now=later)
    assert links(campus)[0]["removed_at"] == later
    assert deliver(db, run_pass(db, now=later)) == []
    assert [(row["source_id"], row["state"]) for row in invitations(campus)] == [(past, "sent")]


def test_an_inactive_link_is_not_removed_as_its_cancellations_would_never_leave(campus: Campus, db: Database) -> None:
    room = campus.linked_room("Hörsaal 1")
    campus.event(room)
    deliver(db, run_pass(db))
    apply(db, LinkRequest(where="1", room="Hörsaal 1", active=False))
    [outcome] = apply(db, removal(room="Hörsaal 1")).outcomes
    assert outcome.verb is Verb.REFUSED
    assert "1 cancellation would never be sent; activate it first" in details(outcome)[0]


def test_failed_cancellations_keep_a_link_until_they_are_given_up(campus: Campus, db: Database) -> None:
    room = campus.linked_room("Hörsaal 1")
    campus.event(room)
    deliver(db, run_pass(db))
    assert apply(db, removal(room="Hörsaal 1", give_up=True)).counts["refused"] == 1
    apply(db, removal(room="Hörsaal 1"))
    assert apply(db, removal(room="Hörsaal 1", give_up=True)).counts["refused"] == 1
    batches = run_pass(db)
    for _ in range(5):
        deliver(db, batches, broken=True)
    run_pass(db)
    assert links(campus)[0]["removed_at"] is None
    [waiting] = apply(db, removal(room="Hörsaal 1"), preview_only=True).outcomes
    assert "1 cancellation failed: reset, or remove with give_up" in details(waiting)[0]
    assert apply(db, removal(room="Hörsaal 1", give_up=True)).counts["remove"] == 1
    assert links(campus)[0]["removed_at"] == NOW
    assert journal(campus)[-1]["level"] == "warning"
    assert [row["state"] for row in invitations(campus)] == ["failed"]


def test_failed_cancellations_of_a_link_that_is_being_removed_can_be_reset_by_its_address(
    campus: Campus, db: Database
) -> None:
    campus.event(campus.linked_room("Hörsaal 1", address="hoersaal-1@rooms.example"))
    deliver(db, run_pass(db))
    apply(db, removal(room="Hörsaal 1"))
    batches = run_pass(db)
    for _ in range(5):
        deliver(db, batches, broken=True)
    named: dict[str, Any] = {
        "names": ["hoersaal-1@rooms.example"],
        "group": None,
        "now": NOW,
        "default_time_zone": "UTC",
    }
    with pytest.raises(ConfigurationError, match=r"the link of hoersaal-1@rooms\.example is being removed"):
        initialise.list_uninvited(db, earliest=None, latest=None, **named)
    listing = reset_failed.list_failed(db, error_contains="", since=None, until=None, **named)
    shown = action.show(db, reset_failed.ACTION, listing)
    done = action.apply(db, reset_failed.ACTION, preview=shown.id, now=NOW, default_time_zone="UTC")
    assert done == {Outcome.RESET: 1}
    deliver(db, run_pass(db))
    assert run_pass(db) == []
    assert links(campus)[0]["removed_at"] == NOW


def test_a_removed_link_no_longer_speaks_for_the_one_that_followed(campus: Campus, db: Database) -> None:
    room = campus.linked_room("Hörsaal 1")
    event = campus.event(room)
    deliver(db, run_pass(db))
    apply(db, removal(room="Hörsaal 1"))
    deliver(db, run_pass(db))
    run_pass(db)
    campus.link(room, address="new@rooms.example")
    story = explain(db, booking=BookingKey(BookingKind.EVENT, event), now=NOW).lines
    assert "    no invitation: it stood in the room before the link; mailbox_initialise invites such bookings" in story
    campus.update("booking.event", event, title="Analysis")
    deliver(db, run_pass(db))
    [old] = load_invitations(db, [invitations(campus)[0]["id"]])
    carry_out(db, [lifecycle.bounce(old, reason="550")])
    assert campus.value("SELECT status FROM booking.status") == "sent"


def test_only_linked_rooms_are_removed(campus: Campus, db: Database) -> None:
    campus.room("Hörsaal 1")
    assert "is not linked" in details(apply(db, removal(room="Hörsaal 1")).outcomes[0])[0]


def test_the_address_of_a_removal_must_be_that_of_the_link(campus: Campus, db: Database) -> None:
    campus.linked_room("Hörsaal 1")
    assert apply(db, removal(room="Hörsaal 1", address="other@rooms.example")).counts["refused"] == 1


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ("removal_requested_at = now()", "removal_requested_at = NULL"),
        ("removal_requested_at = now()", "include_blocks = true"),
        ("removal_requested_at = now(), removed_at = now()", "active = false"),
        ("removal_requested_at = now(), removed_at = now()", "removed_at = NULL"),
        ("active = true", "address = 'other@rooms.example'"),
    ],
)
def test_the_database_refuses_other_changes_of_a_link(campus: Campus, before: str, change: str) -> None:
    campus.linked_room()
    campus.sql(f"UPDATE raumpost.room_mailbox SET {before}")
    with pytest.raises(psycopg2.errors.IntegrityError):
        campus.sql(f"UPDATE raumpost.room_mailbox SET {change}")


def test_a_pass_of_the_gatherer_and_a_change_of_links_wait_for_each_other(
    campus: Campus, db: Database, connect: Callable[[], Connection]
) -> None:
    campus.linked_room("Hörsaal 1")
    other = Database(connect(), actor="other")
    with other.transaction():
        other.rows("wait_for_gatherer")
        assert db.rows("try_lock", name="raumpost.gather") == [{"taken": False}]
    assert finish_removals(db, now=NOW) == 0
