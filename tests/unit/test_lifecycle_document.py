"""docs/understand/lifecycle.md explains what there is, and nothing else."""

import re
from pathlib import Path

import pytest

from raumpost.domain.model import MailOutcome, State
from raumpost.domain.transitions import RULES

DOCUMENT = Path(__file__).parents[2] / "docs" / "understand" / "lifecycle.md"


def rows(heading: str) -> dict[str, list[str]]:
    """Read a table by the heading of its first column: first cell to the others."""
    _, found, text = DOCUMENT.read_text(encoding="utf-8").partition(f"\n| {heading} |")
    assert found
    lines = text.partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first.strip("`"): others for first, *others in cells if first.startswith("`")}


def test_every_state_is_explained() -> None:
    assert rows("state").keys() == set(State)


def test_every_outcome_is_explained() -> None:
    assert rows("outcome").keys() == set(MailOutcome)


@pytest.mark.parametrize("transition", list(RULES), ids=str)
def test_a_transition_leads_where_the_rules_say(transition: str) -> None:
    table = rows("transition")
    assert table.keys() == set(RULES)
    sources, targets, _ = table[transition]
    rule = RULES[transition]
    named = set(re.findall("|".join(State), sources))
    assert (set(State) - named if sources.startswith("any but") else named) == rule.sources
    assert set(re.findall("|".join(State), targets)) == rule.targets
