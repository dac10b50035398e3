"""Time zones of rooms, and the days that a slot takes there."""

from datetime import date, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

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
