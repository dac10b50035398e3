"""Values of rows and parameters that several kinds of rows share."""

import json
import re
from datetime import datetime

from raumpost.domain.feedback import Feedback
from raumpost.domain.model import BookingKey, BookingKind
from raumpost.services.ports import Row
from raumpost.texts.wording import wording

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""As JSON escapes it: behind an even number of backslashes."""


def booking_key(row: Row) -> BookingKey:
    """Read the booking key of a row."""
    return BookingKey(BookingKind(row["kind"]), row["source_id"])


def as_json(value: object) -> str:
    """Write a value as JSON for a jsonb parameter; times in ISO 8601. No text in Postgres can hold a NUL."""
    return _NUL.sub("\\1\\\\ufffd", json.dumps(value, default=_iso, ensure_ascii=False))


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a jsonb parameter")


def status_columns(feedback: Feedback) -> Row:
    """Return what is written at a booking, in both languages."""
    text = wording(feedback.message)
    return {"status": feedback.status, "message_de": text.de, "message_en": text.en}
