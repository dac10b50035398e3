"""Which failed invitations a reset helps, and what an operator should know of them. Pure."""

from datetime import datetime
from enum import StrEnum

from raumpost.domain.model import Invitation, Method


class Concern(StrEnum):
    """What is special about resetting an invitation."""

    INACTIVE = "link is inactive: waits until it is switched on"
    DROPPED = "booking is over and nothing ever left: the next run drops it"


def is_pointless(invitation: Invitation, now: datetime) -> bool:
    """Tell whether another mail would be about a slot that lies in the past, and the room may know the booking."""
    return invitation.content.ends_at <= now and not _will_be_dropped(invitation)


def concerns_about(invitation: Invitation, *, active: bool, now: datetime) -> list[Concern]:
    """Give what should be known before this invitation is reset; `active` says it of its link."""
    concerns = []
    if invitation.content.ends_at <= now:
        concerns.append(Concern.DROPPED)
    if not active:
        concerns.append(Concern.INACTIVE)
    return concerns


def fingerprint(invitation: Invitation) -> str:
    """Give what tells this failure from a later one of the same invitation."""
    return f"{invitation.sequence}.{invitation.dispatch}"


def _will_be_dropped(invitation: Invitation) -> bool:
    return invitation.method is Method.REQUEST and invitation.left_sequence is None
