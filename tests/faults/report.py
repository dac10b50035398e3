"""The table at the end of a campaign, and the story of a booking that something is wrong with."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tests.faults.campaign import Campaign
from tests.faults.checker import LOST, STUCK, WRONG, Finding, duplicates
from tests.faults.reading import read_event
from tests.faults.world import World

BOOKED = ("book", "block")


def table(campaign: Campaign, world: World, findings: Sequence[Finding]) -> str:
    """Write what happened, and what came of it."""
    done = Counter(campaign.bookings.done)
    stayed_open = done.pop("transactions that stayed open for a while", 0)
    committed_late = done.pop("commits of what stayed open", 0)
    booked = sum(done[one] for one in BOOKED)
    applied = Counter(line.step for line in world.journal)
    again = duplicates(world)
    kinds = Counter(finding.kind for finding in findings)
    lines: list[tuple[str, object]] = [
        ("rounds", campaign.rounds),
        ("bookings", booked),
        ("changes", sum(done.values()) - booked + committed_late),
        ("  of them in transactions that stayed open", f"{committed_late} of {stayed_open}"),
        ("faults injected", sum(campaign.faults().values())),
        *((f"  {kind}", number) for kind, number in campaign.faults().items()),
        ("attempts to send", applied["claim"]),
        ("mails sent", len(world.transfers)),
        ("duplicates", sum(again.values())),
        *((f"  {cause}", number) for cause, number in again.items()),
        ("answers that reached the inbox", len(world.answers)),
        ("answers applied", applied["answer"]),
        ("lost", kinds[LOST]),
        ("wrong", kinds[WRONG] + len(campaign.defects)),
        ("stuck", kinds[STUCK]),
    ]
    return "\n".join(f"{what:<90} {number:>8}" for what, number in lines)


def story(world: World, invitation: int) -> str:
    """Tell everything about one invitation: the row, the journal, the mails and the answers."""
    [row] = [one for one in world.invitations if one.id == invitation]
    lines = [str(row)]
    lines += [str(one) for one in world.bookings if (one.address, one.key) == (row.address, row.key)]
    lines += [f"journal {one.id}: {one.step}: {one.message} [{one.run}]" for one in _of(world.journal, invitation)]
    lines += [str(one) for one in _of(world.sent, invitation)]
    for name, transfers in (("taken", world.transfers), ("arrived", world.arrivals)):
        for one in transfers:
            event = read_event(one.raw)
            if event.uid == row.uid:
                lines.append(f"{name} {one.number}: {event.method} {event.sequence}, resend {event.resend}, "
                             f"{event.starts} to {event.ends} “{event.summary}”, 250 told: {one.told}")  # fmt: skip
    lines += [str(one) for one in world.answers if one.uid == row.uid]
    return "\n".join(lines)


def complaints(campaign: Campaign, world: World, findings: Sequence[Finding], *, seed: int) -> str:
    """Write what is wrong, with the stories of the first bookings concerned."""
    lines = [f"seed {seed}: {len(findings)} findings, {len(campaign.defects)} unexpected errors"]
    lines += [f"{one.kind}: {one.rule}: {one.what}" for one in findings]
    concerned = dict.fromkeys(one.invitation for one in findings if one.invitation is not None)
    for invitation in list(concerned)[:3]:
        lines += ["", story(world, invitation)]
    lines += ["", *campaign.defects[:3]]
    return "\n".join(lines)


def _of(rows: Iterable[object], invitation: int) -> list[object]:
    return [one for one in rows if one.invitation == invitation]  # type: ignore[attr-defined] # both have it
