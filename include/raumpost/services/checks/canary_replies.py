"""Check what came back about a canary."""

import logging
from collections.abc import Iterator
from datetime import datetime

from raumpost.domain.canary import Canary, CanaryReply, ReplyKind, observation_about
from raumpost.domain.check import SEE_WHY, CheckStatus, Finding, Subject, not_ok
from raumpost.domain.errors import InterfaceUnavailable
from raumpost.domain.model import Answer, Level
from raumpost.itip.comment import comment_of
from raumpost.itip.parse import read
from raumpost.itip.reading import MailKind, Reading, Reply
from raumpost.services.answers.fetch import fetch_folders
from raumpost.services.checks import canary as canaries
from raumpost.services.checks import results as check_results
from raumpost.services.checks.findings import finding as worded
from raumpost.services.ports import Database, Mailbox, OpenMailbox
from raumpost.services.store.journal import write_journal

log = logging.getLogger(__name__)

MOST_MAILS = 5000
_LEVELS = {CheckStatus.OK: Level.INFO, CheckStatus.WARNING: Level.WARNING, CheckStatus.NOT_OK: Level.ERROR}
_FINAL = frozenset({ReplyKind.ANSWER, ReplyKind.BOUNCE})


def has_answer(db: Database, *, address: str, open_mailbox: OpenMailbox, now: datetime, limit: int) -> bool:
    """Return whether this run has nothing more to wait for from a room."""
    waiting = [one for one in canaries.of_run(db, address) if one.state in canaries.OPEN]
    if not waiting:
        return True
    with open_mailbox(waiting[0].imap_conn_id) as mailbox:
        return check_replies(db, address=address, mailbox=mailbox, now=now, limit=limit) is not None


def check_replies(db: Database, *, address: str, mailbox: Mailbox, now: datetime, limit: int) -> Finding | None:
    """Fetch new mails, and read those that came since this run's canary; None: go on waiting.

    Mails are fetched and read by the code that does so for bookings, which still gets each of them afterwards. The
    finding is stored.
    """
    canary = canaries.of_run(db, address)[-1]  # whoever clears the task that books books once more
    trouble: InterfaceUnavailable | None = None
    try:
        fetch_folders(db, imap_conn_id=canary.imap_conn_id, mailbox=mailbox, limit=limit)
    except InterfaceUnavailable as exc:
        trouble = exc
        log.warning("%s", trouble)
    replies = list(_replies(db, canary))
    if now < canary.answer_by and not any(one.kind in _FINAL for one in replies):
        return None
    finding = worded(observation_about(replies, canary))
    if trouble and not replies:
        finding = not_ok(
            finding.what, f"{finding.why}, as the inbox cannot be read: {trouble.why}", trouble.remedy or SEE_WHY
        )
    answered_at = next((one.received_at for one in replies if one.kind is ReplyKind.ANSWER), None)
    check_results.store(db, Subject.CANARY, {canary.address: [finding]}, now=now)
    with db.transaction():
        write_journal(db, [canaries.about(canary, level=_LEVELS[finding.status], message=finding.why)])
        if answered_at:
            db.run("note_canary_answer", id=canary.id, answered_at=answered_at)
    return finding


def _replies(db: Database, canary: Canary) -> Iterator[CanaryReply]:
    [room] = db.rows("room_behind", room_mailbox_id=canary.room_mailbox_id)
    addresses = frozenset(room["addresses"])
    for row in db.rows("mails_after", imap_conn_id=canary.imap_conn_id, after=canary.after_mail, limit=MOST_MAILS):
        [mail] = db.rows("received_mail", id=row["id"])  # one at a time: mails can be large
        if reply := canary_reply_of(read(bytes(mail["raw"])), canary, addresses, mail["received_at"]):
            yield reply


def canary_reply_of(
    reading: Reading, canary: Canary, addresses: frozenset[str], received_at: datetime
) -> CanaryReply | None:
    """Say what a mail tells about a canary; None: nothing."""
    if replies := [one for one in reading.replies if one.uid == canary.uid]:
        if reading.method not in {"REPLY", "COUNTER"}:
            return None
        if not addresses & reading.senders:
            return CanaryReply(
                kind=ReplyKind.STRANGER, received_at=received_at, said=", ".join(sorted(reading.senders))
            )
        return _answer(replies[0], reading.text, addresses, received_at)
    ours = (reading.original_message_id or "").startswith(f"<{canary.uid.partition('@')[0]}.")
    nameless = not reading.original_message_id and not reading.original_uid
    match reading.kind:
        case MailKind.BOUNCE | MailKind.DELAY:
            to_room = any(one.recipient in addresses for one in reading.failures)
            if ours or reading.original_uid == canary.uid or (nameless and to_room):
                kind = ReplyKind.BOUNCE if reading.kind is MailKind.BOUNCE else ReplyKind.DELAY
                said = next((one.reason for one in reading.failures if one.reason), None) or reading.reason
                return CanaryReply(kind=kind, received_at=received_at, said=said or "")
        # out-of-office notices are not always marked as such: then they are just some mail from the room
        case MailKind.AUTO_REPLY | MailKind.RECEIPT | MailKind.OTHER if not reading.replies:
            if ours or (nameless and addresses & reading.senders):
                return CanaryReply(kind=ReplyKind.NOTICE, received_at=received_at, said=f"“{reading.subject}”")
    return None


def _answer(reply: Reply, text: str | None, addresses: frozenset[str], received_at: datetime) -> CanaryReply:
    attendee = next((one for one in reply.attendees if one.address in addresses), reply.attendee)
    if reply.kind is MailKind.COUNTER or attendee is None or attendee.partstat not in set(Answer):
        said = (
            "it proposes another time"
            if reply.kind is MailKind.COUNTER
            else (attendee and attendee.partstat) or "nothing"
        )
        return CanaryReply(kind=ReplyKind.UNCLEAR, received_at=received_at, said=said)
    answer = Answer(attendee.partstat)
    said = comment_of(reply, attendee, said=answer, text=text, sent=canaries.DESCRIPTION) or ""
    return CanaryReply(kind=ReplyKind.ANSWER, received_at=received_at, answer=answer, said=said[:500])
