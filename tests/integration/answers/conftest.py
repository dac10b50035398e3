"""A desk for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.database import Campus
from tests.inbox_scenario import ROOM, Desk
from tests.mailservers import Mailbox, Post, Smtp, emptied


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


@pytest.fixture
def desk(campus: Campus, post: Post, mailbox: Mailbox, smtp: Smtp) -> Desk:
    """Give a desk whose invitation is planned."""
    room = campus.linked_room("Hörsaal 1", address=ROOM)
    return Desk(campus, post, mailbox, smtp, campus.event(room, title="Analysis"))


@pytest.fixture
def sent(desk: Desk) -> Desk:
    """Give a desk whose invitation has left."""
    desk.post.send_all()
    return desk
