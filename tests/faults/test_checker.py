"""The checker can fail: a sound world passes, and each thing that may go wrong is found by its rule."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.checker import ASKED, BROKE_OFF, DIED, LOST, STUCK, WRONG, check, duplicates
from tests.faults.workers import ROOT
from tests.faults.world import Answer, Booking, Invitation, Line, Received, Sent, Status, Transfer, Try, World

NOW = datetime(2090, 5, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ROOM, UID = "room-1@rooms.example", "event-7-mailbox-1.x@raumpost"
COMMENT = f"{UID} revision 1 ACCEPTED"
START = NOW + DAY


def mail(sequence: int, *, method: str = "REQUEST", title: str = "Vorlesung", starts: datetime = START) -> bytes:
    lines = [
        *("BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VEVENT", f"UID:{UID}", f"SEQUENCE:{sequence}"),
        *("DTSTAMP:20900502T120000Z", f"DTSTART:{starts:%Y%m%dT%H%M%SZ}", f"DTEND:{starts + DAY:%Y%m%dT%H%M%SZ}"),
        *(f"SUMMARY:{title}", "END:VEVENT", "END:VCALENDAR"),
    ]
    head = f"Message-ID: <event-7-mailbox-1.x.{sequence}.0@booking.example>\r\nContent-Type: text/calendar\r\n\r\n"
    return (head + "\r\n".join(lines) + "\r\n").encode()


def line(number: int, step: str, message: str) -> Line:
    return Line(id=number, invitation=1, step=step, message=f"event 7: {message}", run="try 1")


OLD = Transfer(number=1, address=ROOM, raw=mail(0, title="Übung"), told=True)
NEW = Transfer(number=2, address=ROOM, raw=mail(1), told=True)
INVITATION = Invitation(
    id=1,
    uid=UID,
    address=ROOM,
    key="event-7",
    method="REQUEST",
    sequence=1,
    resend=0,
    state="answered",
    attempts=1,
    answer="ACCEPTED",
    answer_sequence=1,
    comment=COMMENT,
)
JOURNAL = (
    line(1, "invite", "to be invited"),
    line(2, "claim", "sending REQUEST 0, attempt 1 of 5"),
    line(3, "confirm", "REQUEST 0 sent"),
    line(4, "change", "booking changed: wanted as revision 1"),
    replace(line(5, "claim", "sending REQUEST 1, attempt 1 of 5"), run="try 2"),
    replace(line(6, "confirm", "REQUEST 1 sent"), run="try 2"),
    line(7, "answer", "the room answered REQUEST 1 with ACCEPTED"),
)
SOUND = World(
    now=NOW,
    bookings=[Booking(address=ROOM, key="event-7", starts=START, ends=START + DAY, summary="Vorlesung")],
    invitations=[INVITATION],
    journal=JOURNAL,
    sent=[Sent(invitation=1, sequence=number, resend=0, outcome="sent") for number in (0, 1)],
    received=[Received(id=9, message_id="<a@rooms>", outcome="applied")],
    statuses=[Status(address=ROOM, key="event-7", status="accepted", words=f"Accepted: {COMMENT}")],
    transfers=[OLD, NEW],
    arrivals=[NEW, OLD, NEW],
    answers=[Answer(uid=UID, sequence=1, partstat="ACCEPTED", dtstamp=NOW, message_id="<a@rooms>")],
    inbox=["<a@rooms>"],
    tries={"try 1": Try(batch=1, broken=False), "try 2": Try(batch=2, broken=False)},
)


def invited(**changed: Any) -> World:
    return replace(SOUND, invitations=[replace(INVITATION, **changed)])


def told(*lines: Line, **changed: Any) -> World:
    return replace(SOUND, journal=lines, **changed)


def test_a_sound_world_has_nothing_to_complain_about() -> None:
    assert check(SOUND) == []
    assert duplicates(SOUND) == {}


CORRUPTED: dict[str, tuple[str, str, Callable[[], World]]] = {
    "a room never heard of a booking": (LOST, "calendars", lambda: replace(SOUND, arrivals=[])),
    "a room has the old time": (WRONG, "calendars", lambda: replace(SOUND, arrivals=[OLD])),
    "a room has what was cancelled": (WRONG, "calendars", lambda: replace(SOUND, bookings=[])),
    "a room has what is another's": (
        WRONG,
        "calendars",
        lambda: replace(SOUND, arrivals=[NEW, replace(NEW, address="room-2@rooms.example")]),
    ),
    "an answer was not applied": (
        LOST,
        "each answer",
        lambda: invited(state="sent", answer=None, answer_sequence=None, comment=None),
    ),
    "an older answer counts": (
        WRONG,
        "each answer",
        lambda: replace(
            SOUND, answers=[*SOUND.answers, replace(SOUND.answers[0], partstat="DECLINED", dtstamp=NOW + DAY)]
        ),
    ),
    "an answer is at another booking": (WRONG, "each answer", lambda: invited(comment="event-8 revision 1 ACCEPTED")),
    "a forged answer counts": (WRONG, "each answer", lambda: replace(SOUND, answers=[])),
    "the booking tells another answer": (
        WRONG,
        "each answer",
        lambda: replace(SOUND, statuses=[replace(SOUND.statuses[0], status="declined")]),
    ),
    "an answered revision is sent again": (
        WRONG,
        "no answered revision",
        lambda: told(*JOURNAL, line(8, "claim", "sending REQUEST 1, attempt 2 of 5")),
    ),
    "a mail is sent twice for no reason": (
        WRONG,
        "duplicates",
        lambda: replace(SOUND, transfers=[OLD, NEW, replace(NEW, number=3)]),
    ),
    "a mail is sent again after its 250": (
        WRONG,
        "duplicates",
        lambda: told(*JOURNAL[:3], line(4, "claim", "sending REQUEST 0, attempt 2 of 5")),
    ),
    "a living sender is robbed": (
        WRONG,
        "duplicates",
        lambda: told(*JOURNAL[:2], line(3, "rescue", "REQUEST 0 will be tried again"), *JOURNAL[3:]),
    ),
    "a mail was never read": (
        LOST,
        "every mail",
        lambda: replace(SOUND, received=[replace(SOUND.received[0], outcome=None)]),
    ),
    "a mail was never fetched": (LOST, "every mail", lambda: replace(SOUND, inbox=["<a@rooms>", "<b@rooms>"])),
    "a mail has left and nobody says so": (
        WRONG,
        "every mail",
        lambda: replace(SOUND, sent=[SOUND.sent[1], replace(SOUND.sent[0], outcome="rendered")]),
    ),
    "a mail was answered and counts as refused": (
        WRONG,
        "every mail",
        lambda: replace(SOUND, sent=[SOUND.sent[0], replace(SOUND.sent[1], outcome="not-sent")]),
    ),
    "an invitation is stuck in sending": (STUCK, "nothing stuck", lambda: invited(state="sending")),
    "an invitation is never sent": (STUCK, "nothing stuck", lambda: invited(state="pending")),
    "SEQUENCE goes back": (
        WRONG,
        "SEQUENCE",
        lambda: replace(SOUND, transfers=[replace(OLD, number=3), NEW]),
    ),
    "SEQUENCE says two things": (
        WRONG,
        "SEQUENCE",
        lambda: replace(SOUND, transfers=[OLD, NEW, replace(NEW, number=3, raw=mail(1, starts=START + DAY))]),
    ),
    "a CANCEL has the SEQUENCE of its REQUEST": (
        WRONG,
        "SEQUENCE",
        lambda: replace(SOUND, transfers=[OLD, NEW, replace(NEW, number=3, raw=mail(1, method="CANCEL"))]),
    ),
    "the row counts other attempts than the journal": (WRONG, "one truth", lambda: invited(attempts=2)),
    "the journal counts wrongly": (
        WRONG,
        "one truth",
        lambda: told(*JOURNAL[:4], line(5, "claim", "sending REQUEST 1, attempt 3 of 5"), *JOURNAL[5:]),
    ),
    "there was an attempt without a try": (WRONG, "one truth", lambda: replace(SOUND, tries={})),
    "one try made two attempts": (
        WRONG,
        "one truth",
        lambda: told(*(replace(one, run="try 1") for one in JOURNAL)),
    ),
}


@pytest.mark.parametrize("name", CORRUPTED)
def test_what_is_not_as_it_should_be_is_found_by_its_rule(name: str) -> None:
    kind, rule, corrupted = CORRUPTED[name]
    found = [(finding.kind, finding.rule) for finding in check(corrupted())]
    assert any(kind == one and text.startswith(rule) for one, text in found), found


@pytest.mark.parametrize(
    ("cause", "told_250", "step"),
    [(BROKE_OFF, False, "defer"), (DIED, True, "rescue"), (ASKED, True, "reset")],
)
def test_a_duplicate_with_a_cause_is_counted_and_is_no_finding(cause: str, told_250: bool, step: str) -> None:
    journal = [
        *JOURNAL[:2],
        line(3, step, "REQUEST 0"),
        replace(
            line(4, "claim", f"sending REQUEST 0, attempt {1 if step == 'reset' else 2} of 5"),
            run="try 3",
        ),
        replace(line(5, "confirm", "REQUEST 0 sent"), run="try 3"),
        *(replace(one, id=one.id + 3) for one in JOURNAL[3:]),
    ]
    world = replace(
        SOUND,
        journal=journal,
        transfers=[replace(OLD, told=told_250), replace(OLD, number=2), replace(NEW, number=3)],
        tries={
            "try 1": Try(batch=1, broken=True),
            "try 2": Try(batch=2, broken=False),
            "try 3": Try(batch=1, broken=False),
        },
    )
    assert check(world) == []
    assert duplicates(world) == {cause: 1}


def test_the_checker_shares_no_code_with_raumpost() -> None:
    program = "import sys, tests.faults.checker, tests.faults.snapshot; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    shared = {name.partition(".")[0] for name in done.stdout.split()}
    assert "tests" in shared
    assert not shared & {"raumpost", "icalendar", "sandbox"}
