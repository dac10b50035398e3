"""Which room or user somebody means who typed a part of the name."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from raumpost.domain.linking import PART_OF_NAME, LinkContext, Match, Room, User
from raumpost.domain.message import Message, message

_RoomOrUser = TypeVar("_RoomOrUser", Room, User)

_SHOWN = 5
"""Candidates that are named where a text fits several."""


class NotFound(NamedTuple):
    """Why a text names nothing."""

    message: Message


def found_room(text: str, context: LinkContext) -> Room | NotFound:
    """Return the one room that a text means."""
    return _one(text, context.rooms.get(text, ()), message("linking.a-room"))


def found_user(text: str, context: LinkContext) -> User | NotFound:
    """Return the one user that a text means. Parts of names are looked for among technical users first."""
    matches = context.users.get(text, ())
    technical = [match for match in matches if match.thing.technical]
    whole = [match for match in matches if match.rank < PART_OF_NAME]
    return _one(text, whole or technical or matches, message("linking.a-user"))


def _one(text: str, matches: Sequence[Match[_RoomOrUser]], thing: Message) -> _RoomOrUser | NotFound:
    best = min((match.rank for match in matches), default=None)
    fitting = [match.thing for match in matches if match.rank == best]
    if not fitting:
        return NotFound(message("linking.not-found", thing=thing, text=text))
    if len(fitting) > 1:
        found: list[Message] = [one.named for one in fitting[:_SHOWN]]
        if len(fitting) > _SHOWN:
            found.append(message("linking.more"))
        return NotFound(message("linking.several", thing=thing, text=text, found=found, id=fitting[0].id))
    return fitting[0]
