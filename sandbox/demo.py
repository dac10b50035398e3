"""`make demo`: a university in a box, with Airflow keeping its room mailboxes in step.

usage: python -m sandbox.demo [--once]
"""

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from sandbox import bookings
from sandbox.airflow import PASSWORD, USER
from sandbox.ports import NotStarted, free_port, is_free
from sandbox.secretary import Secretary
from sandbox.status_table import FINAL, Line, lines, spoken, table
from sandbox.try_this import MANUAL_DAGS, try_this
from sandbox.world import SandboxWorld

DAG_ID = "mailbox_processor"
PAGES = "/plugin/room-mailboxes"
SETTINGS = {"RAUMPOST_INTERVAL": "10", "RAUMPOST_RETRY_DELAY": "1"}
"""Faster than in real life, so that a person does not wait for the unknown address of Container C2."""
PREFERRED_PORT = 8080
PATIENCE = 150
"""Seconds until every booking must have its final status."""
PAUSE = 20
"""Seconds between two steps of the secretary."""
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop when every booking has its final status")
    options = parser.parse_args(arguments)
    for number in _ENDINGS:  # SIGINT too: a shell's background job inherits it ignored
        signal.signal(number, _interrupt)
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"[{time.monotonic() - started:5.0f} s] {text}", flush=True)

    try:
        with SandboxWorld(settings=SETTINGS, port=_port(tell), progress=_Once(tell)) as world:
            try:
                return _run(world, tell, once=options.once)
            except KeyboardInterrupt:
                tell("stopping, which takes a few seconds")
                raise
    except NotStarted as exc:
        tell(f"the demo ended: {exc}")
        return 1
    except KeyboardInterrupt:
        tell("stopped; nothing is left behind")
        return 0 if not options.once else 130


def _interrupt(*_: object) -> None:
    for number in _ENDINGS:  # once is enough: stopping must not be interrupted
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


class _Once:
    """Tells a text only when it is another one than before."""

    def __init__(self, tell: Any) -> None:
        self._tell, self._last = tell, ""

    def __call__(self, text: str) -> None:
        if text != self._last:
            self._last = text
            self._tell(text)


def _port(tell: Any) -> int:
    wanted = os.environ.get("PORT", str(PREFERRED_PORT))
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        raise NotStarted(f"PORT={wanted}: give a port number for Airflow's pages")
    if is_free(int(wanted)):
        return int(wanted)
    if "PORT" in os.environ:
        raise NotStarted(f"port {wanted} is in use: end what uses it, or give another one: make demo PORT=…")
    other = free_port()
    tell(f"port {wanted} is in use; Airflow's pages get port {other}")
    return other


def _run(world: SandboxWorld, tell: Any, *, once: bool) -> int:
    tell(f"Airflow works: {world.airflow.url} (user {USER}, password {PASSWORD})")
    world.airflow.unpause(DAG_ID)
    with closing(world.connect()) as connection:
        connection.autocommit = True
        bookings.book(connection, world.bookings, datetime.now(UTC))
        tell("the secretary has booked the next two weeks; the DAG sends invitations and reads the answers")
        late = _wait(world, connection, tell)
        if not late:
            tell("now the secretary moves one event, cancels one, deletes one, and gives one another room")
            bookings.change(connection, world.bookings)
            late = _wait(world, connection, tell)
        found = lines(connection)
        print(table(found), flush=True)
        if left_open := [line for line in found if line.status == "sent" and line.room in _leave_open(world)]:
            tell(f"{len(left_open)} invitations stay “sent”: their rooms never say yes or no")
        missing = {"accepted", "declined", "cancelled"} - {line.status for line in found}
        for line in late:
            tell(f"no final status within {PATIENCE} s: {line.booking} in {spoken(line.room)}: {line.message}")
        if late or missing:
            tell(f"missing: {', '.join(sorted(missing)) or 'final answers'}; see {world.airflow.url}/dags/{DAG_ID}")
            return 1
        if once:
            tell("every booking has its final status")
            return 0
        _stay(world, connection, tell)
    return 0


def _wait(world: SandboxWorld, connection: Any, tell: Any) -> list[Line]:
    """Wait until nothing is open any more; return what still is after all patience."""
    deadline = time.monotonic() + PATIENCE
    known: int | None = None
    left_open = _leave_open(world)
    while True:
        world.airflow.check()
        world.mail.answer_due(datetime.now(UTC))
        unplanned = _count(connection, "SELECT count(*) FROM raumpost.booking_change")  # first: planning empties it
        invited = [line for line in lines(connection) if line.invitation]
        waiting = [line for line in invited if not _is_final(line, left_open)]
        if not waiting and not unplanned:
            return []
        if time.monotonic() > deadline:
            return waiting or [Line("a changed booking", "any room", "", "", "not planned; the DAG does not run")]
        if len(waiting) != known and waiting:
            known = len(waiting)
            tell(f"{len(invited) - known} of {len(invited)} bookings have their final status")
        time.sleep(0.5)


def _leave_open(world: SandboxWorld) -> set[str]:
    return {robot.name for robot in world.robots.values() if robot.leaves_open}


def _is_final(line: Line, left_open: set[str]) -> bool:
    return line.status in FINAL or (line.status == "sent" and line.room in left_open)


def _stay(world: SandboxWorld, connection: Any, tell: Any) -> None:
    for dag_id in MANUAL_DAGS:
        world.airflow.unpause(dag_id)
    print(
        f"\nThe demo goes on until Ctrl-C; the secretary works every {PAUSE} s. Where to look:\n"
        f"  {world.airflow.url}{PAGES}   every room mailbox, its state and its log ({USER}/{PASSWORD})\n"
        f"  {world.airflow.url}/dags/{DAG_ID}   runs, tasks, logs\n"
        f"  psql {world.postgres.uri('raumpost')}   booking.status, raumpost.journal\n\n"
        f"{try_this(world.bookings, smtp_port=world.mail.smtp_port)}\n",
        flush=True,
    )
    secretary = Secretary(world.bookings, random.Random())
    before = {(line.booking, line.room): line for line in lines(connection)}
    next_step = time.monotonic()
    while True:
        world.airflow.check()
        world.mail.answer_due(datetime.now(UTC))
        if time.monotonic() >= next_step:
            tell(secretary.step(connection, datetime.now(UTC)))
            next_step += PAUSE
        for line in lines(connection):
            old = before.get((line.booking, line.room))
            if old is None or old.message != line.message:
                tell(f"  {line.booking}, {spoken(line.room)}: {line.message}")
            before[line.booking, line.room] = line
        time.sleep(1)


def _count(connection: Any, statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    sys.exit(main())
