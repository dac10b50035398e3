"""The inbox of a technical user: one room with one booking, its mails, and what comes of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from raumpost.services.answers.update_status import update_status
from tests.database import NOW, Campus
from tests.factories import reply
from tests.mail_pipeline import IMAP_CONN_ID, MailPipeline
from tests.servers.imap import Mailbox
from tests.servers.smtp import Smtp

ROOM = "room-1@rooms.example"
MINUTE = timedelta(minutes=1)
PAST = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN = b"Subject: hello\r\n\r\nhello\r\n"


@dataclass
class InboxScenario:
    """One room with one booking, the services, and the inbox of the technical user."""

    campus: Campus
    pipeline: MailPipeline
    mailbox: Mailbox
    smtp: Smtp
    event: int
    authserv_id: str | None = None

    def row(self) -> dict[str, Any]:
        """Read the invitation."""
        [row] = self.campus.sql("SELECT * FROM raumpost.invitation")
        return row

    @property
    def uid(self) -> str:
        """Return the UID of the invitation."""
        return str(self.row()["uid"])

    def change(self, **columns: object) -> None:
        """Change the booking; one hour later, if nothing else is said."""
        later = {"starts_at": NOW + timedelta(days=1, hours=1), "ends_at": NOW + timedelta(days=1, hours=3)}
        self.campus.update("booking.event", self.event, **columns or later)

    def answer(self, **said: Any) -> bytes:
        """Write an answer of the room to the first revision."""
        return reply(**{"uid": self.uid, "room": ROOM} | said)

    def hear(self, *mails: bytes, at: datetime | None = None) -> list[tuple[str, str]]:
        """Let mails arrive, fetch and read them; give outcome and detail of each."""
        known = self.campus.value("SELECT coalesce(max(id), 0) FROM raumpost.mail")
        for raw in mails:
            self.mailbox.put(raw, at=at)
        assert self.pipeline.fetch(self.mailbox.open()) == len(mails)
        update_status(self.pipeline.db, imap_conn_id=IMAP_CONN_ID, now=NOW, authserv_id=self.authserv_id)
        rows = self.campus.sql("SELECT outcome, detail FROM raumpost.mail WHERE id > %(id)s ORDER BY id", id=known)
        return [(row["outcome"], row["detail"]) for row in rows]

    def outcomes(self, *mails: bytes, at: datetime | None = None) -> list[str]:
        """Let mails arrive, fetch and read them; return the outcome of each."""
        return [outcome for outcome, _ in self.hear(*mails, at=at)]

    def status(self) -> tuple[str, str, str]:
        """Read what stands at the booking."""
        [row] = self.campus.sql("SELECT status, message_de, message_en FROM booking.status")
        return row["status"], row["message_de"], row["message_en"]

    def journal(self, step: str) -> list[str]:
        """Read the journal of one step."""
        return [row["message"] for row in self.entries(step)]

    def entries(self, step: str = "read") -> list[dict[str, Any]]:
        """Read the whole rows of the journal of one step."""
        return self.campus.sql("SELECT * FROM raumpost.journal WHERE step = %(step)s ORDER BY id", step=step)

    def noted(self) -> tuple[str, str]:
        """Read level and message of the only line that reading left, without the mail's number in front.

        The line leads to the raw mail.
        """
        [entry] = self.entries()
        newest = self.campus.value("SELECT max(id) FROM raumpost.mail WHERE direction = 'in'")
        assert entry["mail_id"] == newest
        about, found, message = entry["message"].partition(f"mail {newest}: ")
        assert found
        assert about in {"", f"event {self.event} “Analysis” in {ROOM}: "}
        assert (entry["invitation_id"] is None) == (about == "")
        return entry["level"], message


def stored(campus: Campus) -> list[tuple[int, int, str | None]]:
    """Read what was fetched: UIDVALIDITY, UID, outcome."""
    rows = campus.sql("SELECT uid_validity, imap_uid, outcome FROM raumpost.mail WHERE direction = 'in' ORDER BY id")
    return [(row["uid_validity"], row["imap_uid"], row["outcome"]) for row in rows]
