"""Bring the database to the newest revision."""

from collections.abc import Callable
from importlib.resources import as_file, files
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool


def migrate(connect: Callable[[], Any]) -> None:
    """Apply the revisions that are missing, all in one transaction; where none is, this changes nothing.

    `connect` opens a psycopg2 connection.
    """
    engine = create_engine("postgresql+psycopg2://", creator=connect, poolclass=NullPool)
    with as_file(files("raumpost.sql")) as folder, engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
