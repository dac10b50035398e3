"""The whole world of the sandbox at once: Postgres, mail server, rooms that answer, bookings, Airflow."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import psycopg2

from sandbox import bookings
from sandbox.airflow import Airflow
from sandbox.dialects import make_room
from sandbox.mailserver import MailServer
from sandbox.ports import reachable_directory
from sandbox.postgres import PrivatePostgres
from sandbox.rooms import RoomRobot

SMTP_CONN_ID, IMAP_CONN_ID = "smtp_campus", "imap_campus"
_WRONG_PORT = 1
_MAIL_PASSWORD = "secret"


class SandboxWorld:
    """Servers, rooms, bookings and Airflow; everything lives in a temporary directory and goes with it."""

    def __init__(
        self,
        *,
        settings: Mapping[str, str] | None = None,
        port: int | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings = dict(settings or {})
        self._port = port
        self._progress = progress
        self._stack = ExitStack()
        self.directory: Path
        self.postgres: PrivatePostgres
        self.mail: MailServer
        self.airflow: Airflow
        self.bookings: bookings.World
        self.robots: dict[str, RoomRobot] = {}

    def start(self) -> None:
        """Start everything, link the rooms and let the DAG wait, paused."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.directory = self._stack.enter_context(reachable_directory())
        self._progress("starting Postgres and the mail server")
        self.postgres = self._stack.enter_context(PrivatePostgres(self.directory / "postgres"))
        for name in ("airflow", "raumpost"):
            self.postgres.create_database(name)
        self.mail = self._stack.enter_context(MailServer({bookings.TECHNICAL_USER: _MAIL_PASSWORD}))
        for room in bookings.ROOMS:
            if room.exists:
                self.robots[room.address] = make_room(room.dialect, room.address, room.name)
                self.mail.register(self.robots[room.address])
        self._progress("creating the databases of Airflow and Raumpost")
        self.airflow = Airflow(
            self.directory / "airflow",
            database_uri=lambda driver: self.postgres.uri("airflow", driver),
            environment=self._settings | {"AIRFLOW_CONN_RAUMPOST_DB": json.dumps(self._database_connection())},
            port=self._port,
        )
        self.airflow.migrate()
        self._migrate()
        with closing(self.connect()) as connection:
            self.bookings = bookings.load(connection, datetime.now(UTC))
            bookings.link(connection, self.bookings, smtp_conn_id=SMTP_CONN_ID, imap_conn_id=IMAP_CONN_ID)
        self._progress("starting Airflow, which takes longest")
        self._stack.callback(self.airflow.stop)
        self.airflow.start()
        self.airflow.wait_until_healthy(progress=lambda missing: self._progress(f"waiting for Airflow: {missing}"))
        for interface in self._mail_connections():
            self.airflow.api("POST", "/connections", interface)

    def stop(self) -> None:
        """Stop every process and remove every file."""
        self._stack.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def connect(self) -> "psycopg2.extensions.connection":
        """Open a connection to the database raumpost, as the booking system would."""
        return psycopg2.connect(self.postgres.uri("raumpost"))

    def _migrate(self) -> None:
        from raumpost.sql.migrate import migrate

        migrate(self.connect)

    def _database_connection(self) -> dict[str, Any]:
        return {
            "conn_type": "postgres",
            "host": "127.0.0.1",
            "port": self.postgres.port,
            "login": "postgres",
            "schema": "raumpost",
        }

    def _mail_connections(self) -> list[dict[str, Any]]:
        """Return the interfaces as REST bodies; the sandbox's servers speak no TLS, real ones must.

        Interfaces that belong to one room only have a wrong port: a person fixes it.
        """
        own = [room.smtp_conn_id for room in bookings.ROOMS if room.smtp_conn_id]
        return [
            *(
                {
                    "connection_id": conn_id,
                    "conn_type": "smtp",
                    "host": "127.0.0.1",
                    "port": port,
                    "extra": json.dumps({"disable_ssl": True, "disable_tls": True}),
                }
                for conn_id, port in [(SMTP_CONN_ID, self.mail.smtp_port), *((one, _WRONG_PORT) for one in own)]
            ),
            {
                "connection_id": IMAP_CONN_ID,
                "conn_type": "imap",
                "host": "127.0.0.1",
                "port": self.mail.imap_port,
                "login": bookings.TECHNICAL_USER,
                "password": _MAIL_PASSWORD,
                "extra": json.dumps({"use_ssl": False}),
            },
        ]
