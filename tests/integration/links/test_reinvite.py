"""Another technical user: invitations keep their organizer, or are cancelled and made again (INTEROP W6, W22)."""

import re
from datetime import timedelta

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain import lifecycle
from raumpost.domain.linking import LinkRequest, Verb
from raumpost.domain.model import BookingKey, BookingKind, State
from raumpost.services.history.explain import explain
from raumpost.services.links.apply import Difference, link
from raumpost.services.links.outcome_table import details
from raumpost.services.previews import action, reset_failed
from raumpost.services.previews.stored import Outcome
from raumpost.services.store.invitations import carry_out, load_invitations
from tests.database import NOW, Campus
from tests.link_scenario import CONNECTIONS, add_user, invitations
from tests.main_job import deliver, run_pass, send_batches

OLD, NEW = "tech@booking.example", "new@booking.example"


def change(db: Database, *, reinvite: bool, preview_only: bool = False, **fields: object) -> Difference:
    request = LinkRequest(where="1", room="Hörsaal 1", technical_user="Zweiter", reinvite=reinvite, **fields)  # type: ignore[arg-type]
    return link(db, [request], connection_type=CONNECTIONS.get, now=NOW, preview_only=preview_only)


def said(mail: str, name: str) -> str:
    """Read a property of the calendar part, or a header."""
    import email

    message = email.message_from_string(mail)
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            calendar = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
            found = re.search(rf"^{name}[;:].*$", calendar.replace("\r\n ", ""), re.MULTILINE)
            return found.group(0).strip() if found else ""
    return ""


@pytest.fixture
def room(campus: Campus) -> int:
    room = campus.linked_room("Hörsaal 1")
    add_user(campus, "Zweiter", email=NEW)
    return room


def test_what_was_sent_keeps_its_organizer_and_what_comes_has_the_new_one(
    campus: Campus, db: Database, room: int
) -> None:
    old = campus.event(room)
    deliver(db, run_pass(db))
    [outcome] = change(db, reinvite=False).outcomes
    assert "1 future invitation under the old organizer (reinvite: again under the new one)" in details(outcome)
    campus.update("booking.event", old, title="geändert")
    campus.event(room)
    assert sorted(sender for sender, _ in send_batches(db, run_pass(db))) == [NEW, OLD]
    assert [row["generation"] for row in invitations(campus)] == [0, 0]


def test_reinvited_bookings_are_cancelled_under_the_old_user_then_invited_with_a_new_uid_under_the_new_one(
    campus: Campus, db: Database, room: int
) -> None:
    event = campus.event(room)
    over = campus.event(room, starts=NOW - timedelta(hours=1), hours=2)
    send_batches(db, run_pass(db))
    for table, column in (("booking.event", "id"), ("raumpost.invitation", "source_id")):
        campus.sql(f"UPDATE {table} SET ends_at = %(now)s WHERE {column} = %(over)s", now=NOW, over=over)
    [outcome] = change(db, reinvite=True, preview_only=True).outcomes
    assert "1 future invitation to cancel, and to send again by Zweiter (#2)" in details(outcome)
    [outcome] = change(db, reinvite=True).outcomes
    assert outcome.verb is Verb.CHANGE

    [(sender, cancellation)] = send_batches(db, run_pass(db))
    assert (sender, said(cancellation, "METHOD")) == (OLD, "METHOD:CANCEL")
    [(sender, request)] = send_batches(db, run_pass(db))
    assert (sender, said(request, "METHOD"), said(request, "SEQUENCE")) == (NEW, "METHOD:REQUEST", "SEQUENCE:0")
    assert OLD in said(cancellation, "ORGANIZER")
    assert NEW in said(request, "ORGANIZER")
    assert said(cancellation, "UID") != said(request, "UID")

    rows = [row for row in invitations(campus) if row["source_id"] == event]
    assert [(row["generation"], row["state"], row["replacement"]) for row in rows] == [
        (0, "withdrawn", "made"),
        (1, "sent", None),
    ]
    assert campus.value("SELECT status FROM booking.status WHERE id = %(id)s", id=event) == "sent"
    assert change(db, reinvite=True).counts["unchanged"] == 1
    assert run_pass(db, full=True) == []


