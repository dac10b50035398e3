"""Suggestions for fields while somebody types: rooms and users, as JSON."""

from typing import Any

from fastapi import APIRouter, Depends

from raumpost.services.links.find import find_rooms, find_users
from raumpost.web.access import Access
from raumpost.web.database import Db
from raumpost.web.query_params import Text

SHOWN = 20
"""Most suggestions shown; typing more narrows them down."""


def routes(access: Access) -> APIRouter:
    """Create the routes; only the forms for links use them, so nobody else may list the booking system's users."""
    router = APIRouter(prefix="/search", dependencies=[Depends(access.link)])

    @router.get("/rooms")
    def rooms(db: Db, q: Text = "") -> list[dict[str, Any]]:
        """Return rooms by id or part of the name, with the address of the mailbox each is linked to."""
        found = find_rooms(db, [q.strip()])[:SHOWN]
        linked = {
            row["room_id"]: row["address"]
            for row in db.rows("mailboxes_of_rooms", room_ids=[row["id"] for row in found])
        }
        return [{"id": row["id"], "name": row["name"], "linked": linked.get(row["id"])} for row in found]

    @router.get("/users")
    def users(db: Db, q: Text = "") -> list[dict[str, Any]]:
        """Return users by id, address or part of the name; technical users first."""
        found = find_users(db, [q.strip()])[:SHOWN]
        return [{name: row[name] for name in ("id", "name", "email", "technical")} for row in found]

    return router
