"""Render the mails of a batch and keep them, so that every attempt sends the same octets."""

import logging
import traceback
from datetime import datetime
from typing import Any

from raumpost.domain.model import Invitation, Level
from raumpost.domain.time_zones import zone_or_default
from raumpost.itip.render import RenderedMail, Sender, render
from raumpost.services.ports import Database, Row
from raumpost.services.store.invitations import load_invitations
from raumpost.services.store.journal import entry_about, write_journal

log = logging.getLogger(__name__)


def render_batch(db: Database, *, batch: int, now: datetime, default_time_zone: str, only_missing: bool = False) -> int:
    """Write one mail per pending invitation of the batch, or where it has none yet; give their number.

    A mail that may have left is not written again.
    An invitation that cannot be rendered keeps the reason in last_error and gets no mail; `send` counts
    that as a failed attempt.
    """
    mails: list[tuple[Invitation, Sender, RenderedMail]] = []
    failed: list[tuple[Invitation, str, str]] = []
    with db.transaction():
        locked = [row["id"] for row in db.rows("lock_batch", batch=batch)]
        ids = [row["id"] for row in db.rows("to_render", ids=locked, only_missing=only_missing)]
        surroundings = {row["id"]: row for row in db.rows("rooms_and_users", ids=ids)}
        for invitation in load_invitations(db, ids):
            around = surroundings[invitation.id]
            try:
                sender = _sender(invitation, around)
                mail = render(
                    invitation,
                    sender=sender,
                    room_name=around["room_name"] or invitation.address,
                    time_zone=zone_or_default(around["time_zone"], default_time_zone),
                    now=now,
                )
                mails.append((invitation, sender, mail))
            except Exception as exc:  # noqa: BLE001 - one invitation must not stop the others
                failed.append((invitation, str(exc), traceback.format_exc()))
        if mails:
            db.run("store_rendered", **_columns(mails))
        if failed:
            _note_failures(db, failed)
    log.info("Rendered %d mails of batch %d; %d could not be rendered", len(mails), batch, len(failed))
    return len(mails)


def _sender(invitation: Invitation, around: Row) -> Sender:
    """Choose the technical user: once a mail may have left, the one who sent it stays (INTEROP W6)."""
    if invitation.exposed_sequence is not None and invitation.organizer:
        return Sender(address=invitation.organizer, name=invitation.organizer_name or invitation.organizer)
    address = around["user_email"] or ""
    return Sender(address=address, name=around["user_name"] or address or f"user {around['technical_user_id']}")


def _columns(mails: list[tuple[Invitation, Sender, RenderedMail]]) -> dict[str, list[Any]]:
    return {
        "ids": [invitation.id for invitation, _, _ in mails],
        "sequences": [invitation.sequence for invitation, _, _ in mails],
        "resends": [invitation.resend for invitation, _, _ in mails],
        "message_ids": [mail.message_id for _, _, mail in mails],
        "dtstamps": [mail.dtstamp for _, _, mail in mails],
        "organizers": [sender.address for _, sender, _ in mails],
        "organizer_names": [sender.name for _, sender, _ in mails],
        "raws": [mail.raw for _, _, mail in mails],
    }


def _note_failures(db: Database, failed: list[tuple[Invitation, str, str]]) -> None:
    db.run("drop_rendered", ids=[invitation.id for invitation, _, _ in failed])
    entries = []
    for invitation, error, trace in failed:
        log.error("%s (%s) cannot be rendered: %s", invitation, invitation.uid, error)
        db.run("note_render_error", id=invitation.id, error=error)
        entries.append(
            entry_about(
                invitation, level=Level.ERROR, step="render", message=f"cannot be rendered: {error}", detail=trace
            )
        )
    write_journal(db, entries)
