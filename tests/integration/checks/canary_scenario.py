"""A room that is booked on trial."""

import imaplib
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from raumpost.adapters.imap_mailbox import ImapMailbox
from raumpost.adapters.postgres import Database
from raumpost.adapters.smtp import SmtpMailer
from raumpost.domain.check import Finding
from raumpost.domain.errors import InterfaceUnavailable
from raumpost.services.checks.canary_book import book
from raumpost.services.checks.canary_cancel import cancel
from raumpost.services.checks.canary_replies import check_replies
from sandbox.mailserver import MailServer
from sandbox.ports import HOST
from tests.database import Campus

TECH, ROOM = "tech@booking.example", "room-1@rooms.example"


PATIENCE = timedelta(minutes=5)


class World:
    """A room, its mailbox on a real server, and what mailbox_check does with them."""

    def __init__(self, db: Database, server: MailServer) -> None:
        self.db, self.server = db, server
        # the next noon: the whole coming night lies ahead, at whatever hour the tests run
        self.booked_at = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self.imap_port = server.imap_port

    @contextmanager
    def mailer(self, smtp_conn_id: str) -> Iterator[SmtpMailer]:
        mailer = SmtpMailer(lambda: smtplib.SMTP(HOST, self.server.smtp_port, timeout=10), name=smtp_conn_id)
        try:
            yield mailer
        finally:
            mailer.close()

    def mailbox(self) -> ImapMailbox:
        def log_in() -> imaplib.IMAP4:
            try:
                client = imaplib.IMAP4(HOST, self.imap_port, timeout=10)
            except OSError as exc:
                raise InterfaceUnavailable(f"IMAP interface imap_one cannot be reached: {exc}") from exc
            client.login(TECH, "secret")
            return client

        return ImapMailbox(log_in, name="IMAP interface imap_one")

    def book(self) -> Finding | None:
        return book(
            self.db, address=ROOM, open_mailer=self.mailer, now=self.booked_at, patience=PATIENCE,
            default_time_zone="Europe/Berlin",
        )  # fmt: skip

    def check_replies(self, after: timedelta = timedelta(seconds=10)) -> Finding | None:
        mailbox = self.mailbox()
        try:
            return check_replies(self.db, address=ROOM, mailbox=mailbox, now=self.booked_at + after, limit=100)
        finally:
            mailbox.close()

    def cancel(self, address: str | None = ROOM, after: timedelta = timedelta(seconds=20)) -> int:
        return cancel(
            self.db, open_mailer=self.mailer, now=self.booked_at + after, default_time_zone="Europe/Berlin",
            address=address,
        )  # fmt: skip


def states(campus: Campus) -> list[str]:
    return [row["state"] for row in campus.sql("SELECT state FROM raumpost.canary ORDER BY id")]
