"""Everything that the pages say, in German and English, one module a view."""

from raumpost.web.words import frame, interfaces, invitations, linking, log, mailboxes, overview, room_groups
from raumpost.web.words.entry import Words

CATALOGUE: dict[str, Words] = {}
for _module in (frame, interfaces, invitations, linking, log, mailboxes, overview, room_groups):
    if _twice := CATALOGUE.keys() & _module.WORDS.keys():
        raise ValueError(f"words with the same key: {', '.join(sorted(_twice))}")
    CATALOGUE |= _module.WORDS
