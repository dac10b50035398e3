"""One connection to the Raumpost database for each request that needs it."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request

from raumpost.services.ports import Database
from raumpost.wiring import connections

PAGE_TIMEOUT = 10
"""Seconds that a statement for a page may take; nobody waits longer, and threads of the api-server are few."""


def _database(request: Request) -> Iterator[Database]:
    # what is written names the signed-in user, as DAG runs name theirs
    with connections.database(actor=request.state.user_name, statement_timeout=PAGE_TIMEOUT) as db:
        yield db


Db = Annotated[Database, Depends(_database)]
"""The database, for a route's parameter."""
