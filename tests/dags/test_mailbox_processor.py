"""The main DAG: its promises of ARCHITECTURE §5, as Airflow sees them."""

from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk import DAG

from raumpost.wiring.settings import read_settings
from tests.dags.test_policy import load


@pytest.fixture(scope="module")
def dag() -> DAG:
    return load(Path(__file__).parents[2] / "dags" / "mailbox_processor.py")


def test_it_runs_every_minute(dag: DAG) -> None:
    assert dag.timetable.delta == timedelta(minutes=1)


def test_a_batch_is_sent_in_five_attempts_with_growing_delays(dag: DAG) -> None:
    send = dag.get_task("deliver.send")
    assert send.retries == 4
    assert send.retry_exponential_backoff == 2.0
    assert send.max_retry_delay == read_settings().max_retry_delay


def test_only_what_belongs_to_a_batch_is_retried_the_rest_is_done_by_the_next_run(dag: DAG) -> None:
    assert {task.task_id for task in dag.tasks if task.retries} == {"deliver.render", "deliver.send"}


def test_answers_do_not_wait_for_sends(dag: DAG) -> None:
    upstream = dag.get_task("answers.update_status").get_flat_relative_ids(upstream=True)
    assert upstream == {"answers.fetch_replies", "find_inboxes"}


def test_the_watcher_watches_every_other_task(dag: DAG) -> None:
    others = {task.task_id for task in dag.tasks} - {"watcher"}
    assert dag.get_task("watcher").upstream_task_ids == others


def test_runs_that_wait_for_their_retries_do_not_hold_up_the_next_ones(dag: DAG) -> None:
    longest_wait = sum(
        (min(2 * timedelta(minutes=2**n), read_settings().max_retry_delay) for n in range(4)), timedelta()
    )
    assert dag.max_active_runs > longest_wait / timedelta(minutes=1)
