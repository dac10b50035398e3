"""Render the mails of a batch and keep them, so that every attempt sends the same octets."""

import logging
import traceback
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from raumpost.domain.model import Invitation, Level, Method
from raumpost.domain.time_zones import zone_or_default
from raumpost.itip.calendar_mail import CalendarMail, CalendarUser, dtstamp_after, message_id_of
from raumpost.itip.render import render
from raumpost.services.ports import Database, Row
from raumpost.services.store.invitations import load_invitations
from raumpost.services.store.journal import entry_about, write_journal

log = logging.getLogger(__name__)


def render_batch(db: Database, *, batch: int, now: datetime, default_time_zone: str, only_missing: bool = False) -> int:
    """Write one mail per pending invitation of the batch, or where it has none yet; return their number.

    A mail that may have left is not written again.
    An invitation that cannot be rendered keeps the reason in last_error and gets no mail; `send` counts
    that as a failed attempt.
    """
    mails: list[tuple[Invitation, CalendarMail, bytes]] = []
    failed: list[tuple[Invitation, str, str]] = []
    with db.transaction():
        locked = [row["id"] for row in db.rows("lock_batch", batch=batch)]
        ids = [row["id"] for row in db.rows("to_render", ids=locked, only_missing=only_missing)]
        surroundings = {row["id"]: row for row in db.rows("rooms_and_users", ids=ids)}
        for invitation in load_invitations(db, ids):
            around = surroundings[invitation.id]
            try:
                mail = calendar_mail(
                    invitation,
                    organizer=_organizer(invitation, around),
                    room_name=around["room_name"] or invitation.address,
                    time_zone=zone_or_default(around["time_zone"], default_time_zone),
                    now=now,
                )
                mails.append((invitation, mail, render(mail)))
            except Exception as exc:  # noqa: BLE001 - one invitation must not stop the others
                failed.append((invitation, str(exc), traceback.format_exc()))
        if mails:
            db.run("store_rendered", **_columns(mails))
        if failed:
            _note_failures(db, failed)
    log.info("Rendered %d mails of batch %d; %d could not be rendered", len(mails), batch, len(failed))
    return len(mails)


def calendar_mail(
    invitation: Invitation, *, organizer: CalendarUser, room_name: str, time_zone: ZoneInfo, now: datetime
) -> CalendarMail:
    """Return the mail that brings the wanted revision of an invitation to its room."""
    answers_this = invitation.method is Method.REQUEST and invitation.answer_sequence == invitation.sequence
    return CalendarMail(
        uid=invitation.uid,
        method=invitation.method,
        sequence=invitation.sequence,
        content=invitation.content,
        attendee=CalendarUser(address=invitation.address, name=room_name),
        time_zone=time_zone,
        organizer=organizer,
        message_id=message_id_of(
            invitation.uid, sequence=invitation.sequence, resend=invitation.resend, organizer=organizer.address
        ),
        references=invitation.first_message_id,
        dtstamp=dtstamp_after(now, invitation.dtstamp),
        known_answer=invitation.answer if answers_this else None,
    )


def _organizer(invitation: Invitation, around: Row) -> CalendarUser:
    """Choose the technical user: once a mail may have left, the one who sent it stays (INTEROP W6)."""
    if invitation.exposed_sequence is not None and invitation.organizer:
        return CalendarUser(address=invitation.organizer, name=invitation.organizer_name or invitation.organizer)
    address = around["user_email"] or ""
    return CalendarUser(address=address, name=around["user_name"] or address or f"user {around['technical_user_id']}")


def _columns(mails: list[tuple[Invitation, CalendarMail, bytes]]) -> dict[str, list[Any]]:
    return {
        "ids": [invitation.id for invitation, _, _ in mails],
        "sequences": [invitation.sequence for invitation, _, _ in mails],
        "resends": [invitation.resend for invitation, _, _ in mails],
        "message_ids": [mail.message_id for _, mail, _ in mails],
        "dtstamps": [mail.dtstamp for _, mail, _ in mails],
        "organizers": [mail.organizer.address for _, mail, _ in mails],
        "organizer_names": [mail.organizer.name for _, mail, _ in mails],
        "raws": [raw for _, _, raw in mails],
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
