"""What Airflow does with the batches that gather gave: render, then send, with retries; sometimes twice at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.faults.workers import Task
from tests.faults.world import Try

TRIES = 5
RENDER_TRIES = 3


@dataclass(kw_only=True)
class Delivery:
    """A mapped task instance of deliver.render and deliver.send."""

    batch: int
    due: datetime
    rendered: bool = False
    tries: int = 0
    """Of the task at hand; clearing it does not begin to count again."""
    last_try: int = RENDER_TRIES
    over: bool = False
    failed: bool = False
    """It ended red: a person may clear it."""
    clear: bool = False
    """The next try is the first after a person cleared it."""


class Deliveries:
    """Every batch, and which try of it is due."""

    def __init__(self) -> None:
        self.tries: dict[str, Try] = {}
        self._known: dict[int, Delivery] = {}

    def add(self, batch: int, now: datetime) -> None:
        """Take a batch from gather."""
        self._known[batch] = Delivery(batch=batch, due=now)

    def due(self, now: datetime) -> list[Delivery]:
        """Return what is to be tried now."""
        return [one for one in self._known.values() if not one.over and one.due <= now]

    def red(self) -> list[Delivery]:
        """Return what ended red."""
        return [one for one in self._known.values() if one.over and one.failed]

    def clear(self, one: Delivery, now: datetime) -> None:
        """Give a task instance that ended red another round of tries, as clearing it does."""
        one.over = one.failed = False
        one.clear = True
        one.last_try = one.tries + TRIES
        one.due = now

    def lose(self, batch: int) -> None:
        """Let a task instance never be tried again, as when its run was deleted."""
        self._known.pop(batch, None)

    def forget(self) -> None:
        """Let all runs end."""
        self._known.clear()

    def job(self, one: Delivery) -> dict[str, Any]:
        """Begin the next try."""
        one.tries += 1
        job = {"task": "send" if one.rendered else "render", "batch": one.batch, "cleared": one.clear}
        job["run"] = f"batch {one.batch}, {job['task']}, try {one.tries}"
        one.clear = False
        return job

    def settle(self, task: Task, now: datetime) -> None:
        """Do after a try what Airflow does."""
        job = task.job
        outcome = task.outcome_so_far
        self.record(task)
        one = self._known.get(job["batch"])
        if one is None or one.over or (job["task"] == "send") != one.rendered:
            return  # of a process that was thought to be dead
        if "gave" in outcome:
            if one.rendered:
                one.over = True
            else:
                one.rendered, one.tries, one.last_try = True, 0, TRIES
        elif one.tries >= one.last_try or not outcome.get("retry", True):
            one.over = one.failed = True
        else:
            one.due = now + min(2 ** (one.tries - 1), 10) * timedelta(minutes=1)

    def record(self, task: Task) -> None:
        """Note a try of sending, for the checker."""
        job = task.job
        if job["task"] != "send":
            return
        outcome = task.outcome_so_far
        broken = task.ever_stopped or "killed" in outcome or outcome.get("raised") in {"", "DatabaseUnavailable"}
        self.tries[job["run"]] = Try(batch=job["batch"], broken=broken)
