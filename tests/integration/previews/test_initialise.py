"""Initialising: what stood in a room before its link is shown, and exactly that is invited."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.errors import ConfigurationError
from raumpost.services.previews import action
from raumpost.services.previews.initialise import ACTION, list_uninvited
from raumpost.services.previews.stored import Outcome, Shown
from tests.database import NOW, Campus
from tests.main_job import planned, run_pass

ZONE = "Europe/Berlin"
ROOM = "room-1@rooms.example"
DAY = timedelta(days=1)


def show(
    db: Database,
    *names: str,
    group: str | None = None,
    earliest: datetime | None = None,
    latest: datetime | None = None,
    now: datetime = NOW,
) -> Shown:
    listing = list_uninvited(
        db, names=names, group=group, earliest=earliest, latest=latest, now=now, default_time_zone=ZONE
    )
    return action.show(db, ACTION, listing)


def apply(db: Database, shown: Shown, *, now: datetime = NOW) -> dict[Outcome, int]:
    return action.apply(db, ACTION, preview=shown.id, now=now, default_time_zone=ZONE)


def invited(campus: Campus) -> list[tuple[str, int]]:
    rows = campus.sql("SELECT kind, source_id FROM raumpost.invitation ORDER BY kind, source_id")
    return [(row["kind"], row["source_id"]) for row in rows]


@pytest.fixture
def room(campus: Campus) -> int:
    """Return a room that is not linked yet."""
    return campus.room()


def test_what_stood_in_the_room_before_its_link_is_shown_and_invited(db: Database, campus: Campus, room: int) -> None:
    event = campus.event(room)
    campus.link(room, address=ROOM)
    assert planned(run_pass(db, full=True)) == 0
    shown = show(db, ROOM)
    assert shown.count == 1
    assert invited(campus) == []
    assert shown.preview.rows == [("Hörsaal 1", "Wed 2090-05-03 14:00 to 16:00", f"event {event}", "Vorlesung", "")]
    assert apply(db, shown) == {Outcome.INVITED: 1}
    assert invited(campus) == [("event", event)]
    assert campus.value("SELECT status FROM booking.status") == "pending"
    assert planned(run_pass(db, full=True)) == 1


def test_applying_twice_changes_nothing(db: Database, campus: Campus, room: int) -> None:
    campus.event(room)
    campus.link(room, address=ROOM)
    shown = show(db, ROOM)
    apply(db, shown)
    before = campus.sql("SELECT * FROM raumpost.invitation"), campus.sql("SELECT * FROM raumpost.journal")
    assert apply(db, shown) == {Outcome.INVITED: 1}
    assert (campus.sql("SELECT * FROM raumpost.invitation"), campus.sql("SELECT * FROM raumpost.journal")) == before
    assert show(db, ROOM).count == 0


def test_two_previews_of_the_same_bookings_invite_them_once(db: Database, campus: Campus, room: int) -> None:
    campus.event(room)
    campus.link(room, address=ROOM)
    one, two = show(db, ROOM), show(db, ROOM)
    assert apply(db, one) == {Outcome.INVITED: 1}
    assert apply(db, two) == {Outcome.INVITED_ALREADY: 1}
    assert len(invited(campus)) == 1


def test_a_preview_changes_nothing_even_if_it_is_never_applied(db: Database, campus: Campus, room: int) -> None:
    campus.event(room)
    campus.link(room, address=ROOM)
    show(db, ROOM)
    assert planned(run_pass(db, full=True)) == 0
    assert invited(campus) == []


def test_only_what_was_shown_is_invited(db: Database, campus: Campus, room: int) -> None:
    """An event in two rooms: the other room was not asked about, nor was what comes later."""
    other = campus.room("Hörsaal 2")
    event = campus.event(room, other)
    later = campus.event(room, starts=NOW + 40 * DAY)
    link = campus.link(room, address=ROOM)
    campus.link(other)
    shown = show(db, ROOM, latest=NOW + 30 * DAY)
    assert apply(db, shown) == {Outcome.INVITED: 1}
    run_pass(db, full=True)
    rows = campus.sql("SELECT room_mailbox_id, source_id FROM raumpost.invitation")
    assert [(row["room_mailbox_id"], row["source_id"]) for row in rows] == [(link, event)]
    assert campus.value("SELECT count(*) FROM raumpost.preexisting WHERE source_id = %(later)s", later=later) == 1


def test_a_booking_that_changed_after_the_preview_is_invited_as_it_stands_and_said(
    db: Database, campus: Campus, room: int
) -> None:
    moved, same = campus.event(room), campus.event(room, starts=NOW + 5 * DAY)
    campus.link(room, address=ROOM)
    shown = show(db, ROOM)
    campus.update("booking.event", moved, ends_at=NOW + DAY + timedelta(hours=5))
    assert apply(db, shown) == {Outcome.INVITED: 1, Outcome.INVITED_CHANGED: 1}
    assert campus.value(
        "SELECT ends_at FROM raumpost.invitation WHERE source_id = %(id)s", id=moved
    ) == NOW + DAY + timedelta(hours=5)
    said = [row["message"] for row in campus.sql("SELECT message FROM raumpost.journal WHERE level = 'warning'")]
    assert said == [f"event {moved} in {ROOM} changed after the preview: invited as it stands now"]
    assert invited(campus) == [("event", moved), ("event", same)]
    assert campus.value("SELECT max(sequence) FROM raumpost.invitation") == 0
    assert planned(run_pass(db, full=True)) == 2
    assert campus.value("SELECT max(sequence) FROM raumpost.invitation") == 0


def test_what_vanished_or_is_over_since_the_preview_is_not_invited_and_said(
    db: Database, campus: Campus, room: int
) -> None:
    deleted, cancelled, left = campus.event(room), campus.event(room), campus.event(room)
    over = campus.event(room, starts=NOW + timedelta(minutes=1), hours=0.5)
    campus.link(room, address=ROOM)
    shown = show(db, ROOM)
    campus.delete("booking.event", deleted)
    campus.update("booking.event", cancelled, cancelled=True)
    campus.sql("DELETE FROM booking.event_room WHERE event_id = %(id)s", id=left)
    assert apply(db, shown, now=NOW + timedelta(hours=1)) == {Outcome.NOT_WANTED: 4}
    assert invited(campus) == []
    said = [row["message"] for row in campus.sql("SELECT message FROM raumpost.journal WHERE source_id IS NOT NULL")]
    assert {message.split(" in ")[0] for message in said} == {
        f"event {id_}" for id_ in (deleted, cancelled, left, over)
    }
    assert all("not invited" in message for message in said)


def test_a_link_that_is_gone_since_the_preview_is_said(db: Database, campus: Campus, room: int) -> None:
    campus.event(room)
    link = campus.link(room, address=ROOM)
    shown = show(db, ROOM)
    campus.delete("raumpost.room_mailbox", link)
    assert apply(db, shown) == {Outcome.NOT_WANTED: 1}
    assert "its link is gone" in campus.value("SELECT message FROM raumpost.journal WHERE source_id IS NOT NULL")


def test_blocks_are_shown_where_the_link_includes_them(db: Database, campus: Campus, room: int) -> None:
    block = campus.block(room, reason="Umbau")
    campus.block(other := campus.room("Without blocks"))
    campus.link(room, address=ROOM, include_blocks=True)
    campus.link(other, address="other@rooms.example")
    shown = show(db, ROOM, "other@rooms.example")
    assert [row[2:4] for row in shown.preview.rows] == [(f"block {block}", "Raumsperre: Umbau")]
    apply(db, shown)
    assert invited(campus) == [("block", block)]


def test_a_booking_that_no_trigger_told_of_is_shown_too(db: Database, campus: Campus) -> None:
    room = campus.linked_room(address=ROOM)
    event = campus.event(room)
    campus.sql("DELETE FROM raumpost.booking_change")
    apply(db, show(db, ROOM))
    assert invited(campus) == [("event", event)]


def test_what_is_invited_over_cancelled_or_outside_the_dates_is_not_shown(
    db: Database, campus: Campus, room: int
) -> None:
    campus.event(room, starts=NOW - DAY)
    campus.event(room, cancelled=True)
    campus.event(room, starts=NOW + 1 * DAY)
    campus.event(room, starts=NOW + 9 * DAY)
    wanted = campus.event(room, starts=NOW + 5 * DAY)
    campus.link(room, address=ROOM)
    shown = show(db, ROOM, earliest=NOW + 4 * DAY, latest=NOW + 6 * DAY)
    assert [row[2] for row in shown.preview.rows] == [f"event {wanted}"]
    assert show(db, ROOM, earliest=NOW - 30 * DAY).count == 3


def test_what_a_room_may_refuse_is_said_beforehand(db: Database, campus: Campus, room: int) -> None:
    far = campus.event(room, starts=NOW + 200 * DAY)
    long = campus.event(room, starts=NOW + 10 * DAY, hours=25)
    one, two = campus.event(room, starts=NOW + 2 * DAY), campus.event(room, starts=NOW + 2 * DAY + timedelta(hours=1))
    touching = campus.event(room, starts=NOW + 2 * DAY + timedelta(hours=3))
    campus.link(room, address=ROOM, active=False)
    shown = show(db, ROOM)
    warnings = {row[2]: row[4].removeprefix("link is inactive") for row in shown.preview.rows}
    assert warnings == {
        f"event {far}": ", beyond 180 days",
        f"event {long}": ", longer than 24 h",
        f"event {one}": f", overlaps event {two}",
        f"event {two}": f", overlaps event {one}",
        f"event {touching}": "",
    }
    assert [(words.split(";")[0], count) for words, count in shown.preview.findings] == [
        ("beyond 180 days", 1), ("longer than 24 h", 1), ("link is inactive", 5), ("overlaps", 2),
    ]  # fmt: skip


def test_overlaps_with_what_is_invited_already_are_said(db: Database, campus: Campus, room: int) -> None:
    old = campus.event(room)
    campus.link(room, address=ROOM)
    new = campus.event(room, hours=1)
    assert planned(run_pass(db, full=True)) == 1
    assert invited(campus) == [("event", new)]
    [row] = show(db, ROOM).preview.rows
    assert (row[2], row[4]) == (f"event {old}", f"overlaps event {new}")


def test_a_day_of_25_hours_is_not_too_long(db: Database, campus: Campus, room: int) -> None:
    campus.event(room, starts=datetime(2090, 10, 28, 22, tzinfo=UTC), hours=25, all_day=True)
    campus.link(room, address=ROOM)
    [row] = show(db, ROOM, now=datetime(2090, 10, 1, tzinfo=UTC)).preview.rows
    assert (row[1], row[4]) == ("Sun 2090-10-29, all day", "")


def test_bookings_that_cannot_be_mirrored_are_named_in_the_preview(db: Database, campus: Campus, room: int) -> None:
    broken = campus.event(room, hours=-1)
    campus.link(room, address=ROOM)
    shown = show(db, ROOM)
    assert shown.count == 0
    assert any(f"event {broken} in room “Hörsaal 1” ends before it starts" in said for said in shown.preview.remarks)


def test_neither_a_confidential_title_nor_markup_reaches_the_page(db: Database, campus: Campus, room: int) -> None:
    campus.event(room, title="Secret", description="Secret", booked_by="Secret", confidential=True)
    campus.event(room, title="<img src=x> [click](https://evil.example) | `x`")
    campus.link(room, address=ROOM)
    page = show(db, ROOM).preview.as_markdown()
    assert "Secret" not in page
    assert "Belegt" in page
    assert r"&lt;img src\=x&gt; \[click\]\(https://evil.example\) \| \`x\`" in page.replace("\u2060", "")


def test_all_rooms_of_a_group_are_taken_by_its_name_or_id(db: Database, campus: Campus, room: int) -> None:
    group = campus.value("INSERT INTO booking.room_group (name) VALUES ('Main building') RETURNING id")
    for member in (room, campus.room("Unlinked")):
        campus.sql("INSERT INTO booking.room_group_member VALUES (%(group)s, %(room)s)", group=group, room=member)
    campus.event(room)
    campus.link(room, address=ROOM)
    for name in ("main building", str(group)):
        shown = show(db, group=name)
        assert shown.count == 1
        assert shown.preview.remarks == ["rooms of “Main building” without a mailbox, left out: 1"]


def test_all_that_is_wrong_with_the_choice_is_said_at_once(db: Database, campus: Campus) -> None:
    campus.linked_room(address=ROOM)
    for _ in range(2):
        campus.sql("INSERT INTO booking.room_group (name) VALUES ('Twice')")
    with pytest.raises(ConfigurationError) as excinfo:
        show(db, "nobody@rooms.example", "99", ROOM, group="Twice")
    assert [said.split(";")[0] for said in str(excinfo.value).split("; there")] == [
        "there is no room mailbox “nobody@rooms.example”",
        " is no room mailbox “99”",
        " are several room groups “Twice”",
    ]
    with pytest.raises(ConfigurationError, match="no room mailbox is named"):
        show(db)
    with pytest.raises(ConfigurationError, match="there is no room group “None such”"):
        show(db, group="None such")


def test_the_journal_names_who_initialised(db: Database, campus: Campus, room: int) -> None:
    campus.event(room)
    campus.link(room, address=ROOM)
    apply(db, show(db, ROOM))
    rows = campus.sql("SELECT step, actor, dag_run, message FROM raumpost.journal ORDER BY id")
    assert [(row["step"], row["actor"], row["dag_run"]) for row in rows] == [
        ("invite", "test", "manual"), ("initialise", "test", "manual"),
    ]  # fmt: skip
    assert "applied: 1 invited" in rows[1]["message"]


def test_the_gatherer_stands_aside_while_a_preview_is_applied(
    db: Database, campus: Campus, room: int, connect: Callable[[], object]
) -> None:
    """Both would create the same invitation: one of them must wait."""
    event = campus.event(room)
    campus.link(room, address=ROOM)
    shown = show(db, ROOM)
    campus.update("booking.event", event, title="Changed")
    other = Database(connect())  # type: ignore[arg-type]
    with db.transaction():
        db.rows("wait_for_gatherer")
        assert planned(run_pass(other, full=True)) == 0
    assert apply(db, shown) == {Outcome.INVITED_CHANGED: 1}
    assert planned(run_pass(other, full=True)) == 1


def test_ten_thousand_bookings_are_previewed_within_five_seconds(db: Database, campus: Campus) -> None:
    rooms = [campus.room(f"Room {number}") for number in range(20)]
    campus.sql(
        """WITH made AS (
               INSERT INTO booking.event (title, description, booked_by, starts_at, ends_at)
               SELECT 'Lecture ' || n, 'About number ' || n, 'A. Teacher',
                   %(now)s + n * interval '20 minutes', %(now)s + n * interval '20 minutes' + interval '90 minutes'
               FROM generate_series(1, 10000) AS n RETURNING id)
           INSERT INTO booking.event_room SELECT id, %(first)s + id %% 20 FROM made""",
        now=NOW, first=rooms[0],
    )  # fmt: skip
    for room in rooms:
        campus.link(room)
    names = [row["address"] for row in campus.sql("SELECT address FROM raumpost.room_mailbox")]
    started = time.perf_counter()
    shown = show(db, *names)
    page = shown.preview.as_markdown()
    previewed = time.perf_counter() - started
    assert shown.count == 10_000
    assert "These are the first 200 of 10000." in page
    assert len(page) < 60_000
    started = time.perf_counter()
    assert apply(db, shown) == {Outcome.INVITED: 10_000}
    print(f"10,000 bookings: previewed in {previewed:.1f} s, applied in {time.perf_counter() - started:.1f} s")  # noqa: T201
    assert previewed < 5
