"""Which room or user somebody means who typed a part of the name."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from raumpost.domain.linking import PART_OF_NAME, LinkContext, Match, Room, User

_RoomOrUser = TypeVar("_RoomOrUser", Room, User)

_SHOWN = 5
"""Candidates that are named where a text fits several."""


class NotFound(NamedTuple):
    """Why a text names nothing, with the remedy."""

    english: str
    german: str


class _Noun(NamedTuple):
    """How a sentence names what was looked for."""

    english: str
    none: str
    several: str


_ROOM = _Noun("room", "keinen Raum", "mehrere Räume")
_USER = _Noun("user", "keinen Benutzer", "mehrere Benutzer")


def found_room(text: str, context: LinkContext) -> Room | NotFound:
    """Give the one room that a text means."""
    return _one(text, context.rooms.get(text, ()), _ROOM)


def found_user(text: str, context: LinkContext) -> User | NotFound:
    """Give the one user that a text means. Parts of names are looked for among technical users first."""
    matches = context.users.get(text, ())
    technical = [match for match in matches if match.thing.technical]
    whole = [match for match in matches if match.rank < PART_OF_NAME]
    return _one(text, whole or technical or matches, _USER)


def _one(text: str, matches: Sequence[Match[_RoomOrUser]], noun: _Noun) -> _RoomOrUser | NotFound:
    best = min((match.rank for match in matches), default=None)
    fitting = [match.thing for match in matches if match.rank == best]
    if not fitting:
        return NotFound(
            f"there is no {noun.english} “{text}”; give its id, its name or a part of the name",
            f"Es gibt {noun.none} „{text}“; geben Sie die Id, den Namen oder einen Teil des Namens an",
        )
    if len(fitting) > 1:
        more = ", …" if len(fitting) > _SHOWN else ""
        english = ", ".join(map(str, fitting[:_SHOWN])) + more
        german = ", ".join(one.german for one in fitting[:_SHOWN]) + more
        return NotFound(
            f"“{text}” fits several {noun.english}s: {english}; give one of the ids, such as #{fitting[0].id}",
            f"„{text}“ passt auf {noun.several}: {german}; geben Sie eine der Ids an, etwa #{fitting[0].id}",
        )
    return fitting[0]
