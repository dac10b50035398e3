"""Which failed invitations a reset helps, and what an operator should know of them. Pure."""

from datetime import datetime
from enum import StrEnum

from raumpost.domain.model import Invitation, Method


class Concern(StrEnum):
    """What is special about resetting an invitation."""

    INACTIVE = "link is inactive: waits until it is switched on"
    DROPPED = "booking is over and nothing ever left: the next run drops it"
    OLDER_SLOT = "booking is over, but the room may still hold a slot that it had before"


def is_pointless(invitation: Invitation, now: datetime) -> bool:
    """Tell whether another mail would help nobody: whatever the room may know of the booking lies in the past."""
    return invitation.content.ends_at <= now and _special_when_over(invitation) is None


def concerns_about(invitation: Invitation, *, active: bool, now: datetime) -> list[Concern]:
    """Give what should be known before this invitation is reset; `active` says it of its link."""
    concerns = []
    if invitation.content.ends_at <= now and (special := _special_when_over(invitation)):
        concerns.append(special)
    if not active:
        concerns.append(Concern.INACTIVE)
    return concerns


def fingerprint(invitation: Invitation) -> str:
    """Give what tells this failure from a later one of the same invitation."""
    return f"{invitation.sequence}.{invitation.resend}"


def _special_when_over(invitation: Invitation) -> Concern | None:
    if invitation.method is Method.REQUEST and invitation.exposed_sequence is None:
        return Concern.DROPPED
    # While this revision, also one that cancels, does not arrive, the room keeps an earlier one, which may lie ahead.
    return Concern.OLDER_SLOT if invitation.sequence > 0 else None
