"""Geometry of small bar charts; templates/charts.html draws them, with the same data as a table for screen readers."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 560, 150
_TOP, _BOTTOM = 18, 22
"""Space for figures above and labels below."""
_GAP = 0.3
"""Share of a group's width that stays empty."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One rectangle, in units of the chart."""

    series: int
    """Its index among the names of the chart."""
    value: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Group:
    """The bars above one label."""

    label: str
    middle: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A bar chart, ready to be drawn."""

    names: tuple[str, ...]
    """What the bars of a group stand for."""
    groups: tuple[Group, ...]
    highest: int
    """The highest value; 0 if there is nothing to draw."""
    width: int = WIDTH
    height: int = HEIGHT
    top: float = _TOP
    """Upper end of the highest bar."""
    base: float = HEIGHT - _BOTTOM
    """Lower end of all bars."""


def bar_chart(names: Sequence[str], groups: Sequence[tuple[str, Sequence[int]]]) -> Chart:
    """Lay out groups of bars; each group has a label, and a value for each name."""
    highest = max((value for _, values in groups for value in values), default=0)
    share = WIDTH / max(len(groups), 1)
    width = share * (1 - _GAP) / max(len(names), 1)
    base = HEIGHT - _BOTTOM
    drawn = []
    for place, (label, values) in enumerate(groups):
        left = place * share + share * _GAP / 2
        bars = []
        for series, value in enumerate(values):
            height = (base - _TOP) * value / highest if highest else 0
            if value:  # one among thousands stays visible
                height = max(height, 1)
            bars.append(
                Bar(
                    series=series,
                    value=value,
                    x=round(left + series * width, 1),
                    y=round(base - height, 1),
                    width=round(width, 1),
                    height=round(height, 1),
                )
            )
        drawn.append(Group(label=label, middle=round((place + 0.5) * share, 1), bars=tuple(bars)))
    return Chart(names=tuple(names), groups=tuple(drawn), highest=highest)
