"""One world for all tests here: starting Airflow takes longer than most of them."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from psycopg2.extensions import connection as Connection

from sandbox.mailserver import MailServer
from sandbox.ports import HOST
from sandbox.world import SandboxWorld

INTERVAL = 10
OPERATORS = "it@booking.example"


def add_smtp(world: SandboxWorld, conn_id: str, port: int) -> None:
    """Add an SMTP interface, as operators do it in the UI."""
    extra = json.dumps({"disable_ssl": True, "disable_tls": True, "timeout": 60})
    body = {"connection_id": conn_id, "conn_type": "smtp", "host": HOST, "port": port, "extra": extra}
    world.airflow.api("POST", "/connections", body)


@pytest.fixture(scope="session")
def operators() -> Iterator[MailServer]:
    """The mail server of the operators, which is not that of the invitations."""
    with MailServer({OPERATORS: "secret"}) as server:
        yield server


@pytest.fixture(scope="session")
def world(operators: MailServer) -> Iterator[SandboxWorld]:
    settings = {
        "RAUMPOST_INTERVAL": str(INTERVAL),
        "RAUMPOST_RETRY_DELAY": "1",
        "RAUMPOST_ALERT_EMAIL": OPERATORS,
        "RAUMPOST_ALERT_SMTP": "smtp_alerts",
        # else Airflow notices a dead worker after 300 s
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    }
    with SandboxWorld(settings=settings) as world:
        add_smtp(world, "smtp_alerts", operators.smtp_port)
        world.airflow.unpause("mailbox_processor")
        yield world


@pytest.fixture(scope="session")
def connection(world: SandboxWorld) -> Iterator[Connection]:
    with closing(world.connect()) as connection:
        connection.autocommit = True
        yield connection
