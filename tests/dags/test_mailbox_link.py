"""The linking DAG: previews, applies, refuses, says everything; with real connections of Airflow."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from airflow.sdk.exceptions import ParamValidationError

from raumpost.adapters.postgres import connect
from sandbox.airflow import PROJECT
from sandbox.postgres import PrivatePostgres
from tests.dags.dag_runs import Run, runs_of, states
from tests.dags.test_policy import load
from tests.database import Campus, Databases

METADATA = "airflow_for_mailbox_link"
LIST = """
- room: Hörsaal 1
  address: hoersaal-1@rooms.example
  smtp_conn_id: smtp_one
  imap_conn_id: imap_one
  technical_user: Raumpost
  include_blocks: yes
- room: Hörsaal 2
  address: hoersaal-2@rooms.example
  smtp_conn_id: {smtp}
  imap_conn_id: imap_one
  technical_user: Raumpost
"""


@pytest.fixture(scope="module")
def uri(databases: Databases) -> Iterator[str]:
    with databases.copy() as uri:
        yield uri


@pytest.fixture(scope="module")
def run(postgres: PrivatePostgres, uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Return a function that runs the DAG once with a configuration, to its end."""
    connections = {
        "AIRFLOW_CONN_SMTP_ONE": json.dumps({"conn_type": "smtp", "host": "127.0.0.1"}),
        "AIRFLOW_CONN_IMAP_ONE": json.dumps({"conn_type": "imap", "host": "127.0.0.1"}),
    }
    directory = tmp_path_factory.mktemp("mailbox_link")
    with runs_of("mailbox_link", postgres=postgres, uri=uri, directory=directory, connections=connections) as run:
        yield lambda **conf: run(conf)


@pytest.fixture
def here(uri: str) -> Iterator[Campus]:
    """Two rooms and a technical user; empty again after each test."""
    with closing(connect(dsn=uri)) as connection:
        campus = Campus(connection)
        campus.room("Hörsaal 1")
        campus.room("Hörsaal 2")
        campus.sql("INSERT INTO booking.app_user (name, email, technical) VALUES ('Raumpost', 'tech@b.example', true)")
        yield campus
        campus.sql("TRUNCATE raumpost.journal, raumpost.room_mailbox, booking.room, booking.app_user CASCADE")


@pytest.fixture
def xcoms(postgres: PrivatePostgres) -> Iterator[Callable[[], list[Any]]]:
    """Return a function that reads the newest difference of each task, as Airflow keeps it."""
    with closing(connect(dsn=postgres.uri(METADATA))) as connection:
        campus = Campus(connection)
        yield lambda: [
            row["value"] if isinstance(row["value"], dict) else json.loads(row["value"])
            for row in campus.sql("SELECT value FROM xcom WHERE key = 'difference' ORDER BY timestamp DESC")
        ]


def linked(here: Campus) -> list[str]:
    rows = here.sql("SELECT address FROM raumpost.room_mailbox WHERE removed_at IS NULL ORDER BY address")
    return [row["address"] for row in rows]


def test_a_list_is_previewed_applied_and_applied_again(run: Run, here: Campus, xcoms: Callable[[], list[Any]]) -> None:
    wanted = LIST.format(smtp="smtp_one")
    preview = run(links=wanted, preview_only=True)
    assert (preview["state"], states(preview)) == ("success", {"preview": "success", "apply": "skipped"})
    assert linked(here) == []
    newest = xcoms()[0]
    assert newest["counts"] == {"create": 2, "change": 0, "unchanged": 0, "remove": 0, "refused": 0}
    assert [row["room"] for row in newest["rows"]] == ["Hörsaal 1", "Hörsaal 2"]

    applied = run(links=wanted)
    assert (applied["state"], states(applied)) == ("success", {"preview": "success", "apply": "success"})
    assert linked(here) == ["hoersaal-1@rooms.example", "hoersaal-2@rooms.example"]
    assert "link 1 | create | Hörsaal 1 | hoersaal-1@rooms.example | SMTP smtp_one, IMAP imap_one" in applied["log"]
    [first, _] = here.sql("SELECT actor, dag_run, message FROM raumpost.journal WHERE step = 'link' ORDER BY id")
    assert first["actor"] == "dag_test"
    assert first["dag_run"]

    again = run(links=wanted)
    assert again["state"] == "success"
    assert xcoms()[0]["counts"]["unchanged"] == 2
    assert here.value("SELECT count(*) FROM raumpost.journal WHERE step = 'link'") == 2


def test_a_refusal_turns_the_run_red_lists_all_reasons_and_applies_nothing(
    run: Run, here: Campus, xcoms: Callable[[], list[Any]]
) -> None:
    red = run(links=LIST.format(smtp="smtp_missing") + "- room: Keller\n- room: Hörsaal 3\n  active: perhaps\n")
    assert (red["state"], states(red)) == ("failed", {"preview": "failed", "apply": "upstream_failed"})
    assert "link 4: active: “perhaps”: give yes or no" in red["log"]

    red = run(links=LIST.format(smtp="smtp_missing") + "- room: Keller\n  address: keller@rooms.example\n")
    assert "2 of 3 refused, so nothing is changed" in red["log"]
    assert "there is no Airflow connection “smtp_missing”; create it with type smtp" in red["log"]
    assert "room: there is no room “Keller”" in red["log"]
    assert xcoms()[0]["counts"]["refused"] == 2
    assert linked(here) == []


def test_one_link_in_the_fields_is_created_changed_and_removed(run: Run, here: Campus) -> None:
    fields = {
        "room": "Hörsaal 1",
        "address": "hoersaal-1@rooms.example",
        "smtp_conn_id": "smtp_one",
        "imap_conn_id": "imap_one",
        "technical_user": "Raum",
    }
    assert run(**fields)["state"] == "success"
    assert run(room="Hörsaal 1", include_blocks="yes", active="no", aliases="a@b.de, c@d.de")["state"] == "success"
    [row] = here.sql("SELECT include_blocks, active FROM raumpost.room_mailbox")
    assert row == {"include_blocks": True, "active": False}
    assert here.value("SELECT count(*) FROM raumpost.room_mailbox_alias") == 2
    assert run(address="hoersaal-1@rooms.example", operation="remove")["state"] == "success"
    assert linked(here) == []


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({}, "room: missing; give an id or a name of a room"),
        ({"links": "- room: a", "room": "Hörsaal 1", "reinvite": True}, "the fields room, reinvite are given"),
        ({"links": "- room: a", "operation": "remove"}, "the fields operation are given"),
        ({"links": "just words"}, "the list is no list of links"),
        ({"room": "Hörsaal 1", "operation": "remove", "preview": True}, "there is no parameter “preview”; there are "),
    ],
)
def test_missing_and_contradictory_parameters_are_refused(
    run: Run, here: Campus, conf: dict[str, object], words: str
) -> None:
    red = run(**conf)
    assert (red["state"], states(red)["apply"]) == ("failed", "upstream_failed")
    assert words in red["log"]


@pytest.mark.parametrize("conf", [{"operation": "destroy"}, {"include_blocks": "maybe"}, {"preview_only": "x"}])
def test_values_outside_the_form_are_refused_before_the_run(conf: dict[str, object]) -> None:
    params = load(PROJECT / "dags" / "mailbox_link.py").params
    params.validate()
    with pytest.raises(ParamValidationError):
        params.update(conf)
