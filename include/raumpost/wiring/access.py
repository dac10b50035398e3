"""Airflow's own access checks, for the pages inside its UI."""

from typing import Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_connection, requires_access_dag
from fastapi import Depends, Request

MAIN_DAG = "mailbox_processor"
_may_read = requires_access_dag("GET", DagAccessEntity.RUN, MAIN_DAG)
_may_link = requires_access_connection("PUT")


def read(request: Request, user: GetUserDep, _: Annotated[None, Depends(_may_read)]) -> None:
    """Require permission to see the runs of mailbox_processor. Raises HTTPException 401 or 403."""
    request.state.user_name = user.get_name()


def link(_: Annotated[None, Depends(_may_link)]) -> None:
    """Require permission to change connections. Raises HTTPException 401 or 403."""


def may_link(user: GetUserDep) -> bool:
    """Return whether the user may change connections, without refusing anybody."""
    manager: Any = get_auth_manager()
    return bool(manager.is_authorized_connection(method="PUT", user=user))
