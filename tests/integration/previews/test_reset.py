"""Resetting: failed invitations are shown, and exactly those get five new attempts."""

import time
from datetime import datetime, timedelta

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain import lifecycle
from raumpost.domain.errors import ConfigurationError
from raumpost.domain.model import MAX_ATTEMPTS, Invitation
from raumpost.services.previews import action, reset_failed
from raumpost.services.previews.stored import Outcome, Shown
from raumpost.services.store.invitations import carry_out, load_invitations
from tests.database import NOW, Campus
from tests.main_job import planned, run_pass

ZONE = "Europe/Berlin"
ROOM = "room-1@rooms.example"
DAY = timedelta(days=1)


def show(
    db: Database,
    *names: str,
    group: str | None = None,
    error: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime = NOW,
) -> Shown:
    listing = reset_failed.list_failed(
        db,
        names=names,
        group=group,
        error_contains=error,
        since=since,
        until=until,
        now=now,
        default_time_zone=ZONE,
    )
    return action.show(db, reset_failed.ACTION, listing)


def reset(db: Database, *, preview: int) -> dict[Outcome, int]:
    return action.apply(db, reset_failed.ACTION, preview=preview, now=NOW, default_time_zone="Europe/Berlin")


def fail(db: Database, campus: Campus, *, error: str = "451 greylisted", may_be_known: bool = False) -> None:
    """Let all that waits fail for good."""
    run_pass(db, budget=9000)
    ids = [row["id"] for row in campus.sql("SELECT id FROM raumpost.invitation WHERE state = 'pending'")]
    for _ in range(MAX_ATTEMPTS):
        waiting = load_invitations(db, ids)
        carry_out(db, [lifecycle.claim(one, lease_until=NOW) for one in waiting])
        claimed = load_invitations(db, ids)
        carry_out(db, [lifecycle.fall_back(one, error=error, may_be_known=may_be_known) for one in claimed])


def told(db: Database, campus: Campus, event: int) -> Invitation:
    id_ = campus.value("SELECT id FROM raumpost.invitation WHERE source_id = %(event)s", event=event)
    [invitation] = load_invitations(db, [id_])
    return invitation


@pytest.fixture
def room(campus: Campus) -> int:
    return campus.linked_room(address=ROOM)


def test_a_link_that_is_being_removed_can_be_named(db: Database, campus: Campus, room: int) -> None:
    campus.event(room)
    fail(db, campus)
    campus.sql("UPDATE raumpost.room_mailbox SET removal_requested_at = now()")
    assert show(db, ROOM).count == 1
    campus.sql("UPDATE raumpost.room_mailbox SET removed_at = now(), active = false")
    with pytest.raises(ConfigurationError, match="there is no room mailbox"):
        show(db, ROOM)


def test_what_failed_is_shown_and_gets_five_new_attempts(db: Database, campus: Campus, room: int) -> None:
    event = campus.event(room)
    fail(db, campus)
    shown = show(db)
    [row] = shown.preview.rows
    assert row[:5] == ("Hörsaal 1", "Wed 2090-05-03 14:00 to 16:00", f"event {event}", "Vorlesung", "REQUEST")
    assert row[6:] == ("451 greylisted", "")
    assert shown.preview.findings == [("error “451 greylisted”", 1)]
    assert told(db, campus, event).state == "failed"
    assert planned(run_pass(db, budget=9000)) == 0

    assert reset(db, preview=shown.id) == {Outcome.RESET: 1}
    again = told(db, campus, event)
    assert (again.state, again.attempts, again.resend, again.last_error) == ("pending", 0, 1, None)
    assert campus.value("SELECT status FROM booking.status") == "pending"
    assert planned(run_pass(db, budget=9000)) == 1


