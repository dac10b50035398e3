"""A scenario for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.database import Campus, emptied
from tests.inbox_scenario import ROOM, InboxScenario
from tests.mail_pipeline import MailPipeline
from tests.servers.imap import Mailbox
from tests.servers.smtp import Smtp


@pytest.fixture
def database(database_in_turns: str) -> Iterator[str]:
    yield from emptied(database_in_turns)


@pytest.fixture
def scenario(campus: Campus, pipeline: MailPipeline, mailbox: Mailbox, smtp: Smtp) -> InboxScenario:
    """Return a scenario whose invitation is planned."""
    room = campus.linked_room("Hörsaal 1", address=ROOM)
    return InboxScenario(campus, pipeline, mailbox, smtp, campus.event(room, title="Analysis"))


@pytest.fixture
def sent(scenario: InboxScenario) -> InboxScenario:
    """Return a scenario whose invitation has left."""
    scenario.pipeline.send_all()
    return scenario
