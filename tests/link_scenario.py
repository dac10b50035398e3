"""What tests of links share: requests, connections, and passes of the main job."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.errors import BatchIncomplete, NotSent
from raumpost.domain.linking import LinkRequest
from raumpost.services.links.finish_removals import finish_removals
from raumpost.services.planning.gather import Batch, gather
from raumpost.services.sending.render import render_batch
from raumpost.services.sending.send import send_batch
from tests.database import NOW, Campus

CONNECTIONS = {"smtp_one": "smtp", "imap_one": "imap", "smtp_two": "smtp", "imap_two": "imap"}
LEASE = timedelta(minutes=30)
ZONE = "Europe/Berlin"


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


class RecordingMailer:
    """A mail server that takes everything, or nothing."""

    def __init__(self, *, broken: bool) -> None:
        self.broken = broken
        self.took: list[tuple[str, str]] = []
        """Sender and raw mail."""

    def send(self, raw: bytes, *, sender: str, recipient: str) -> None:
        if self.broken:
            raise NotSent("421 busy")
        self.took.append((sender, raw.decode("ascii")))


def pass_(db: Database, *, now: datetime = NOW, full: bool = False) -> list[Batch]:
    """Do what a run of the main job does before it sends."""
    batches = gather(db, now=now, lease=LEASE, budget=500, default_time_zone=ZONE, full=full)
    finish_removals(db, now=now)
    return batches


def send_batches(db: Database, batches: list[Batch], *, broken: bool = False) -> list[tuple[str, str]]:
    """Render and send batches; give sender and mail of what went out."""
    mailer = RecordingMailer(broken=broken)
    for batch in batches:
        render_batch(db, batch=batch.id, now=NOW, default_time_zone=ZONE)
        arguments: dict[str, Any] = {"batch": batch.id, "mailer": mailer, "lease": LEASE, "default_time_zone": ZONE}
        if broken:
            with pytest.raises(BatchIncomplete):
                send_batch(db, clock=lambda: NOW, **arguments)
        else:
            send_batch(db, clock=lambda: NOW, **arguments)
    return mailer.took


def deliver(db: Database, batches: list[Batch], *, broken: bool = False) -> list[str]:
    """Render and send batches; give the subjects of what went out, in order."""
    return [
        next(line for line in raw.splitlines() if line.startswith("Subject: ")).removeprefix("Subject: ")
        for _, raw in send_batches(db, batches, broken=broken)
    ]


def invitations(campus: Campus) -> list[dict[str, Any]]:
    """Read all invitations."""
    return campus.sql("SELECT * FROM raumpost.invitation ORDER BY id")
