"""Linking rooms: created, changed, removed, refused; all or nothing, and twice is once."""

from collections.abc import Callable
from typing import Any

import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.domain import lifecycle
from raumpost.domain.address import is_address
from raumpost.domain.errors import ConfigurationError
from raumpost.domain.linking import LinkRequest, Verb
from raumpost.domain.model import BookingKey, BookingKind
from raumpost.services.history.explain import explain
from raumpost.services.links.apply import Difference, link
from raumpost.services.links.finish_removals import finish_removals
from raumpost.services.links.outcome_table import details
from raumpost.services.previews import action, initialise, reset_failed
from raumpost.services.previews.stored import Outcome
from raumpost.services.store.invitations import carry_out, load_invitations
from tests.database import NOW, Campus
from tests.link_scenario import CONNECTIONS, add_user, invitations, request
from tests.main_job import deliver, run_pass


def apply(db: Database, *requests: LinkRequest, preview_only: bool = False) -> Difference:
    return link(db, requests, connection_type=CONNECTIONS.get, now=NOW, preview_only=preview_only)


def links(campus: Campus) -> list[dict[str, Any]]:
    return campus.sql(
        "SELECT room_id, address, smtp_conn_id, imap_conn_id, include_blocks, active, removal_requested_at, removed_at "
        "FROM raumpost.room_mailbox ORDER BY id"
    )


def journal(campus: Campus) -> list[dict[str, Any]]:
    return campus.sql("SELECT level, message, actor, dag_run FROM raumpost.journal WHERE step = 'link' ORDER BY id")


@pytest.fixture
def user(campus: Campus) -> int:
    return add_user(campus, "Raumpost")


# ── create ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_room_is_linked_with_all_that_a_link_says(campus: Campus, db: Database, user: int) -> None:
    room = campus.room("Hörsaal 1")
    campus.event(room)
    done = apply(db, request(room="Hörsaal", include_blocks=True, aliases=("h1@rooms.example",)))
    assert [outcome.verb for outcome in done.outcomes] == [Verb.CREATE]
    assert "1 booking ahead already: invite with mailbox_initialise" in details(done.outcomes[0])
    [row] = links(campus)
    assert row == {
        "room_id": room,
        "address": "hoersaal-1@rooms.example",
        "smtp_conn_id": "smtp_one",
        "imap_conn_id": "imap_one",
        "include_blocks": True,
        "active": True,
        "removal_requested_at": None,
        "removed_at": None,
    }
    assert done.created == {room: campus.value("SELECT id FROM raumpost.room_mailbox")}
    assert campus.value("SELECT technical_user_id FROM raumpost.room_mailbox") == user
    assert campus.value("SELECT address FROM raumpost.room_mailbox_alias") == "h1@rooms.example"
    assert campus.value("SELECT count(*) FROM raumpost.preexisting") == 1
    [entry] = journal(campus)
    assert (entry["level"], entry["actor"], entry["dag_run"]) == ("info", "test", "manual")
    assert entry["message"].startswith("room “Hörsaal 1”, hoersaal-1@rooms.example: linked: SMTP smtp_one")


def test_applying_twice_changes_nothing(campus: Campus, db: Database, user: int) -> None:
    campus.room("Hörsaal 1")
    requests = [request(room="Hörsaal 1", aliases=("b@rooms.example", "A@rooms.example"))]
    apply(db, *requests)
    before = (campus.sql("SELECT * FROM raumpost.room_mailbox"), journal(campus))
    again = apply(db, *requests)
    assert (again.counts["unchanged"], again.applied) == (1, True)
    assert (campus.sql("SELECT * FROM raumpost.room_mailbox"), journal(campus)) == before


def test_a_preview_changes_nothing(campus: Campus, db: Database, user: int) -> None:
    campus.room("Hörsaal 1")
    shown = apply(db, request(room="Hörsaal 1"), preview_only=True)
    assert (shown.counts["create"], shown.applied, links(campus), journal(campus)) == (1, False, [], [])


