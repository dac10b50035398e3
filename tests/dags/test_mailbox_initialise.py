"""The initialising DAG, as far as no approval is asked for: `dag.test()` would wait for one for ever."""

import copy
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import ParamValidationError

from raumpost.adapters.postgres import connect
from raumpost.domain.time_zones import end_of_day, start_of_day
from raumpost.wiring.tasks import approval_flow, mailbox_link
from sandbox.postgres import PrivatePostgres
from tests.dags.dag_runs import TOMORROW, Run, runs_of, states
from tests.dags.test_policy import load
from tests.database import Campus, Databases

FOLDER = Path(__file__).parents[2] / "dags"
DAG_ID = "mailbox_initialise"
ROOM = "room-1@rooms.example"
NOW = {"require_approval": False}
SHOWN = {"preview": 7, "count": 3, "subject": "?", "text": "…"}
LEA = {"chosen_options": ["Approve"], "responded_by_user": {"id": "lea", "name": "Lea"}}


@pytest.fixture(scope="module")
def uri(databases: Databases) -> Iterator[str]:
    with databases.copy() as uri:
        yield uri


@pytest.fixture(scope="module")
def run(postgres: PrivatePostgres, uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with runs_of(DAG_ID, postgres=postgres, uri=uri, directory=tmp_path_factory.mktemp(DAG_ID)) as run:
        yield run


@pytest.fixture(scope="module")
def dag() -> DAG:
    return load(FOLDER / f"{DAG_ID}.py")


@pytest.fixture
def here(uri: str) -> Iterator[Campus]:
    """The booking system's view; empty again after each test."""
    with closing(connect(dsn=uri)) as connection:
        yield Campus(connection)
        connection.cursor().execute(
            "TRUNCATE raumpost.journal, raumpost.invitation, raumpost.preexisting, raumpost.room_mailbox, "
            "raumpost.preview, raumpost.booking_change, booking.status, booking.room, booking.event, "
            "booking.app_user CASCADE"
        )


def old_booking(here: Campus) -> int:
    """Book a room, then link it."""
    room = here.room()
    event = here.event(room, starts=TOMORROW)
    here.link(room, address=ROOM)
    return event


def test_without_approval_the_list_is_shown_and_applied(run: Run, here: Campus) -> None:
    event = old_booking(here)
    done = run({"room_mailboxes": [ROOM], **NOW})
    assert done["state"] == "success", done["log"]
    assert states(done) == {
        "preview": "success", "decide": "success", "approve": "skipped", "apply": "success", "report": "success",
    }  # fmt: skip
    assert f"| event {event} | Vorlesung |" in done["log"]
    assert "was applied: 1 invited; the next run of mailbox_processor sends" in done["log"]
    [row] = here.sql("SELECT state FROM raumpost.invitation")
    assert row["state"] == "pending"
    assert here.value("SELECT DISTINCT actor FROM raumpost.journal") == "dag_test"


def test_a_preview_applies_nothing(run: Run, here: Campus) -> None:
    event = old_booking(here)
    done = run({"room_mailboxes": [ROOM], "preview_only": True})
    assert done["state"] == "success", done["log"]
    assert (states(done)["approve"], states(done)["apply"]) == ("skipped", "skipped")
    assert f"| event {event} | Vorlesung |" in done["log"]
    assert "preview only: nothing was applied" in done["log"]
    assert here.sql("SELECT id FROM raumpost.invitation") == []


def test_where_nothing_is_to_do_nobody_is_asked(run: Run, here: Campus) -> None:
    here.linked_room(address=ROOM)
    done = run({"room_mailboxes": [ROOM]})
    assert done["state"] == "success", done["log"]
    assert states(done)["approve"] == "skipped"
    assert "there is nothing to do" in done["log"]


def test_all_that_is_wrong_with_the_days_is_said_at_once(run: Run, here: Campus) -> None:
    old_booking(here)
    red = run({"room_mailboxes": [ROOM], "from": "2020-02-02", "until": "2020-01-01", "rooms": "all", **NOW})
    assert red["state"] == "failed"
    assert states(red)["preview"] == "failed"
    assert "there is no parameter “rooms”; there are from, " in red["log"]
    assert "until 2020-01-01 lies in the past" in red["log"]
    assert "from 2020-02-02 is later than until 2020-01-01" in red["log"]


def test_rooms_that_do_not_exist_turn_the_run_red(run: Run, here: Campus) -> None:
    red = run({"room_mailboxes": ["nobody@rooms.example"], "room_group": "None such", **NOW})
    assert red["state"] == "failed"
    assert "there is no room mailbox “nobody@rooms.example”" in red["log"]
    assert "there is no room group “None such”" in red["log"]
    assert "no room mailbox is named" in run(dict(NOW))["log"]


@pytest.mark.parametrize(
    "wrong", [{"from": "tomorrow"}, {"room_mailboxes": "room-1"}, {"room_mailboxes": [7]}, {"preview_only": "yes"}]
)
def test_values_of_the_wrong_kind_are_refused_before_the_run(dag: DAG, wrong: dict[str, object]) -> None:
    params = copy.deepcopy(dag.params)
    with pytest.raises(ParamValidationError):
        params.update(wrong)


def test_what_is_refused_as_unknown_is_what_the_form_does_not_have() -> None:
    assert load(FOLDER / f"{mailbox_link.DAG_ID}.py").params.keys() == mailbox_link.PARAMS


def test_a_rejection_skips_what_applies_and_nothing_else(dag: DAG) -> None:
    assert dag.get_task("approve").downstream_task_ids == {"apply"}
    assert dag.get_task("report").trigger_rule == "none_failed"


def test_an_approval_that_never_comes_is_a_rejection_before_the_run_times_out(dag: DAG) -> None:
    approve = dag.get_task("approve")
    assert approve.defaults == ["Reject"]
    assert approve.response_timeout < dag.dagrun_timeout


@pytest.mark.parametrize(
    ("approval", "applied", "said"),
    [
        (LEA, {"invited": 3}, "preview 7 was applied (approved by Lea): 3 invited; the next run"),
        (None, {"invited": 3}, "preview 7 was applied: 3 invited"),
        (None, None, "rejected, or not decided within 24 hours (see the task approve): nothing was applied"),
    ],
)
def test_the_report_names_who_approved_or_what_was_not_done(
    approval: dict[str, object] | None, applied: dict[str, int] | None, said: str
) -> None:
    params = {"preview_only": False, "require_approval": True}
    assert approval_flow.report(params, SHOWN, {"approve": approval, "apply": applied}.get).startswith(said)


def test_a_day_begins_and_ends_in_the_time_zone_of_the_setting() -> None:
    start, end = (
        start_of_day("2026-10-25", "Europe/Berlin"),
        end_of_day("2026-10-25", "Europe/Berlin"),
    )
    assert start
    assert end
    assert end.timestamp() - start.timestamp() == timedelta(hours=25).total_seconds()
    assert start_of_day(None, "Europe/Berlin") is None
    assert end_of_day("9999-12-31", "Europe/Berlin") is None
