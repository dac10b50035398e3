"""Move our own mails, once they have been read, to a folder of their own."""

import logging
from collections.abc import Sequence
from itertools import groupby

from raumpost.domain.errors import InterfaceUnavailable
from raumpost.domain.model import MailOutcome
from raumpost.services.ports import Database, Filing, Mailbox, Row
from raumpost.services.store.locking import exclusive

log = logging.getLogger(__name__)

LIMIT = 1000
"""Mails moved in one pass; more wait for the next."""
BATCH = 100
"""Mails moved by one command."""

LEFT_ALONE = (MailOutcome.OTHER, MailOutcome.UNKNOWN, MailOutcome.NOT_THE_ROOM, MailOutcome.UNTRUSTED)
"""What is not ours, or not certainly so, stays where its owner finds it, also if it names an invitation of ours."""


def archive(db: Database, *, imap_conn_id: str, mailbox: Mailbox) -> int:
    """Move what has been read and belongs to an invitation to the mailbox's processed folder; return the number.

    Where the mailbox has no such folder, nothing happens. A mail that has gone meanwhile, or whose folder was
    numbered again, is settled too. Raises InterfaceUnavailable at the end where a folder could not be
    cleared: the next pass tries again.
    """
    target = mailbox.processed_folder
    if target is None:
        return 0
    settled = 0
    troubles: list[InterfaceUnavailable] = []
    with exclusive(db, f"raumpost.file.{imap_conn_id}") as alone:
        rows = _mails_to_file(db, imap_conn_id, mailbox.folders) if alone else []
        for folder, mails in groupby(rows, key=lambda row: str(row["folder"])):
            try:
                filing = mailbox.open_for_filing(folder, target)
                settled += _clear(db, imap_conn_id, folder, filing, list(mails))
            except InterfaceUnavailable as exc:
                troubles.append(exc)
    if settled:
        log.info("%s: %d mails put into folder %s", imap_conn_id, settled, target)
    if troubles:
        raise InterfaceUnavailable.together(troubles)
    return settled


def _mails_to_file(db: Database, imap_conn_id: str, folders: Sequence[str]) -> list[Row]:
    return db.rows(
        "mails_to_file", imap_conn_id=imap_conn_id, folders=list(folders), left_alone=list(LEFT_ALONE), limit=LIMIT
    )


def _clear(db: Database, imap_conn_id: str, folder: str, filing: Filing, mails: Sequence[Row]) -> int:
    if not filing.can_move:
        log.warning(
            "%s: the server offers neither MOVE nor UIDPLUS, so %d mails stay in folder %s; "
            "take processed_folder out of the connection's extra",
            *(imap_conn_id, len(mails), folder),
        )
        return 0
    # under another UIDVALIDITY the numbers mean other mails; ours have been read again under their new ones
    known = [mail for mail in mails if mail["uid_validity"] == filing.uid_validity]
    strange = [mail["id"] for mail in mails if mail["uid_validity"] != filing.uid_validity]
    for start in range(0, len(known), BATCH):
        batch = known[start : start + BATCH]
        filing.move([mail["imap_uid"] for mail in batch])
        db.run("note_filed", ids=[mail["id"] for mail in batch])
    if strange:
        db.run("note_filed", ids=strange)
    return len(known)
