"""Reads the parameters of an address: forms send empty fields, and people edit addresses by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Path, Query, Request
from pydantic import AfterValidator

from raumpost.wiring.settings import read_settings

MAX_ID = 2**63 - 1
Id = Annotated[int, Path(ge=1, le=MAX_ID)]
"""An id in a path."""
Text = Annotated[str, Query(max_length=500), AfterValidator(lambda text: text.replace("\0", ""))]
"""A parameter that may be empty; without NUL, which no text in the database can hold."""


def as_typed(request: Request, *names: str) -> dict[str, str]:
    """Return these parameters as they were typed, to show them again; absent ones are empty."""
    return {name: request.query_params.get(name, "") for name in names}


def not_understood(typed: Mapping[str, str], read: Mapping[str, object]) -> list[str]:
    """Return what was typed but not understood, such as an impossible date; `read` holds the parsed values."""
    return [f"{name}={text}" for name, text in typed.items() if text.strip() and read.get(name, text) is None]


def parse_id(text: str) -> int | None:
    """Return the id in a text; None if it is not an id."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_ID else None


def parse_offset(text: str) -> int:
    """Return the number of rows to skip."""
    return min(parse_id(text) or 0, 10_000_000)


def parse_text(text: str) -> str | None:
    """Return the text without surrounding spaces; None if it is empty."""
    return text.strip() or None


def parse_moment(text: str, *, whole_day: bool = False) -> datetime | None:
    """Return the moment of a date, or of a date and time, in the zone of the institution; None if it is neither.

    With `whole_day`, a date without a time means its end.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        if whole_day and len(text.strip()) == len("2026-11-23"):
            found += timedelta(days=1)
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(typed_zone()))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def typed_zone() -> str:
    """Return the time zone in which dates are typed."""
    return read_settings().time_zone
