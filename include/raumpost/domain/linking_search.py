"""Which room or user somebody means who typed a part of the name."""

from collections.abc import Sequence
from typing import TypeVar

from raumpost.domain.linking import PART_OF_NAME, Known, Match, Room, User

_RoomOrUser = TypeVar("_RoomOrUser", Room, User)

_SHOWN = 5
"""Candidates that are named where a text fits several."""


class NotFound(str):
    """Why a text names nothing, with the remedy."""

    __slots__ = ()


def found_room(text: str, known: Known) -> Room | NotFound:
    """Give the one room that a text means."""
    return _one(text, known.rooms.get(text, ()), "room")


def found_user(text: str, known: Known) -> User | NotFound:
    """Give the one user that a text means. Parts of names are looked for among technical users first."""
    matches = known.users.get(text, ())
    technical = [match for match in matches if match.thing.technical]
    whole = [match for match in matches if match.rank < PART_OF_NAME]
    return _one(text, whole or technical or matches, "user")


def _one(text: str, matches: Sequence[Match[_RoomOrUser]], what: str) -> _RoomOrUser | NotFound:
    best = min((match.rank for match in matches), default=None)
    fitting = [match.thing for match in matches if match.rank == best]
    if not fitting:
        return NotFound(f"there is no {what} “{text}”; give its id, its name or a part of the name")
    if len(fitting) > 1:
        named = ", ".join(map(str, fitting[:_SHOWN])) + (", …" if len(fitting) > _SHOWN else "")
        return NotFound(f"“{text}” fits several {what}s: {named}; give one of the ids, such as #{fitting[0].id}")
    return fitting[0]
