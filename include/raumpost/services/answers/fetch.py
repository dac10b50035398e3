"""Fetch new mails of a technical user's inbox and keep them raw, before anything is made of them."""

import logging
from collections.abc import Sequence

from raumpost.domain.errors import InterfaceUnavailable
from raumpost.domain.model import Level, MailOutcome, ReceivedMail
from raumpost.services.ports import Database, Inbox, Mailbox
from raumpost.services.store.journal import JournalEntry, write_journal
from raumpost.services.store.locking import exclusive

log = logging.getLogger(__name__)


def find_inboxes(db: Database) -> list[str]:
    """Return the IMAP interfaces on which answers may arrive."""
    return [row["imap_conn_id"] for row in db.rows("inboxes")]


def fetch_folders(db: Database, *, imap_conn_id: str, mailbox: Mailbox, limit: int) -> int:
    """Store the mails that came since the last time in any folder of a mailbox; return their number.

    `limit` holds for each folder. A folder that cannot be read keeps none of the others from being read; at the
    end it raises InterfaceUnavailable.
    """
    stored = 0
    troubles: list[InterfaceUnavailable] = []
    for folder in mailbox.folders:
        try:
            stored += fetch(db, imap_conn_id=imap_conn_id, inbox=mailbox.open(folder), limit=limit)
        except InterfaceUnavailable as exc:
            troubles.append(exc)
    if troubles:
        raise InterfaceUnavailable.together(troubles)
    return stored


def fetch(db: Database, *, imap_conn_id: str, inbox: Inbox, limit: int) -> int:
    """Store the mails that came since the last time in one folder; return their number.

    The cursor moves with each stored portion, in one transaction. A new UIDVALIDITY means that the server
    numbers anew: everything is read again, and answers known already change nothing. One fetcher per
    inbox works at a time: where another one does, this gives 0.
    """
    with exclusive(db, f"raumpost.fetch.{imap_conn_id}") as alone:
        if not alone:
            log.info("Another pass reads %s; nothing to do", imap_conn_id)
            return 0
        return _fetch(db, imap_conn_id, inbox, limit)


def _fetch(db: Database, imap_conn_id: str, inbox: Inbox, limit: int) -> int:
    place = {"imap_conn_id": imap_conn_id, "folder": inbox.folder}
    cursor = next(iter(db.rows("reply_cursor", **place)), None)
    last_uid = 0
    if cursor and cursor["uid_validity"] == inbox.uid_validity:
        last_uid = cursor["last_uid"]
    elif cursor:
        log.warning("%s: folder %s was numbered again; reading it from its start", imap_conn_id, inbox.folder)
    stored = 0
    for mails in inbox.mails_after(last_uid, limit=limit):
        with db.transaction():
            stored += db.run(
                "store_received",
                **place,
                uid_validity=inbox.uid_validity,
                imap_uids=[mail.imap_uid for mail in mails],
                received_ats=[mail.received_at for mail in mails],
                sizes=[mail.size for mail in mails],
                raws=[mail.raw for mail in mails],
                outcomes=[MailOutcome.UNREADABLE if mail.refusal else None for mail in mails],
                details=[mail.refusal for mail in mails],
            )
            write_journal(db, _refusals(imap_conn_id, mails))
            db.run(
                "move_reply_cursor",
                **place,
                uid_validity=inbox.uid_validity,
                last_uid=max(mail.imap_uid for mail in mails),
            )
    log.info("%s: %d new mails in folder %s", imap_conn_id, stored, inbox.folder)
    return stored


def _refusals(imap_conn_id: str, mails: Sequence[ReceivedMail]) -> list[JournalEntry]:
    found = []
    for mail in mails:
        if mail.refusal:
            message = f"{imap_conn_id}: {mail.refusal}; look at it in the mailbox"
            log.warning("%s", message)
            found.append(JournalEntry(level=Level.WARNING, step="fetch", message=message))
    return found
