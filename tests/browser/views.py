"""Every view by its route, with an address at which there is something to see."""

from typing import Any
from urllib.parse import quote

from fastapi.routing import APIRoute

from raumpost.web.app import create_app
from tests.database import Campus
from tests.eventually import eventually
from tests.web.conftest import EVERYONE

VIEWS = {
    "/": ("/",),
    "/room-mailboxes": ("/room-mailboxes", "/room-mailboxes?q=nothing-of-this-name"),
    "/room-mailboxes/new": ("/room-mailboxes/new",),
    "/room-mailboxes/{mailbox_id}": ("/room-mailboxes/{mailbox}",),
    "/invitations": ("/invitations", "/invitations?q=nothing-of-this-name"),
    "/invitations/{id}": ("/invitations/{invitation}",),
    "/mails/{id}": ("/mails/{sent}", "/mails/{received}"),
    "/log": ("/log", "/log?level=error"),
    "/room-groups": ("/room-groups",),
    "/interfaces": ("/interfaces",),
    "/interfaces/new": ("/interfaces/new?kind=smtp", "/interfaces/new?kind=imap"),
    "/interfaces/edit": ("/interfaces/edit?kind=smtp&id=smtp_campus",),
    "/dag": ("/dag?dag=mailbox_initialise",),
    "/runs": ("/runs?dag=mailbox_processor&run={run}",),
    "/tasks": ("/tasks?dag=mailbox_processor&run={run}&task=gather_pending",),
}
NO_VIEWS = {
    "/badge/room/{room_id}.svg",
    "/search/rooms",
    "/search/users",
    "/mails/{id}/raw",
    "/log/lines",
    "/{path:path}",
}


def routes() -> set[str]:
    """Return the paths of all routes that show something."""
    app = create_app(EVERYONE)
    return {route.path for route in app.routes if isinstance(route, APIRoute) and "GET" in route.methods}


def settled(campus: Campus) -> None:
    """Wait until the university has answers and failures to show."""

    def states() -> set[str]:
        return {row["state"] for row in campus.sql("SELECT DISTINCT state FROM raumpost.invitation")}

    eventually(lambda: {"answered", "failed"} <= states(), states, timeout=120)


def addresses(campus: Campus) -> dict[str, str]:
    """Return the addresses of all views by a name; what they show is the newest that has been answered."""
    [found] = campus.sql(
        """SELECT i.id AS invitation, i.room_mailbox_id AS mailbox,
                  (SELECT max(id) FROM raumpost.mail WHERE direction = 'out') AS sent,
                  (SELECT max(id) FROM raumpost.mail WHERE direction = 'in') AS received,
                  (SELECT dag_run FROM raumpost.journal WHERE invitation_id = i.id AND step = 'confirm' LIMIT 1) AS run
           FROM raumpost.invitation AS i WHERE i.state = 'answered' ORDER BY i.id DESC LIMIT 1"""
    )
    return {_name(route, number): _filled(one, found) for route, all in VIEWS.items() for number, one in enumerate(all)}


def _name(route: str, number: int) -> str:
    words = [word for word in route.replace("{", "").replace("}", "").split("/") if word] or ["overview"]
    return "-".join([*words, *([str(number + 1)] if number else [])])


def _filled(address: str, found: dict[str, Any]) -> str:
    return address.format_map({name: quote(str(value), safe="") for name, value in found.items()})
