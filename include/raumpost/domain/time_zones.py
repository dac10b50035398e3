"""Time zones of rooms, and the days that a slot takes there."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from raumpost.domain.errors import ConfigurationError
from raumpost.domain.model import Content


@lru_cache(maxsize=1024)
def is_time_zone(name: str) -> bool:
    """Return whether this is the name of an IANA time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # KeyError: unknown; ValueError: not a name; OSError: a directory
        return False
    return True


def zone_or_default(name: str | None, default: str) -> ZoneInfo:
    """Return the time zone of a room by its name; `default` where it has none, or none that exists."""
    return ZoneInfo(name if name and is_time_zone(name) else default)


def days_of(content: Content, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first day of an all-day slot and the day after its last one, counted in `zone`."""
    start, end = content.starts_at.astimezone(zone), content.ends_at.astimezone(zone)
    after = end.date() if end.time() == time.min else end.date() + timedelta(days=1)
    return start.date(), max(after, start.date() + timedelta(days=1))


def start_of_day(day: str | None, zone: str) -> datetime | None:
    """Return the moment at which a day begins, written as 2026-11-23; None where no day is named."""
    return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone)) if day else None


def end_of_day(day: str | None, zone: str) -> datetime | None:
    """Return the moment at which a day ends; None where there is none, after the last day of the calendar."""
    if not day or (last := date.fromisoformat(day)) == date.max:
        return None
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone))


def moment(text: str | None, zone: str) -> datetime | None:
    """Read a moment; where it names no time zone, it is meant in this one. Raises ConfigurationError."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:  # Airflow itself checks days only
        raise ConfigurationError(f"“{text}” is no time", remedy="write it such as 2026-11-23T18:00:00+01:00") from None
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))
