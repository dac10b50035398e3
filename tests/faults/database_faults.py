"""What befalls a database: a restart, a crash, killed connections, a full disk."""

import os
import signal
import time
from collections import Counter
from contextlib import closing

import psycopg2

from sandbox.postgres import PrivatePostgres

_PREPARE = """
CREATE SCHEMA campaign;
CREATE TABLE campaign.full_disk (relation text PRIMARY KEY);
CREATE FUNCTION campaign.refuse_on_full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM campaign.full_disk WHERE relation = TG_TABLE_NAME) THEN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER full_disk AFTER INSERT ON raumpost.journal EXECUTE FUNCTION campaign.refuse_on_full_disk();
CREATE TRIGGER full_disk AFTER INSERT ON raumpost.mail EXECUTE FUNCTION campaign.refuse_on_full_disk();
CREATE TRIGGER full_disk AFTER INSERT ON raumpost.invitation EXECUTE FUNCTION campaign.refuse_on_full_disk();
CREATE TRIGGER full_disk AFTER INSERT ON booking.status EXECUTE FUNCTION campaign.refuse_on_full_disk();
"""
RECOVERY = 30
"""Seconds that a crash may take."""
FULL = ("journal", "mail", "invitation", "status")


class DatabaseFaults:
    """Hurts one database, and mends it."""

    def __init__(self, server: PrivatePostgres, uri: str) -> None:
        self.injected: Counter[str] = Counter()
        self._server = server
        self._uri = uri
        self._run(_PREPARE)

    def kill_connections(self) -> None:
        """Kill the connections of all task processes."""
        [found] = self._run(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'raumpost'"
        )
        self.injected["database: connections killed"] += found[0]

    def restart(self) -> None:
        """Stop and start the server."""
        self._server.restart()
        self.injected["database: restarted"] += 1

    def crash(self) -> None:
        """Kill -9 one server process: Postgres throws out everybody, and recovers from its log."""
        with closing(psycopg2.connect(self._uri)) as connection:
            pid = connection.info.backend_pid
            os.kill(pid, signal.SIGKILL)
        self._run("SELECT 1")
        self.injected["database: crashed"] += 1

    def fill_disk(self, relation: str) -> None:
        """Let every insert into a table fail."""
        self._run("INSERT INTO campaign.full_disk VALUES (%s) ON CONFLICT DO NOTHING", relation)
        self.injected[f"database: disk full on insert into {relation}"] += 1

    def clear_disk(self) -> None:
        """Let inserts be."""
        self._run("DELETE FROM campaign.full_disk")

    def _run(self, statement: str, *values: object) -> list[tuple[int, ...]]:
        """Run a statement, as soon as the database is there again."""
        deadline = time.monotonic() + RECOVERY
        while True:
            try:
                with closing(psycopg2.connect(self._uri)) as connection, connection, connection.cursor() as cursor:
                    cursor.execute(statement, values or None)
                    return list(cursor.fetchall()) if cursor.description else []
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
