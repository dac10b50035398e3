"""What the pages are about: bookings that are planned, sent and answered by the real services."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from raumpost.adapters.postgres import Database
from raumpost.services.answers.update_status import update_status
from tests.database import NOW, Campus
from tests.factories import reply
from tests.mail_pipeline import IMAP_CONN_ID, MailPipeline
from tests.servers.smtp import Smtp

DAG, RUN = "mailbox_test", "manual"
"""Under which the fixture `db` writes."""


@dataclass
class Office:
    """Books, sends, and lets mails arrive without an IMAP server."""

    campus: Campus
    pipeline: MailPipeline
    smtp: Smtp

    def planned(self, **columns: object) -> int:
        """Book a room of its own for an event, and plan; return the invitation."""
        address = str(columns.pop("address", f"room-{self._count()}@rooms.example"))
        name = str(columns.pop("room", "Hörsaal 1"))
        event = self.campus.event(self.campus.linked_room(name, address=address), **columns)  # type: ignore[arg-type]
        self.pipeline.gather()
        return int(self.campus.value("SELECT id FROM raumpost.invitation WHERE source_id = %(event)s", event=event))

    def sent(self, **columns: object) -> int:
        """Book a room, and send; return the invitation."""
        address = str(columns.pop("address", f"room-{self._count()}@rooms.example"))
        name = str(columns.pop("room", "Hörsaal 1"))
        event = self.campus.event(self.campus.linked_room(name, address=address), **columns)  # type: ignore[arg-type]
        self.pipeline.send_all()
        return int(self.campus.value("SELECT id FROM raumpost.invitation WHERE source_id = %(event)s", event=event))

    def answered(self, said: str = "ACCEPTED", comment: str | None = None, **columns: object) -> int:
        """Book a room, send, and let it answer; return the invitation."""
        id_ = self.sent(**columns)
        [row] = self.campus.sql(
            "SELECT i.uid, m.address FROM raumpost.invitation AS i JOIN raumpost.room_mailbox AS m "
            "ON m.id = i.room_mailbox_id WHERE i.id = %(id)s",
            id=id_,
        )
        self.hear(reply(row["uid"], room=row["address"], said=said, comment=comment))
        return id_

    def hear(self, raw: bytes, *, at: datetime = NOW) -> int:
        """Let a mail arrive, and read it; return its id."""
        self.db.run(
            "store_received",
            imap_conn_id=IMAP_CONN_ID,
            folder="INBOX",
            uid_validity=1,
            imap_uids=[self._count() + 1],
            received_ats=[at],
            sizes=[len(raw)],
            raws=[raw],
            outcomes=[None],
            details=[None],
        )
        update_status(self.db, imap_conn_id=IMAP_CONN_ID, now=at)
        return int(self.campus.value("SELECT max(id) FROM raumpost.mail"))

    @property
    def db(self) -> Database:
        """Return the database as services see it."""
        return self.pipeline.db

    def _count(self) -> int:
        return int(
            self.campus.value(
                "SELECT (SELECT count(*) FROM raumpost.mail) + (SELECT count(*) FROM raumpost.room_mailbox)"
            )
        )


@pytest.fixture
def office(campus: Campus, pipeline: MailPipeline, smtp: Smtp) -> Office:
    """Return an office without bookings."""
    return Office(campus, pipeline, smtp)
