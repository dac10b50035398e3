"""What a task process is told: what to do, where, what time it is, and what befalls it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from signal import SIGKILL, SIGSTOP
from typing import Any

from tests.faults.booking_system import IMAP_CONN_ID
from tests.faults.fault_plan import HALF_A_MAIL
from tests.faults.fault_schedule import FaultSchedule
from tests.servers.imap import Mailbox

FOLDER = "Answers"
NEVER = 10**6
MOMENTS = {
    "gather": ("before commit of take_changes", "after commit of take_changes", "before lease", "after lease"),
    "render": ("before commit of store_rendered", "after commit of store_rendered"),
    "send": (
        "before claim",
        "after claim",
        "after commit of claim",
        HALF_A_MAIL,
        "after mail",
        "after confirm",
        "after commit of confirm",
        "after commit of defer",
    ),
    "fetch": ("before commit of store_received", "after commit of store_received"),
    "read": ("before commit of note_read", "after answer", "after commit of note_read"),
    "reset": ("before commit of reset", "after commit of reset"),
}
"""Where a task process is killed."""
SLEEPS = ("before claim", "after commit of claim", "after mail")
"""Where a process that sends falls asleep, until others have long gone on."""


class Jobs:
    """Makes jobs, each with a chance of trouble; `injected` counts what is certain to happen.

    `ports` holds those of the servers (send, fetch), `closed_port` and `silent_port` those of servers that are away.
    """

    def __init__(
        self,
        *,
        dice: Random,
        database: str,
        mailbox: Mailbox,
        ports: dict[str, int],
        closed_port: int,
        silent_port: int,
        injected: Counter[str],
    ) -> None:
        self.now = self.latest = datetime.now(UTC).replace(microsecond=0)
        """The time, and the latest that any process was ever told."""
        self._dice = dice
        self._database = database
        self._mailbox = mailbox
        self._ports = ports
        self._away = ((closed_port, "refused"), (silent_port, "hung at the greeting"))
        self._injected = injected
        self._runs = 0
        self._plans = {task: FaultSchedule(_possible_plans(task), dice) for task in MOMENTS}

    def pass_time(self, step: timedelta) -> None:
        """Let time pass."""
        self.now += step
        self.latest = max(self.latest, self.now)

    def quiet(self, task: str, **given: Any) -> dict[str, Any]:
        """Make a job that nothing befalls."""
        self._runs += 1
        job = {
            "task": task,
            "run": f"run {self._runs}",
            "database": self._database,
            "now": self.now.isoformat(),
        } | given
        job |= {"fault_plan": {}, "steps_back_at": NEVER, "imap_conn_id": IMAP_CONN_ID, "folders": [FOLDER]}
        job |= {"port": self._ports.get(task, 0), "budget": 500, "full": False, "user": None}
        if task == "fetch":
            job |= {"user": self._mailbox.address, "password": self._mailbox.password}
        return job

    def risky(self, task: str, **given: Any) -> dict[str, Any]:
        """Make a job that anything may befall."""
        dice = self._dice
        job = self.quiet(task, **given)
        job |= {"budget": dice.choice([500, 500, 5]), "full": dice.random() < 0.1}
        if dice.random() < (0.5 if task == "send" else 0.3):
            job["fault_plan"] = self._plans[task].draw() | {"nth": dice.choice([1, 1, 1, 2, 3])}
        if dice.random() < 0.08:
            now = self.now + dice.choice([timedelta(minutes=-20), timedelta(hours=-3), timedelta(minutes=4)])
            self.latest = max(self.latest, now)
            job["now"] = now.isoformat()
            self._injected["clock stepped between tasks"] += 1
        if task == "send" and dice.random() < 0.1:
            job["steps_back_at"] = dice.randint(1, 8)
            self._injected["clock stepped back while sending"] += 1
        if task in self._ports and dice.random() < 0.08:
            job["port"], what = dice.choice(self._away)
            self._injected[f"{'SMTP' if task == 'send' else 'IMAP'}: {what}"] += 1
        return job


def _possible_plans(task: str) -> list[dict[str, Any]]:
    plans: list[dict[str, Any]] = [{"point": point, "how": SIGKILL} for point in MOMENTS[task]]
    plans.append({"after": 0.03, "how": SIGKILL})
    if task == "send":
        plans += [{"point": point, "how": SIGSTOP} for point in SLEEPS]
    return plans
