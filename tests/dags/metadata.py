"""Airflow's metadata: migrated once, and copied for each module of tests; migrating takes ten seconds."""

from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
from psycopg2 import sql

from sandbox.airflow import Airflow
from sandbox.postgres import PrivatePostgres

_TEMPLATE = "airflow_template"


def create_metadata(postgres: PrivatePostgres, name: str) -> None:
    """Create a database as Airflow wants it."""
    connection = psycopg2.connect(postgres.uri())
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", (_TEMPLATE,))
            if cursor.fetchone() is None:
                postgres.create_database(_TEMPLATE)
                with TemporaryDirectory(prefix="raumpost-") as home:
                    uri = lambda driver: postgres.uri(_TEMPLATE, driver)  # noqa: E731 # one word for one use
                    Airflow(Path(home) / "airflow", database_uri=uri, environment={}).migrate()
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(_TEMPLATE))
            )
    finally:
        connection.close()
