"""How a test reads an answer."""

from raumpost.itip.parse import read
from raumpost.itip.reading import ANSWERS, Reply
from tests.replies import calendar, only, single


def says_nothing(raw: bytes) -> bool:
    """Return whether a mail was read without an error, and answers nothing."""
    reading = read(raw)
    return reading.error is None and reading.method != "REPLY" and reading.kind not in ANSWERS


def answer(*properties: str) -> Reply:
    """Return what an answer with these properties is read as."""
    return only(single(calendar(*properties)))
