"""Adds the Raumpost pages to the Airflow UI. Airflow executes this file in each of its processes."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, ClassVar
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

PREFIX = "/raumpost"
HOME = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/") + PREFIX
ICON = f"{HOME}/static/inbox.svg"
ICON_FOR_DARK = f"{HOME}/static/inbox-dark.svg"

TABS = {
    "dag": "/dag?dag={DAG_ID}",
    "dag_run": "/runs?dag={DAG_ID}&run={RUN_ID}",
    "task_instance": "/tasks?dag={DAG_ID}&run={RUN_ID}&task={TASK_ID}&map_index={MAP_INDEX}",
}
"""Where the pages are also tabs; Airflow fills in the braces, {MAP_INDEX} only if the task is mapped."""


@cache
def _app() -> Callable[..., Awaitable[None]]:
    from raumpost.web.access import Access
    from raumpost.web.app import create_app
    from raumpost.wiring import access

    return create_app(Access(read=access.read, link=access.link, may_link=access.may_link))


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer a request; only the api-server gets any, so only there is the application created."""
    await _app()(scope, receive, send)


class RaumpostPlugin(AirflowPlugin):
    """The pages, and where the UI shows them."""

    name = "raumpost"
    fastapi_apps: ClassVar[list[dict[str, Any]]] = [{"app": app, "url_prefix": PREFIX, "name": "Raumpost"}]
    external_views: ClassVar[list[dict[str, Any]]] = [
        {
            "name": "Room mailboxes",
            "href": f"{HOME}/",
            "destination": "nav",
            "url_route": "room-mailboxes",
            "icon": ICON,
            "icon_dark_mode": ICON_FOR_DARK,
        },
        *(
            {
                "name": "Raumpost",
                "href": HOME + href,
                "destination": destination,
                "url_route": f"raumpost-{destination.replace('_', '-')}",
                "icon": ICON,
                "icon_dark_mode": ICON_FOR_DARK,
            }
            for destination, href in TABS.items()
        ),
    ]
