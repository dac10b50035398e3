"""Everything that the pages show, in German and English, one module for each view."""

from collections.abc import Mapping

from raumpost.texts.pages import frame, interfaces, invitations, linking, log, mailboxes, overview, room_groups
from raumpost.texts.text import Text

_VIEWS: tuple[Mapping[str, Text], ...] = (
    frame.TEXTS,
    interfaces.TEXTS,
    invitations.TEXTS,
    linking.TEXTS,
    log.TEXTS,
    mailboxes.TEXTS,
    overview.TEXTS,
    room_groups.TEXTS,
)

PAGE_TEXTS: dict[str, Text] = {}
"""Every text by its key; `{name}` is a placeholder that the template or script fills in."""

for _texts in _VIEWS:
    if _twice := PAGE_TEXTS.keys() & _texts.keys():
        raise ValueError(f"page texts with the same key: {', '.join(sorted(_twice))}")
    PAGE_TEXTS |= _texts
