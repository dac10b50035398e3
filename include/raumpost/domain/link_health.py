"""What to report of a room mailbox: is everything there that it needs, and do its invitations get through?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from raumpost.domain.check import CheckStatus, Observation
from raumpost.domain.message import Message, message
from raumpost.domain.time_zones import is_time_zone

LONGEST_PENDING = timedelta(hours=1)
LONGEST_UNANSWERED = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Invitations in one state, to bookings that are not over."""

    count: int
    since: datetime | None
    """The oldest."""

    @property
    def named(self) -> Message:
        """Return how many, and since when."""
        if self.since:
            return message("health.waiting-since", number=self.count, since=self.since)
        return message("health.waiting", number=self.count)


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


def health(link: LinkState, now: datetime) -> Iterator[Observation]:
    """Return one report about each part of a link."""
    yield _room(link)
    yield _user(link)
    if not link.active:
        yield Observation(
            what=message("health.active"),
            status=CheckStatus.WARNING,
            why=message("health.inactive"),
            remedy=message("health.inactive.remedy"),
        )
    yield from _invitations(link, now)


def _room(link: LinkState) -> Observation:
    what = message("health.room")
    if link.room_name is None:
        why, remedy = message("health.no-room", id=link.room_id), message("health.no-room.remedy")
        return Observation(what=what, status=CheckStatus.NOT_OK, why=why, remedy=remedy)
    if not is_time_zone(link.time_zone or ""):
        why = message("health.no-time-zone", room=link.room_name, time_zone=link.time_zone)
        return Observation(what=what, status=CheckStatus.WARNING, why=why, remedy=message("health.no-time-zone.remedy"))
    return Observation(what=what, status=CheckStatus.OK, why=message("health.named", name=link.room_name))


def _user(link: LinkState) -> Observation:
    what = message("health.user")
    if trouble := _trouble_with_user(link):
        why, remedy = trouble
        return Observation(what=what, status=CheckStatus.NOT_OK, why=why, remedy=remedy)
    why = message("health.addressed", name=link.user_name, email=link.user_email)
    return Observation(what=what, status=CheckStatus.OK, why=why)


def _trouble_with_user(link: LinkState) -> tuple[Message, Message] | None:
    another = message("health.another-user")
    if not link.user_exists:
        return message("health.no-user", id=link.technical_user_id), another
    user = message("health.user-named", name=link.user_name, id=link.technical_user_id)
    if not link.technical:
        return message("health.not-technical", user=user), message("health.not-technical.remedy")
    if not link.user_email_is_valid:
        return message("health.bad-email", user=user, email=link.user_email or ""), message("health.bad-email.remedy")
    if (link.user_email or "").lower() == link.address.lower():
        return message("health.invites-itself", user=user), another
    return None


def _invitations(link: LinkState, now: datetime) -> Iterator[Observation]:
    what = message("health.failures")
    if link.failed.count:
        why = message("health.failed", waiting=link.failed.named, error=link.last_error)
        yield Observation(what=what, status=CheckStatus.NOT_OK, why=why, remedy=message("health.failed.remedy"))
    else:
        yield Observation(what=what, status=CheckStatus.OK, why=message("health.none"))
    what = message("health.pending")
    if link.overdue.count and link.active:
        why = message("health.overdue", waiting=link.overdue.named)
        yield Observation(what=what, status=CheckStatus.NOT_OK, why=why, remedy=message("health.overdue.remedy"))
    else:
        yield Observation(what=what, status=CheckStatus.OK, why=message("health.none-overdue"))
    what = message("health.cancellations")
    if link.withheld.count:
        why = message("health.withheld", waiting=link.withheld.named)
        yield Observation(what=what, status=CheckStatus.NOT_OK, why=why, remedy=message("health.withheld.remedy"))
    else:
        yield Observation(what=what, status=CheckStatus.OK, why=message("health.none-withheld"))
    what, since = message("health.unanswered"), link.unanswered.since
    if since and now - since > LONGEST_UNANSWERED:
        remedy = message("health.unanswered.remedy")
        yield Observation(what=what, status=CheckStatus.WARNING, why=link.unanswered.named, remedy=remedy)
    else:
        yield Observation(
            what=what, status=CheckStatus.OK, why=link.unanswered.named if since else message("health.none")
        )
