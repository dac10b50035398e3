"""The campaign: bookings without end, the services in processes of their own, and faults of every kind; then quiet."""

import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta
from itertools import chain
from random import Random
from signal import SIGCONT, SIGKILL
from typing import Any, Self

import psycopg2

from sandbox.ports import HOST, free_port
from sandbox.postgres import PrivatePostgres
from tests.eventually import eventually
from tests.faults.booking_system import BookingSystem
from tests.faults.database_faults import FULL, DatabaseFaults
from tests.faults.deliveries import Deliveries
from tests.faults.fault_schedule import FaultSchedule
from tests.faults.imap_proxy import ImapProxy
from tests.faults.jobs import FOLDER, Jobs
from tests.faults.reading import message_id_of
from tests.faults.rooms import Delivery
from tests.faults.smtp_server import FaultySmtp
from tests.faults.snapshot import snapshot
from tests.faults.workers import Task, Workers
from tests.faults.world import World
from tests.servers.imap import FolderGone, Mailbox

LONGEST_ROUND = 60.0
"""Seconds; no task takes longer, whatever happens to it."""
SETTLING_PASSES = 25


class Campaign:
    """One database, one inbox, two mail servers, and everything that can happen to them."""

    def __init__(self, *, server: PrivatePostgres, uri: str, mailbox: Mailbox, workers: Workers, seed: int) -> None:
        self.injected: Counter[str] = Counter()
        self.defects: list[str] = []
        """Exceptions that no service should raise."""
        self.rounds = 0
        self.deliveries = Deliveries()
        self._dice = Random(seed)
        self._uri = uri
        self._mailbox = mailbox
        self._workers = workers
        self.bookings = BookingSystem(uri, Random(f"{seed} bookings"))
        self.database = DatabaseFaults(server, uri)
        self.delivery = Delivery(seed, self._put)
        self.smtp = FaultySmtp(Random(f"{seed} SMTP"), self.delivery.accept)
        self.imap = ImapProxy(mailbox.port, Random(f"{seed} IMAP"))
        self.inbox: list[str] = []
        self._recent: list[tuple[int, bytes]] = []
        self._asleep: list[tuple[int, Task]] = []
        self._database_faults = FaultSchedule[Callable[[], None]](
            [
                self.database.kill_connections,
                self.database.kill_connections,
                self.database.restart,
                self.database.crash,
                *(lambda relation=relation: self.database.fill_disk(relation) for relation in FULL),
            ],
            self._dice,
        )
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._stack as stack:
            stack.enter_context(self.smtp)
            stack.enter_context(self.imap)
            silent = stack.enter_context(socket.create_server((HOST, 0)))
            self._jobs = Jobs(
                dice=self._dice,
                database=self._uri,
                mailbox=self._mailbox,
                ports={"send": self.smtp.port, "fetch": self.imap.port},
                closed_port=free_port(),
                silent_port=silent.getsockname()[1],
                injected=self.injected,
            )
            self._mailbox.create(FOLDER)
            self.bookings.furnish()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, seconds: float) -> None:
        """Let things happen for so long."""
        self.smtp.share, self.imap.share = 0.25, 0.2
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._round()

    # ── a round ───────────────────────────────────────────────────────────────────────────────────────────

    def _round(self) -> None:
        dice = self._dice
        self.rounds += 1
        self.delivery.round = self.rounds
        self._jobs.pass_time(timedelta(seconds=dice.choice([20, 60, 120, 300, 660, 660, 1900])))
        self.bookings.work(self._jobs.now, steps=dice.randint(0, 4))
        jobs = self._choose_jobs()
        dice.shuffle(jobs)
        moments = self._moments()
        tasks = []
        begun = time.monotonic()
        for job in jobs:
            tasks.append(self._workers.start(job))
            if dice.random() < 0.5:
                self._pump_for(dice.random() * 0.03)
        while not all(task.waits for task in tasks):
            assert time.monotonic() - begun < LONGEST_ROUND, f"does not end: {[t.job for t in tasks if not t.waits]}"
            while moments and time.monotonic() - begun >= moments[0][0]:
                moments.pop(0)[1]()
            self._pump_for(0.01)
        for _, act in moments:
            act()
        self.database.clear_disk()
        for task in tasks:
            self._collect(task)
        self._wake(lambda until: until <= self.rounds)

    def _moments(self) -> list[tuple[float, Callable[[], None]]]:
        """Choose what happens while the tasks run, and when."""
        dice = self._dice
        found: list[tuple[float, Callable[[], None]]] = []
        if dice.random() < 0.25:
            found.append((dice.random() * 0.15, self._database_faults.draw()))
        if dice.random() < 0.04:
            found.append((dice.random() * 0.1, self._renumber))
        if dice.random() < 0.5:
            steps = dice.randint(1, 3)
            found.append((dice.random() * 0.1, lambda: self.bookings.work(self._jobs.now, steps=steps)))
        return sorted(found, key=lambda one: one[0])

    def _pump_for(self, seconds: float) -> None:
        self.delivery.pump(self._jobs.now)
        time.sleep(seconds)

    def _choose_jobs(self) -> list[dict[str, Any]]:
        """Choose the tasks of this round, as several overlapping runs would start them."""
        dice = self._dice
        jobs = []
        for task, share in (("gather", 0.8), ("fetch", 0.7), ("read", 0.8), ("reset", 0.1)):
            if dice.random() < share:
                jobs.append(self._jobs.risky(task))
                if dice.random() < 0.2:
                    jobs.append(self._jobs.risky(task))
                    self.injected[f"two at once: {task}"] += 1
        for red in self.deliveries.red():
            if dice.random() < 0.15:
                self.deliveries.clear(red, self._jobs.now)
                self.injected["a failed task cleared"] += 1
        for one in self.deliveries.due(self._jobs.now):
            jobs.append(self._jobs.risky(**self.deliveries.job(one)))
            if dice.random() < 0.1:
                jobs.append(self._jobs.risky(**self.deliveries.job(one)))
                self.injected["two at once: the same batch"] += 1
        return jobs

    # ── what becomes of it ────────────────────────────────────────────────────────────────────────────────

    def _collect(self, task: Task) -> None:
        job = task.job
        if task.pid is not None:
            self.injected[f"process asleep: {job['task']}, {job['fault_plan']['point']}"] += 1
            self._asleep.append((self.rounds + self._dice.randint(1, 5), task))
        elif "killed" in task.outcome_so_far:
            self.injected[f"kill -9: {job['task']}, {job['fault_plan'].get('point', 'at any moment')}"] += 1
        self._note(task)
        if "batch" in job and "killed" in task.outcome_so_far and self._dice.random() < 0.4:
            self.deliveries.lose(job["batch"])
            self.injected["a run deleted after the death of its task"] += 1

    def _note(self, task: Task) -> None:
        outcome = task.outcome_so_far
        if outcome.get("raised") == "":
            self.defects.append(f"{task.job['run']}: {task.job['task']}\n{outcome['words']}")
        if "batch" in task.job:
            self.deliveries.settle(task, self._jobs.now)
        elif task.job["task"] == "gather":
            for batch, _ in outcome.get("gave") or []:
                self.deliveries.add(batch, self._jobs.now)

    def _wake(self, is_time: Callable[[int], bool]) -> None:
        for one in [one for one in self._asleep if is_time(one[0])]:
            self._asleep.remove(one)
            one[1].wake(self._dice.choice([SIGCONT, SIGKILL]))
            one[1].outcome.result(LONGEST_ROUND)
            self.deliveries.record(one[1])

    # ── the inbox ─────────────────────────────────────────────────────────────────────────────────────────

    def _put(self, raw: bytes) -> None:
        self._recent.append((self.rounds, raw))
        try:
            self._mailbox.put(raw, folder=FOLDER)
        except FolderGone:
            self._make_anew()
        self.inbox.append(message_id_of(raw))

    def _renumber(self) -> None:
        self._make_anew()
        self.injected["IMAP: UIDVALIDITY changed"] += 1

    def _make_anew(self) -> None:
        """Make the folder again, with the mails of late in it, as moving a mailbox to another server does."""
        self._recent = [one for one in self._recent if one[0] > self.rounds - 30]

        said: list[FolderGone] = []

        def made() -> bool:
            try:
                self._mailbox.recreate(FOLDER)
                for _, raw in self._recent:
                    self._mailbox.put(raw, folder=FOLDER)
            except FolderGone as gone:
                said.append(gone)
                return False
            return True

        eventually(made, lambda: f"Dovecot does not make the folder anew: {said[-1]}")

    # ── the end ───────────────────────────────────────────────────────────────────────────────────────────

    def settle(self) -> World:
        """End all faults, let everything come to rest, and look at the worlds."""
        self.smtp.share = self.imap.share = 0
        self.delivery.disturbed = False
        self.delivery.round += 1000
        self._wake(lambda _: True)
        self.bookings.rest()
        self.deliveries.forget()
        for _ in range(SETTLING_PASSES):
            self._jobs.now = self._jobs.latest
            self._jobs.pass_time(timedelta(minutes=31))
            self._quiet("reset")
            self._quiet("gather")
            while due := self.deliveries.due(self._jobs.now):
                for one in due:
                    self._finish(self._jobs.quiet(**self.deliveries.job(one)))
            while self.delivery.pump(self._jobs.now):
                pass
            self._quiet("fetch")
            self._quiet("read")
            if self._is_settled():
                break
        return self._look()

    def _quiet(self, task: str) -> None:
        self._finish(self._jobs.quiet(task))

    def _finish(self, job: dict[str, Any]) -> None:
        task = self._workers.start(job)
        task.outcome.result(LONGEST_ROUND)
        self._note(task)

    def _is_settled(self) -> bool:
        with closing(psycopg2.connect(self._uri)) as connection, connection.cursor() as cursor:
            cursor.execute(_OPEN, {"now": self._jobs.now})
            row = cursor.fetchone()
        assert row is not None
        return row[0] == 0

    def _look(self) -> World:
        return snapshot(
            self._uri,
            now=self._jobs.now,
            transfers=list(self.delivery.transfers),
            arrivals=list(self.delivery.arrivals),
            answers=list(self.delivery.answers),
            inbox=list(self.inbox),
            tries=dict(self.deliveries.tries),
        )

    def faults(self) -> Counter[str]:
        """Count the faults by kind."""
        sources = (
            self.injected,
            self.smtp.injected,
            self.imap.injected,
            self.delivery.injected,
            self.database.injected,
        )
        return Counter(dict(sorted(chain.from_iterable(one.items() for one in sources))))


_OPEN = """
SELECT (SELECT count(*) FROM raumpost.booking_change)
    + (SELECT count(*) FROM raumpost.invitation WHERE state IN ('pending', 'sending'))
    + (SELECT count(*) FROM raumpost.invitation WHERE state = 'failed' AND (ends_at > %(now)s OR sequence > 0))
    + (SELECT count(*) FROM raumpost.mail WHERE direction = 'in' AND outcome IS NULL)
"""
