"""Check every room mailbox: its connections, its room, its technical user, its invitations."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache

from raumpost.domain.address import is_address
from raumpost.domain.check import CheckStatus, Finding, Subject, failed, ok, worst
from raumpost.domain.errors import ConfigurationError
from raumpost.domain.link_health import LONGEST_PENDING, LinkState, Waiting, health
from raumpost.services.checks import results as check_results
from raumpost.services.checks.findings import finding
from raumpost.services.ports import Database, Row

log = logging.getLogger(__name__)


def check_links(db: Database, *, describe: Callable[[str, Subject], object], now: datetime) -> Counter[CheckStatus]:
    """Check all room mailboxes and keep the results; count them by status.

    `describe` reads a connection, and raises ConfigurationError where it is missing, has another type or makes no
    sense.
    """

    @cache
    def trouble(conn_id: str, kind: Subject) -> ConfigurationError | None:
        try:
            describe(conn_id, kind)
        except ConfigurationError as exc:
            return exc
        return None

    rows = db.rows("links_to_check", now=now, pending_since=now - LONGEST_PENDING)
    findings = {row["address"]: [*_interfaces(row, trouble), *map(finding, health(_state(row), now))] for row in rows}
    with db.transaction():
        check_results.forget_others(db, Subject.LINK, list(findings))
        check_results.forget_others(db, Subject.CANARY, list(findings))
    check_results.store(db, Subject.LINK, findings, now=now)
    statuses = Counter(map(worst, findings.values()))
    log.info("%d room mailboxes: %s", len(findings), ", ".join(f"{count} {one}" for one, count in statuses.items()))
    return statuses


def _interfaces(row: Row, trouble: Callable[[str, Subject], ConfigurationError | None]) -> Iterator[Finding]:
    used = ((row["smtp_conn_id"], Subject.SMTP), (row["imap_conn_id"], Subject.IMAP))
    troubles = [found for conn_id, kind in used if (found := trouble(conn_id, kind))]
    for one in troubles:
        yield failed("interfaces", one)
    if not troubles:
        yield ok("interfaces", f"{row['smtp_conn_id']} and {row['imap_conn_id']} are there")


def _state(row: Row) -> LinkState:
    return LinkState(
        address=row["address"],
        active=row["active"],
        room_id=row["room_id"],
        room_name=row["room_name"],
        time_zone=row["time_zone"],
        technical_user_id=row["technical_user_id"],
        user_exists=row["user_exists"],
        user_name=row["user_name"],
        user_email=row["user_email"],
        user_email_is_valid=is_address(row["user_email"] or ""),
        technical=bool(row["technical"]),
        unanswered=Waiting(count=row["unanswered"], since=row["oldest_unanswered"]),
        failed=Waiting(count=row["failed"], since=row["oldest_failed"]),
        last_error=row["last_error"],
        overdue=Waiting(count=row["overdue"], since=row["oldest_overdue"]),
        withheld=Waiting(count=row["withheld"], since=row["oldest_withheld"]),
    )
