"""The whole circle with Cyrus IMAP as groupware: a booking goes out, a person answers in the room's calendar.

Nothing here answers by itself: Sieve puts the invitation into the calendar, the test changes it there by CalDAV as
whoever looks after the room would, and Cyrus writes the answer.
"""

import os
import shutil
import smtplib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.errors import BatchIncomplete
from sandbox import cyrus as cyrus_program
from sandbox import postfix as postfix_program
from sandbox.cyrus import Cyrus
from sandbox.dovecot import Dovecot
from sandbox.ports import HOST, free_port, reachable_directory
from sandbox.postfix import Postfix
from tests.database import Campus, emptied
from tests.eventually import eventually
from tests.interop.cyrus_circle import START, Here, Servers
from tests.interop.relay import Relay
from tests.mail_pipeline import MailPipeline
from tests.servers.imap import Mailbox
from tests.servers.needs import need

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ATTEMPTS = 5
ROOMS = 30
ROOM_FOR_ALL = 50 * 1024 * 1024
"""Octets; the servers of these tests use a tenth."""

GERMAN = "Größen & Maße; Teil 1, „Grundlagen“"
TITLES = [
    GERMAN,
    "🎉 Begrüßung der Erstsemester ☕ 👩‍👩‍👧",
    "日本語の授業",
    "Vorlesung " * 30 + "Ende",
    "ß" * 300,
    'Mit "Anführung" \\ und , ; : %2C =?utf-8?q?x?=',
]


