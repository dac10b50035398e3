"""Geometry of small bar charts; templates/charts.html draws them, with a table of the same for screen readers."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 560, 150
_TOP, _BOTTOM = 18, 22
"""Room for figures above and labels below."""
_GAP = 0.3
"""Share of a group's width that stays empty."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One rectangle, in units of the chart."""

    series: int
    """Its place among the names of the chart."""
    value: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Group:
    """What stands above one label."""

    label: str
    middle: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A bar chart, ready to be drawn."""

    names: tuple[str, ...]
    """What the bars of a group mean."""
    groups: tuple[Group, ...]
    most: int
    """The highest value; 0: there is nothing to draw."""
    width: int = WIDTH
    height: int = HEIGHT
    top: float = _TOP
    """Where the highest bar ends."""
    base: float = HEIGHT - _BOTTOM
    """Where the bars stand."""


def bar_chart(names: Sequence[str], groups: Sequence[tuple[str, Sequence[int]]]) -> Chart:
    """Lay out groups of bars; each group has a label, and a value for each name."""
    most = max((value for _, values in groups for value in values), default=0)
    share = WIDTH / max(len(groups), 1)
    width = share * (1 - _GAP) / max(len(names), 1)
    base = HEIGHT - _BOTTOM
    drawn = []
    for place, (label, values) in enumerate(groups):
        left = place * share + share * _GAP / 2
        bars = []
        for series, value in enumerate(values):
            height = (base - _TOP) * value / most if most else 0
            if value:  # one of thousands is still to be seen
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
    return Chart(names=tuple(names), groups=tuple(drawn), most=most)
