"""What becomes of wishes about links: created, changed, unchanged, removed, or refused with every reason at once.

Pure. A link keeps its room, address and interfaces, because every invitation was sent under them; technical user,
room blocks, activity and aliases may change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from raumpost.domain import linking_refusals as because
from raumpost.domain.linking import Ahead, Known, Link, Outcome, Problem, Room, Terms, User, Verb, Wish
from raumpost.domain.linking_checks import check_address, check_aliases, check_connection, check_user
from raumpost.domain.linking_conflicts import claims_of, refused, without_conflicts
from raumpost.domain.linking_refusals import counted
from raumpost.domain.linking_search import NotFound, found_room


def compare(wishes: Sequence[Wish], known: Known) -> list[Outcome]:
    """Give what each wish comes to, in their order."""
    return without_conflicts([_outcome(wish, known) for wish in wishes], known.links)


def _outcome(wish: Wish, known: Known) -> Outcome:
    problems: list[Problem] = []
    room, link = _which(wish, known, problems)
    if wish.give_up and not wish.remove and (room or wish.new):
        problems.append(because.give_up_without_removal())
    if wish.new or (room and not link and not wish.remove):
        return _create(wish, room, link, known, problems)
    if room is None:
        if not wish.remove:
            _check_given(wish, known, problems)
        return _refused(wish, None, None, problems)
    if wish.remove:
        return _remove(wish, room, link, known.links)
    assert link  # else it is created
    return _change(wish, link, known, problems)


def _which(wish: Wish, known: Known, problems: list[Problem]) -> tuple[Room | None, Link | None]:
    """Find the room that a wish is about, by its name or by the address of its mailbox, and its link."""
    current = [link for link in known.links if not link.removed]
    if wish.room:
        room = found_room(wish.room, known)
        if isinstance(room, NotFound):
            problems.append(Problem("room", room.english, room.german))
            return None, None
        return room, next((link for link in current if link.terms.room.id == room.id), None)
    if wish.address and not wish.new:
        same = [link for link in known.links if link.terms.address.lower() == wish.address.lower()]
        for link in sorted(same, key=lambda one: one.removed):
            return link.terms.room, None if link.removed else link
    problems.append(because.missing_room(None if wish.new else wish.address))
    return None, None


def _remove(wish: Wish, room: Room, link: Link | None, links: Sequence[Link]) -> Outcome:
    if link is None:
        earlier = [one for one in links if one.removed and one.terms.room.id == room.id]
        if not earlier:
            return _refused(wish, room, None, [because.not_linked(room)])
        details = ("is removed already",)
        return Outcome(
            where=wish.where, verb=Verb.UNCHANGED, room=room.name, address=earlier[-1].terms.address, details=details,
            room_id=room.id,
        )  # fmt: skip
    problems = because.fixed(wish, link) if wish.address else []
    waiting = link.open - link.failed
    if wish.give_up and not link.being_removed:
        problems.append(because.removal_not_begun())
    elif wish.give_up and waiting:
        problems.append(because.still_to_withdraw(waiting))
    elif not link.being_removed and not link.terms.active and link.to_cancel:
        problems.append(because.inactive(link.to_cancel))
    if problems:
        return _refused(wish, room, link, problems)
    verb = Verb.REMOVE
    details = (f"{counted(link.open, 'invitation')} to withdraw first, {link.to_cancel} of them by a cancellation",)
    if wish.give_up:
        details = (f"removed without {counted(link.failed, 'failed cancellation')}: the room may still hold the time",)
    elif link.being_removed:
        failed = (
            f"; {counted(link.failed, 'cancellation')} failed: reset, or remove with give_up" if link.failed else ""
        )
        details, verb = (
            (f"is being removed: {counted(waiting, 'invitation')} still to withdraw{failed}",),
            Verb.UNCHANGED,
        )
    return Outcome(
        where=wish.where, verb=verb, room=room.name, address=link.terms.address, details=details, link=link,
        give_up=wish.give_up, room_id=room.id,
    )  # fmt: skip


def _create(wish: Wish, room: Room | None, link: Link | None, known: Known, problems: list[Problem]) -> Outcome:
    if link:
        problems.append(because.linked_already(link))
    problems += because.missing_fields(wish)
    user, aliases = _check_given(wish, known, problems)
    if problems or user is None or room is None:
        return _refused(wish, room, None, problems)
    terms = Terms(
        room=room,
        address=wish.address or "",
        smtp_conn_id=wish.smtp_conn_id or "",
        imap_conn_id=wish.imap_conn_id or "",
        user=user,
        include_blocks=bool(wish.include_blocks),
        active=wish.active is not False,
        aliases=aliases,
    )
    ahead = known.ahead.get(room.id, Ahead())
    details = [
        f"SMTP {terms.smtp_conn_id}, IMAP {terms.imap_conn_id}, technical user {user}",
        f"room blocks {_yes(terms.include_blocks)}, active {_yes(terms.active)}",
    ]
    if aliases:
        details.append(f"aliases {', '.join(aliases)}")
    if number := ahead.events + (ahead.blocks if terms.include_blocks else 0):
        details.append(f"{counted(number, 'booking')} ahead already: invite with mailbox_initialise")
    return Outcome(
        where=wish.where, verb=Verb.CREATE, room=room.name, address=terms.address, details=tuple(details), terms=terms,
        room_id=room.id, claims=claims_of(terms),
    )  # fmt: skip


def _check_given(wish: Wish, known: Known, problems: list[Problem]) -> tuple[User | None, tuple[str, ...]]:
    """Check by itself all that a new link would have; give its technical user and its aliases."""
    for name, type_ in (("smtp_conn_id", "smtp"), ("imap_conn_id", "imap")):
        conn_id = getattr(wish, name)
        if conn_id and (problem := check_connection(name, conn_id, type_, known)):
            problems.append(problem)
    if wish.address and (problem := check_address(wish.address)):
        problems.append(problem)
    user = check_user(wish, wish.address or "", wish.aliases or (), known, problems) if wish.technical_user else None
    return user, check_aliases(wish.aliases or (), wish.address or "", problems)


def _change(wish: Wish, link: Link, known: Known, problems: list[Problem]) -> Outcome:
    old = link.terms
    if link.being_removed:
        return _refused(wish, old.room, link, [*problems, because.being_removed(link)])
    problems += because.fixed(wish, link)
    aliases = old.aliases if wish.aliases is None else check_aliases(wish.aliases, old.address, problems)
    user = check_user(wish, old.address, aliases, known, problems, old.user) if wish.technical_user else old.user
    if user is not None and user.id == old.user.id and (user.email or "").lower() in map(str.lower, wish.aliases or ()):
        problems.append(because.alias_of_user(user))
    if problems or user is None:
        return _refused(wish, old.room, link, problems)
    terms = replace(
        old,
        user=user,
        include_blocks=old.include_blocks if wish.include_blocks is None else wish.include_blocks,
        active=old.active if wish.active is None else wish.active,
        aliases=aliases,
    )
    reinvite = wish.reinvite and link.under_others(user.email or "") > 0
    details = tuple(_differences(link, terms, reinvite, known.ahead.get(old.room.id, Ahead())))
    return Outcome(
        where=wish.where, verb=Verb.CHANGE if details else Verb.UNCHANGED, room=old.room.name, address=old.address,
        details=details, link=link, terms=terms, reinvite=reinvite,
        room_id=old.room.id, claims=claims_of(terms),
    )  # fmt: skip


def _differences(link: Link, terms: Terms, reinvite: bool, ahead: Ahead) -> Iterator[str]:
    old, others = link.terms, link.under_others(terms.user.email or "")
    if old.user.id != terms.user.id:
        yield f"technical user {old.user} → {terms.user}"
        if others and not reinvite:
            yield f"{counted(others, 'future invitation')} under the old organizer (reinvite: anew under the new one)"
    if reinvite:
        yield f"{counted(others, 'future invitation')} to cancel, and to send anew by {terms.user}"
    if old.include_blocks != terms.include_blocks:
        then = (
            f"{counted(ahead.blocks, 'future block')} to invite"
            if terms.include_blocks
            else f"{link.blocks} to withdraw"
        )
        yield f"room blocks {_yes(old.include_blocks)} → {_yes(terms.include_blocks)}: {then} with the next run"
    if old.active != terms.active:
        then = "sending catches up" if terms.active else "sending pauses"
        yield f"active {_yes(old.active)} → {_yes(terms.active)}: {then}"
    if old.aliases != terms.aliases:
        yield f"aliases {', '.join(old.aliases) or 'none'} → {', '.join(terms.aliases) or 'none'}"


def _refused(wish: Wish, room: Room | None, link: Link | None, problems: Sequence[Problem]) -> Outcome:
    wanted = () if wish.remove else (wish.address or "", *(wish.aliases or ()))
    return refused(
        Outcome(
            where=wish.where, verb=Verb.REFUSED, room=room.name if room else wish.room or "",
            address=wish.address or (link.terms.address if link else ""), link=link,
            room_id=room.id if room else None, claims=frozenset(one.lower() for one in wanted if one),
        ),
        problems,
    )  # fmt: skip


def _yes(value: bool) -> str:
    return "yes" if value else "no"
