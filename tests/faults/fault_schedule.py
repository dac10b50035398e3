"""Chance that can be repeated, and that leaves nothing out."""

import zlib
from collections.abc import Sequence
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class FaultSchedule(Generic[T]):
    """Draws faults at random, each once before any comes again."""

    def __init__(self, faults: Sequence[T], dice: Random) -> None:
        self._faults = list(faults)
        self._dice = dice
        self._remaining: list[T] = []

    def draw(self) -> T:
        """Draw the next fault."""
        if not self._remaining:
            self._remaining = self._dice.sample(self._faults, len(self._faults))
        return self._remaining.pop()


def chance(*of: object) -> float:
    """Return a number from 0 to 1 that is the same for the same things, in whatever order they are asked for."""
    return zlib.crc32(repr(of).encode()) / 2**32
