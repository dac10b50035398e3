"""Why a link is not made, changed or removed; each reason names the remedy."""

from raumpost.domain.linking import Link, LinkRequest, Problem, Room, User
from raumpost.domain.message import message

_MISSING = {
    "address": message("linking.missing-address"),
    "smtp_conn_id": message("linking.missing-smtp"),
    "imap_conn_id": message("linking.missing-imap"),
    "technical_user": message("linking.missing-user"),
}


def missing_fields(request: LinkRequest) -> list[Problem]:
    """Report what a new link needs and does not have."""
    return [Problem(name, missing) for name, missing in _MISSING.items() if not getattr(request, name)]


def missing_room(address: str | None) -> Problem:
    """Report that the request does not name its room."""
    if address:
        return Problem("room", message("linking.missing-room-of-address", address=address))
    return Problem("room", message("linking.missing-room"))


def give_up_without_removal() -> Problem:
    """Report that there is nothing to give up."""
    return Problem("give_up", message("linking.only-with-remove"))


def linked_already(link: Link) -> Problem:
    """Report that a room has a link, where a new one is wanted."""
    if link.being_removed:
        return being_removed(link, "room")
    room, address = link.settings.room.named, link.settings.address
    return Problem("room", message("linking.linked-already", room=room, address=address))


def being_removed(link: Link, field: str | None = None) -> Problem:
    """Report that the link is being removed."""
    room, address = link.settings.room.named, link.settings.address
    return Problem(field, message("linking.being-removed", room=room, address=address, open=link.open))


def not_linked(room: Room) -> Problem:
    """Report that there is no link to remove."""
    return Problem(None, message("linking.not-linked", room=room.named))


def removal_not_begun() -> Problem:
    """Report that a removal must be requested before it can be cut short."""
    return Problem("give_up", message("linking.removal-not-begun"))


def still_to_withdraw(waiting: int) -> Problem:
    """Report that a removal is not finished."""
    return Problem("give_up", message("linking.still-to-withdraw", waiting=waiting))


def inactive(cancellations: int) -> Problem:
    """Report that an inactive link cancels nothing."""
    return Problem(None, message("linking.inactive", cancellations=cancellations))


def alias_of_user(user: User) -> Problem:
    """Report that the technical user would answer himself."""
    return Problem("aliases", message("linking.alias-of-user", email=user.email))


def fixed(request: LinkRequest, link: Link) -> list[Problem]:
    """Report what a request would change that never changes."""
    old, problems = link.settings, []
    if request.address and request.address.lower() != old.address.lower():
        problems.append(Problem("address", message("linking.fixed-address", room=old.room.named, address=old.address)))
    if request.remove:
        return problems
    for name in ("smtp_conn_id", "imap_conn_id"):
        wanted, current = getattr(request, name), getattr(old, name)
        if wanted and wanted != current:
            problems.append(Problem(name, message("linking.fixed-interface", current=current)))
    return problems
