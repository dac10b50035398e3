"""A database that a release filled is taken to head, and the next pass works on it.

`make release-dump` writes the dump of the release that pyproject.toml names, before it is released and never again.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters import postgres as adapter
from raumpost.adapters.postgres import Database
from raumpost.domain.model import Answer, State
from raumpost.services.answers.update_status import update_status
from raumpost.services.planning.held_cancellations import held_cancellations
from raumpost.sql.migrate import migrate
from tests.database import NOW, Campus, Databases
from tests.release_world import INBOX, RELEASES, House, load, revision_of

DUMPS = sorted(RELEASES.glob("*.sql"))
LATER = NOW + timedelta(hours=1)
CHANGELOG = Path(__file__).parents[3] / "CHANGELOG.md"


@pytest.fixture(params=DUMPS, ids=lambda path: path.stem)
def upgraded(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Connection]:
    """Take the dump of a release to head."""
    text = request.param.read_text(encoding="utf-8")
    with databases.empty() as uri:
        migrate(lambda: psycopg2.connect(uri), to=revision_of(text))
        with closing(adapter.connect(dsn=uri)) as connection:
            load(connection, text)
        migrate(lambda: psycopg2.connect(uri))
        with closing(adapter.connect(dsn=uri)) as connection:
            yield connection


def test_there_is_a_dump_of_every_release() -> None:
    released = re.findall(r"^## (\d+\.\d+\.\d+)", CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(path.stem for path in DUMPS) == sorted(released)


def test_a_dump_has_whatever_a_database_can_hold(upgraded: Connection) -> None:
    campus = Campus(upgraded)
    tables = campus.sql("SELECT schemaname || '.' || tablename AS name FROM pg_tables "
                        "WHERE schemaname IN ('booking', 'raumpost')")  # fmt: skip
    empty = {row["name"] for row in tables if not campus.value(f"SELECT count(*) FROM {row['name']}")}
    states = {row["state"] for row in campus.sql("SELECT DISTINCT state FROM raumpost.invitation")}
    answers = {row["answer"] for row in campus.sql("SELECT DISTINCT answer FROM raumpost.invitation")}
    bounced = {
        row["bounced"] for row in campus.sql("SELECT DISTINCT bounced FROM raumpost.invitation WHERE state = 'failed'")
    }

    assert not empty
    assert states == set(State)
    assert answers == {*Answer, None}
    assert bounced == {True, False}
    assert campus.value("SELECT count(*) FROM raumpost.mail WHERE direction = 'in' AND outcome IS NULL") == 1
    assert campus.value("SELECT count(*) FROM raumpost.room_mailbox WHERE removed_at IS NOT NULL") == 1
    assert campus.value("SELECT count(*) FROM raumpost.withheld WHERE state = 'withheld'") == 21


def test_the_next_pass_works_on_it(upgraded: Connection) -> None:
    campus, db = Campus(upgraded), Database(upgraded, actor="test")
    house = House(db, campus)
    house.run(LATER)
    update_status(db, imap_conn_id=INBOX, now=LATER)

    def state(title: str) -> str:
        return str(campus.value("SELECT state FROM raumpost.invitation WHERE summary = %(title)s", title=title))

    assert {recipient for recipient, _ in house.mailer.took} == {"halle@rooms.example"}
    assert {title: state(title) for title in ("sending", "pending", "not gathered yet", "mail unread")} == {
        "sending": State.SENT,
        "pending": State.SENT,
        "not gathered yet": State.SENT,
        "mail unread": State.ANSWERED,
    }
    assert [one.withheld for one in held_cancellations(db, now=LATER)] == [21]
    campus.update("booking.event", campus.value("SELECT source_id FROM raumpost.invitation WHERE summary = 'accepted'"),
                  title="accepted, then moved")  # fmt: skip
    house.run(LATER)
    assert state("accepted, then moved") == State.SENT
