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

from raumpost.domain.hints import DURATION, WINDOW
from raumpost.domain.message import Message, message
from raumpost.domain.model import BookingKey, Content
from raumpost.domain.time_zones import days_of

BOOKING_WINDOW = timedelta(days=180)
LONGEST = timedelta(hours=24)


class Concern(StrEnum):
    """Why a room may not accept a booking as it is."""

    FAR = "far"
    LONG = "long"
    INACTIVE = "inactive"
    OVERLAP = "overlap"


FINDINGS: Mapping[Concern, Message] = {
    Concern.FAR: message("initialise.far.finding", hint=WINDOW.what, setting=WINDOW.setting),
    Concern.LONG: message("initialise.long.finding", hint=DURATION.what, setting=DURATION.setting),
    Concern.INACTIVE: message("initialise.inactive.finding"),
    Concern.OVERLAP: message("initialise.overlap.finding"),
}
"""What an operator should know about each concern."""


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
    """Find the slots that share time with another one of their room; return one such other for each."""
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
) -> dict[Concern, Message]:
    """Return what to say about each concern; `other` is a booking that overlaps, `active` is about the link."""
    concerns: dict[Concern, Message] = {}
    if not active:
        concerns[Concern.INACTIVE] = message("initialise.inactive")
    if other:
        concerns[Concern.OVERLAP] = message("initialise.overlap", other=other)
    if content.ends_at > now + BOOKING_WINDOW:
        concerns[Concern.FAR] = message("initialise.far")
    if _is_long(content, zone):
        concerns[Concern.LONG] = message("initialise.long")
    return concerns


def fingerprint(content: Content) -> str:
    """Return what tells this content from any other."""
    text = json.dumps(asdict(content), sort_keys=True, default=lambda at: at.astimezone(UTC).isoformat())
    return sha256(text.encode()).hexdigest()


def _is_long(content: Content, zone: ZoneInfo) -> bool:
    if content.all_day:  # a day has 25 hours when summer time ends
        first, after = days_of(content, zone)
        return after - first > timedelta(days=1)
    return content.ends_at - content.starts_at > LONGEST
