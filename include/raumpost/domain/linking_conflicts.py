"""What belongs to one link only: its room, its address and its aliases."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from raumpost.domain.linking import Link, LinkSettings, Outcome, Problem, Verb
from raumpost.domain.message import message


def claims_of(settings: LinkSettings) -> frozenset[str]:
    """Return the addresses, in small letters, under which a room mailbox answers."""
    return frozenset(one.lower() for one in (settings.address, *settings.aliases))


def without_conflicts(outcomes: Sequence[Outcome], links: Sequence[Link]) -> list[Outcome]:
    """Refuse addresses that another link has, and what one list names twice."""
    rooms = Counter(outcome.room_id for outcome in outcomes)
    claims = Counter(address for outcome in outcomes for address in outcome.claims)
    owners = {address: link for link in links if not link.removed for address in claims_of(link.settings)}
    checked = []
    for outcome in outcomes:
        problems = []
        if outcome.room_id is not None and (times := rooms[outcome.room_id]) > 1:
            problems.append(Problem(None, message("linking.room-twice", room=outcome.room, times=times)))
        for address in sorted(outcome.claims):
            owner = owners.get(address)
            field = "address" if address == outcome.address.lower() else "aliases"
            if owner and owner is not outcome.link:
                problems.append(_taken(field, address, owner))
            elif claims[address] > 1:
                problems.append(
                    Problem(field, message("linking.address-twice", address=address, times=claims[address]))
                )
        if problems:
            checked.append(refused(outcome, problems))
        else:
            checked.append(outcome)
    return checked


def refused(outcome: Outcome, problems: Sequence[Problem]) -> Outcome:
    """Refuse what an outcome comes to for these reasons, beside those that it has already."""
    reasons = (*outcome.problems, *problems)
    return replace(outcome, verb=Verb.REFUSED, problems=reasons, details=tuple(reason.named for reason in reasons))


def _taken(field: str, address: str, owner: Link) -> Problem:
    room = owner.settings.room.named
    if owner.being_removed:
        return Problem(field, message("linking.address-leaving", address=address, room=room))
    return Problem(field, message("linking.address-taken", address=address, room=room))
