"""Write what requests about links come to, for logs."""

from collections.abc import Sequence

from raumpost.domain.linking import Outcome
from raumpost.texts.wording import english


def details(outcome: Outcome) -> list[str]:
    """Return what changes, or all reasons of a refusal."""
    return [english(detail) for detail in outcome.details]


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a table of text."""
    head = ("where", "what", "room", "address", "details")
    rows = [(o.where, str(o.verb), o.room, o.address, "; ".join(details(o))) for o in outcomes]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head) - 1)]
    return "\n".join(
        " | ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in [head, *rows]
    )
