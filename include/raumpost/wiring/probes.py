"""How mailbox_check checks interfaces, using the code that sending and reading use for their connections."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from raumpost.adapters.probe_imap import Cursor, ImapProbe
from raumpost.adapters.probe_smtp import SmtpProbe
from raumpost.domain.check import Finding, Subject
from raumpost.services.ports import Probe, Row
from raumpost.wiring.connections import imap_interface, interface_type, smtp_endpoint


def describe(conn_id: str, kind: Subject) -> None:
    """Read every setting of a connection. Raises ConfigurationError."""
    if kind is Subject.SMTP:
        smtp_endpoint(conn_id).tls()
        return
    interface = imap_interface(conn_id)
    interface.imap().tls()
    interface.processed_folder()
    interface.authserv_id()


def kind_of(conn_id: str) -> Subject:
    """Return whether a connection is an SMTP or an IMAP interface. Raises ConfigurationError if it is neither."""
    return Subject(interface_type(conn_id))


def probe(conn_id: str, kind: Subject, *, now: datetime, certificate_days: int) -> Probe:
    """Return the function that checks the server of an interface."""
    ask = _ask_smtp if kind is Subject.SMTP else _ask_imap
    return partial(ask, conn_id, now, certificate_days)


def _ask_smtp(conn_id: str, now: datetime, certificate_days: int, used_for: list[Row]) -> Iterator[Finding]:
    describe(conn_id, Subject.SMTP)
    recipients = {row["sender"]: row["recipients"] for row in used_for}
    return SmtpProbe(smtp_endpoint(conn_id)).findings(recipients, now=now, certificate_days=certificate_days)


def _ask_imap(conn_id: str, now: datetime, certificate_days: int, used_for: list[Row]) -> Iterator[Finding]:
    describe(conn_id, Subject.IMAP)
    interface = imap_interface(conn_id)
    asked = ImapProbe(interface.imap(), folders=interface.folders(), processed_folder=interface.processed_folder())
    cursors = {row["folder"]: Cursor(row["uid_validity"], row["last_uid"]) for row in used_for}
    return asked.findings(cursors, now=now, certificate_days=certificate_days)
