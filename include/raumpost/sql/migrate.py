"""Bring the database to the newest revision."""

import re
from collections.abc import Callable
from importlib.resources import as_file, files
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from raumpost.domain.errors import ConfigurationError


def migrate(connect: Callable[[], Any], *, to: str = "head") -> None:
    """Apply the revisions that are missing, all in one transaction; where none is, this changes nothing.

    `connect` opens a psycopg2 connection; `to` is the last revision to apply. Raises ConfigurationError where the
    database is at a revision that this version does not know.
    """
    engine = create_engine("postgresql+psycopg2://", creator=connect, poolclass=NullPool)
    with as_file(files("raumpost.sql")) as folder, engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        _refuse_unknown(connection, ScriptDirectory.from_config(config))
        command.upgrade(config, to)


def _refuse_unknown(connection: Connection, scripts: ScriptDirectory) -> None:
    if connection.scalar(text("SELECT to_regclass('raumpost.alembic_version')")) is None:
        return
    found = connection.scalar(text("SELECT version_num FROM raumpost.alembic_version"))
    if found is None or found in {script.revision for script in scripts.walk_revisions()}:
        return
    if re.match(r"00\d\d_", found):
        raise ConfigurationError(
            f"this database is at revision {found}, from before 1.0.0, and cannot be converted; nothing was changed. "
            "Keep its bookings and begin again, as docs/upgrade.md says under “From before 1.0.0”"
        )
    raise ConfigurationError(
        f"this database is at revision {found}, which this version of Raumpost does not know; nothing was changed. "
        "Install the version that made it, or a newer one"
    )
