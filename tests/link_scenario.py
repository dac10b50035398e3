"""What tests of links share: requests, connections, technical users."""

from typing import Any

from raumpost.domain.linking import LinkRequest
from tests.database import Campus

CONNECTIONS = {"smtp_one": "smtp", "imap_one": "imap", "smtp_two": "smtp", "imap_two": "imap"}


def request(**fields: Any) -> LinkRequest:
    """Make a whole request."""
    whole: dict[str, Any] = {
        "where": "line 1",
        "address": "hoersaal-1@rooms.example",
        "smtp_conn_id": "smtp_one",
        "imap_conn_id": "imap_one",
        "technical_user": "Raumpost",
    }
    return LinkRequest(**whole | fields)


def add_user(campus: Campus, name: str, *, email: str | None = "tech@booking.example", technical: bool = True) -> int:
    """Add a user of the booking system."""
    statement = "INSERT INTO booking.app_user (name, email, technical) VALUES (%(n)s, %(e)s, %(t)s) RETURNING id"
    return int(campus.value(statement, n=name, e=email, t=technical))


def invitations(campus: Campus) -> list[dict[str, Any]]:
    """Read all invitations."""
    return campus.sql("SELECT * FROM raumpost.invitation ORDER BY id")