def test_a_mail_that_came_back_is_shown_as_undeliverable(db: Database, campus: Campus, room: int) -> None:
    event = campus.event(room)
    fail(db, campus, error="550 no such user", may_be_known=True)
    campus.sql("UPDATE raumpost.invitation SET bounced = true")
    shown = show(db, error="undeliverable: 550")
    assert shown.preview.rows[0][6] == "undeliverable: 550 no such user"
    assert shown.preview.findings == [("error “undeliverable: 550 no such user”", 1)]
    assert told(db, campus, event).shown_error == "undeliverable: 550 no such user"
    [trouble] = db.rows("trouble", now=NOW, smtp_conn_id=None, imap_conn_id=None)
    assert trouble["last_error"] == "undeliverable: 550 no such user"


def test_the_journal_names_who_reset_it(db: Database, campus: Campus, room: int) -> None:
    campus.event(room)
    fail(db, campus)
    reset(db, preview=show(db).id)
    rows = campus.sql("SELECT actor, dag_run, message FROM raumpost.journal WHERE step = 'reset' ORDER BY id")
    assert [(row["actor"], row["dag_run"]) for row in rows] == [("test", "manual")] * 2
    assert "REQUEST 0 reset: to be sent again" in rows[0]["message"]
    assert "applied: 1 reset" in rows[1]["message"]


def test_resetting_twice_changes_nothing(db: Database, campus: Campus, room: int) -> None:
    event = campus.event(room)
    fail(db, campus)
    shown, same = show(db), show(db)
    reset(db, preview=shown.id)
    assert reset(db, preview=shown.id) == {Outcome.RESET: 1}
    assert reset(db, preview=same.id) == {Outcome.MOVED_ON: 1}
    assert told(db, campus, event).resend == 1


def test_what_failed_anew_after_the_preview_is_another_failure(db: Database, campus: Campus, room: int) -> None:
    event = campus.event(room)
    fail(db, campus)
    shown, other = show(db), show(db)
    reset(db, preview=other.id)
    fail(db, campus, error="550 no such user")
    assert reset(db, preview=shown.id) == {Outcome.MOVED_ON: 1}
    assert told(db, campus, event).state == "failed"


def test_what_fails_after_the_preview_is_left_alone(db: Database, campus: Campus, room: int) -> None:
    campus.event(room)
    fail(db, campus)
    shown = show(db)
    late = campus.event(room)
    fail(db, campus)
    assert reset(db, preview=shown.id) == {Outcome.RESET: 1}
    assert told(db, campus, late).state == "failed"


def test_what_changed_after_the_preview_is_left_alone(db: Database, campus: Campus, room: int) -> None:
    event = campus.event(room)
    fail(db, campus)
    shown = show(db)
    campus.update("booking.event", event, title="Changed")
    run_pass(db, budget=9000)
    assert reset(db, preview=shown.id) == {Outcome.MOVED_ON: 1}
    assert told(db, campus, event).resend == 0


def test_only_what_is_asked_for_is_shown(db: Database, campus: Campus, room: int) -> None:
    one = campus.event(room)
    fail(db, campus, error="Connection REFUSED")
    between = campus.value("SELECT clock_timestamp()")
    two = campus.event(campus.linked_room("Hörsaal 2", address="two@rooms.example"))
    fail(db, campus, error="550 100% _no_ such user")

    def events(shown: Shown) -> list[str]:
        return [row[2] for row in shown.preview.rows]

    assert events(show(db)) == [f"event {one}", f"event {two}"]
    assert events(show(db, "TWO@rooms.example")) == [f"event {two}"]
    assert events(show(db, error="refused")) == [f"event {one}"]
    assert events(show(db, error="100% _NO_")) == [f"event {two}"]
    assert events(show(db, error="%")) == [f"event {two}"]
    assert events(show(db, since=between)) == [f"event {two}"]
    assert events(show(db, until=between)) == [f"event {one}"]
    assert events(show(db, ROOM, error="550")) == []


def test_rooms_that_do_not_exist_are_refused(db: Database, campus: Campus, room: int) -> None:
    with pytest.raises(ConfigurationError, match=r"no room mailbox “three@rooms.example”; .*no room group “None such”"):
        show(db, "three@rooms.example", group="None such")


