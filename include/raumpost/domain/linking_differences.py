"""What a change of a link does, detail by detail."""

from collections.abc import Iterator

from raumpost.domain.linking import Link, LinkSettings, UpcomingBookings
from raumpost.domain.message import Message, message


def differences(link: Link, settings: LinkSettings, reinvite: bool, upcoming: UpcomingBookings) -> Iterator[Message]:
    """Return what becomes different, and what the next run does about it."""
    old, others = link.settings, link.under_others(settings.user.email or "")
    if old.user.id != settings.user.id:
        yield message("linking.other-user", old=old.user.named, new=settings.user.named)
        if others and not reinvite:
            yield message("linking.old-organizer", others=others)
    if reinvite:
        yield message("linking.reinvited", others=others, user=settings.user.named)
    if old.include_blocks != settings.include_blocks:
        if settings.include_blocks:
            yield message("linking.blocks-on", blocks=upcoming.blocks)
        else:
            yield message("linking.blocks-off", blocks=link.blocks)
    if old.active != settings.active:
        yield message("linking.activated") if settings.active else message("linking.deactivated")
    if old.aliases != settings.aliases:
        yield message("linking.other-aliases", old=_listed(old.aliases), new=_listed(settings.aliases))


def yes_or_no(value: bool) -> Message:
    """Return a switch in words."""
    return message("linking.yes") if value else message("linking.no")


def _listed(aliases: tuple[str, ...]) -> list[str] | Message:
    return list(aliases) or message("linking.none")
