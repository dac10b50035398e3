"""Check one interface: reach its server, log in, and ask what the work needs."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from raumpost.domain.address import is_address
from raumpost.domain.check import CheckStatus, Finding, Subject, failed, not_ok, ok, warning
from raumpost.domain.errors import ConfigurationError
from raumpost.services.checks import results as check_results
from raumpost.services.ports import Database, Probe, Row

log = logging.getLogger(__name__)

LONGEST_UNREAD = timedelta(hours=1)
LOOK_BACK = timedelta(days=7)


def check_interface(db: Database, *, kind: Subject, conn_id: str, probe: Probe, now: datetime) -> Sequence[Finding]:
    """Check an interface and keep the result."""
    if kind is Subject.SMTP:
        rows = db.rows("recipients_of_interface", smtp_conn_id=conn_id)
        used_for = [row for row in rows if is_address(row["sender"])]  # of others check_links tells
    else:
        used_for = db.rows("reading_of_inbox", imap_conn_id=conn_id)
    findings = list(_looked_at(conn_id, probe, used_for))
    if kind is Subject.IMAP:
        findings += [*_unread(db, conn_id, now), *_beyond(db, conn_id, now)]
    check_results.store(db, kind, {conn_id: findings}, now=now)
    for one in findings:
        log.log(LEVELS[one.status], "%s: %s: %s", one.what, one.status, one.why)
    return findings


LEVELS = {CheckStatus.OK: logging.INFO, CheckStatus.WARNING: logging.WARNING, CheckStatus.NOT_OK: logging.ERROR}


def _looked_at(conn_id: str, probe: Probe, used_for: list[Row]) -> Iterable[Finding]:
    try:
        findings = iter(probe(used_for))
    except ConfigurationError as exc:
        yield failed("connection", exc)
        return
    yield ok("connection", f"the Airflow connection {conn_id} is there and makes sense")
    yield from findings


def _unread(db: Database, imap_conn_id: str, now: datetime) -> Iterable[Finding]:
    [row] = db.rows("unread_of_inbox", imap_conn_id=imap_conn_id, before=now - LONGEST_UNREAD)
    if row["mails"]:
        yield not_ok(
            "reading",
            f"{row['mails']} mails are stored and not read, the oldest since {row['oldest']:%Y-%m-%d %H:%M} UTC",
            "look whether mailbox_processor runs, and at the log of its task answers.update_status",
        )


def _beyond(db: Database, imap_conn_id: str, now: datetime) -> Iterable[Finding]:
    """Check by the rooms' answers whether the database has forgotten what it sent."""
    [row] = db.rows("answers_beyond", imap_conn_id=imap_conn_id, after=now - LOOK_BACK)
    if not row["later"] and not row["unknown"]:
        return
    why = (
        f"rooms answered what this database never sent: {row['later']} later revisions, {row['unknown']} invitations "
        f"that it does not know, the newest {row['newest']:%Y-%m-%d %H:%M} UTC: {', '.join(row['details'])}"
    )
    if row["restored"]:
        remedy = "see docs/operate/server.md, After a restore: these rooms may hold slots that nobody books any more"
        yield warning("history", why, remedy)
    else:
        remedy = "if the database was restored from a dump, run “python -m raumpost restored” (docs/operate/server.md)"
        yield not_ok("history", why, f"{remedy}; if not, find out who wrote these mails (raumpost.journal)")
