"""What operators have been notified of, kept in raumpost.alert."""

from collections.abc import Collection
from datetime import datetime

from raumpost.domain.alerting import Cause, Incident, Kind
from raumpost.services.ports import Database


class DatabaseAlertStore:
    """Remembers all causes but that the database itself is away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def claim(self, cause: Cause, *, now: datetime, quiet_until: datetime) -> Incident | None:
        """Count a failure; return its incident to one caller only, until `quiet_until`."""
        self._db.run("note_failure", **cause._asdict(), now=now)
        found = self._db.rows("claim_alert", **cause._asdict(), now=now, quiet_until=quiet_until)
        return Incident(cause=cause, **found[0]) if found else None

    def note_notified(self, cause: Cause, *, now: datetime) -> None:
        """Note that the mail has left."""
        self._db.run("note_notified", **cause._asdict(), now=now)

    def put_back(self, cause: Cause, *, quiet_until: datetime) -> None:
        """Note that the mail could not be sent."""
        self._db.run("put_back_alert", **cause._asdict(), quiet_until=quiet_until)

    def recover(self, causes: Collection[Cause], *, now: datetime) -> list[Incident]:
        """Note that causes are over; return what was open, to one caller only."""
        rows = self._db.rows(
            "recover",
            kinds=[one.kind for one in causes],
            subjects=[one.subject for one in causes],
            runs=[one.run for one in causes],
            now=now,
        )
        return [
            Incident(
                cause=Cause(Kind(row["kind"]), row["subject"], row["run_id"]),
                first_at=row["first_at"],
                count=row["count"],
                notified_at=row["notified_at"],
            )
            for row in rows
        ]


def notified_at(db: Database, cause: Cause) -> datetime | None:
    """Return when operators were last notified of a cause; None: never."""
    return next((row["notified_at"] for row in db.rows("alert", **cause._asdict())), None)


def note_late(db: Database, *, dag_id: str, run_id: str, now: datetime) -> None:
    """Note that a run has not finished in time; late runs of a DAG are reported together."""
    db.run("note_failure", **Cause(Kind.UNFINISHED, dag_id, run_id)._asdict(), now=now)


def late_runs(db: Database, *, dag_id: str) -> list[str]:
    """Return the ids of late runs of which nobody has noted that they ended."""
    return [row["run_id"] for row in db.rows("late_runs", dag=dag_id)]


def note_ended(db: Database, *, dag_id: str, run_ids: Collection[str], now: datetime) -> None:
    """Note that late runs have ended."""
    DatabaseAlertStore(db).recover([Cause(Kind.UNFINISHED, dag_id, run_id) for run_id in run_ids], now=now)
