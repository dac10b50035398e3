"""What a run of the main job does, step by step, without Airflow and without mail servers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.errors import BatchIncomplete, NotSent
from raumpost.services.links.finish_removals import finish_removals
from raumpost.services.planning.gather import Batch, gather
from raumpost.services.ports import Mailer
from raumpost.services.sending.render import render_batch
from raumpost.services.sending.send import send_batch
from tests.database import NOW

LEASE = timedelta(minutes=30)
ZONE = "Europe/Berlin"


class RecordingMailer:
    """A mail server that takes everything, or nothing."""

    def __init__(self, *, broken: bool = False, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.broken = broken
        self.meanwhile = meanwhile
        """What others do while it takes a mail."""
        self.took: list[tuple[str, str]] = []
        """Sender and raw mail."""

    def send(self, raw: bytes, *, sender: str, recipient: str) -> None:
        if self.broken:
            raise NotSent("421 busy")
        self.meanwhile()
        self.took.append((sender, raw.decode("ascii")))


def run_pass(
    db: Database, *, now: datetime = NOW, lease: timedelta = LEASE, budget: int = 500, full: bool = False,
    default_time_zone: str = ZONE, guard_percent: int = 30,
) -> list[Batch]:  # fmt: skip
    """Do what a run of the main job does before it sends: plan and lease, and finish the removals of links."""
    batches = gather(
        db,
        now=now,
        lease=lease,
        budget=budget,
        default_time_zone=default_time_zone,
        full=full,
        guard_percent=guard_percent,
    )
    finish_removals(db, now=now)
    return batches


def planned(batches: list[Batch]) -> int:
    """Count the invitations that would be sent."""
    return sum(batch.invitations for batch in batches)


def send_batches(
    db: Database, batches: list[Batch], *, broken: bool = False, now: datetime = NOW, mailer: Mailer | None = None
) -> list[tuple[str, str]]:
    """Render and send batches; return sender and mail of what went out, where no other mailer is given."""
    own = RecordingMailer(broken=broken)
    for batch in batches:
        render_batch(db, batch=batch.id, now=now, default_time_zone=ZONE)
        arguments: dict[str, Any] = {"mailer": mailer or own, "lease": LEASE, "default_time_zone": ZONE}
        if broken:
            with pytest.raises(BatchIncomplete):
                send_batch(db, batch=batch.id, clock=lambda: now, **arguments)
        else:
            send_batch(db, batch=batch.id, clock=lambda: now, **arguments)
    return own.took


def deliver(db: Database, batches: list[Batch], *, broken: bool = False, now: datetime = NOW) -> list[str]:
    """Render and send batches; return the subjects of what went out, in order."""
    return [
        next(line for line in raw.splitlines() if line.startswith("Subject: ")).removeprefix("Subject: ")
        for _, raw in send_batches(db, batches, broken=broken, now=now)
    ]
