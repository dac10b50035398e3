"""What belongs to one link only: its room, its address and its aliases."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from raumpost.domain.linking import Link, Outcome, Terms, Verb


def claims_of(terms: Terms) -> frozenset[str]:
    """Give the addresses, in small letters, under which a room mailbox answers."""
    return frozenset(one.lower() for one in (terms.address, *terms.aliases))


def without_conflicts(outcomes: Sequence[Outcome], links: Sequence[Link]) -> list[Outcome]:
    """Refuse addresses that another link has, and what stands twice in one list."""
    rooms = Counter(outcome.room_id for outcome in outcomes)
    claims = Counter(address for outcome in outcomes for address in outcome.claims)
    owners = {address: link for link in links if not link.removed for address in claims_of(link.terms)}
    checked = []
    for outcome in outcomes:
        problems = []
        if outcome.room_id is not None and rooms[outcome.room_id] > 1:
            problems.append(f"room “{outcome.room}” stands in this list {rooms[outcome.room_id]} times; leave one")
        for address in sorted(outcome.claims):
            owner = owners.get(address)
            if owner and owner is not outcome.link:
                remedy = "which is being removed: wait until it is" if owner.being_removed else "take another"
                problems.append(f"address: {address} belongs to the link of room {owner.terms.room}; {remedy}")
            elif claims[address] > 1:
                problems.append(f"address: {address} stands in this list {claims[address]} times; leave one")
        if problems:
            known = outcome.details if outcome.verb is Verb.REFUSED else ()
            checked.append(replace(outcome, verb=Verb.REFUSED, details=(*known, *problems)))
        else:
            checked.append(outcome)
    return checked
