"""What a test sees of links."""

from typing import Any

from raumpost.adapters.postgres import Database
from raumpost.domain.linking import LinkRequest
from raumpost.services.links.apply import Difference, link
from tests.database import NOW, Campus
from tests.link_scenario import CONNECTIONS


def apply(db: Database, *requests: LinkRequest, preview_only: bool = False) -> Difference:
    return link(db, requests, connection_type=CONNECTIONS.get, now=NOW, preview_only=preview_only)


def links(campus: Campus) -> list[dict[str, Any]]:
    return campus.sql(
        "SELECT room_id, address, smtp_conn_id, imap_conn_id, include_blocks, active, removal_requested_at, removed_at "
        "FROM raumpost.room_mailbox ORDER BY id"
    )


def journal(campus: Campus) -> list[dict[str, Any]]:
    return campus.sql("SELECT level, message, actor, dag_run FROM raumpost.journal WHERE step = 'link' ORDER BY id")
