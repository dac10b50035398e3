"""Compare three worlds when all has settled: bookings, database, and what the rooms learned from their mails.

Shares no code with Raumpost: it reads calendar mails by itself, and knows the database by its documentation only.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.faults.reading import Event, read_event
from tests.faults.world import Invitation, Line, Transfer, World

LOST, WRONG, STUCK = "lost", "wrong", "stuck"
MAX_ATTEMPTS = 5
BROKE_OFF = "the mail server took it and never said so"
DIED = "the process died, slept or lost its database before it could note the 250"
ASKED = "a person reset it after it had come back"

_REVISION = re.compile(r"\b(REQUEST|CANCEL) (\d+)\b")
_ATTEMPT = re.compile(r"sending (REQUEST|CANCEL) (\d+), attempt (\d+) of (\d+)$")
_FRESH = frozenset({"change", "reset", "abandon"})
"""After these, attempts are counted again."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that must not be."""

    kind: str
    """Lost, wrong or stuck."""
    rule: str
    what: str
    invitation: int | None = None


def check(world: World) -> list[Finding]:
    """Return everything that is not as it should be."""
    return [finding for rule in RULES for finding in rule(world)]


def duplicates(world: World) -> Counter[str]:
    """Count the mails that were sent again after the mail server had taken them, by cause."""
    found: Counter[str] = Counter()
    journal = _lines_by_revision(world)
    for revision, transfers in _by_revision(world).items():
        lines = journal[revision]
        again = len(transfers) - 1
        for cause, most in (
            (ASKED, sum(line.step == "reset" for line in lines)),
            (BROKE_OFF, sum(not one.told for one in transfers)),
            (DIED, sum(line.step == "rescue" for line in lines)),
        ):
            found[cause] += min(again, most)
            again -= min(again, most)
    return +found


# ── rules ─────────────────────────────────────────────────────────────────────────────────────────────────


def _calendars_are_the_bookings(world: World) -> Iterator[Finding]:
    rule = "calendars = bookings"
    invitations = {one.uid: one for one in world.invitations}
    known = {(one.address, one.key): one for one in world.invitations}
    expected = {(one.address, one.key): (one.starts, one.ends, one.summary) for one in world.bookings}
    calendars: dict[tuple[str, str], tuple[object, ...]] = {}
    for (address, uid), event in _calendars(world).items():
        invitation = invitations.get(uid)
        if invitation is None or invitation.address != address:
            yield Finding(kind=WRONG, rule=rule, what=f"{address} knows {uid}, which is not its own")
        elif event.method == "REQUEST" and event.ends > world.now:
            calendars[address, invitation.key] = (event.starts, event.ends, event.summary)
    for place in sorted(expected.keys() | calendars.keys()):
        if expected.get(place) != calendars.get(place):
            kind = LOST if place not in calendars else WRONG
            what = f"{place}: booked is {_words(expected.get(place))}, the room knows {_words(calendars.get(place))}"
            yield Finding(kind=kind, rule=rule, what=what, invitation=known[place].id if place in known else None)


def _answers_are_at_their_bookings(world: World) -> Iterator[Finding]:
    rule = "each answer at the right booking"
    newest: dict[tuple[str, int], str] = {}
    for answer in sorted(world.answers, key=lambda one: one.dtstamp):
        newest[answer.uid, answer.sequence] = answer.partstat
    statuses = {(one.address, one.key): one for one in world.statuses}
    for one in world.invitations:
        said = newest.get((one.uid, one.sequence)) if one.method == "REQUEST" else None
        if said and one.state != "answered":
            yield _about(one, LOST, rule, f"the room said {said} to revision {one.sequence}, but it is {one.state}")
        if one.state != "answered":
            continue
        comment = f"{one.uid} revision {one.sequence} {said}"
        if (one.answer, one.answer_sequence, one.comment) != (said, one.sequence, comment):
            stored = f"{one.answer} to revision {one.answer_sequence}, “{one.comment}”"
            yield _about(one, WRONG, rule, f"the room said {said} to revision {one.sequence}, stored is {stored}")
        status = statuses.get((one.address, one.key))
        if status is None or status.status != str(said).lower() or comment not in status.words:
            yield _about(one, WRONG, rule, f"the room said {said}, and the booking says {status}")


def _answered_revisions_are_not_sent_again(world: World) -> Iterator[Finding]:
    for one, lines in _stories(world):
        answered = set()
        for line in lines:
            if line.step == "answer":
                answered.add(_revision(line))
            if line.step == "claim" and _revision(line) in answered:
                yield _about(one, WRONG, "no answered revision again", line.message)


def _duplicates_have_a_cause(world: World) -> Iterator[Finding]:
    rule = "duplicates only where nobody could know"
    ids = {one.uid: one.id for one in world.invitations}
    journal = _lines_by_revision(world)
    for (uid, sequence), transfers in _by_revision(world).items():
        lines = journal[uid, sequence]
        explained = sum(not one.told for one in transfers) + sum(line.step in {"rescue", "reset"} for line in lines)
        if len(transfers) - 1 > explained:
            what = f"{uid} revision {sequence} was sent {len(transfers)} times"
            yield Finding(kind=WRONG, rule=rule, what=what, invitation=ids.get(uid))
        for before, after in pairwise(line for line in lines if line.step in {"claim", "confirm", "reset"}):
            if before.step == "confirm" and after.step == "claim":
                yield Finding(kind=WRONG, rule=rule, what=f"sent again: {after.message}", invitation=after.invitation)
    for one, lines in _stories(world):
        claim = None
        for line in lines:
            if line.step == "claim":
                claim = line
            if line.step == "rescue" and (claim is None or not _is_broken(world, claim.run)):
                yield _about(one, WRONG, rule, f"rescued though nobody had died: {line.message}")


