"""The SQL statements beside the code that runs them: each is described, used, and gets exactly what it names."""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

import pytest

from raumpost.adapters.postgres import ORIGIN, QUERIES
from raumpost.domain.columns import Columns

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "include" / "raumpost"
LONGEST_FILE = 400
"""Lines."""


class Call(NamedTuple):
    """One place where code runs a statement."""

    place: str
    statement: str
    given: frozenset[str]
    complete: bool
    """Whether the call spells out all that it gives, without a **mapping."""


def _calls() -> Iterator[Call]:
    for path in sorted([*PRODUCT.rglob("*.py"), *ROOT.glob("dags/*.py"), *ROOT.glob("plugins/*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="rows" | "run"), args=[ast.Constant(value=str(statement))]):
                    given = frozenset(one.arg for one in node.keywords if one.arg is not None)
                    complete = all(one.arg is not None for one in node.keywords)
                    base = PRODUCT if path.is_relative_to(PRODUCT) else ROOT
                    yield Call(f"{path.relative_to(base)}:{node.lineno}", statement, given, complete)


def _names(file: Traversable) -> set[str]:
    return set(re.findall(r"^-- name: (\w+)$", file.read_text(encoding="utf-8"), re.MULTILINE))


def _sql_files(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sql_files(entry)
        elif entry.name.endswith(".sql"):
            yield entry


CALLS = tuple(_calls())
PAGES = set().union(*map(_names, _sql_files(files("raumpost.sql").joinpath("queries", "pages"))))


def test_every_statement_says_what_it_is_for() -> None:
    silent = [name for name, query in QUERIES.items() if not query.text.startswith("-- ")]

    assert not silent, f"sql/queries: no line of purpose after the name of {', '.join(silent)}"


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.place} {call.statement}")
def test_a_call_gives_exactly_the_parameters_that_its_statement_names(call: Call) -> None:
    assert call.statement in QUERIES, f"{call.place} runs a statement that does not exist"
    wanted = QUERIES[call.statement].parameters - ORIGIN

    assert call.given <= wanted, f"{call.place}: {call.statement} names no {', '.join(call.given - wanted)}"
    assert not call.complete or call.given == wanted, (
        f"{call.place}: {call.statement} also names {', '.join(wanted - call.given)}"
    )


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.place} {call.statement}")
def test_services_run_statements_and_pages_run_their_own(call: Call) -> None:
    floor = call.place.partition("/")[0]

    assert floor in ({"web"} if call.statement in PAGES else {"services"})


def test_every_statement_is_used() -> None:
    named = {
        node.value
        for path in PRODUCT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert not QUERIES.keys() - named


def test_files_of_statements_can_be_read_at_once() -> None:
    long = {
        entry.name: lines
        for entry in _sql_files(files("raumpost.sql"))
        if entry.name != "schema.sql"  # the whole at a glance
        and (lines := entry.read_text(encoding="utf-8").count("\n")) >= LONGEST_FILE
    }

    assert not long


def test_a_transition_may_write_what_its_statement_sets() -> None:
    found = re.search(
        r"SET \((.+?)\)\s*=\s*\(SELECT (.+?)\s+FROM jsonb_populate_record", QUERIES["transition"].text, re.DOTALL
    )
    assert found
    written = re.split(r",\s*", found[1])
    taken = re.split(r",\s*", found[2])

    assert set(written) == Columns.__annotations__.keys() | {"state", "updated_at"}
    assert taken == ["clock_timestamp()" if name == "updated_at" else f"n.{name}" for name in written]
