"""Measure what a mail costs in CPU time, and print it beside what it may cost: `make bench`.

CPU time of this process alone, in rounds: whatever else the machine does can only make a round slower, so the best
round is held against the limit, and the median shows how noisy it was.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import process_time
from zoneinfo import ZoneInfo

from raumpost.domain.model import Content, Method
from raumpost.itip.calendar_mail import CalendarMail, CalendarUser, message_id_of
from raumpost.itip.parse import read
from raumpost.itip.render import render

SENDER = CalendarUser(address="tech@booking.example", name="Raumpost")
ROOM = CalendarUser(address="hoersaal-1@rooms.example", name="Hörsaal 1")
ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)
REPLY = (Path(__file__).parent / "reply.eml").read_bytes()
"""An acceptance in the shape in which Exchange writes it."""


def ordinary_invitation(number: int) -> CalendarMail:
    """Return a typical invitation: a title, a few words, an hour and a half."""
    starts_at = NOW + timedelta(days=number % 300, hours=2)
    uid = f"event-{number}-mailbox-3.6f1d2c7e-0000-4000-8000-0123456789ab@raumpost"
    return CalendarMail(
        uid=uid,
        method=Method.REQUEST,
        sequence=0,
        content=Content(
            summary=f"{number}. Sitzung des Fakultätsrats",
            description="Tagesordnung: Begrüßung, Berichte, Verschiedenes\nBitte pünktlich; Gäste willkommen",
            booked_by="Dekanat, Frau Müller",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=90),
            all_day=False,
            time_zone=None,
            confidential=False,
        ),
        attendee=ROOM,
        time_zone=ZONE,
        organizer=SENDER,
        message_id=message_id_of(uid, sequence=0, resend=0, organizer=SENDER.address),
        references=None,
        dtstamp=NOW,
        known_answer=None,
    )


INVITATIONS = [ordinary_invitation(number) for number in range(1, 101)]


def write_one(number: int) -> None:
    """Render one of the invitations."""
    render(INVITATIONS[number % len(INVITATIONS)])


def read_one(number: int) -> None:
    """Read a reply; each one is another, so that nothing can be remembered."""
    read(REPLY.replace(b"0123456789abcdef", b"%016x" % number))


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Something that is done once for each mail."""

    name: str
    limit: float
    """Milliseconds."""
    act: Callable[[int], None]


BENCHMARKS = (
    Benchmark(name="render an invitation", limit=1.2, act=write_one),
    Benchmark(name="read an ordinary reply", limit=1.5, act=read_one),
)


def measure(benchmark: Benchmark, *, rounds: int, mails: int) -> list[float]:
    """Return the CPU milliseconds per mail of each round; a first round that warms up does not count."""
    times = []
    for _ in range(rounds + 1):
        begun = process_time()
        for number in range(mails):
            benchmark.act(number)
        times.append((process_time() - begun) * 1000 / mails)
    return times[1:]


def main(arguments: Sequence[str] | None = None, *, benchmarks: Sequence[Benchmark] = BENCHMARKS) -> int:
    """Print the table; give 1 if something costs more than it may."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--mails", type=int, default=200, help="mails in a round")
    options = parser.parse_args(arguments)
    print(f"{'CPU milliseconds per mail':28}{'best':>8}{'median':>8}{'limit':>8}")
    within = True
    for benchmark in benchmarks:
        times = measure(benchmark, rounds=options.rounds, mails=options.mails)
        over = min(times) >= benchmark.limit
        within = within and not over
        note = "  OVER THE LIMIT" if over else ""
        print(f"{benchmark.name:28}{min(times):8.2f}{median(times):8.2f}{benchmark.limit:8.2f}{note}")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
