"""A database for many tests in turn, which is faster than one each."""

from collections.abc import Iterator

import pytest

from tests.database import emptied


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    """Return the address of a database that was emptied for this test."""
    yield from emptied(database_in_turns)
