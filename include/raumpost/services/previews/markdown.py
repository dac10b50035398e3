"""What a person is shown before something is done by hand: pure, Markdown out.

Bookings and error texts come from outside: nothing in them may act as Markdown or HTML.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from raumpost.domain.model import Content
from raumpost.domain.text import shortened
from raumpost.domain.time_zones import days_of

MOST_ROWS = 200
MOST_LINES = 50
"""Of everything but the rows."""
MOST_CHARACTERS = 120
"""In one cell."""

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$^=]|^-)")
_LINK = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_WORD_JOINER = "\u2060"
"""Invisible. Airflow's page makes links of what looks like one, whatever is escaped in it."""
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A list of what would be done, with what should be known about it."""

    headline: str
    per_room: Counter[str]
    """How many there are in each room."""
    findings: Sequence[tuple[str, int]]
    """Warnings or causes, and how many they concern."""
    remarks: Sequence[str]
    """What is left out, and other things to say."""
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    """All, or the first of them: at least MOST_ROWS."""
    total: int | None = None
    """How many there are; None: all are given."""

    def as_markdown(self) -> str:
        """Write it for the approval page; its size is bounded, however much there is."""
        parts = [f"**{escape(self.headline)}**"]
        if self.per_room:
            parts.append(_table(["room", "number"], [[room, str(n)] for room, n in _most(self.per_room)]))
        parts.append(_list(f"{words}: **{n}**" for words, n in _escaped(self.findings)))
        parts.append(_list(escape(remark) for remark in _first(self.remarks)))
        if self.rows:
            parts.append(_table(self.columns, self.rows[:MOST_ROWS]))
        total = len(self.rows) if self.total is None else self.total
        if total > MOST_ROWS:
            parts.append(f"These are the first {MOST_ROWS} of {total}.")
        return "\n\n".join(part for part in parts if part)


def escape(text: str) -> str:
    """Make text stand for itself in one cell of a Markdown table. Only mail addresses become links."""
    line = _LINK.sub(_WORD_JOINER, " ".join(text.split()))
    return _MARKUP.sub(r"\\\1", line).translate(_ENTITIES)


def amount(number: int, one: str, many: str) -> str:
    """Write a number with its word."""
    return f"{number} {one if number == 1 else many}"


def when(content: Content, zone: ZoneInfo) -> str:
    """Write a slot as people at the room read it."""
    if content.all_day:
        first, after = days_of(content, zone)
        last = after - timedelta(days=1)
        return f"{_day(first)}, all day" if first == last else f"{_day(first)} to {_day(last)}, all day"
    starts, ends = content.starts_at.astimezone(zone), content.ends_at.astimezone(zone)
    if starts.date() == ends.date():
        return f"{_day(starts)} {starts:%H:%M} to {ends:%H:%M}"
    return f"{_day(starts)} {starts:%H:%M} to {_day(ends)} {ends:%H:%M}"


def _day(day: date | datetime) -> str:
    return f"{day:%a %Y-%m-%d}"


def _most(counted: Counter[str]) -> list[tuple[str, int]]:
    rows = counted.most_common()
    if rest := rows[MOST_LINES:]:
        return [*rows[:MOST_LINES], (f"{len(rest)} more rooms", sum(n for _, n in rest))]
    return rows


def _first(lines: Sequence[str]) -> list[str]:
    if len(lines) > MOST_LINES:
        return [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more such remarks"]
    return list(lines)


def _escaped(findings: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(escape(words), n) for words, n in findings[:MOST_LINES]]


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [
        columns,
        ["---"] * len(columns),
        *([escape(shortened(cell, MOST_CHARACTERS)) for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
