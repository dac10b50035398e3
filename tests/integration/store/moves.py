"""Invitations in every state."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from raumpost.adapters.postgres import Database
from raumpost.domain.model import Invitation, State
from raumpost.services.planning.gather import gather
from raumpost.services.store.invitations import load_invitations
from tests.database import NOW, Campus

LEASE = NOW + timedelta(minutes=30)


PENDING: dict[str, object] = {"batch": 5, "lease_until": LEASE}


SENT: dict[str, object] = {"exposed_sequence": 0, "sent_sequence": 0, "sent_at": NOW}


ROWS: dict[State, dict[str, object]] = {
    State.PENDING: PENDING,
    State.SENDING: PENDING | {"attempts": 1},
    State.SENT: SENT,
    State.ANSWERED: SENT | {"answer": "ACCEPTED", "answer_sequence": 0, "answered_at": NOW},
    State.FAILED: PENDING | {"attempts": 5, "last_error": "550 unknown"},
    State.WITHDRAWN: SENT | {"method": "CANCEL", "sequence": 1, "exposed_sequence": 1, "sent_sequence": 1},
}


@dataclass
class Ground:
    """A database that the tests of this module share; each makes an invitation of its own."""

    campus: Campus
    db: Database

    def invitation(self, state: State = State.PENDING, **columns: object) -> Invitation:
        """Make an invitation in this state."""
        self.campus.event(self.campus.linked_room())
        gather(self.db, now=NOW, lease=timedelta(minutes=30), budget=0, default_time_zone="Europe/Berlin")
        id_ = self.campus.value("SELECT max(id) FROM raumpost.invitation")
        self.campus.update("raumpost.invitation", id_, state=state, **ROWS[state] | columns)
        return self.read(id_)

    def read(self, id_: int) -> Invitation:
        """Read an invitation as services do."""
        [invitation] = load_invitations(self.db, [id_])
        return invitation

    def everything(self, invitation: Invitation) -> dict[str, list[dict[str, Any]]]:
        """Read all that a transition may write about an invitation."""
        event = invitation.key.source_id
        return {
            "row": self.campus.sql("SELECT * FROM raumpost.invitation WHERE id = %(id)s", id=invitation.id),
            "journal": self.journal(invitation),
            "status": self.campus.sql("SELECT * FROM booking.status WHERE id = %(id)s", id=event),
        }

    def journal(self, invitation: Invitation) -> list[dict[str, Any]]:
        """Read the journal of an invitation."""
        return self.campus.sql(
            "SELECT * FROM raumpost.journal WHERE invitation_id = %(id)s ORDER BY id", id=invitation.id
        )


_IN = (
    "INSERT INTO raumpost.mail (direction, raw, imap_conn_id, folder, uid_validity, imap_uid, received_at, size) "
    "VALUES ({})"
)


_ANY_MAIL = "'in', '', 'i', 'INBOX', 9, 9, now(), 1"
