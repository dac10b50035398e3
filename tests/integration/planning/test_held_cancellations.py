"""What becomes of cancellations that are held back."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.check import CheckStatus
from raumpost.domain.model import BookingKey, BookingKind
from raumpost.services.checks import results as check_results
from raumpost.services.checks.links import check_links
from raumpost.services.history.explain import explain
from raumpost.services.planning import plan as plan_module
from raumpost.services.planning.held_cancellations import held_cancellations
from raumpost.services.previews import action
from raumpost.services.previews.approve_cancellations import ACTION, list_withheld
from raumpost.services.previews.stored import Outcome, Shown
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


def show(db: Database, *names: str) -> Shown:
    listing = list_withheld(db, names=names, group=None, now=NOW, default_time_zone="Europe/Berlin")
    return action.show(db, ACTION, listing)


def approve_cancellations(db: Database, *, preview: int) -> dict[Outcome, int]:
    return action.apply(db, ACTION, preview=preview, now=NOW, default_time_zone="Europe/Berlin")


@pytest.fixture
def room(campus: Campus) -> int:
    return campus.linked_room("Hörsaal 1", address="one@rooms.example")


@pytest.fixture
def events(campus: Campus, db: Database, room: int) -> list[int]:
    """Thirty events that the room knows."""
    events = book(campus, room, 30)
    assert len(sent_by_pass(db)) == 30
    return events


# ── what resolves it ───────────────────────────────────────────────────────────────────────────────────


def test_bookings_that_come_back_settle_it_and_no_mail_is_sent(
    campus: Campus, db: Database, room: int, events: list[int]
) -> None:
    before = words(campus, events[0])
    delete(campus, events)
    sent_by_pass(db)
    restore(campus, events[:15], room)
    assert sent_by_pass(db) == []
    assert withheld(db) == [("one@rooms.example", 15, 30)]  # few by now, but the question stands
    restore(campus, events[15:], room)
    assert sent_by_pass(db) == []
    assert withheld(db) == []
    assert words(campus, events[0]) == before
    assert campus.value("SELECT count(*) FROM raumpost.booking_change") == 0


def test_whoever_booked_sees_that_the_room_is_still_held(campus: Campus, db: Database, events: list[int]) -> None:
    campus.sql("UPDATE booking.event SET cancelled = true")
    sent_by_pass(db)
    assert words(campus, events[0]) == (
        "sent",
        "Gesendet, Rückmeldung offen; die Absage wird zurückgehalten, bis sie freigegeben ist",
        "Sent, reply outstanding; the cancellation is held back until it is approved",
    )


def test_the_story_of_a_booking_and_the_check_say_that_its_cancellation_waits(
    campus: Campus, db: Database, events: list[int]
) -> None:
    delete(campus, events)
    sent_by_pass(db)
    story = "\n".join(explain(db, booking=BookingKey(BookingKind.EVENT, events[0]), now=NOW).lines)
    assert "too many of this room vanished at once: its cancellation is held back" in story
    assert "let the cancellations through with mailbox_approve_cancellations" in story
    check_links(db, describe=lambda conn_id, kind: None, now=NOW)
    [found] = [one for _, _, one in check_results.load(db) if one.what == "cancellations"]
    assert found.status is CheckStatus.NOT_OK
    assert found.why.startswith("30 invitations, the oldest since 2090-05-02 12:00 UTC, would be cancelled")


def test_a_slot_that_is_over_waits_no_longer(campus: Campus, db: Database, events: list[int]) -> None:
    delete(campus, events[:21])
    sent_by_pass(db)
    sent_by_pass(db, now=NOW + 10 * DAY)
    assert [one.withheld for one in held_cancellations(db, now=NOW)] == [12]
    assert sent_by_pass(db, now=NOW + 40 * DAY) == []
    assert withheld(db) == []
    assert methods(campus, events) == {"REQUEST"}


def test_a_slot_that_a_change_hides_from_us_still_waits_when_that_of_the_change_is_over(
    campus: Campus, db: Database, events: list[int]
) -> None:
    """The room was told of day 20 only; the move to day 1 never left."""
    campus.update("booking.event", events[20], starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR)
    assert sent_by_pass(db, budget=0) == []
    delete(campus, events[:21])
    assert sent_by_pass(db) == []
    for full in (False, True):
        assert sent_by_pass(db, now=NOW + 2 * DAY, full=full) == []
    approve_cancellations(db, preview=show(db, "one@rooms.example").id)
    assert "day 20" in sent_by_pass(db, now=NOW + 2 * DAY)
    assert campus.value("SELECT count(*) FROM raumpost.withheld") == 0


def test_with_the_guard_switched_off_everything_goes(campus: Campus, db: Database, events: list[int]) -> None:
    delete(campus, events[:25])
    assert sent_by_pass(db) == []
    assert len(sent_by_pass(db, guard_percent=100)) == 25


def test_a_pass_that_breaks_off_before_it_counted_loses_nothing(
    campus: Campus, db: Database, events: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from raumpost.services.planning import gather as gather_module

    def die(*_: object, **__: object) -> int:
        raise ConnectionError

    delete(campus, events[:5])
    with monkeypatch.context() as patch:
        patch.setattr(gather_module, "guard", die)
        with pytest.raises(ConnectionError):
            sent_by_pass(db)
    assert methods(campus, events[:5]) == {"REQUEST"}
    assert len(sent_by_pass(db)) == 5


class CountingDatabase:
    """A database that counts how often each booking is read to be planned."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.planned: Counter[int] = Counter()
        self.locked: Counter[int] = Counter()

    def rows(self, statement: str, /, **parameters: Any) -> list[dict[str, Any]]:
        counted = {"bookings": self.planned, "lock_invitations_of_bookings": self.locked}.get(statement)
        if counted is not None:
            counted.update(parameters["event_ids"])
        return self._db.rows(statement, **parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


@pytest.mark.parametrize("gone", [3, 25], ids=["few", "many"])
def test_a_deletion_is_planned_once_whether_the_guard_lets_it_through_or_a_person(
    campus: Campus, db: Database, events: list[int], gone: int
) -> None:
    counting = CountingDatabase(db)
    delete(campus, events[:gone])
    sent = sent_by_pass(counting)
    if gone == 25:
        assert sent == []
        approve_cancellations(db, preview=show(db).id)
        sent = sent_by_pass(counting)
    assert len(sent) == gone
    assert counting.planned == counting.locked == dict.fromkeys(events[:gone], 1)


def test_a_booking_that_comes_back_while_the_guard_counts_is_not_cancelled(
    campus: Campus, db: Database, room: int, events: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from raumpost.services.planning import gather as gather_module

    real = gather_module.guard

    def late(*given: Any, **options: Any) -> int:
        restore(campus, events[:1], room)
        return real(*given, **options)

    delete(campus, events[:3])
    with monkeypatch.context() as patch:
        patch.setattr(gather_module, "guard", late)
        assert sorted(sent_by_pass(db)) == ["day 1", "day 2"]
    assert sent_by_pass(db) == []
    assert methods(campus, events[:1]) == {"REQUEST"}
    assert campus.value("SELECT count(*) FROM raumpost.withheld") == 0


def test_a_booking_that_came_back_but_cannot_be_planned_is_not_cancelled_by_an_approval(
    campus: Campus, db: Database, room: int, events: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    delete(campus, events[:25])
    assert sent_by_pass(db) == []
    approve_cancellations(db, preview=show(db).id)
    restore(campus, events[:1], room)
    real = plan_module.booking

    def broken(row: dict[str, Any]) -> Any:
        if row["source_id"] == events[0]:
            raise ValueError("cannot be planned")
        return real(row)

    with monkeypatch.context() as patch:
        patch.setattr(plan_module, "booking", broken)
        assert len(sent_by_pass(db)) == 24
        assert sent_by_pass(db) == []
    assert methods(campus, events[:1]) == {"REQUEST"}


# ── approval ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_approval_lets_through_exactly_what_was_shown(
    campus: Campus, db: Database, room: int, events: list[int]
) -> None:
    delete(campus, events[:25])
    sent_by_pass(db)
    shown = show(db)
    assert shown.count == 25
    assert shown.preview.per_room == {"Hörsaal 1 (one@rooms.example)": 25}
    assert shown.preview.rows[0][:4] == ("Hörsaal 1", "Wed 2090-05-03 14:00 to 16:00", f"event {events[0]}", "day 0")
    restore(campus, events[:1], room)
    delete(campus, events[25:26])
    sent_by_pass(db)
    assert approve_cancellations(db, preview=shown.id) == {Outcome.APPROVED: 24, Outcome.MOVED_ON: 1}
    assert sorted(sent_by_pass(db)) == sorted(f"day {day}" for day in range(1, 25))
    assert withheld(db) == [("one@rooms.example", 1, 6)]  # what vanished after the preview
    assert methods(campus, [events[0], *events[25:]]) == {"REQUEST"}
    lines = campus.sql("SELECT actor FROM raumpost.journal WHERE message LIKE '%%cancellation was approved'")
    assert [line["actor"] for line in lines] == ["test"] * 24


def test_what_came_back_and_vanished_again_needs_another_approval(
    campus: Campus, db: Database, room: int, events: list[int]
) -> None:
    delete(campus, events[:25])
    sent_by_pass(db)
    shown = show(db)
    restore(campus, events[:1], room)
    sent_by_pass(db)
    delete(campus, events[:1])
    sent_by_pass(db, now=NOW + timedelta(minutes=1))
    assert approve_cancellations(db, preview=shown.id) == {Outcome.APPROVED: 24, Outcome.MOVED_ON: 1}
    assert len(sent_by_pass(db)) == 24
    assert methods(campus, events[:1]) == {"REQUEST"}


def test_a_booking_that_comes_back_after_the_approval_is_not_cancelled(
    campus: Campus, db: Database, room: int, events: list[int]
) -> None:
    delete(campus, events[:25])
    sent_by_pass(db)
    approve_cancellations(db, preview=show(db).id)
    restore(campus, events[:1], room)
    assert len(sent_by_pass(db)) == 24
    assert methods(campus, events[:1]) == {"REQUEST"}


def test_one_room_can_be_approved_alone(campus: Campus, db: Database, events: list[int]) -> None:
    other = campus.linked_room("Hörsaal 2", address="two@rooms.example")
    book(campus, other, 22, first=50)
    sent_by_pass(db)
    campus.sql("DELETE FROM booking.event")
    sent_by_pass(db)
    assert withheld(db) == [("one@rooms.example", 30, 30), ("two@rooms.example", 22, 22)]
    shown = show(db, "two@rooms.example")
    assert shown.count == 22
    approve_cancellations(db, preview=shown.id)
    assert len(sent_by_pass(db)) == 22
    assert withheld(db) == [("one@rooms.example", 30, 30)]


def test_approving_twice_changes_nothing(campus: Campus, db: Database, events: list[int]) -> None:
    delete(campus, events)
    sent_by_pass(db)
    shown, same = show(db), show(db)
    approve_cancellations(db, preview=shown.id)
    assert approve_cancellations(db, preview=shown.id) == {Outcome.APPROVED: 30}
    assert approve_cancellations(db, preview=same.id) == {Outcome.MOVED_ON: 30}
    assert len(sent_by_pass(db)) == 30
    assert sent_by_pass(db) == []
    assert campus.value("SELECT count(*) FROM raumpost.withheld") == 0