def test_a_booking_that_is_over_is_named_and_left_out(db: Database, campus: Campus, room: int) -> None:
    event = campus.event(room)
    fail(db, campus, may_be_known=True)
    shown = show(db, now=NOW + 3 * DAY)
    assert shown.count == 0
    assert shown.preview.remarks == [f"event {event} “Vorlesung” in {ROOM}: booking is over, left out"]
    assert reset(db, preview=shown.id) == {}
    assert told(db, campus, event).state == "failed"


def test_a_booking_that_is_over_and_was_never_sent_is_dropped_after_the_reset(
    db: Database, campus: Campus, room: int
) -> None:
    event = campus.event(room)
    fail(db, campus)
    shown = show(db, now=NOW + 3 * DAY)
    assert shown.preview.rows[0][7] == "booking is over and nothing ever left: the next run drops it"
    reset(db, preview=shown.id)
    assert planned(run_pass(db, now=NOW + 3 * DAY, budget=9000)) == 0
    assert told(db, campus, event).state == "withdrawn"


@pytest.mark.parametrize("then", ["moved", "moved, then cancelled"])
def test_a_booking_that_is_over_may_have_left_a_later_slot_at_its_room(
    db: Database, campus: Campus, room: int, then: str
) -> None:
    """The room knows the slot that the booking had before it was moved ahead, and never got the mail that moved it."""
    event = campus.event(room, starts=NOW + 9 * DAY)
    run_pass(db, budget=9000)
    [invitation] = load_invitations(db, [row["id"] for row in campus.sql("SELECT id FROM raumpost.invitation")])
    carry_out(db, [lifecycle.claim(invitation, lease_until=NOW)])
    [claimed] = load_invitations(db, [invitation.id])
    carry_out(db, [lifecycle.confirm(claimed, now=NOW)])
    campus.update("booking.event", event, starts_at=NOW + DAY, ends_at=NOW + DAY + timedelta(hours=1))
    fail(db, campus)
    if then != "moved":
        campus.update("booking.event", event, cancelled=True)
        fail(db, campus)
    shown = show(db, now=NOW + 3 * DAY)
    assert shown.preview.rows[0][7] == "booking is over, but the room may still hold a slot that it had before"
    assert reset(db, preview=shown.id) == {Outcome.RESET: 1}
    assert planned(run_pass(db, now=NOW + 3 * DAY, budget=9000)) == 1


def test_what_waits_for_an_inactive_link_is_said(db: Database, campus: Campus, room: int) -> None:
    campus.event(room)
    fail(db, campus)
    campus.sql("UPDATE raumpost.room_mailbox SET active = false")
    shown = show(db)
    assert shown.preview.rows[0][7] == "link is inactive: waits until it is switched on"
    reset(db, preview=shown.id)
    assert planned(run_pass(db, budget=9000)) == 0


def test_five_thousand_are_reset_in_seconds(db: Database, campus: Campus, room: int) -> None:
    campus.sql(
        """WITH made AS (
               INSERT INTO booking.event (title, starts_at, ends_at)
               SELECT 'Lecture ' || n, %(now)s + n * interval '2 hours', %(now)s + n * interval '2 hours 90 minutes'
               FROM generate_series(1, 5000) AS n RETURNING id)
           INSERT INTO booking.event_room SELECT id, %(room)s FROM made""",
        now=NOW + DAY, room=room,
    )  # fmt: skip
    assert planned(run_pass(db, budget=9000)) == 5000
    campus.sql(
        "UPDATE raumpost.invitation SET state = 'failed', attempts = 5, last_error = '421 busy', updated_at = now()"
    )
    started = time.perf_counter()
    shown = show(db)
    page = shown.preview.as_markdown()
    previewed = time.perf_counter() - started
    assert len(page) < 60_000
    started = time.perf_counter()
    assert reset(db, preview=shown.id) == {Outcome.RESET: 5000}
    took = time.perf_counter() - started
    print(f"5,000 failed invitations: previewed in {previewed:.1f} s, reset in {took:.1f} s")  # noqa: T201
    assert previewed + took < 10
