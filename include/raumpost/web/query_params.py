"""Reads what stands in an address: forms send empty fields, and people change addresses by hand."""

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
"""A parameter that may be empty; without what no text in the database can hold."""


def given(request: Request, *names: str) -> dict[str, str]:
    """Give these parameters as they were typed, to show them again; absent ones are empty."""
    return {name: request.query_params.get(name, "") for name in names}


def unread(asked: Mapping[str, str], read: Mapping[str, object]) -> list[str]:
    """Give what was asked for and means nothing, such as a date that is none; `read` has what each was read as."""
    return [f"{name}={text}" for name, text in asked.items() if text.strip() and read.get(name, text) is None]


def number(text: str) -> int | None:
    """Give the id that this is; None: there is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_ID else None


def place(text: str) -> int:
    """Give how many rows are passed over."""
    return min(number(text) or 0, 10_000_000)


def words(text: str) -> str | None:
    """Give what was typed, trimmed; None: nothing."""
    return text.strip() or None


def moment(text: str, *, whole_day: bool = False) -> datetime | None:
    """Give the moment that a date, or a date and time, names where the institution is; None: there is none.

    With `whole_day` a mere date means its end.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        if whole_day and len(text.strip()) == len("2026-11-23"):
            found += timedelta(days=1)
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone()))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def zone() -> str:
    """Give the time zone in which dates are typed."""
    return read_settings().time_zone
