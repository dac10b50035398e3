"""What becomes of requests about links: created, changed, unchanged, removed, or refused with every reason at once.

Pure. A link keeps its room, address and interfaces, because every invitation was sent under them; technical user,
room blocks, activity and aliases may change.
"""

from collections.abc import Sequence
from dataclasses import replace

from raumpost.domain import linking_refusals as because
from raumpost.domain.linking import (
    Link,
    LinkContext,
    LinkRequest,
    LinkSettings,
    Outcome,
    Problem,
    Room,
    UpcomingBookings,
    User,
    Verb,
)
from raumpost.domain.linking_checks import check_address, check_aliases, check_connection, check_user
from raumpost.domain.linking_conflicts import claims_of, refused, without_conflicts
from raumpost.domain.linking_differences import differences, yes_or_no
from raumpost.domain.linking_search import NotFound, found_room
from raumpost.domain.message import message


def compare(requests: Sequence[LinkRequest], context: LinkContext) -> list[Outcome]:
    """Return what each request comes to, in their order."""
    return without_conflicts([_outcome(request, context) for request in requests], context.links)


def _outcome(request: LinkRequest, context: LinkContext) -> Outcome:
    problems: list[Problem] = []
    room, link = _which(request, context, problems)
    if request.give_up and not request.remove and (room or request.new):
        problems.append(because.give_up_without_removal())
    if request.new or (room and not link and not request.remove):
        return _create(request, room, link, context, problems)
    if room is None:
        if not request.remove:
            _check_given(request, context, problems)
        return _refused(request, None, None, problems)
    if request.remove:
        return _remove(request, room, link, context.links)
    assert link  # else it is created
    return _change(request, link, context, problems)


def _which(request: LinkRequest, context: LinkContext, problems: list[Problem]) -> tuple[Room | None, Link | None]:
    """Find the room that a request is about, by its name or by the address of its mailbox, and its link."""
    current = [link for link in context.links if not link.removed]
    if request.room:
        room = found_room(request.room, context)
        if isinstance(room, NotFound):
            problems.append(Problem("room", room.message))
            return None, None
        return room, next((link for link in current if link.settings.room.id == room.id), None)
    if request.address and not request.new:
        same = [link for link in context.links if link.settings.address.lower() == request.address.lower()]
        for link in sorted(same, key=lambda one: one.removed):
            return link.settings.room, None if link.removed else link
    problems.append(because.missing_room(None if request.new else request.address))
    return None, None


def _remove(request: LinkRequest, room: Room, link: Link | None, links: Sequence[Link]) -> Outcome:
    if link is None:
        earlier = [one for one in links if one.removed and one.settings.room.id == room.id]
        if not earlier:
            return _refused(request, room, None, [because.not_linked(room)])
        details = (message("linking.removed-already"),)
        return Outcome(
            where=request.where,
            verb=Verb.UNCHANGED,
            room=room.name,
            address=earlier[-1].settings.address,
            details=details,
            room_id=room.id,
        )
    problems = because.fixed(request, link) if request.address else []
    waiting = link.open - link.failed
    if request.give_up and not link.being_removed:
        problems.append(because.removal_not_begun())
    elif request.give_up and waiting:
        problems.append(because.still_to_withdraw(waiting))
    elif not link.being_removed and not link.settings.active and link.to_cancel:
        problems.append(because.inactive(link.to_cancel))
    if problems:
        return _refused(request, room, link, problems)
    verb = Verb.REMOVE
    details = (message("linking.to-withdraw", open=link.open, to_cancel=link.to_cancel),)
    if request.give_up:
        details = (message("linking.given-up", failed=link.failed),)
    elif link.being_removed:
        verb = Verb.UNCHANGED
        details = (message("linking.waiting", waiting=waiting),)
        if link.failed:
            details = (message("linking.waiting-and-failed", waiting=waiting, failed=link.failed),)
    return Outcome(
        where=request.where,
        verb=verb,
        room=room.name,
        address=link.settings.address,
        details=details,
        link=link,
        give_up=request.give_up,
        room_id=room.id,
    )


