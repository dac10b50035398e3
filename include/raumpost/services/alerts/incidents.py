"""What has been told, kept in raumpost.alert."""

from collections.abc import Iterable
from datetime import datetime

from raumpost.domain.alerting import Incident
from raumpost.services.ports import Database


class DatabaseAlertStore:
    """The book of all causes but that the database itself is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def claim(self, cause: str, *, now: datetime, quiet_until: datetime) -> Incident | None:
        """Count a failure; give its incident to one caller only, until `quiet_until`."""
        self._db.run("note_failure", cause=cause, now=now)
        found = self._db.rows("claim_alert", cause=cause, now=now, quiet_until=quiet_until)
        return Incident(**found[0]) if found else None

    def note_notified(self, cause: str, *, now: datetime) -> None:
        """Note that the mail has left."""
        self._db.run("note_notified", cause=cause, now=now)

    def put_back(self, cause: str, *, quiet_until: datetime) -> None:
        """Note that it could not be told."""
        self._db.run("put_back_alert", cause=cause, quiet_until=quiet_until)

    def recover(self, causes: Iterable[str], *, now: datetime) -> list[Incident]:
        """Note that causes are over; give what was open, to one caller only."""
        return [Incident(**row) for row in self._db.rows("recover", causes=list(causes), now=now)]