@contextmanager
def quick_directory() -> Iterator[Path]:
    """Return a place in memory, where there is one: Cyrus waits for the disk at every change, half of the time here."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK | os.X_OK) or shutil.disk_usage(memory).free < ROOM_FOR_ALL:
        with reachable_directory() as place:
            yield place
        return
    with TemporaryDirectory(prefix="raumpost-", dir=memory, ignore_cleanup_errors=True) as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


@pytest.fixture(scope="module", params=["postfix", "relay"])
def servers(request: pytest.FixtureRequest, dovecot: Dovecot) -> Iterator[Servers]:
    """Return Postfix between the technical user and Cyrus, or a relay in this process, where nobody is root."""
    need(cyrus_program.obstacle())
    addresses = [f"raum-{number}@rooms.example" for number in range(1, ROOMS + 1)]
    with ExitStack() as stack:
        directory = stack.enter_context(quick_directory())
        if request.param == "postfix":
            need(postfix_program.obstacle())
            port = free_port()
            cyrus = stack.enter_context(Cyrus(directory / "c", addresses, smtp_port=port))
            transports = {"booking.example": dovecot.lmtp_port, "rooms.example": cyrus.lmtp_port}
            stack.enter_context(Postfix(directory / "p", transports, smtp_port=port))
            yield Servers("postfix", lambda: smtplib.SMTP(HOST, port, timeout=10), cyrus, addresses)
            return
        relay = stack.enter_context(Relay())
        cyrus = stack.enter_context(Cyrus(directory / "c", addresses, smtp_port=relay.port))
        relay.lmtp_ports = {"booking.example": dovecot.lmtp_port, "rooms.example": cyrus.lmtp_port}
        yield Servers("relay", relay.connect, cyrus, addresses)


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


@pytest.fixture
def here(campus: Campus, db: Database, servers: Servers, mailbox: Mailbox) -> Iterator[Here]:
    pipeline = MailPipeline(db, servers.connect)
    yield Here(campus, pipeline, mailbox, mailbox.login(), servers)
    pipeline.mailer.close()


@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE", "DECLINED"])
def test_what_a_person_answers_stands_at_the_booking(here: Here, partstat: str) -> None:
    room, calendar = here.room()
    event, uid = here.invite(calendar, room)
    assert here.told(event)["status"] == "sent"
    calendar.answer(uid, partstat)
    here.status_becomes(event, partstat.lower())
    invitation = here.invitation(event)
    held = (START, START + 2 * HOUR) if partstat == "ACCEPTED" else (None, None)
    assert (invitation["answer"], invitation["answer_sequence"]) == (partstat, 0)
    assert (invitation["held_from"], invitation["held_until"]) == held
    assert here.outcomes() == {"applied": 1}


def test_an_update_moves_the_event_and_is_answered_anew(here: Here) -> None:
    room, calendar = here.room()
    event, uid = here.invite(calendar, room)
    calendar.answer(uid, "ACCEPTED")
    here.status_becomes(event, "accepted")

    later = START + DAY
    here.campus.update("booking.event", event, title="Analysis II", starts_at=later, ends_at=later + HOUR)
    here.send()
    moved = here.stored(calendar, uid, sequence=1)
    assert (moved.start, moved.end, moved["SUMMARY"]) == (later, later + HOUR, "Analysis II")
    assert moved["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert here.told(event)["status"] == "sent"
    assert here.invitation(event)["held_from"] == START

    calendar.answer(uid, "ACCEPTED")
    here.status_becomes(event, "accepted")
    invitation = here.invitation(event)
    assert (invitation["uid"], invitation["answer_sequence"], invitation["held_from"]) == (uid, 1, later)
    assert here.outcomes() == {"applied": 2}


def test_a_declined_update_gives_the_old_slot_back(here: Here) -> None:
    room, calendar = here.room()
    event, uid = here.invite(calendar, room)
    calendar.answer(uid, "ACCEPTED")
    here.status_becomes(event, "accepted")
    here.campus.update("booking.event", event, starts_at=START + HOUR)
    here.send()
    here.stored(calendar, uid, sequence=1)
    calendar.answer(uid, "DECLINED")
    here.status_becomes(event, "declined")
    assert here.invitation(event)["held_from"] is None


def test_an_answer_to_what_has_been_replaced_changes_nothing(here: Here) -> None:
    room, calendar = here.room()
    event, uid = here.invite(calendar, room)
    calendar.answer(uid, "ACCEPTED")
    eventually(lambda: here.arrived() == 1, here.arrived)
    here.campus.update("booking.event", event, starts_at=START + HOUR)
    here.send()
    here.stored(calendar, uid, sequence=1)
    here.look()
    assert (here.told(event)["status"], here.outcomes()) == ("sent", {"stale": 1})


def test_a_cancellation_is_answered_by_nobody_not_even_when_the_room_tidies_up(here: Here) -> None:
    room, calendar = here.room()
    event, uid = here.invite(calendar, room)
    calendar.answer(uid, "ACCEPTED")
    here.status_becomes(event, "accepted")

    here.campus.update("booking.event", event, cancelled=True)
    here.send()
    here.stored(calendar, uid, sequence=1, status="CANCELLED")
    calendar.delete(uid)
    assert calendar.entry(uid) is None
    here.everything_has_come()
    assert here.told(event)["status"] == "cancelled"
    assert here.invitation(event)["state"] == "withdrawn"
    assert here.outcomes() == {"applied": 2}


def test_a_booking_that_comes_back_after_its_cancellation_is_the_same_event_again(here: Here) -> None:
    room, calendar = here.room()
    event, uid = here.invite(calendar, room)
    calendar.answer(uid, "ACCEPTED")
    here.status_becomes(event, "accepted")
    here.campus.update("booking.event", event, cancelled=True)
    here.send()
    here.stored(calendar, uid, sequence=1, status="CANCELLED")

    here.campus.update("booking.event", event, cancelled=False)
    here.send()
    back = here.stored(calendar, uid, sequence=2)
    assert back["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    calendar.answer(uid, "ACCEPTED")
    here.status_becomes(event, "accepted")
    assert here.invitation(event)["answer_sequence"] == 2


def test_a_changed_mind_counts_also_within_one_second(here: Here) -> None:
    """Cyrus stamps its answers by the second, so that only their order in the inbox may tell them apart."""
    room, calendar = here.room()
    event, uid = here.invite(calendar, room)
    eventually(lambda: datetime.now(UTC).microsecond < 200_000, lambda: "the second is not young")
    for arrived, partstat in enumerate(["ACCEPTED", "DECLINED"], start=1):
        calendar.answer(uid, partstat)
        eventually(lambda arrived=arrived: here.arrived() == arrived, here.arrived)
    here.status_becomes(event, "declined")
    calendar.answer(uid, "ACCEPTED")
    here.status_becomes(event, "accepted")
    assert here.invitation(event)["answer_sequence"] == 0
    assert here.outcomes() == {"applied": 3}


def test_an_event_that_the_room_deletes_is_declined(here: Here) -> None:
    room, calendar = here.room()
    untouched, uid = here.invite(calendar, room)
    calendar.delete(uid)
    here.status_becomes(untouched, "declined")

    accepted, uid = here.invite(calendar, room, starts=START + DAY)
    calendar.answer(uid, "ACCEPTED")
    here.status_becomes(accepted, "accepted")
    calendar.delete(uid)
    here.status_becomes(accepted, "declined")
    assert here.invitation(accepted)["held_from"] is None


def test_titles_and_names_arrive_as_they_were_booked_and_reasons_as_they_were_given(here: Here) -> None:
    # Cyrus writes the ; and , as they are into From, where readers take them for ends of addresses
    name = "Großer Hörsaal „Süd“; Gebäude 3, 2. OG"
    room, calendar = here.room(name)
    events = {
        here.campus.event(room, title=title, description=f"{title}\n{title}", starts=START + day * DAY): title
        for day, title in enumerate(TITLES)
    }
    here.send()
    for event, title in events.items():
        uid = here.invitation(event)["uid"]
        stored = here.stored(calendar, uid)
        assert (stored["SUMMARY"], stored["LOCATION"], stored["ATTENDEE"].params["CN"]) == (title, name, name)
        assert stored["DESCRIPTION"] == f"{title}\n{title}"
        calendar.answer(uid, "DECLINED", comment=f"Leider nein: {title}")
    for event, title in events.items():
        here.status_becomes(event, "declined")
        assert here.told(event)["message_de"].startswith(f"Abgelehnt: Leider nein: {title}"[:300])
    assert here.outcomes() == {"applied": len(TITLES)}


def test_whole_days_are_whole_days_in_the_calendar(here: Here) -> None:
    room, calendar = here.room()
    midnight = START.astimezone(BERLIN).replace(hour=0)
    first = midnight.date()
    event, uid = here.invite(calendar, room, starts=midnight, ends_at=midnight + 2 * DAY, all_day=True)
    stored = here.stored(calendar, uid)
    assert (stored["DTSTART"].dt, stored["DTEND"].dt) == (first, first + 2 * DAY)
    calendar.answer(uid, "ACCEPTED")
    here.status_becomes(event, "accepted")
    invitation = here.invitation(event)
    assert (invitation["held_from"], invitation["held_until"]) == (midnight, midnight + 2 * DAY)


def test_several_rooms_answer_for_themselves(here: Here) -> None:
    (one, first), (two, second) = here.room(), here.room("Hörsaal 2")
    event = here.campus.event(one, two, title="Analysis", starts=START)
    here.send()
    for room, calendar, partstat in ((one, first, "ACCEPTED"), (two, second, "DECLINED")):
        uid = here.campus.value(
            """SELECT i.uid FROM raumpost.invitation AS i JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
               WHERE m.room_id = %(room)s""",
            room=room,
        )
        here.stored(calendar, uid)
        calendar.answer(uid, partstat)

    def statuses() -> dict[int, str]:
        here.look()
        found = here.campus.sql("SELECT room_id, status FROM booking.status WHERE id = %(id)s", id=event)
        return {one["room_id"]: one["status"] for one in found}

    eventually(lambda: statuses() == {one: "accepted", two: "declined"}, statuses)


def test_an_address_that_cyrus_does_not_know_makes_the_invitation_fail_with_the_reason(here: Here) -> None:
    address = "nobody@rooms.example"
    event = here.campus.event(here.link(address, "Container"), title=GERMAN, starts=START)
    if here.servers.kind == "relay":  # refused in the dialogue, at every attempt
        batch = here.pipeline.prepare(datetime.now(UTC))
        for _ in range(ATTEMPTS):
            with pytest.raises(BatchIncomplete):
                here.pipeline.send(batch, datetime.now(UTC))
    else:  # taken, and sent back
        here.send()
    here.status_becomes(event, "failed")
    assert here.invitation(event)["state"] == "failed"
    for language in ("message_de", "message_en"):
        assert address in here.told(event)[language]
        assert "5.1.1" in here.told(event)[language]
    bounced = {"bounce": 1} if here.servers.kind == "postfix" else {}
    assert here.outcomes() == bounced


def test_cyrus_stores_each_property_once_before_and_after_an_update(here: Here) -> None:
    """A doubled one makes Cyrus refuse the room's next answer (INTEROP W14)."""
    room, calendar = here.room()
    event, uid = here.invite(calendar, room, description="Mit Beamer")
    for sequence in range(3):
        if sequence:
            starts = START + sequence * DAY
            here.campus.update(
                "booking.event", event, title=f"{GERMAN} {sequence}", starts_at=starts, ends_at=starts + HOUR
            )
            here.send()
        stored = here.stored(calendar, uid, sequence=sequence)
        names = Counter(name for name, _ in stored.property_items(recursive=False))
        assert set(names.values()) == {1}, names
        assert (stored["UID"], stored.start) == (uid, START + sequence * DAY)
        assert stored["ORGANIZER"] == f"mailto:{here.mailbox.address}"
        assert stored["ATTENDEE"] == f"mailto:{calendar.address}"
        calendar.answer(uid, "ACCEPTED")
        here.status_becomes(event, "accepted")


def test_answers_of_cyrus_name_no_earlier_mail_and_go_to_the_organizer(here: Here) -> None:
    """What the reader must live without, with this groupware."""
    room, calendar = here.room()
    event, uid = here.invite(calendar, room)
    calendar.answer(uid, "ACCEPTED")
    here.status_becomes(event, "accepted")
    raw = here.campus.value("SELECT raw FROM raumpost.mail WHERE direction = 'in'")
    mail = message_from_bytes(bytes(raw))
    assert (mail["In-Reply-To"], mail["References"]) == (None, None)
    assert here.mailbox.address in mail["To"]
