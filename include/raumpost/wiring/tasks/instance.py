"""What every task instance knows: when it is, what it is called, and who wanted it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

START = datetime(2026, 1, 1, tzinfo=UTC)
"""Before any run; with catchup off it means nothing more."""

SHORT_DELAY = timedelta(seconds=10)
"""Before trying again what failed only because the database or a lock was not to be had."""


def now() -> datetime:
    """Give the present moment."""
    return datetime.now(UTC)


def label(text: str) -> None:
    """Give the mapped task instance its name in the UI, for map_index_template."""
    get_current_context()["label"] = text  # type: ignore[typeddict-unknown-key] # documented use


def person(dag_run: Any, dag_id: str) -> str:
    """Name who acts, for the journal: the user who started the run, else the DAG itself."""
    return str(getattr(dag_run, "triggering_user_name", None) or dag_id)


def part_failed() -> AirflowFailException:
    """Make the error with which a watcher turns the run red."""
    return AirflowFailException("part of this run failed; see its red tasks")
