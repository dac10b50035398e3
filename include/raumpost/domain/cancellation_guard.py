"""The guard against mass changes: which cancellations it counts, and how many at once are too many. Pure.

A source that shrinks by accident (a broken import, an emptied table) must not free every room. What a person asked
for through a link is not counted: its removal, blocks switched off, invitations made again under another user.
"""

from collections.abc import Collection, Mapping

from raumpost.domain.model import BookingKind, Method, RoomMailbox
from raumpost.domain.planning import Revise, Step

SMALLEST = 20
"""So many cancellations of one link are never too many, whatever their share."""


def is_counted(step: Step, *, mailboxes: Mapping[int, RoomMailbox], replaced: Collection[int]) -> bool:
    """Return whether a step may free a slot ahead only because the booking system no longer has its booking there.

    `mailboxes` are the links that stay, `replaced` the invitations that are to be made again.
    """
    if not isinstance(step, Revise) or step.method is not Method.CANCEL:
        return False
    link = mailboxes.get(step.invitation.room_mailbox_id)
    if link is None or step.invitation.id in replaced:
        return False
    return link.include_blocks or step.invitation.key.kind is not BookingKind.BLOCK


def are_too_many(cancellations: int, *, known: int, percent: int) -> bool:
    """Return whether so many of the `known` future invitations of a link may not be cancelled at once."""
    return cancellations > SMALLEST and 100 * cancellations > percent * known
