"""One connection to the Raumpost database per request that needs it."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request

from raumpost.services.ports import Database
from raumpost.wiring import connections

PAGE_TIMEOUT = 10
"""Seconds that a statement for a page may take; nobody waits longer, and the api-server has few threads."""


def _database(request: Request) -> Iterator[Database]:
    # changes are recorded under the signed-in user, as DAG runs record theirs
    with connections.database(actor=request.state.user_name, statement_timeout=PAGE_TIMEOUT) as db:
        yield db


Db = Annotated[Database, Depends(_database)]
"""The database, as a parameter of a route."""
