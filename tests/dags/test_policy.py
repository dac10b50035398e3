"""What every DAG promises to the people who run it."""

import importlib.util
from pathlib import Path

import pytest
from airflow.sdk import DAG

from raumpost.wiring import alerts

FILES = sorted((Path(__file__).parents[2] / "dags").glob("*.py"))


def load(file: Path) -> DAG:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    [dag] = [value for value in vars(module).values() if isinstance(value, DAG)]
    return dag


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.stem)
def dag(request: pytest.FixtureRequest) -> DAG:
    return load(request.param)


def test_there_are_dags() -> None:
    assert FILES


def test_a_file_holds_the_dag_of_its_name(request: pytest.FixtureRequest, dag: DAG) -> None:
    assert request.node.callspec.params["dag"].stem == dag.dag_id


def test_a_dag_explains_itself_in_the_ui(dag: DAG) -> None:
    assert dag.doc_md
    assert dag.doc_md.strip().startswith("### ")


def test_the_documentation_names_every_task(dag: DAG) -> None:
    assert dag.doc_md
    assert [task.task_id for task in dag.tasks if f"`{task.task_id}`" not in dag.doc_md] == []


def test_a_dag_has_an_owner_and_the_tag_of_the_project(dag: DAG) -> None:
    assert {task.owner for task in dag.tasks} == {"raumpost"}
    assert "raumpost" in dag.tags


def test_runs_are_bounded_and_never_caught_up(dag: DAG) -> None:
    assert not dag.catchup
    assert dag.dagrun_timeout
    assert dag.max_active_runs < 100


def test_no_task_can_hold_a_worker_forever(dag: DAG) -> None:
    assert [task.task_id for task in dag.tasks if not _timeout(task)] == []


def test_every_parameter_explains_itself_in_the_form(dag: DAG) -> None:
    for name in dag.params:
        schema = dag.params.get_param(name).schema
        assert schema.get("title"), name
        assert schema.get("type"), name
        assert dag.params.get_param(name).description, name


def test_every_failure_is_told_and_its_end_too(dag: DAG) -> None:
    assert dag.default_args["on_failure_callback"] is alerts.failed
    assert dag.default_args["on_success_callback"] is alerts.worked


def _timeout(task: object) -> object:
    mapped = getattr(task, "partial_kwargs", {})
    return mapped.get("execution_timeout") or getattr(task, "execution_timeout", None)
