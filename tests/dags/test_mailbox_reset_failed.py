"""The resetting DAG, as far as no approval is asked for: `dag.test()` would wait for one for ever."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from raumpost.adapters.postgres import Database, connect
from raumpost.domain.errors import ConfigurationError
from raumpost.domain.time_zones import moment
from raumpost.services.planning.gather import gather
from sandbox.postgres import PrivatePostgres
from tests.dags.dag_runs import TOMORROW, Run, runs_of, states
from tests.database import Campus, Databases

DAG_ID = "mailbox_reset_failed"
ROOM = "room-1@rooms.example"
NOW = {"require_approval": False}


@pytest.fixture(scope="module")
def uri(databases: Databases) -> Iterator[str]:
    with databases.copy() as uri:
        yield uri


@pytest.fixture(scope="module")
def run(postgres: PrivatePostgres, uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with runs_of(DAG_ID, postgres=postgres, uri=uri, directory=tmp_path_factory.mktemp(DAG_ID)) as run:
        yield run


@pytest.fixture
def here(uri: str) -> Iterator[Campus]:
    """One room with one invitation that failed; empty again after each test."""
    with closing(connect(dsn=uri)) as connection:
        campus = Campus(connection)
        campus.event(campus.linked_room(address=ROOM), starts=TOMORROW)
        gather(
            Database(connection),
            now=TOMORROW - timedelta(days=1),
            lease=timedelta(minutes=30),
            budget=10,
            default_time_zone="Europe/Berlin",
        )
        campus.sql("UPDATE raumpost.invitation SET state = 'failed', attempts = 5, last_error = '421 busy'")
        yield campus
        connection.cursor().execute(
            "TRUNCATE raumpost.journal, raumpost.invitation, raumpost.preexisting, raumpost.room_mailbox, "
            "raumpost.preview, raumpost.booking_change, booking.status, booking.room, booking.event, "
            "booking.app_user CASCADE"
        )


def state(here: Campus) -> str:
    return str(here.value("SELECT state FROM raumpost.invitation"))


def test_without_approval_what_failed_is_shown_and_reset(run: Run, here: Campus) -> None:
    done = run(dict(NOW))
    assert done["state"] == "success", done["log"]
    assert states(done) == {
        "preview": "success", "decide": "success", "approve": "skipped", "apply": "success", "report": "success",
    }  # fmt: skip
    assert "421 busy" in done["log"]
    assert "was applied: 1 reset; the next run of mailbox_processor sends" in done["log"]
    assert state(here) == "pending"
    assert here.value("SELECT DISTINCT actor FROM raumpost.journal WHERE step = 'reset'") == "dag_test"


def test_a_preview_resets_nothing(run: Run, here: Campus) -> None:
    done = run({"preview_only": True, "error_contains": "BUSY"})
    assert done["state"] == "success", done["log"]
    assert "1 failed invitation would be reset" in done["log"]
    assert "preview only: nothing was applied" in done["log"]
    assert state(here) == "failed"


def test_where_nothing_failed_nobody_is_asked(run: Run, here: Campus) -> None:
    done = run({"error_contains": "no such error"})
    assert done["state"] == "success", done["log"]
    assert states(done)["approve"] == "skipped"
    assert "there is nothing to do" in done["log"]


def test_all_that_is_wrong_with_the_parameters_is_said_at_once(run: Run, here: Campus) -> None:
    wrong = {"failed_since": "2999-01-01T00:00:00+01:00", "failed_until": "2020-01-01T00:00:00", "since": "today"}
    red = run(wrong | NOW)
    assert red["state"] == "failed"
    assert "there is no parameter “since”; there are error_contains, " in red["log"]
    assert "failed_since 2999-01-01T00:00:00+01:00 lies in the future" in red["log"]
    assert "failed_since is not before failed_until" in red["log"]
    assert "there is no room mailbox “7777”" in run({"room_mailboxes": ["7777"]} | NOW)["log"]
    assert state(here) == "failed"


def test_a_moment_without_a_time_zone_is_meant_in_the_one_of_the_setting() -> None:
    read = moment("2026-07-01T12:00:00", "Europe/Berlin")
    assert read == moment("2026-07-01T10:00:00Z", "Europe/Vienna")
    assert moment("", "Europe/Berlin") is None


def test_what_is_no_time_is_refused_with_how_to_write_one() -> None:
    with pytest.raises(ConfigurationError, match=r"“yesterday” is no time; write it such as 2026-11-23T18:00:00"):
        moment("yesterday", "Europe/Berlin")
