"""The context of a task instance: the time, its label, and who started the run."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

START = datetime(2026, 1, 1, tzinfo=UTC)
"""Earlier than any run; with catchup off, nothing else depends on it."""

SHORT_DELAY = timedelta(seconds=10)
"""Wait before retrying what failed only because the database or a lock was not available."""


def now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


def label(text: str) -> None:
    """Set the name of the mapped task instance in the UI, for map_index_template."""
    get_current_context()["label"] = text  # type: ignore[typeddict-unknown-key] # documented use


def person(dag_run: Any, dag_id: str) -> str:
    """Return who acts, for the journal: the user who started the run, or else the DAG itself."""
    return str(getattr(dag_run, "triggering_user_name", None) or dag_id)


def part_failed() -> AirflowFailException:
    """Return the error with which a watcher turns the run red."""
    return AirflowFailException("part of this run failed; see its red tasks")
