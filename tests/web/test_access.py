"""Who gets in: every route for every role, behind a real Airflow with its own users."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from raumpost.web.app import create_app
from sandbox.airflow import ROLES, Airflow
from sandbox.ports import reachable_directory
from sandbox.postgres import PrivatePostgres
from tests.dags.metadata import create_metadata
from tests.database import Databases
from tests.web.conftest import EVERYONE, OURS

READ, LINK = {"viewer", "user", "op", "admin"}, {"op", "admin"}


class Route(NamedTuple):
    """One route as a browser calls it."""

    method: str
    path: str


TABLE: dict[Route, set[str]] = {
    Route("GET", "/"): READ,
    Route("GET", "/badge/room/{room_id}.svg"): READ,
    Route("GET", "/interfaces"): READ,
    Route("GET", "/interfaces/new"): LINK,
    Route("GET", "/interfaces/edit"): LINK,
    Route("GET", "/room-groups"): READ,
    Route("GET", "/room-mailboxes"): READ,
    Route("GET", "/room-mailboxes/new"): LINK,
    Route("POST", "/room-mailboxes"): LINK,
    Route("GET", "/room-mailboxes/{mailbox_id}"): READ,
    Route("POST", "/room-mailboxes/{mailbox_id}"): LINK,
    Route("POST", "/room-mailboxes/{mailbox_id}/removal"): LINK,
    Route("GET", "/search/rooms"): LINK,
    Route("GET", "/search/users"): LINK,
    Route("GET", "/invitations"): READ,
    Route("GET", "/invitations/{id}"): READ,
    Route("GET", "/mails/{id}"): READ,
    Route("GET", "/mails/{id}/raw"): READ,
    Route("GET", "/log"): READ,
    Route("GET", "/log/lines"): READ,
    Route("GET", "/dag"): READ,
    Route("GET", "/runs"): READ,
    Route("GET", "/tasks"): READ,
    Route("GET", "/{path:path}"): READ,
}
"""Every route with the roles that pass. A route without an entry fails the first test below."""


def _routes(app: FastAPI) -> set[Route]:
    return {
        Route(method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods
        if method != "HEAD"
    }


def test_the_table_names_every_route() -> None:
    assert _routes(create_app(EVERYONE)) == TABLE.keys()


@pytest.fixture(scope="module")
def airflow(postgres: PrivatePostgres, databases: Databases) -> Iterator[Airflow]:
    """Return an Airflow that shows pages and runs nothing."""
    create_metadata(postgres, "airflow_for_pages")
    with databases.copy() as uri, reachable_directory() as directory:
        airflow = Airflow(
            directory / "airflow",
            database_uri=lambda driver: postgres.uri("airflow_for_pages", driver),
            environment={"AIRFLOW_CONN_RAUMPOST_DB": uri.replace("postgresql://", "postgres://")},
            components=["api-server"],
        )
        with airflow:
            airflow.wait_until_healthy()
            yield airflow


@pytest.fixture(scope="module")
def cookies(airflow: Airflow) -> dict[str, dict[str, str]]:
    """Return the session cookie of a user of each role, and none of nobody."""
    sessions: dict[str, dict[str, str]] = {"nobody": {}}
    for role in ROLES:
        answer = httpx.post(f"{airflow.url}/auth/token", json={"username": role, "password": role})
        sessions[role] = {"Cookie": f"_token={answer.json()['access_token']}"}
    return sessions


def _status(airflow: Airflow, route: Route, headers: dict[str, str]) -> int:
    path = route.path.replace("{path:path}", "no/such/page")
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + "999999" + rest.partition("}")[2]
    content = None if route.method == "GET" else json.dumps({})
    given = {"Content-Type": "application/json"} if content else {}
    return httpx.request(
        route.method, f"{airflow.url}/raumpost{path}", content=content, headers=OURS | given | headers
    ).status_code


@pytest.mark.parametrize("role", ["nobody", *ROLES])
@pytest.mark.parametrize("route", sorted(TABLE), ids=lambda route: f"{route.method} {route.path}")
def test_a_route_lets_in_whom_the_table_names(
    airflow: Airflow, cookies: dict[str, dict[str, str]], route: Route, role: str
) -> None:
    status = _status(airflow, route, cookies[role])
    if role == "nobody":
        assert status == 401
    elif role not in TABLE[route]:
        assert status == 403
    else:
        assert status in {200, 404, 422}  # ids and bodies of this test name nothing


def test_a_change_from_another_site_is_refused_whoever_is_signed_in(
    airflow: Airflow, cookies: dict[str, dict[str, str]]
) -> None:
    for route in TABLE:
        if route.method != "GET":
            headers = cookies["admin"] | {"Sec-Fetch-Site": "cross-site"}
            assert _status(airflow, route, headers) == 403
