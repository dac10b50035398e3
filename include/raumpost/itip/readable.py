"""Show a raw mail to people: its header as it is, its texts decoded, nothing that could deceive a terminal or a log."""

import re
from collections.abc import Iterator
from email.message import Message

from raumpost.itip.charsets import decode
from raumpost.itip.mime import MAX_PARTS, parse_mail

# Controls, and marks that turn the direction of writing: a mail must not write what looks like our own lines.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def readable(raw: bytes, *, limit: int) -> str:
    """Return the text of a mail, `limit` characters at most. Never raises: what cannot be parsed is shown as it is."""
    try:
        text = "\n".join(_lines(parse_mail(raw)))
    except Exception as exc:  # noqa: BLE001 # around a single mail: the rest of the story is told
        text = f"({type(exc).__name__} while taking it apart; as it came)\n{decode(raw)}"
    text = harmless(text).strip()
    return text if len(text) <= limit else f"{text[:limit]}\n(… {len(text) - limit} more characters)"


def harmless(text: str) -> str:
    """Make line ends plain, and put a mark in place of controls and of marks that turn the direction of writing."""
    return _UNSAFE.sub("�", re.sub("\r\n?", "\n", text))


def _lines(message: Message) -> Iterator[str]:
    for number, part in enumerate(message.walk()):
        if number >= MAX_PARTS:
            yield "(… more parts)"
            return
        if number:
            yield f"--- {part.get_content_type()}"
        yield from (f"{name}: {value}" for name, value in part.items())
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        octets = content if isinstance(content, bytes) else b""
        yield ""
        if part.get_content_maintype() == "text" or part.get_content_type() == "application/ics":
            yield decode(octets, str(part.get_param("charset") or "") or None)
        else:
            yield f"({len(octets)} octets, not shown)"
