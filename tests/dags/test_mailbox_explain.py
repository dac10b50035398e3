"""The DAG that tells the story of a booking."""

from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from raumpost.adapters.postgres import connect
from raumpost.domain.model import BookingKey, BookingKind
from raumpost.wiring.tasks import mailbox_explain
from sandbox.postgres import PrivatePostgres
from tests.dags.dag_runs import TOMORROW, Run, runs_of, states
from tests.database import Campus, Databases

DEFAULTS = {"kind": "event", "id": None, "uid": None}


@pytest.fixture(scope="module")
def uri(databases: Databases) -> Iterator[str]:
    with databases.copy() as uri:
        yield uri


@pytest.fixture(scope="module")
def campus(uri: str) -> Iterator[Campus]:
    with closing(connect(dsn=uri)) as connection:
        yield Campus(connection)


@pytest.fixture(scope="module")
def run(postgres: PrivatePostgres, uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with runs_of("mailbox_explain", postgres=postgres, uri=uri, directory=tmp_path_factory.mktemp("explain")) as run:
        yield run


def test_the_story_stands_in_the_log(run: Run, campus: Campus) -> None:
    event = campus.event(campus.room("Keller"), starts=TOMORROW, title="Analysis")
    done = run({"kind": "event", "id": event})
    assert states(done) == {"explain": "success"}
    assert f"event {event} in the booking system" in done["log"]
    assert "the room is linked to no mailbox; link it with mailbox_link" in done["log"]


def test_what_nobody_knows_turns_the_run_red_with_the_reason(run: Run) -> None:
    red = run({"kind": "block", "id": 4711})
    assert states(red) == {"explain": "failed"}
    assert "there is no block 4711 in the booking system, and Raumpost never had one" in red["log"]


@pytest.mark.parametrize(
    ("conf", "wrong"),
    [
        ({}, "neither id nor uid is given"),
        ({"id": 1, "uid": "x@raumpost"}, "id and uid are both given; leave one of them empty"),
        ({"uid": "  "}, "neither id nor uid is given"),
        ({"id": 1, "booking": 2}, "there is no parameter “booking”; there are id, kind and uid"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(conf: dict[str, object], wrong: str) -> None:
    with pytest.raises(AirflowFailException, match=wrong):
        mailbox_explain.booking(DEFAULTS | conf, conf)


def test_a_booking_is_named_by_kind_and_id_or_by_uid() -> None:
    assert mailbox_explain.booking(DEFAULTS | {"kind": "block", "id": 3}, {}) == BookingKey(BookingKind.BLOCK, 3)
    assert mailbox_explain.booking(DEFAULTS | {"uid": " a@raumpost\n"}, {}) == "a@raumpost"


def test_what_travels_through_xcom_is_bounded(
    uri: str, campus: Campus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", uri.replace("postgresql://", "postgres://"))
    monkeypatch.setattr(mailbox_explain, "MAX_XCOM", 40)
    event = campus.event(campus.room("Aula"), starts=TOMORROW, title="Ball")
    run = SimpleNamespace(run_id="manual__1", conf={}, triggering_user_name="anna")
    found = mailbox_explain.explain(DEFAULTS | {"id": event}, run)
    assert found["booking"] == f"event {event}"
    assert len(found["story"]) < 70
    assert found["story"].endswith("(see the log)")
