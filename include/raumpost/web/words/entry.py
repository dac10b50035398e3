"""A text in both languages."""

from typing import NamedTuple


class Words(NamedTuple):
    """One text; `{name}` stands for what is filled in."""

    de: str
    en: str
