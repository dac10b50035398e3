"""One connection to the Raumpost database for each request that needs it."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request

from raumpost.services.ports import Database
from raumpost.wiring import connections


def _database(request: Request) -> Iterator[Database]:
    # what is written names the signed-in user, as DAG runs name theirs
    with connections.database(actor=request.state.user_name) as db:
        yield db


Db = Annotated[Database, Depends(_database)]
"""The database, for a route's parameter."""
