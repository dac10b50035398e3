"""Bookings to be sent, and what a test sees of them."""

from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest

from raumpost.domain.errors import BatchIncomplete
from raumpost.services.planning.gather import Batch
from tests.database import NOW, Campus
from tests.mail_pipeline import MailPipeline
from tests.servers.smtp import Smtp

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def address(number: int) -> str:
    return f"room-{number}@rooms.example"


def book(campus: Campus, rooms: int = 1) -> list[int]:
    """Book so many rooms, one event each, in the order in which they will be sent; return the events."""
    return [
        campus.event(
            campus.linked_room(f"Raum {number}", address=address(number)),
            title=f"Termin {number}",
            starts=NOW + DAY + number * HOUR,
        )
        for number in range(1, rooms + 1)
    ]


def rows(campus: Campus) -> list[dict[str, Any]]:
    """Read the invitations."""
    return campus.sql("SELECT * FROM raumpost.invitation ORDER BY id")


def row(campus: Campus) -> dict[str, Any]:
    [found] = rows(campus)
    return found


def states(campus: Campus) -> list[str]:
    return [one["state"] for one in rows(campus)]


def mails(campus: Campus) -> list[tuple[int, int, str]]:
    """Read what was rendered: sequence, resend, outcome."""
    found = campus.sql("SELECT sequence, resend, outcome FROM raumpost.mail ORDER BY invitation_id, id")
    return [(one["sequence"], one["resend"], one["outcome"]) for one in found]


def journal(campus: Campus) -> list[tuple[str, str]]:
    return [(one["step"], one["level"]) for one in campus.sql("SELECT step, level FROM raumpost.journal ORDER BY id")]


def status(campus: Campus) -> tuple[str, str, str]:
    [found] = campus.sql("SELECT status, message_de, message_en FROM booking.status")
    return found["status"], found["message_de"], found["message_en"]


def attempt(pipeline: MailPipeline, batch: Batch, **options: Any) -> BatchIncomplete:
    """Try to send what cannot all be sent."""
    with pytest.raises(BatchIncomplete) as incomplete:
        pipeline.send(batch, **options)
    return incomplete.value


def message_ids(smtp: Smtp) -> list[str]:
    return [message_from_bytes(mail.octets)["Message-ID"] for mail in smtp.mails]
