"""The campaign's side of the task processes: start them, wait for them, wake those that fell asleep."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Self

from sandbox.ports import stop_process

ROOT = Path(__file__).parents[2]


@dataclass(kw_only=True)
class Task:
    """A task process: the job it was given, and what became of it."""

    job: dict[str, Any]
    outcome: Future[dict[str, Any]] = field(default_factory=Future)
    pid: int | None = None
    """Of a process that was stopped and has not been woken."""
    ever_stopped: bool = False

    @property
    def waits(self) -> bool:
        """Return whether there is nothing to wait for at the moment."""
        return self.outcome.done() or self.pid is not None

    @property
    def outcome_so_far(self) -> dict[str, Any]:
        """Return what it came to; nothing while it sleeps."""
        return self.outcome.result() if self.outcome.done() else {}

    def wake(self, how: signal.Signals = signal.SIGCONT) -> None:
        """Let a stopped process go on, or kill it."""
        if self.pid is not None:
            pid, self.pid = self.pid, None
            os.kill(pid, how)


class Workers:
    """Starts task processes, several at a time."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._tasks: dict[int, Task] = {}
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": f"{ROOT / 'include'}{os.pathsep}{ROOT}"},
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._read, name="task processes", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        stop_process(self._process)
        self._reader.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def start(self, job: dict[str, Any]) -> Task:
        """Start a task process."""
        assert self._process is not None
        assert self._process.stdin is not None
        number = next(self._numbers)
        task = self._tasks[number] = Task(job=job | {"id": number})
        self._process.stdin.write((json.dumps(task.job) + "\n").encode())
        self._process.stdin.flush()
        return task

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            number = said.pop("id")
            if "stopped" in said:
                self._tasks[number].ever_stopped = True
                self._tasks[number].pid = said["stopped"]
            else:
                self._tasks.pop(number).outcome.set_result(said)
