"""The services as the DAG calls them, between a test's database and its mail servers."""

import smtplib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

import pytest

from raumpost.adapters.imap_mailbox import ImapMailbox
from raumpost.adapters.postgres import Database
from raumpost.adapters.smtp import SmtpMailer
from raumpost.services.answers.archive import archive
from raumpost.services.answers.fetch import fetch, fetch_folders
from raumpost.services.answers.update_status import update_status
from raumpost.services.planning.gather import Batch, gather
from raumpost.services.ports import Inbox
from raumpost.services.sending.render import render_batch
from raumpost.services.sending.send import Sent, send_batch
from tests.database import NOW
from tests.servers.smtp import Smtp

LEASE = timedelta(minutes=30)
SMTP_CONN_ID, IMAP_CONN_ID = "smtp_one", "imap_one"


class MailPipeline:
    """The services as the DAG calls them, one by one."""

    def __init__(self, db: Database, connect: Callable[[], smtplib.SMTP]) -> None:
        self.db = db
        self.mailer = SmtpMailer(connect, name=f"SMTP interface {SMTP_CONN_ID}")

    def gather(self, now: datetime = NOW) -> list[Batch]:
        """Plan and lease."""
        return gather(self.db, now=now, lease=LEASE, budget=500, default_time_zone="Europe/Berlin")

    def render(self, batch: Batch, now: datetime = NOW) -> int:
        """Write the mails of a batch."""
        return render_batch(self.db, batch=batch.id, now=now, default_time_zone="Europe/Berlin")

    def send(
        self,
        batch: Batch,
        now: datetime = NOW,
        *,
        db: Database | None = None,
        cleared: bool = False,
        until: datetime | None = None,
    ) -> Sent:
        """Try once to send what is left of a batch."""
        return send_batch(
            db or self.db,
            batch=batch.id,
            mailer=self.mailer,
            clock=lambda: now,
            lease=LEASE,
            default_time_zone="Europe/Berlin",
            until=until,
            cleared=cleared,
        )

    def prepare(self, now: datetime = NOW) -> Batch:
        """Gather what must be one batch, and render it."""
        [batch] = self.gather(now)
        self.render(batch, now)
        return batch

    def send_all(self, now: datetime = NOW) -> None:
        """Gather, render and send whatever there is."""
        for batch in self.gather(now):
            self.render(batch, now)
            self.send(batch, now)

    def fetch_folders(self, mailbox: ImapMailbox, *, limit: int = 1000) -> int:
        """Store the new mails of all folders of a mailbox."""
        return fetch_folders(self.db, imap_conn_id=IMAP_CONN_ID, mailbox=mailbox, limit=limit)

    def archive(self, mailbox: ImapMailbox) -> int:
        """Move our mails to the mailbox's processed folder."""
        return archive(self.db, imap_conn_id=IMAP_CONN_ID, mailbox=mailbox)

    def fetch(self, inbox: Inbox, *, limit: int = 1000) -> int:
        """Store the new mails of an inbox."""
        return fetch(self.db, imap_conn_id=IMAP_CONN_ID, inbox=inbox, limit=limit)

    def read(self, now: datetime = NOW) -> Mapping[str, int]:
        """Read the stored mails; count them by outcome."""
        return update_status(self.db, imap_conn_id=IMAP_CONN_ID, now=now)


@pytest.fixture
def pipeline(db: Database, smtp: Smtp) -> Iterator[MailPipeline]:
    """Return the services, with the test's database and its SMTP server."""
    pipeline = MailPipeline(db, smtp.connect)
    yield pipeline
    pipeline.mailer.close()
