"""Chance that can be repeated, and that leaves nothing out."""

import zlib
from collections.abc import Sequence
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Deck(Generic[T]):
    """Deals cards at random, each once before any comes again."""

    def __init__(self, cards: Sequence[T], dice: Random) -> None:
        self._cards = list(cards)
        self._dice = dice
        self._left: list[T] = []

    def deal(self) -> T:
        """Deal a card."""
        if not self._left:
            self._left = self._dice.sample(self._cards, len(self._cards))
        return self._left.pop()


def chance(*of: object) -> float:
    """Give a number from 0 to 1 that is the same for the same things, in whatever order they are asked for."""
    return zlib.crc32(repr(of).encode()) / 2**32