def _create(
    request: LinkRequest, room: Room | None, link: Link | None, context: LinkContext, problems: list[Problem]
) -> Outcome:
    if link:
        problems.append(because.linked_already(link))
    problems += because.missing_fields(request)
    user, aliases = _check_given(request, context, problems)
    if problems or user is None or room is None:
        return _refused(request, room, None, problems)
    settings = LinkSettings(
        room=room,
        address=request.address or "",
        smtp_conn_id=request.smtp_conn_id or "",
        imap_conn_id=request.imap_conn_id or "",
        user=user,
        include_blocks=bool(request.include_blocks),
        active=request.active is not False,
        aliases=aliases,
    )
    upcoming = context.upcoming.get(room.id, UpcomingBookings())
    smtp, imap = settings.smtp_conn_id, settings.imap_conn_id
    blocks, active = yes_or_no(settings.include_blocks), yes_or_no(settings.active)
    details = [
        message("linking.new", smtp=smtp, imap=imap, user=user.named),
        message("linking.new-switches", blocks=blocks, active=active),
    ]
    if aliases:
        details.append(message("linking.new-aliases", aliases=list(aliases)))
    if number := upcoming.events + (upcoming.blocks if settings.include_blocks else 0):
        details.append(message("linking.ahead-already", bookings=number))
    return Outcome(
        where=request.where,
        verb=Verb.CREATE,
        room=room.name,
        address=settings.address,
        details=tuple(details),
        settings=settings,
        room_id=room.id,
        claims=claims_of(settings),
    )


def _check_given(
    request: LinkRequest, context: LinkContext, problems: list[Problem]
) -> tuple[User | None, tuple[str, ...]]:
    """Check by itself all that a new link would have; return its technical user and its aliases."""
    for name, type_ in (("smtp_conn_id", "smtp"), ("imap_conn_id", "imap")):
        conn_id = getattr(request, name)
        if conn_id and (problem := check_connection(name, conn_id, type_, context)):
            problems.append(problem)
    if request.address and (problem := check_address(request.address)):
        problems.append(problem)
    user = (
        check_user(request, request.address or "", request.aliases or (), context, problems)
        if request.technical_user
        else None
    )
    return user, check_aliases(request.aliases or (), request.address or "", problems)


def _change(request: LinkRequest, link: Link, context: LinkContext, problems: list[Problem]) -> Outcome:
    old = link.settings
    if link.being_removed:
        return _refused(request, old.room, link, [*problems, because.being_removed(link)])
    problems += because.fixed(request, link)
    aliases = old.aliases if request.aliases is None else check_aliases(request.aliases, old.address, problems)
    user = (
        check_user(request, old.address, aliases, context, problems, old.user) if request.technical_user else old.user
    )
    if (
        user is not None
        and user.id == old.user.id
        and (user.email or "").lower() in map(str.lower, request.aliases or ())
    ):
        problems.append(because.alias_of_user(user))
    if problems or user is None:
        return _refused(request, old.room, link, problems)
    settings = replace(
        old,
        user=user,
        include_blocks=old.include_blocks if request.include_blocks is None else request.include_blocks,
        active=old.active if request.active is None else request.active,
        aliases=aliases,
    )
    reinvite = request.reinvite and link.under_others(user.email or "") > 0
    details = tuple(differences(link, settings, reinvite, context.upcoming.get(old.room.id, UpcomingBookings())))
    return Outcome(
        where=request.where,
        verb=Verb.CHANGE if details else Verb.UNCHANGED,
        room=old.room.name,
        address=old.address,
        details=details,
        link=link,
        settings=settings,
        reinvite=reinvite,
        room_id=old.room.id,
        claims=claims_of(settings),
    )


def _refused(request: LinkRequest, room: Room | None, link: Link | None, problems: Sequence[Problem]) -> Outcome:
    wanted = () if request.remove else (request.address or "", *(request.aliases or ()))
    return refused(
        Outcome(
            where=request.where,
            verb=Verb.REFUSED,
            room=room.name if room else request.room or "",
            address=request.address or (link.settings.address if link else ""),
            link=link,
            room_id=room.id if room else None,
            claims=frozenset(one.lower() for one in wanted if one),
        ),
        problems,
    )
