"""Run DAGs with `dag.test()`, in one process for all runs of a module: for the tests of each of them."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.airflow import PROJECT, Airflow
from sandbox.postgres import PrivatePostgres
from tests.dags.metadata import create_metadata

Run = Callable[..., dict[str, Any]]
TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
"""Tasks ask the clock."""


@contextmanager
def dag_runner(airflow: Airflow, log: Path) -> Iterator[Run]:
    """Return a function that runs a DAG of this name once, to its end: state, tasks and log of the run."""
    with log.open("wb") as errors, subprocess.Popen(
        [sys.executable, "-m", "tests.dags.runner"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=airflow.environment, cwd=PROJECT,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        stdin, stdout = process.stdin, process.stdout

        def run_once(dag_id: str, conf: dict[str, object]) -> dict[str, Any]:
            read = log.stat().st_size
            wanted = {"dag": str(PROJECT / "dags" / f"{dag_id}.py"), "conf": conf}
            stdin.write(json.dumps(wanted).encode() + b"\n")
            stdin.flush()
            answer = stdout.readline()
            said = log.read_bytes()[read:].decode()
            assert answer, said[-5000:]
            return json.loads(answer) | {"log": said}

        yield run_once
        stdin.close()


@contextmanager
def runs_of(
    dag_id: str, *, postgres: PrivatePostgres, uri: str, directory: Path, connections: dict[str, str] | None = None
) -> Iterator[Run]:
    """Return a function that runs this DAG once with a configuration, in an Airflow of its own."""
    metadata = f"airflow_for_{dag_id}"
    create_metadata(postgres, metadata)
    airflow = Airflow(
        directory / "airflow",
        database_uri=lambda driver: postgres.uri(metadata, driver),
        environment={"AIRFLOW_CONN_RAUMPOST_DB": uri.replace("postgresql://", "postgres://")} | (connections or {}),
    )
    with dag_runner(airflow, directory / "stderr.log") as run:
        yield lambda conf: run(dag_id, conf)


def states(run: dict[str, Any]) -> dict[str, str]:
    """Return the states of the tasks, without their map index."""
    return {name.removesuffix("[-1]"): state for name, state in run["tasks"].items()}
