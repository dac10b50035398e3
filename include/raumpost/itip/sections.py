"""Take a raw mail apart for people: header in plain words, each text decoded, the rest only named."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message

from raumpost.itip.charsets import decode
from raumpost.itip.mime import MAX_PARTS, all_headers, content_type, octets, parse_mail, text
from raumpost.itip.readable import harmless

MAX_TEXT = 50_000
"""Characters shown of one part."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of a mail that is no container."""

    content_type: str
    text: str | None
    """None: it is no text."""
    size: int
    """Octets, decoded."""
    is_cut: bool
    """There is more text than this."""

    @property
    def is_calendar(self) -> bool:
        """Return whether this is what calendars read."""
        return self.content_type in ("text/calendar", "application/ics")


@dataclass(frozen=True, kw_only=True)
class Sections:
    """A mail, harmless to look at: no controls, nothing that turns the direction of writing."""

    headers: Sequence[tuple[str, str]]
    parts: Sequence[Section]
    trouble: str | None = None
    """Why the mail could not be taken apart."""


def take_apart(raw: bytes) -> Sections:
    """Take a mail apart. Never raises: a mail that cannot be parsed is one text, as it came."""
    try:
        message = parse_mail(raw)
        leaves = [part for _, part in zip(range(MAX_PARTS), message.walk(), strict=False) if not part.is_multipart()]
        headers = [(harmless(name), harmless(value)) for name, value in all_headers(message)]
        return Sections(headers=headers, parts=[_section(part) for part in leaves])
    except Exception as exc:  # noqa: BLE001 # around a single mail: it is shown as it is
        whole = _shown("text/plain", decode(raw), len(raw))
        return Sections(headers=[], parts=[whole], trouble=type(exc).__name__)


def _section(part: Message) -> Section:
    kind, content = content_type(part), octets(part)
    is_text = kind.startswith("text/") or kind in ("application/ics", "message/delivery-status")
    return _shown(kind, text(part) if is_text else None, len(content))


def _shown(kind: str, words: str | None, size: int) -> Section:
    shown = None if words is None else harmless(words[:MAX_TEXT])
    return Section(
        content_type=harmless(kind), text=shown, size=size, is_cut=words is not None and len(words) > MAX_TEXT
    )
