"""Find out which mail came back with a bounce."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message

from raumpost.itip import mime
from raumpost.itip.calendar import read_calendar, replies
from raumpost.itip.parsed_mail import ParsedMail, Part, take_apart
from raumpost.itip.reading import Reply

MAX_TEXTS = 10

RETURNED = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
"""Types of a part that holds a mail that came back, or its header."""

_MESSAGE_ID_LINE = re.compile(r"^[ \t>|]*message-?id[ \t]*:\s{0,10}(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Original:
    """The mail that came back, as far as it did."""

    message_id: str | None = None
    uid: str | None = None
    sequence: int | None = None
    recipients: Sequence[str] = ()
    came_back: bool = False
    """At least a part of it did; else it is only what the notice answers to."""


def original_of(mail: ParsedMail, said: str) -> Original:
    """Find out which mail came back: by its returned headers, also in `said`, else by what the report answers to."""
    for part in mail.all_parts:
        if part.content_type in RETURNED and (found := _returned(_inside(part))):
            return found
    if said and (found := _returned(mime.parse_mail(said.strip().encode("utf-8", "replace")))):
        return found
    others = [part for part in mail.all_parts[1:MAX_TEXTS] if part.content_type == "text/plain"]
    for words in (said, *(part.text[: mime.MAX_TEXT] for part in others)):
        if named := _MESSAGE_ID_LINE.search(words):
            return Original(message_id=named[1], came_back=True)
    return Original(message_id=mail.in_reply_to)


def _inside(part: Part) -> "Message[str, str]":
    return part.enclosed[0] if part.enclosed else mime.parse_mail(part.octets)


def _returned(message: "Message[str, str]") -> Original | None:
    original = take_apart(message)
    message_id, recipients = original.message_id, mime.addresses(message, "To")
    event = next(_events(original), None)
    if not (message_id or event or recipients):
        return None
    return Original(
        message_id=message_id,
        uid=event.uid if event else None,
        sequence=event.sequence if event else None,
        recipients=recipients,
        came_back=True,
    )


def _events(original: ParsedMail) -> Iterator[Reply]:
    for part in original.own_parts:
        if part.content_type in ("text/calendar", "application/ics") and (
            calendar := read_calendar(part.octets, part.charset)
        ):
            yield from (one for one in replies(calendar, calendar.method) if one.uid)
