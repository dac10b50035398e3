"""Book a room on trial: a free quarter of an hour in the coming night."""

import logging
from datetime import datetime, timedelta

from raumpost.domain.address import is_address
from raumpost.domain.canary import Canary, CanaryState, Slot, free_slot, night
from raumpost.domain.check import Finding, Subject, not_ok, warning
from raumpost.domain.errors import InterfaceUnavailable, MaybeSent, NotSent
from raumpost.domain.model import Level, Method
from raumpost.domain.time_zones import zone_or_default
from raumpost.itip.render import render
from raumpost.services.checks import canary as canaries
from raumpost.services.checks import results as check_results
from raumpost.services.ports import Database, OpenMailer, Row

log = logging.getLogger(__name__)


def book(
    db: Database, *, address: str, open_mailer: OpenMailer, now: datetime, patience: timedelta, default_time_zone: str
) -> Finding | None:
    """Send an invitation of Raumpost itself to a room mailbox; the booking system knows nothing of it.

    The canary is stored before its mail leaves, so that whatever happens then, somebody will cancel it. Gives the
    finding, which is stored, where nothing could be booked; None: an answer is to be waited for.
    """
    [room] = db.rows("canary_rooms", addresses=[address.lower()])
    found = _created(db, room, now, patience, default_time_zone)
    trouble = found if isinstance(found, Finding) else _sent(db, found, open_mailer, now, default_time_zone)
    if trouble:
        check_results.store(db, Subject.CANARY, {room["address"]: [trouble]}, now=now)
    return trouble


def _created(db: Database, room: Row, now: datetime, patience: timedelta, default_time_zone: str) -> Canary | Finding:
    organizer = room["user_email"] or ""
    if not is_address(organizer) or organizer.lower() == room["address"].lower():
        return not_ok(
            "trial booking", "its technical user cannot write to this room", "see what this check says of the user"
        )
    zone = zone_or_default(room["time_zone"], default_time_zone)
    within = night(now, zone)
    taken = db.rows(
        "taken_slots",
        room_id=room["room_id"],
        room_mailbox_id=room["id"],
        starts_at=within.starts_at,
        ends_at=within.ends_at,
    )
    slot = free_slot([Slot(row["starts_at"], row["ends_at"]) for row in taken], zone=zone, now=now)
    if slot is None:
        return warning(
            "trial booking", "the room has no free quarter of an hour in the coming night", "try another day"
        )
    created = db.rows(
        "create_canary",
        room_mailbox_id=room["id"],
        organizer=organizer,
        organizer_name=room["user_name"] or organizer,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        now=now,
        answer_by=now + patience,
    )
    if not created:
        why = "another canary of this room is still open"
        return warning("trial booking", why, "wait for the other run; what it leaves behind the next run cancels")
    [canary] = canaries.load(db, [row["id"] for row in created])
    return canary


def _sent(
    db: Database, canary: Canary, open_mailer: OpenMailer, now: datetime, default_time_zone: str
) -> Finding | None:
    mail = render(canaries.calendar_mail(canary, Method.REQUEST, now=now, default_time_zone=default_time_zone))
    try:
        with open_mailer(canary.smtp_conn_id) as mailer:
            mailer.send(mail, sender=canary.organizer, recipient=canary.address)
    except (NotSent, InterfaceUnavailable) as exc:
        canaries.move(db, canary, CanaryState.NOT_SENT, message=str(exc), level=Level.ERROR, error=str(exc))
        return not_ok(
            "trial booking", f"the mail was not accepted: {exc}", "see what this check says of the SMTP interface"
        )
    except MaybeSent as exc:
        canaries.move(
            db, canary, CanaryState.BOOKED, message=str(exc), level=Level.WARNING, sent_at=now, error=str(exc)
        )
        return None
    canaries.move(db, canary, CanaryState.BOOKED, message="trial booking sent", sent_at=now)
    log.info("Canary sent to %s for %s UTC", canary.address, canary.slot.starts_at.strftime("%Y-%m-%d %H:%M"))
    return None
