"""How far a fault reaches: how many invitations it concerns."""

from datetime import datetime

from raumpost.domain.alerting import Cause, Kind, Trouble
from raumpost.services.ports import Database


def extent(db: Database, cause: Cause, *, now: datetime) -> Trouble:
    """Count the invitations that a fault concerns: those of its interface, or all."""
    smtp = cause.subject if cause.kind is Kind.SENDING else None
    imap = cause.subject if cause.kind is Kind.READING else None
    [row] = db.rows("trouble", now=now, smtp_conn_id=smtp, imap_conn_id=imap)
    # an error of sending explains nothing else
    return Trouble(**row | ({} if smtp else {"last_error": None}))
