"""Which failed invitations a reset helps, and what an operator should know of them. Pure."""

from datetime import datetime

from raumpost.domain.message import Message, message
from raumpost.domain.model import Invitation, Method

INACTIVE = message("reset.inactive")
DROPPED = message("reset.dropped")
OLDER_SLOT = message("reset.older-slot")


def is_pointless(invitation: Invitation, now: datetime) -> bool:
    """Return whether another mail would help nobody: whatever the room may know of the booking lies in the past."""
    return invitation.content.ends_at <= now and _special_when_over(invitation) is None


def concerns_about(invitation: Invitation, *, active: bool, now: datetime) -> list[Message]:
    """Return what should be known before this invitation is reset; `active` says it of its link."""
    concerns = []
    if invitation.content.ends_at <= now and (special := _special_when_over(invitation)):
        concerns.append(special)
    if not active:
        concerns.append(INACTIVE)
    return concerns


def fingerprint(invitation: Invitation) -> str:
    """Return what tells this failure from a later one of the same invitation."""
    return f"{invitation.sequence}.{invitation.resend}"


def _special_when_over(invitation: Invitation) -> Message | None:
    if invitation.method is Method.REQUEST and invitation.exposed_sequence is None:
        return DROPPED
    # While this revision, also one that cancels, does not arrive, the room keeps an earlier one, which may lie ahead.
    return OLDER_SLOT if invitation.sequence > 0 else None