def test_the_new_invitation_waits_until_the_cancellation_has_left(campus: Campus, db: Database, room: int) -> None:
    event = campus.event(room)
    deliver(db, run_pass(db))
    change(db, reinvite=True)
    batches = run_pass(db)
    deliver(db, batches, broken=True)
    campus.update("booking.event", event, title="inzwischen anders")
    assert run_pass(db) == []
    assert run_pass(db, full=True) == []
    assert [(row["method"], row["state"]) for row in invitations(campus)] == [("CANCEL", "pending")]
    deliver(db, batches)
    assert deliver(db, run_pass(db)) == ["inzwischen anders"]
    assert [row["generation"] for row in invitations(campus)] == [0, 1]


def test_a_failed_cancellation_holds_the_new_invitation_back_until_it_is_reset(
    campus: Campus, db: Database, room: int
) -> None:
    campus.event(room)
    deliver(db, run_pass(db))
    change(db, reinvite=True)
    batches = run_pass(db)
    for _ in range(5):
        deliver(db, batches, broken=True)
    assert run_pass(db) == []
    [failed] = load_invitations(db, [invitations(campus)[0]["id"]])
    assert failed.state is State.FAILED
    carry_out(db, [lifecycle.reset(failed)])
    deliver(db, run_pass(db))
    deliver(db, run_pass(db))
    assert [(row["generation"], row["state"]) for row in invitations(campus)] == [(0, "withdrawn"), (1, "sent")]


def test_a_booking_that_goes_meanwhile_is_only_cancelled(campus: Campus, db: Database, room: int) -> None:
    event = campus.event(room)
    deliver(db, run_pass(db))
    change(db, reinvite=True)
    batches = run_pass(db)
    campus.delete("booking.event", event)
    assert len(deliver(db, batches)) == 1
    assert deliver(db, run_pass(db)) == []
    assert [row["state"] for row in invitations(campus)] == ["withdrawn"]


def test_an_invitation_that_is_being_sent_is_replaced_in_the_next_pass(campus: Campus, db: Database, room: int) -> None:
    campus.event(room)
    run_pass(db)
    campus.sql("UPDATE raumpost.invitation SET organizer = %(old)s, organizer_name = 'Raumpost'", old=OLD)
    [pending] = load_invitations(db, [invitations(campus)[0]["id"]])
    carry_out(db, [lifecycle.claim(pending, lease_until=NOW + timedelta(minutes=30))])
    change(db, reinvite=True)
    assert run_pass(db) == []
    [sending] = load_invitations(db, [pending.id])
    carry_out(db, [lifecycle.confirm(sending, now=NOW)])
    assert [sender for sender, _ in send_batches(db, run_pass(db))] == [OLD]
    assert [sender for sender, _ in send_batches(db, run_pass(db))] == [NEW]


def test_what_never_left_needs_no_cancellation(campus: Campus, db: Database, room: int) -> None:
    campus.event(room)
    batches = run_pass(db)
    deliver(db, batches, broken=True)  # written under the old user, refused
    change(db, reinvite=True)
    assert [sender for sender, _ in send_batches(db, run_pass(db) + run_pass(db))] == [NEW]


def test_a_second_change_makes_a_third_generation(campus: Campus, db: Database, room: int) -> None:
    campus.event(room)
    deliver(db, run_pass(db))
    for name in ("Dritter", "Vierter"):
        add_user(campus, name, email=f"{name}@booking.example")
        request = LinkRequest(where="1", room="Hörsaal 1", technical_user=name, reinvite=True)
        link(db, [request], connection_type=CONNECTIONS.get, now=NOW)
        deliver(db, run_pass(db))
        deliver(db, run_pass(db))
    assert [(row["generation"], row["state"]) for row in invitations(campus)] == [
        (0, "withdrawn"),
        (1, "withdrawn"),
        (2, "sent"),
    ]


def test_a_late_bounce_of_the_cancellation_leaves_the_new_invitation_alone(
    campus: Campus, db: Database, room: int
) -> None:
    event = campus.event(room)
    deliver(db, run_pass(db))
    change(db, reinvite=True)
    deliver(db, run_pass(db))
    deliver(db, run_pass(db))
    [old] = load_invitations(db, [invitations(campus)[0]["id"]])
    carry_out(db, [lifecycle.bounce(old, reason="550")])
    campus.update("booking.event", event, title="neu")
    assert deliver(db, run_pass(db)) == ["neu"]
    assert [(row["method"], row["state"]) for row in invitations(campus)] == [("CANCEL", "failed"), ("REQUEST", "sent")]


