"""What to say of a room mailbox: is everything there that it needs, and do its invitations get through?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from raumpost.domain.check import Finding, not_ok, ok, warning
from raumpost.domain.time_zones import is_time_zone

LONGEST_PENDING = timedelta(hours=1)
LONGEST_UNANSWERED = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Invitations in one state, to bookings that are not over."""

    count: int
    since: datetime | None
    """The oldest."""

    def __str__(self) -> str:
        many = "1 invitation" if self.count == 1 else f"{self.count} invitations"
        return f"{many}, the oldest since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else many


@dataclass(frozen=True, kw_only=True)
class LinkState:
    """A room mailbox, as the database has it."""

    address: str
    active: bool
    room_id: int
    room_name: str | None
    """None: there is no such room."""
    time_zone: str | None
    technical_user_id: int
    user_exists: bool
    user_name: str | None
    user_email: str | None
    user_email_is_valid: bool
    technical: bool
    unanswered: Waiting
    failed: Waiting
    last_error: str | None
    overdue: Waiting
    withheld: Waiting


def health(link: LinkState, now: datetime) -> Iterator[Finding]:
    """Say one thing about each part of a link."""
    yield _room(link)
    yield _user(link)
    if not link.active:
        yield warning("active", "switched off: nothing is sent to this room", "switch the link on, or remove it")
    yield from _invitations(link, now)


def _room(link: LinkState) -> Finding:
    if link.room_name is None:
        return not_ok(
            "room", f"there is no room {link.room_id} in booking.room", "remove the link, or bring the room back"
        )
    if not is_time_zone(link.time_zone or ""):
        return warning(
            "room",
            f"{link.room_name}: “{link.time_zone}” is no time zone; RAUMPOST_TIME_ZONE counts",
            "correct booking.room.time_zone to a name such as Europe/Berlin",
        )
    return ok("room", link.room_name)


def _user(link: LinkState) -> Finding:
    what = "technical user"
    if not link.user_exists:
        return not_ok(
            what,
            f"there is no user {link.technical_user_id} in booking.app_user",
            "give the link another technical user",
        )
    name = f"{link.user_name} (user {link.technical_user_id})"
    if not link.technical:
        return not_ok(
            what,
            f"{name} is not marked as technical",
            "mark the user in the booking system, or give the link another one",
        )
    if not link.user_email_is_valid:
        return not_ok(
            what,
            f"{name} has no valid e-mail address (“{link.user_email or ''}”)",
            "correct booking.app_user.email, or give the link another technical user",
        )
    if (link.user_email or "").lower() == link.address.lower():
        return not_ok(
            what,
            f"{name} has the address of the room mailbox itself, and no room accepts its own invitation",
            "give the link another technical user",
        )
    return ok(what, f"{link.user_name} <{link.user_email}>")


def _invitations(link: LinkState, now: datetime) -> Iterator[Finding]:
    if link.failed.count:
        yield not_ok(
            "failures",
            f"{link.failed}; last error: {link.last_error}",
            "fix the cause, then run mailbox_reset_failed",
        )
    else:
        yield ok("failures", "none")
    if link.overdue.count and link.active:
        yield not_ok(
            "pending",
            f"{link.overdue}, longer than an hour",
            "look whether mailbox_processor runs, and at its tasks deliver.render and deliver.send",
        )
    else:
        yield ok("pending", "none longer than an hour")
    if link.withheld.count:
        yield not_ok(
            "cancellations",
            f"{link.withheld}, would be cancelled as too many bookings vanished at once: all is held back",
            "bring the bookings back, or run mailbox_approve_cancellations",
        )
    else:
        yield ok("cancellations", "none held back")
    since = link.unanswered.since
    if since and now - since > LONGEST_UNANSWERED:
        yield warning(
            "unanswered",
            f"{link.unanswered}",
            "see whether the room mailbox answers by itself: run this check with canary for it",
        )
    else:
        yield ok("unanswered", str(link.unanswered) if since else "none")
