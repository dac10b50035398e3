"""What becomes of wishes about links: created, changed, unchanged, removed, or refused with every reason at once.

Pure. A link keeps its room, address and interfaces, because every invitation was sent under them; technical user,
room blocks, activity and aliases may change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from raumpost.domain.linking import Ahead, Known, Link, Outcome, Room, Terms, User, Verb, Wish
from raumpost.domain.linking_checks import check_aliases, check_connection, check_user, is_address
from raumpost.domain.linking_conflicts import claims_of, without_conflicts
from raumpost.domain.linking_search import NotFound, found_room

_REMEDY = "remove the link, and link the room anew when its cancellations are sent"
_FIELDS = {
    "address": "the address of the room mailbox",
    "smtp_conn_id": "the SMTP interface, an Airflow connection",
    "imap_conn_id": "the IMAP interface, an Airflow connection",
    "technical_user": "who invites the room",
}


def compare(wishes: Sequence[Wish], known: Known) -> list[Outcome]:
    """Give what each wish comes to, in their order."""
    return without_conflicts([_outcome(wish, known) for wish in wishes], known.links)


def _outcome(wish: Wish, known: Known) -> Outcome:
    problems: list[str] = []
    room, link = _which(wish, known, problems)
    if room is None:
        if not wish.remove:
            _check_given(wish, known, problems)
        return _refused(wish, None, None, problems)
    if wish.remove:
        return _remove(wish, room, link, known.links)
    if wish.give_up:
        problems.append("give_up: goes only with the operation remove")
    if link is None:
        return _create(wish, room, known, problems)
    return _change(wish, link, known, problems)


def _which(wish: Wish, known: Known, problems: list[str]) -> tuple[Room | None, Link | None]:
    """Find the room that a wish is about, by its name or by the address of its mailbox, and its link."""
    current = [link for link in known.links if not link.removed]
    if wish.room:
        room = found_room(wish.room, known)
        if isinstance(room, NotFound):
            problems.append(f"room: {room}")
            return None, None
        return room, next((link for link in current if link.terms.room.id == room.id), None)
    if wish.address:
        same = [link for link in known.links if link.terms.address.lower() == wish.address.lower()]
        for link in sorted(same, key=lambda one: one.removed):
            return link.terms.room, None if link.removed else link
        problems.append(f"room: missing, and no link has the address {wish.address}; give an id or a name of a room")
    else:
        problems.append("room: missing; give an id or a name of a room")
    return None, None


def _remove(wish: Wish, room: Room, link: Link | None, links: Sequence[Link]) -> Outcome:
    if link is None:
        earlier = [one for one in links if one.removed and one.terms.room.id == room.id]
        if not earlier:
            return _refused(wish, room, None, [f"room {room} is not linked: there is nothing to remove"])
        details = ("is removed already",)
        return Outcome(
            where=wish.where, verb=Verb.UNCHANGED, room=room.name, address=earlier[-1].terms.address, details=details,
            room_id=room.id,
        )  # fmt: skip
    problems = _fixed(wish, link) if wish.address else []
    waiting = link.open - link.failed
    if wish.give_up and not link.being_removed:
        problems.append("give_up: the link is not being removed yet; remove it without first")
    elif wish.give_up and waiting:
        problems.append(
            f"give_up: {_count(waiting, 'invitation')} still to withdraw; wait for the next runs, or mend their errors"
        )
    elif not link.being_removed and not link.terms.active and link.to_cancel:
        problems.append(
            f"the link is inactive: {_count(link.to_cancel, 'cancellation')} would never be sent; activate it first"
        )
    if problems:
        return _refused(wish, room, link, problems)
    verb = Verb.REMOVE
    details = (f"{_count(link.open, 'invitation')} to withdraw first, {link.to_cancel} of them by a cancellation",)
    if wish.give_up:
        details = (f"removed without {_count(link.failed, 'failed cancellation')}: the room may still hold the time",)
    elif link.being_removed:
        failed = f"; {_count(link.failed, 'cancellation')} failed: reset, or remove with give_up" if link.failed else ""
        details, verb = (
            (f"is being removed: {_count(waiting, 'invitation')} still to withdraw{failed}",),
            Verb.UNCHANGED,
        )
    return Outcome(
        where=wish.where, verb=verb, room=room.name, address=link.terms.address, details=details, link=link,
        give_up=wish.give_up, room_id=room.id,
    )  # fmt: skip


def _create(wish: Wish, room: Room, known: Known, problems: list[str]) -> Outcome:
    problems += [f"{name}: missing: {what}" for name, what in _FIELDS.items() if not getattr(wish, name)]
    user, aliases = _check_given(wish, known, problems)
    if problems or user is None:
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
        details.append(f"{_count(number, 'booking')} ahead already: invite with mailbox_initialise")
    return Outcome(
        where=wish.where, verb=Verb.CREATE, room=room.name, address=terms.address, details=tuple(details), terms=terms,
        room_id=room.id, claims=claims_of(terms),
    )  # fmt: skip


def _check_given(wish: Wish, known: Known, problems: list[str]) -> tuple[User | None, tuple[str, ...]]:
    """Check by itself all that a new link would have; give its technical user and its aliases."""
    for name, type_ in (("smtp_conn_id", "smtp"), ("imap_conn_id", "imap")):
        conn_id = getattr(wish, name)
        if conn_id and (problem := check_connection(conn_id, type_, known)):
            problems.append(f"{name}: {problem}")
    if wish.address and not is_address(wish.address):
        problems.append(f"address: “{wish.address}” is no address of a mailbox")
    user = check_user(wish, wish.address or "", wish.aliases or (), known, problems) if wish.technical_user else None
    return user, check_aliases(wish.aliases or (), wish.address or "", problems)


def _change(wish: Wish, link: Link, known: Known, problems: list[str]) -> Outcome:
    old = link.terms
    if link.being_removed:
        problems.append(
            f"the link of room {old.room} to {old.address} is being removed; link the room anew when it "
            f"is gone ({_count(link.open, 'invitation')} to withdraw)"
        )
        return _refused(wish, old.room, link, problems)
    problems += _fixed(wish, link)
    aliases = old.aliases if wish.aliases is None else check_aliases(wish.aliases, old.address, problems)
    user = check_user(wish, old.address, aliases, known, problems, old.user) if wish.technical_user else old.user
    if user is not None and user.id == old.user.id and (user.email or "").lower() in map(str.lower, wish.aliases or ()):
        problems.append(f"aliases: {user.email} is the address of the technical user, who would answer himself")
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
            yield f"{_count(others, 'future invitation')} under the old organizer (reinvite: anew under the new one)"
    if reinvite:
        yield f"{_count(others, 'future invitation')} to cancel, and to send anew by {terms.user}"
    if old.include_blocks != terms.include_blocks:
        then = (
            f"{_count(ahead.blocks, 'future block')} to invite"
            if terms.include_blocks
            else f"{link.blocks} to withdraw"
        )
        yield f"room blocks {_yes(old.include_blocks)} → {_yes(terms.include_blocks)}: {then} with the next run"
    if old.active != terms.active:
        then = "sending catches up" if terms.active else "sending pauses"
        yield f"active {_yes(old.active)} → {_yes(terms.active)}: {then}"
    if old.aliases != terms.aliases:
        yield f"aliases {', '.join(old.aliases) or 'none'} → {', '.join(terms.aliases) or 'none'}"


def _fixed(wish: Wish, link: Link) -> list[str]:
    """Name what a wish says otherwise about that which never changes."""
    old, problems = link.terms, []
    if wish.address and wish.address.lower() != old.address.lower():
        problems.append(
            f"address: room {old.room} is already linked to {old.address}, which never changes, because every "
            f"invitation was sent to it; {_REMEDY}"
        )
    if wish.remove:
        return problems
    for name in ("smtp_conn_id", "imap_conn_id"):
        wanted, current = getattr(wish, name), getattr(old, name)
        if wanted and wanted != current:
            problems.append(
                f"{name}: is {current} and never changes, as invitations and answers go that way; change the Airflow "
                f"connection itself, or {_REMEDY}"
            )
    return problems


def _refused(wish: Wish, room: Room | None, link: Link | None, problems: Sequence[str]) -> Outcome:
    wanted = () if wish.remove else (wish.address or "", *(wish.aliases or ()))
    return Outcome(
        where=wish.where, verb=Verb.REFUSED, room=room.name if room else wish.room or "",
        address=wish.address or (link.terms.address if link else ""), details=tuple(problems), link=link,
        room_id=room.id if room else None, claims=frozenset(one.lower() for one in wanted if one),
    )  # fmt: skip


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