def test_a_cancellation_that_came_back_late_can_be_reset_and_never_speaks_for_the_invitation_that_followed(
    campus: Campus, db: Database, room: int
) -> None:
    campus.event(room)
    deliver(db, run_pass(db))
    change(db, reinvite=True)
    deliver(db, run_pass(db))
    deliver(db, run_pass(db))
    old, new = load_invitations(db, [row["id"] for row in invitations(campus)])
    carry_out(db, [lifecycle.bounce(old, reason="550")])
    assert campus.value("SELECT status FROM booking.status") == "sent"

    carry_out(db, [lifecycle.bounce(new, reason="550 too")])  # both are shown, and both are reset
    listing = reset_failed.list_failed(
        db, names=(), group=None, error_contains="", since=None, until=None, now=NOW, default_time_zone="UTC"
    )
    shown = action.show(db, reset_failed.ACTION, listing)
    assert shown.count == 2
    done = action.apply(db, reset_failed.ACTION, preview=shown.id, now=NOW, default_time_zone="UTC")
    assert done == {Outcome.RESET: 2}
    assert [said(mail, "METHOD") for _, mail in send_batches(db, run_pass(db))] == [
        "METHOD:CANCEL",
        "METHOD:REQUEST",
    ]
    assert campus.value("SELECT status FROM booking.status") == "sent"


def test_while_it_is_replaced_its_story_still_knows_the_booking(campus: Campus, db: Database, room: int) -> None:
    event = campus.event(room, title="Analysis")
    deliver(db, run_pass(db))
    change(db, reinvite=True)
    run_pass(db)
    story = explain(db, booking=BookingKey(BookingKind.EVENT, event), now=NOW).lines
    assert "  “Analysis” in Hörsaal 1, 2090-05-03 12:00:00 UTC to 2090-05-03 14:00:00 UTC" in story


def test_a_booking_that_ends_before_its_cancellation_is_planned_is_not_lost_when_it_moves(
    campus: Campus, db: Database, room: int
) -> None:
    event = campus.event(room)
    deliver(db, run_pass(db))
    change(db, reinvite=True)
    later = NOW + timedelta(days=2)
    assert run_pass(db, now=later) == []
    campus.update("booking.event", event, starts_at=later + timedelta(days=1), ends_at=later + timedelta(days=2))
    [(sender, request)] = send_batches(db, run_pass(db, now=later))
    assert (sender, said(request, "METHOD"), said(request, "SEQUENCE")) == (OLD, "METHOD:REQUEST", "SEQUENCE:1")
    assert run_pass(db, now=later, full=True) == []


def test_a_link_that_is_removed_while_it_is_reinvited_is_only_cancelled(
    campus: Campus, db: Database, room: int
) -> None:
    campus.event(room)
    deliver(db, run_pass(db))
    change(db, reinvite=True)
    link(db, [LinkRequest(where="1", room="Hörsaal 1", remove=True)], connection_type=CONNECTIONS.get, now=NOW)
    deliver(db, run_pass(db))
    assert deliver(db, run_pass(db)) == []
    assert campus.value("SELECT removed_at FROM raumpost.room_mailbox") == NOW


def test_many_bookings_are_reinvited_in_a_few_statements(campus: Campus, db: Database, room: int) -> None:
    campus.sql(
        "WITH e AS (INSERT INTO booking.event (title, starts_at, ends_at) "
        "SELECT 'x', %(at)s + n * interval '1 hour', %(at)s + n * interval '1 hour' + interval '30 min' "
        "FROM generate_series(1, 2000) AS n RETURNING id) "
        "INSERT INTO booking.event_room SELECT id, %(room)s FROM e",
        at=NOW,
        room=room,
    )
    run_pass(db)
    campus.sql(
        "UPDATE raumpost.invitation SET organizer = %(old)s, organizer_name = 'x', exposed_sequence = 0", old=OLD
    )
    [outcome] = change(db, reinvite=True).outcomes
    assert "2000 future invitations to cancel" in details(outcome)[1]
    run_pass(db)
    assert campus.value("SELECT count(*) FROM raumpost.invitation WHERE method = 'CANCEL'") == 2000
