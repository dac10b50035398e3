"""What belongs to one link only: its room, its address and its aliases."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from raumpost.domain.linking import Link, LinkSettings, Outcome, Problem, Verb


def claims_of(settings: LinkSettings) -> frozenset[str]:
    """Give the addresses, in small letters, under which a room mailbox answers."""
    return frozenset(one.lower() for one in (settings.address, *settings.aliases))


def without_conflicts(outcomes: Sequence[Outcome], links: Sequence[Link]) -> list[Outcome]:
    """Refuse addresses that another link has, and what stands twice in one list."""
    rooms = Counter(outcome.room_id for outcome in outcomes)
    claims = Counter(address for outcome in outcomes for address in outcome.claims)
    owners = {address: link for link in links if not link.removed for address in claims_of(link.settings)}
    checked = []
    for outcome in outcomes:
        problems = []
        if outcome.room_id is not None and (times := rooms[outcome.room_id]) > 1:
            problems.append(
                Problem(
                    None,
                    f"room “{outcome.room}” stands in this list {times} times; leave one",
                    f"Der Raum „{outcome.room}“ steht {times}-mal in dieser Liste; lassen Sie einen stehen",
                )
            )
        for address in sorted(outcome.claims):
            owner = owners.get(address)
            field = "address" if address == outcome.address.lower() else "aliases"
            if owner and owner is not outcome.link:
                problems.append(_taken(field, address, owner))
            elif claims[address] > 1:
                problems.append(
                    Problem(
                        field,
                        f"{address} stands in this list {claims[address]} times; leave one",
                        f"{address} steht {claims[address]}-mal in dieser Liste; lassen Sie eine stehen",
                    )
                )
        if problems:
            checked.append(refused(outcome, problems))
        else:
            checked.append(outcome)
    return checked


def refused(outcome: Outcome, problems: Sequence[Problem]) -> Outcome:
    """Refuse what an outcome comes to for these reasons, beside those that it has already."""
    reasons = (*outcome.problems, *problems)
    return replace(outcome, verb=Verb.REFUSED, problems=reasons, details=tuple(map(str, reasons)))


def _taken(field: str, address: str, owner: Link) -> Problem:
    english, german = (
        ("which is being removed: wait until it is", "die gerade entfernt wird: warten Sie, bis das geschehen ist")
        if owner.being_removed
        else ("take another", "nehmen Sie eine andere")
    )
    return Problem(
        field,
        f"{address} belongs to the link of room {owner.settings.room}; {english}",
        f"{address} gehört zur Verknüpfung des Raums {owner.settings.room.german}; {german}",
    )
