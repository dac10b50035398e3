"""An action by hand is one file of services/previews and one DAG; nothing else names it."""

from pathlib import Path

import pytest

from raumpost.services.previews.action import Action
from raumpost.wiring.tasks import approval_flow
from tests.dags.test_policy import FILES, load

PROJECT = Path(__file__).parents[2]
PREVIEWS = PROJECT / "include" / "raumpost" / "services" / "previews"
ACTIONS = sorted(file.stem for file in PREVIEWS.glob("*.py") if "\nACTION = " in file.read_text())


def test_every_dag_that_asks_for_an_approval_has_an_action_of_its_name_and_every_action_a_dag() -> None:
    asking = [dag.dag_id for dag in map(load, FILES) if "approve" in dag.task_ids]
    assert [f"mailbox_{name}" for name in ACTIONS] == sorted(asking)


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_found_by_the_name_of_its_dag(name: str) -> None:
    assert isinstance(approval_flow.action_of(f"mailbox_{name}"), Action)


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_needs_a_file_and_a_dag_and_no_other_code_knows_it(name: str) -> None:
    own = {PREVIEWS / f"{name}.py", PROJECT / "dags" / f"mailbox_{name}.py"}
    code = {file for folder in ("include", "dags", "plugins") for file in (PROJECT / folder).rglob("*.py")}
    assert [file for file in code - own if f"previews.{name}" in file.read_text()] == []


def test_what_tells_the_actions_apart_in_the_database_is_theirs_alone() -> None:
    verbs = [approval_flow.action_of(f"mailbox_{name}").verb for name in ACTIONS]
    assert len({*verbs}) == len(ACTIONS)


@pytest.mark.parametrize("name", ACTIONS)
def test_the_tasks_of_an_action_are_those_of_every_other(name: str) -> None:
    dag = load(PROJECT / "dags" / f"mailbox_{name}.py")
    assert [task.task_id for task in dag.topological_sort()] == ["preview", "decide", "approve", "apply", "report"]
