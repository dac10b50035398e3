"""What an operator should know of bookings before they are initialised.

Pure. Rooms refuse for reasons that can be seen beforehand; the limits are the defaults of the most common groupware.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from raumpost.domain.hints import DURATION, WINDOW, Hint
from raumpost.domain.model import BookingKey, Content
from raumpost.domain.time_zones import days_of

BOOKING_WINDOW = timedelta(days=180)
LONGEST = timedelta(hours=24)


class Concern(StrEnum):
    """Why a room may not accept a booking as it stands."""

    FAR = "beyond 180 days"
    LONG = "longer than 24 h"
    INACTIVE = "link is inactive"
    OVERLAP = "overlaps"


def _told(hint: Hint) -> str:
    return f"many rooms refuse that: {hint.english} ({hint.setting})"


ADVICE: Mapping[Concern, str] = {
    Concern.FAR: _told(WINDOW),
    Concern.LONG: _told(DURATION),
    Concern.INACTIVE: "the invitation waits until the link is switched on",
    Concern.OVERLAP: "the room accepts one of them and refuses the other; clear it up in the booking system first",
}


class Slot(NamedTuple):
    """What a booking takes of a room."""

    room_id: int
    key: BookingKey
    starts_at: datetime
    ends_at: datetime


class Place(NamedTuple):
    """One booking in one room."""

    room_id: int
    key: BookingKey


def overlaps(slots: Iterable[Slot]) -> dict[Place, BookingKey]:
    """Find the slots that share time with another one of their room; give one such other for each."""
    found: dict[Place, BookingKey] = {}
    longest: Slot | None = None
    for slot in sorted(slots, key=lambda one: (one.room_id, one.starts_at, one.ends_at, one.key)):
        if longest and longest.room_id == slot.room_id and longest.ends_at > slot.starts_at:
            found.setdefault(Place(slot.room_id, slot.key), longest.key)
            found.setdefault(Place(longest.room_id, longest.key), slot.key)
        if not longest or longest.room_id != slot.room_id or slot.ends_at > longest.ends_at:
            longest = slot
    return found


def concerns_about(
    content: Content, *, zone: ZoneInfo, active: bool, other: BookingKey | None, now: datetime
) -> dict[Concern, str]:
    """Give the words about each concern; `other` is a booking that overlaps this one, `active` says it of the link."""
    concerns: dict[Concern, str] = {}
    if not active:
        concerns[Concern.INACTIVE] = Concern.INACTIVE
    if other:
        concerns[Concern.OVERLAP] = f"{Concern.OVERLAP} {other}"
    if content.ends_at > now + BOOKING_WINDOW:
        concerns[Concern.FAR] = Concern.FAR
    if _is_long(content, zone):
        concerns[Concern.LONG] = Concern.LONG
    return concerns


def fingerprint(content: Content) -> str:
    """Give what tells this content from any other."""
    text = json.dumps(asdict(content), sort_keys=True, default=lambda at: at.astimezone(UTC).isoformat())
    return sha256(text.encode()).hexdigest()


def _is_long(content: Content, zone: ZoneInfo) -> bool:
    if content.all_day:  # a day has 25 hours when summer time ends
        first, after = days_of(content, zone)
        return after - first > timedelta(days=1)
    return content.ends_at - content.starts_at > LONGEST
