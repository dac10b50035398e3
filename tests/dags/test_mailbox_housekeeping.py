"""The DAG that removes what is no longer needed, and tells what needs a person."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk import DAG

from raumpost.adapters.postgres import connect
from sandbox.airflow import PROJECT
from sandbox.postgres import PrivatePostgres
from tests.dags.dag_runs import Run, runs_of, states
from tests.dags.test_policy import load
from tests.database import Campus, Databases


@pytest.fixture(scope="module")
def uri(databases: Databases) -> Iterator[str]:
    with databases.copy() as uri:
        yield uri


@pytest.fixture(scope="module")
def campus(uri: str) -> Iterator[Campus]:
    with closing(connect(dsn=uri)) as connection:
        yield Campus(connection)


@pytest.fixture(scope="module")
def run(postgres: PrivatePostgres, uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    directory = tmp_path_factory.mktemp("housekeeping")
    with runs_of("mailbox_housekeeping", postgres=postgres, uri=uri, directory=directory) as run:
        yield run


@pytest.fixture
def dag() -> DAG:
    return load(PROJECT / "dags" / "mailbox_housekeeping.py")


def test_old_journal_goes_and_the_counts_stand_in_the_log(run: Run, campus: Campus) -> None:
    campus.sql(
        "INSERT INTO raumpost.journal (at, level, step, message, actor) VALUES "
        "(now() - interval '400 days', 'info', 'plan', 'old', 'test'), (now(), 'info', 'plan', 'new', 'test')"
    )
    done = run({})
    assert states(done) == {"remove_old": "success", "report_unanswered": "success", "report_declined": "success"}
    assert "Removed 0 mails and 1 journal lines of 0 invitations" in done["log"]
    assert campus.sql("SELECT message FROM raumpost.journal") == [{"message": "new"}]


def test_a_parameter_is_refused_since_there_are_none(run: Run) -> None:
    red = run({"days": 1})
    assert states(red) == {"remove_old": "failed", "report_unanswered": "success", "report_declined": "success"}
    assert "there is no parameter “days”; there are none" in red["log"]


def test_it_runs_every_morning_where_the_rooms_are(dag: DAG) -> None:
    assert dag.timetable.expression == "30 5 * * *"
    assert str(dag.timetable.timezone) == str(ZoneInfo("Europe/Berlin"))


def test_its_tasks_do_not_wait_for_one_another(dag: DAG) -> None:
    assert not any(task.upstream_task_ids for task in dag.tasks)
    assert dag.dagrun_timeout < timedelta(days=1)
