"""DAG runs that a test starts, by REST or by the command line, watches and answers."""

import json
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.airflow import Airflow

OVER = {"success", "failed", "skipped", "upstream_failed"}


def wait_for(condition: Callable[[], Any], what: str, timeout: float = 150) -> Any:
    """Return what `condition` gives as soon as it is true."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, f"no {what} within {timeout:g} s"
        time.sleep(0.1)
    return found


class StartedRun:
    """A DAG run under a real scheduler."""

    def __init__(self, airflow: Airflow, dag_id: str, run_id: str) -> None:
        self._airflow = airflow
        self._run_id = run_id
        self._name = f"{dag_id} {run_id}"
        self._path = f"/dags/{dag_id}/dagRuns/{urllib.parse.quote(run_id)}"

    def end(self) -> str:
        """Wait until the run is over; return its state."""
        return str(wait_for(lambda: (state := self._get()["state"]) in OVER and state, f"end of {self._name}"))

    def states(self) -> dict[str, str]:
        """Return the states of the tasks; of mapped ones, that of the last instance."""
        found = self._get("/taskInstances?limit=1000")["task_instances"]
        return {one["task_id"]: one["state"] for one in found}

    def result(self, task: str) -> Any:
        """Return what a task returned."""
        return self._get(f"/taskInstances/{task}/xcomEntries/return_value")["value"]

    def log(self, task: str) -> str:
        """Return what a task logged in its last try, errors included."""
        number = self._get(f"/taskInstances/{task}")["try_number"]
        lines = self._get(f"/taskInstances/{task}/logs/{number}")["content"]
        errors = (error["exc_value"] for line in lines for error in line.get("error_detail") or ())
        return "\n".join([*(line["event"] for line in lines), *errors])

    def question(self) -> dict[str, Any]:
        """Wait until the task `approve` asks; return what a person sees."""
        wait_for(self._asks, f"question of {self._name}")
        return dict(self._get("/taskInstances/approve/-1/hitlDetails"))

    def answer(self, option: str) -> None:
        """Answer the question, and once more where Airflow lost the answer and asks again."""
        path = f"{self._path}/taskInstances/approve/-1/hitlDetails"

        def answered() -> bool:
            if self._asks() and self._put_aside():
                self._airflow.api("PATCH", path, {"chosen_options": [option], "params_input": {}})
            return self.states()["approve"] in OVER

        wait_for(answered, f"end of the approval of {self._name}")

    def _put_aside(self) -> bool:
        """Return whether the scheduler knows that the task waits: an earlier answer is lost. Only its log tells."""
        number = self._get("/taskInstances/approve")["try_number"]
        key = f"task_id='approve', run_id='{self._run_id}', try_number={number},"
        with self._airflow.log_of("scheduler").open(encoding="utf-8") as log:
            return any("Received executor event" in line and key in line for line in log)

    def _asks(self) -> bool:
        return self.states().get("approve") == "awaiting_input"

    def _get(self, path: str = "") -> Any:
        return self._airflow.api("GET", self._path + path)


def trigger(airflow: Airflow, dag_id: str, conf: Mapping[str, object]) -> StartedRun:
    """Start a run by REST."""
    run = airflow.api("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
    return StartedRun(airflow, dag_id, run["dag_run_id"])


def trigger_by_command(airflow: Airflow, dag_id: str, conf: Mapping[str, object]) -> StartedRun:
    """Start a run by `airflow dags trigger`."""
    run_id = f"by-command-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "airflow", "dags", "trigger", dag_id, "--run-id", run_id, "--conf"]
    subprocess.run([*command, json.dumps(conf)], check=True, capture_output=True, env=airflow.environment, timeout=200)
    return StartedRun(airflow, dag_id, run_id)
