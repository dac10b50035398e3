"""Content lines as real systems write them, folded or not, right or wrong.

icalendar would write them correctly, and every dialect alike.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from sandbox.invitations import ROOM_TIME_ZONE

CONTROL = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\r": "", "\n": "\\n"}


def text(value: str) -> str:
    """Escape a text value (RFC 5545, 3.3.11)."""
    return "".join(CONTROL.get(character, character) for character in value)


def parameter(value: str) -> str:
    """Quote a parameter value where it needs quotes; it cannot hold any itself."""
    value = value.replace('"', "'")
    return f'"{value}"' if any(sign in value for sign in ":;,") else value


def utc(moment: date) -> str:
    """Write `:` or a VALUE parameter with the moment in UTC, or the day."""
    if not isinstance(moment, datetime):
        return f";VALUE=DATE:{moment:%Y%m%d}"
    return f":{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def local(moment: date) -> str:
    """Write the moment on the clock of the rooms' time zone; a day as its midnight."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), ROOM_TIME_ZONE)
    return f"{moment.astimezone(ROOM_TIME_ZONE):%Y%m%dT%H%M%S}"


def unfolded(lines: Iterable[str]) -> bytes:
    """Join lines of any length."""
    return "".join(f"{line}\r\n" for line in lines).encode()


def folded(lines: Iterable[str]) -> bytes:
    """Join lines, each folded after 75 octets and never inside a character (RFC 5545, 3.1)."""
    return b"".join(_fold(line.encode()) for line in lines)


def _fold(line: bytes) -> bytes:
    pieces = []
    limit = 75
    while len(line) > limit:
        end = limit
        while line[end] & 0xC0 == 0x80:  # a byte inside a character
            end -= 1
        pieces.append(line[:end])
        line, limit = line[end:], 74
    return b"\r\n ".join([*pieces, line]) + b"\r\n"