def test_creation_says_all_that_is_wrong_at_once(campus: Campus, db: Database, user: int) -> None:
    campus.room("Hörsaal 1")
    add_user(campus, "Gast", technical=False, email=None)
    wrong = request(
        room="Hörsaal 1", address="no address", smtp_conn_id="imap_one", imap_conn_id="missing", technical_user="Gast",
        aliases=("neither",),
    )  # fmt: skip
    [outcome] = apply(db, wrong).outcomes
    assert outcome.verb is Verb.REFUSED
    text = "\n".join(details(outcome))
    for part in (
        "smtp_conn_id: the Airflow connection “imap_one” has type imap; it needs smtp",
        "imap_conn_id: there is no Airflow connection “missing”; create it with type imap",
        "address: “no address” is no address",
        "aliases: “neither” is no address",
        "is no technical user",
        "has no e-mail address",
    ):
        assert part in text
    assert links(campus) == []


def test_one_refusal_holds_up_the_whole_list(campus: Campus, db: Database, user: int) -> None:
    campus.room("Hörsaal 1")
    done = apply(db, request(room="Hörsaal 1"), request(room="Gibt es nicht", address="x@rooms.example"))
    assert [outcome.verb for outcome in done.outcomes] == [Verb.CREATE, Verb.REFUSED]
    assert (done.applied, links(campus)) == (False, [])


@pytest.mark.parametrize("taken", ["main@rooms.example", "MAIN@rooms.example", "alias@rooms.example"])
@pytest.mark.parametrize("as_alias", [False, True])
def test_an_address_belongs_to_one_link_only(
    campus: Campus, db: Database, user: int, taken: str, as_alias: bool
) -> None:
    campus.room("Eins")
    campus.room("Zwei")
    apply(db, request(room="Eins", address="main@rooms.example", aliases=("alias@rooms.example",)))
    other = request(room="Zwei", address="zwei@rooms.example", aliases=(taken,)) if as_alias else request(
        room="Zwei", address=taken
    )  # fmt: skip
    [outcome] = apply(db, other).outcomes
    assert outcome.verb is Verb.REFUSED
    assert "belongs to the link of room “Eins”" in details(outcome)[0]


def test_an_unknown_room_and_a_taken_address_are_told_together(campus: Campus, db: Database, user: int) -> None:
    campus.room("Eins")
    apply(db, request(room="Eins", address="main@rooms.example"))
    [outcome] = apply(db, request(room="Drei", address="main@rooms.example")).outcomes
    assert len(details(outcome)) == 2


def test_the_technical_user_is_found_by_part_of_the_name(campus: Campus, db: Database, user: int) -> None:
    campus.room("Hörsaal 1")
    add_user(campus, "Raumpostmeister", technical=False)
    assert apply(db, request(room="Hörsaal 1", technical_user="AUMPO")).counts["create"] == 1
    assert campus.value("SELECT technical_user_id FROM raumpost.room_mailbox") == user


@pytest.mark.parametrize(
    "address",
    ["a@b", "a.b+c@d-e.example", "ä@b", "a@b.", "@b", "a@", "a b@c", "a@-b", "x" * 250 + "@b.de", "a\n@b", "a@b\n"],
)
def test_the_database_and_the_rules_agree_on_addresses(campus: Campus, address: str) -> None:
    room = campus.room()
    try:
        campus.link(room, address=address)
    except psycopg2.errors.CheckViolation:
        accepted = False
    else:
        accepted = True
    assert is_address(address) is accepted


