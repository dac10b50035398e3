"""How the room mailboxes of real systems differ from the clean one in `sandbox.rooms`.

Each dialect is a small class that overrides what its system does in its own way: `decide`, `write`, or `receive` as
a whole. Facts come from INTEROP, from captured mail and from open code; what is guessed says so.

To add one: derive it from `RoomRobot` in a file of this package, name it in `DIALECTS`, and add what must come of it
to `tests/interop/test_dialects.py`, which fails for a dialect without expectations. A variety of a dialect is a flag
of its class and a line here.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Protocol

from sandbox.dialects.counter import CounterRoom, HiddenCounterRoom
from sandbox.dialects.exchange import ExchangeRoom
from sandbox.dialects.google import GoogleRoom
from sandbox.dialects.grommunio import GrommunioRoom
from sandbox.dialects.kolab import KolabRoom
from sandbox.dialects.notices import BouncingRoom, OutOfOfficeRoom
from sandbox.dialects.patience import LateRoom, SilentRoom
from sandbox.dialects.zimbra import ZimbraRoom
from sandbox.rooms import RoomRobot

__all__ = ["DIALECTS", "make_room"]


class MakeRoom(Protocol):
    """Makes a room of a dialect."""

    def __call__(self, address: str, name: str) -> RoomRobot: ...


DIALECTS: Mapping[str, MakeRoom] = MappingProxyType(
    {
        "plain": RoomRobot,
        "exchange": ExchangeRoom,
        "exchange, English": partial(ExchangeRoom, language="en"),
        "exchange, wrapped UID": partial(ExchangeRoom, wraps_uid=True),
        "google": GoogleRoom,
        "zimbra": ZimbraRoom,
        "zimbra, single part": partial(ZimbraRoom, single_part=True),
        "kolab": KolabRoom,
        "grommunio": GrommunioRoom,
        "grommunio, no ATTENDEE": partial(GrommunioRoom, names_itself=False),
        "silent": SilentRoom,
        "late": LateRoom,
        "counter": CounterRoom,
        "counter, hidden": HiddenCounterRoom,
        "out-of-office": OutOfOfficeRoom,
        "out-of-office, unmarked": partial(OutOfOfficeRoom, marked=False),
        "bouncing": BouncingRoom,
        "bouncing, in words": partial(BouncingRoom, in_words=True),
    }
)


def make_room(dialect: str, address: str, name: str) -> RoomRobot:
    """Create a room that speaks `dialect`. Raises KeyError for an unknown one."""
    return DIALECTS[dialect](address, name)