def _mails_have_outcomes(world: World) -> Iterator[Finding]:
    rule = "every mail has an outcome"
    for mail in world.received:
        if mail.outcome is None:
            yield Finding(kind=LOST, rule=rule, what=f"mail {mail.id} was never read")
    stored = {mail.message_id for mail in world.received}
    for name in world.inbox:
        if name not in stored:
            yield Finding(kind=LOST, rule=rule, what=f"{name} lies in the inbox and was never fetched")
    outcomes = {(one.invitation, one.sequence, one.resend): one.outcome for one in world.sent}
    ids = {one.uid: one.id for one in world.invitations}
    for transfer in world.transfers:
        event = read_event(transfer.raw)
        id_ = ids.get(event.uid)
        outcome = outcomes.get((id_ or 0, event.sequence, event.resend))
        if outcome not in {"sent", "uncertain"}:
            what = f"{event.uid} {event.method} {event.sequence} has left, and its mail is {outcome}"
            yield Finding(kind=WRONG, rule=rule, what=what, invitation=id_)
    sent = {(invitation, sequence) for (invitation, sequence, _), outcome in outcomes.items() if outcome == "sent"}
    for one in world.invitations:
        if one.state in {"sent", "answered"} and (one.id, one.sequence) not in sent:
            yield _about(one, WRONG, rule, f"it is {one.state}, and no mail of revision {one.sequence} is “sent”")


def _nothing_is_stuck(world: World) -> Iterator[Finding]:
    for one in world.invitations:
        if one.state in {"pending", "sending"}:
            yield _about(one, STUCK, "nothing stuck", f"it is {one.state}")


def _sequences_grow(world: World) -> Iterator[Finding]:
    rule = "SEQUENCE never goes back, never says two things"
    ids = {one.uid: one.id for one in world.invitations}
    highest: dict[str, int] = {}
    texts: dict[tuple[str, int], str] = {}
    for transfer in sorted(world.transfers, key=lambda one: one.number):
        event = read_event(transfer.raw)
        about = {"kind": WRONG, "rule": rule, "invitation": ids.get(event.uid)}
        if event.sequence < highest.setdefault(event.uid, event.sequence):
            what = f"{event.uid} goes back from {highest[event.uid]} to {event.sequence}"
            yield Finding(**about, what=what)
        highest[event.uid] = max(highest[event.uid], event.sequence)
        if texts.setdefault((event.uid, event.sequence), event.text) != event.text:
            yield Finding(**about, what=f"{event.uid} revision {event.sequence} says two things")


def _attempts_agree(world: World) -> Iterator[Finding]:
    rule = "one truth about attempts"
    for one, lines in _stories(world):
        attempts = 0
        runs = set()
        for line in lines:
            if line.step in _FRESH:
                attempts = 0
            if line.step != "claim":
                continue
            attempts += 1
            found = _ATTEMPT.search(line.message)
            if found is None or int(found[3]) != attempts or attempts > MAX_ATTEMPTS:
                yield _about(one, WRONG, rule, f"attempt {attempts} is told as “{line.message}”")
            started = world.tries.get(line.run)
            if started is None:
                yield _about(one, WRONG, rule, f"no try of any batch wrote “{line.message}” ({line.run})")
                continue
            if line.run in runs:
                yield _about(one, WRONG, rule, f"more attempts than tries of batch {started.batch}: {line.message}")
            runs.add(line.run)
        if one.attempts != attempts:
            yield _about(one, WRONG, rule, f"the row counts {one.attempts} attempts, the journal {attempts}")


RULES = (
    _calendars_are_the_bookings,
    _answers_are_at_their_bookings,
    _answered_revisions_are_not_sent_again,
    _duplicates_have_a_cause,
    _mails_have_outcomes,
    _nothing_is_stuck,
    _sequences_grow,
    _attempts_agree,
)


# ── what they need ────────────────────────────────────────────────────────────────────────────────────────


def _calendars(world: World) -> dict[tuple[str, str], Event]:
    """Rebuild the calendars from what arrived: of each UID the highest SEQUENCE counts (RFC 5546)."""
    found: dict[tuple[str, str], Event] = {}
    for arrival in world.arrivals:
        event = read_event(arrival.raw)
        known = found.get((arrival.address, event.uid))
        if known is None or event.sequence > known.sequence:
            found[arrival.address, event.uid] = event
    return found


def _by_revision(world: World) -> dict[tuple[str, int], list[Transfer]]:
    found: dict[tuple[str, int], list[Transfer]] = defaultdict(list)
    for transfer in world.transfers:
        event = read_event(transfer.raw)
        found[event.uid, event.sequence].append(transfer)
    return found


def _stories(world: World) -> Iterator[tuple[Invitation, list[Line]]]:
    lines: dict[int | None, list[Line]] = defaultdict(list)
    for line in sorted(world.journal, key=lambda one: one.id):
        lines[line.invitation].append(line)
    for one in world.invitations:
        yield one, lines[one.id]


def _lines_by_revision(world: World) -> dict[tuple[str, int], list[Line]]:
    found: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for one, lines in _stories(world):
        for line in lines:
            if (revision := _revision(line)) is not None:
                found[one.uid, revision].append(line)
    return found


def _revision(line: Line) -> int | None:
    found = _REVISION.search(line.message)
    return int(found[2]) if found else None


def _is_broken(world: World, run: str) -> bool:
    return run in world.tries and world.tries[run].broken


def _about(one: Invitation, kind: str, rule: str, what: str) -> Finding:
    return Finding(kind=kind, rule=rule, what=f"{one.key} in {one.address}: {what}", invitation=one.id)


def _words(slot: tuple[object, ...] | None) -> str:
    return "nothing" if slot is None else " ".join(map(str, slot))
