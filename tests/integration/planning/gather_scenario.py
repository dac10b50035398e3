"""What a test of gathering sees of the database."""

from datetime import datetime
from typing import Any

from raumpost.adapters.postgres import Database
from raumpost.domain import lifecycle
from raumpost.domain.model import Invitation
from raumpost.services.store.invitations import carry_out, load_invitations
from tests.database import NOW, Campus
from tests.main_job import LEASE


def claim(db: Database, id_: int, *, until: datetime = NOW + LEASE) -> Invitation:
    """Do what a worker does right before it talks to the mail server."""
    assert carry_out(db, [lifecycle.claim(read(db, id_), lease_until=until)]) == {id_}
    return read(db, id_)


def read(db: Database, id_: int) -> Invitation:
    [invitation] = load_invitations(db, [id_])
    return invitation


def told(campus: Campus, event: int) -> dict[str, Any]:
    """Return the one invitation of an event."""
    [row] = campus.sql("SELECT * FROM raumpost.invitation WHERE kind = 'event' AND source_id = %(id)s", id=event)
    return row


def waiting(campus: Campus) -> int:
    return int(campus.value("SELECT count(*) FROM raumpost.booking_change"))
