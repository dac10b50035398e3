"""A text in both languages."""

from typing import NamedTuple


class Text(NamedTuple):
    """The same text in German and in English."""

    de: str
    en: str