# ── change ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_may_change_changes_and_is_in_the_journal(campus: Campus, db: Database) -> None:
    campus.linked_room("Hörsaal 1", address="hoersaal-1@rooms.example")
    add_user(campus, "Zweiter", email="second@booking.example")
    changed = LinkRequest(
        where="1", room="Hörsaal 1", technical_user="Zweiter", include_blocks=True, active=False, aliases=("a@b.de",)
    )
    done = apply(db, changed)
    assert done.counts["change"] == 1
    [row] = campus.sql(
        "SELECT m.include_blocks, m.active, u.name FROM raumpost.room_mailbox AS m "
        "JOIN booking.app_user AS u ON u.id = m.technical_user_id"
    )
    assert (row["name"], row["include_blocks"], row["active"]) == ("Zweiter", True, False)
    message = journal(campus)[0]["message"]
    for part in ("changed: technical user Raumpost", "room blocks no → yes", "active yes → no", "none → a@b.de"):
        assert part in message
    assert apply(db, changed).counts["unchanged"] == 1
    assert apply(db, LinkRequest(where="1", room="Hörsaal 1", aliases=())).counts["change"] == 1
    assert campus.sql("SELECT * FROM raumpost.room_mailbox_alias") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("address", "new@rooms.example"), ("smtp_conn_id", "smtp_two"), ("imap_conn_id", "imap_two")],
)
def test_what_never_changes_is_refused_with_the_remedy(campus: Campus, db: Database, field: str, value: str) -> None:
    campus.linked_room("Hörsaal 1")
    [outcome] = apply(db, LinkRequest(where="1", room="Hörsaal 1", **{field: value})).outcomes  # type: ignore[arg-type]
    assert outcome.verb is Verb.REFUSED
    assert details(outcome)[0].startswith(f"{field}: ")
    assert "remove the link, and link the room again" in details(outcome)[0]


def test_a_link_is_found_by_its_address_alone(campus: Campus, db: Database) -> None:
    campus.linked_room("Hörsaal 1", address="Eins@rooms.example")
    assert apply(db, LinkRequest(where="1", address="eins@ROOMS.example", active=False)).counts["change"] == 1
    assert links(campus)[0]["active"] is False


def test_switching_blocks_on_invites_all_future_blocks_and_off_cancels_them(campus: Campus, db: Database) -> None:
    room = campus.room("Hörsaal 1")
    before = campus.block(room)
    campus.link(room)
    after = campus.block(room)
    over = campus.block(room, starts=NOW.replace(year=2089))
    run_pass(db)
    assert invitations(campus) == []
    [outcome] = apply(db, LinkRequest(where="1", room="Hörsaal 1", include_blocks=True)).outcomes
    assert "room blocks no → yes: 2 future blocks to invite with the next run" in details(outcome)
    assert len(deliver(db, run_pass(db))) == 2
    assert {row["source_id"] for row in invitations(campus)} == {before, after}
    assert over not in {row["source_id"] for row in invitations(campus)}
    [outcome] = apply(db, LinkRequest(where="1", room="Hörsaal 1", include_blocks=False)).outcomes
    assert "room blocks yes → no: 2 to withdraw with the next run" in details(outcome)
    assert len(deliver(db, run_pass(db))) == 2
    assert {(row["method"], row["state"]) for row in invitations(campus)} == {("CANCEL", "withdrawn")}


def test_deactivating_pauses_sending_and_activating_catches_up(campus: Campus, db: Database) -> None:
    room = campus.linked_room("Hörsaal 1")
    apply(db, LinkRequest(where="1", room="Hörsaal 1", active=False))
    campus.event(room)
    assert run_pass(db) == []
    apply(db, LinkRequest(where="1", room="Hörsaal 1", active=True))
    assert len(deliver(db, run_pass(db))) == 1


def test_activating_catches_up_with_what_was_in_a_batch_when_the_link_was_switched_off(
    campus: Campus, db: Database
) -> None:
    campus.event(campus.linked_room("Hörsaal 1"))
    batches = run_pass(db)
    apply(db, LinkRequest(where="1", room="Hörsaal 1", active=False))
    assert deliver(db, batches) == []
    apply(db, LinkRequest(where="1", room="Hörsaal 1", active=True))
    assert len(deliver(db, run_pass(db))) == 1  # though the lease of that batch has not ended


def test_another_change_of_a_link_leaves_its_batches_alone(campus: Campus, db: Database) -> None:
    campus.event(campus.linked_room("Hörsaal 1"))
    batches = run_pass(db)
    apply(db, LinkRequest(where="1", room="Hörsaal 1", include_blocks=True))
    assert run_pass(db) == []
    assert len(deliver(db, batches)) == 1


# ── remove ────────────────────────────────────────────────────────────────────────────────────────────────


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
