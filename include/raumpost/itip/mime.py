"""Take a mail apart within bounds: a sender must not be able to stop the reader, or to keep it busy."""

import re
from collections.abc import Iterator, Sequence
from copy import copy
from datetime import UTC, datetime
from email import message_from_bytes
from email._policybase import Compat32
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime

from raumpost.itip.charsets import decode, is_charset, one_line

MAX_OCTETS = 5 * 1024 * 1024
MAX_LINES = 50_000
MAX_NESTED = 50
"""Multiparts and mails in the mail; the library's parser goes as deep as they do."""
MAX_HEADER = 4096
"""Characters of one header field; the rest is dropped. The library's header parsers take quadratic time."""
MAX_TEXT = 64 * 1024
"""Characters of a text that is searched for words, such as those of a bounce."""
MAX_DEPTH = 20
MAX_PARTS = 200

_DELIMITER = re.compile(rb'^--([^\s"\\]{1,70})[ \t]*\r?\n(?=content-)', re.IGNORECASE | re.MULTILINE)
_NESTED = re.compile(rb"\bboundary\*?\d{0,2}\*?\s*=|\bmessage/(rfc822|global|external|partial)")
_IN_ADDRESS = r"[^\s\0-\x20\x7f-\xa0<>\"'(),;:\[\]]"
_ADDRESS = re.compile(f"{_IN_ADDRESS}{{1,128}}@{_IN_ADDRESS}{{1,255}}")
_WHOLE_ADDRESS = re.compile(f"(?:{_IN_ADDRESS}|'){{1,128}}@{_IN_ADDRESS}{{1,255}}")
"""Standing alone, it may have an apostrophe; in a text that is where it ends."""
_BRACKETED = re.compile(r"<\s*([^\s\0-\x20\x7f<>\"(),;:]+@[^\s\0-\x20\x7f<>\"(),;:]+)\s*>")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_COMMENT = re.compile(r"\([^()]*\)")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")


class _ShortHeaders(Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Take a header field from its lines, no more of it than is ever needed; undeclared octets become text."""
        name, value = super().header_source_parse(sourcelines)
        value = value[:MAX_HEADER]
        return name, value if value.isascii() else decode(value.encode("utf-8", "surrogateescape"))


_POLICY = _ShortHeaders()


def parse_mail(raw: bytes) -> "Message[str, str]":
    """Parse a mail up to the first limit that it reaches; what stands behind is as if it had not come."""
    raw = bounded(raw).lstrip(b"\r\n")
    message = message_from_bytes(raw, policy=_POLICY)
    is_whole = message.get_content_maintype() != "multipart" or message.is_multipart()
    if is_whole or not (delimiter := _DELIMITER.search(raw)):
        return message
    # Without its boundary, or with another one than it uses. Of two header fields the first counts.
    kind = content_type(message).encode("ascii", "replace")
    return message_from_bytes(b'Content-Type: %s; boundary="%s"\n%s' % (kind, delimiter[1], raw), policy=_POLICY)


def bounded(raw: bytes) -> bytes:
    """Cut a mail at its limits of size, lines and nesting."""
    raw = raw[:MAX_OCTETS]
    if len(raw) > MAX_LINES and raw.count(b"\n") + raw.count(b"\r") > MAX_LINES:
        ends = (found.end() for found in re.finditer(rb"\r\n?|\n", raw))
        raw = raw[: next((end for count, end in enumerate(ends, 1) if count == MAX_LINES), len(raw))]
    lower = raw.lower()
    if lower.count(b"boundary") + lower.count(b"message/") > MAX_NESTED:
        for count, found in enumerate(_NESTED.finditer(lower), 1):
            if count > MAX_NESTED:
                return raw[: found.start()]
    return raw


def leaves(message: Message, *, is_own: bool = True, depth: int = 0) -> "Iterator[tuple[Message[str, str], bool]]":
    """Yield each part that holds no others, and whether the sender himself wrote it.

    Not his own are the parts of a report, and a returned or forwarded mail, which is one part and stays closed.
    """
    kind = content_type(message)
    if kind.startswith("message/"):
        yield message, False
        return
    if not (parts := subparts(message)):
        yield message, is_own and kind != "multipart/report"
    elif depth < MAX_DEPTH:
        for part in parts[:MAX_PARTS]:
            yield from leaves(part, is_own=is_own and kind != "multipart/report", depth=depth + 1)


def subparts(message: Message) -> list[Message]:
    """Return the parts directly inside, none of a text."""
    # get_payload only where there are parts: of a text it would try to use the charset
    found = message.get_payload() if message.is_multipart() else None
    return [part for part in found if isinstance(part, Message)] if isinstance(found, list) else []


def enclosed(part: Message) -> list[Message]:
    """Return the mail in a part, or the blocks of fields of its delivery status.

    They must not be encoded (RFC 2046 section 5.2.1, RFC 3464 section 2.1.1), but some are.
    """
    found = subparts(part)
    if not found:
        return []
    kind, inside = content_type(part), found[0].get_payload()
    if not isinstance(inside, str):
        return found
    if kind == "message/global-delivery-status":  # the library takes its first block for the header of a mail
        return [found[0], *_status_blocks(inside.encode("utf-8", "surrogateescape"))]
    if _encoding(part) == "base64" and not found[0].keys():
        whole = Message()
        whole["Content-Transfer-Encoding"] = "base64"
        whole.set_payload(inside)
        return _status_blocks(octets(whole)) if kind == "message/delivery-status" else [parse_mail(octets(whole))]
    return found


def _status_blocks(fields: bytes) -> list[Message]:
    return subparts(parse_mail(b"Content-Type: message/delivery-status\n\n" + fields))


def content_type(part: Message) -> str:
    """Return the type of a part, in lower case; also where the semicolon behind it is missing."""
    return part.get_content_type().split()[0]


def report_type(message: Message) -> str:
    """Return the report-type of a multipart/report (RFC 6522), in lower case; empty: there is none."""
    return parameter(message, "report-type").lower()


def parameter(part: Message, name: str) -> str:
    """Return a parameter of a part's type; empty: there is none."""
    value = part.get_param(name, "")
    return str(value[2] if isinstance(value, tuple) else value).strip()


def _encoding(part: Message) -> str:
    """Return the transfer encoding, without what some write behind it."""
    found = re.match(r"\s*([\w-]+)", str(part.get("Content-Transfer-Encoding", "")))
    return found[1].lower() if found else ""


def octets(part: Message) -> bytes:
    """Return the content of a part without its transfer encoding; empty for one that has parts itself."""
    if part.is_multipart():
        return b""
    if (encoding := _encoding(part)) and encoding != part["Content-Transfer-Encoding"]:
        part = copy(part)
        del part["Content-Transfer-Encoding"]
        part["Content-Transfer-Encoding"] = encoding
    if (charset := part.get_content_charset()) and not is_charset(charset):
        part = copy(part)
        del part["Content-Type"]  # get_payload would try to use the charset
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):  # a transfer encoding that is not what it says
        found = None
    return found if isinstance(found, bytes) else b""


def text(part: Message) -> str:
    """Return the content of a text part."""
    charset = part.get_content_charset()
    return decode(octets(part), charset)


def header(message: Message, name: str) -> str:
    """Return a header field in plain words on one line; empty: there is none."""
    return _decoded(message.get(name, ""))


def all_headers(message: Message) -> list[tuple[str, str]]:
    """Return all header fields in their order, in plain words on one line each."""
    return [(name, _decoded(value)) for name, value in message.items()]


def headers(message: Message, name: str) -> tuple[str, ...]:
    """Return all header fields of this name, each on one line."""
    return tuple(one_line(str(value)) or "" for value in message.get_all(name, [])[:20])


def addresses(message: Message, *names: str) -> Sequence[str]:
    """Return the bare addresses in these header fields, in lower case, those in angle brackets first.

    Own code: the library's parser depends on the version of Python, and a strict one gives nothing at all for the
    raw commas and semicolons that Cyrus leaves in encoded words.
    """
    bracketed: list[str] = []
    bare: list[str] = []
    for value in [str(value)[:MAX_HEADER] for name in names for value in message.get_all(name, [])[:20]]:
        plain = _COMMENT.sub(" ", _QUOTED.sub(" ", value))
        for piece in re.split(r"[,;]", plain):
            if found := _BRACKETED.findall(piece):
                bracketed += found
                continue
            word = piece.rpartition(":")[2].strip()  # behind the name of a group
            # a piece of an encoded word is none, even if a mail server took it for one and completed it
            if _WHOLE_ADDRESS.fullmatch(word) and "?" not in word and "=" not in word.partition("@")[0]:
                bare.append(word)
    return [address.lower() for address in dict.fromkeys([*bracketed, *bare])]


def addresses_in(words: str) -> list[str]:
    """Return the addresses in a text, in lower case and in order, each once."""
    found = (one.strip(".*!?`").removeprefix("mailto:").lower() for one in _ADDRESS.findall(words))
    return list(dict.fromkeys(one for one in found if one.rpartition("@")[2]))


def message_id(message: Message, name: str = "Message-ID") -> str | None:
    """Return the first message identifier of a header field, in its angle brackets where it has some."""
    value = one_line(str(message.get(name, ""))) or ""
    found = _MESSAGE_ID.search(value)
    return found[0] if found else value or None


def date(message: Message) -> datetime | None:
    """Return the Date header in UTC; None: there is none that a clock could show."""
    try:
        found = parsedate_to_datetime(str(message["Date"])[:200])
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):  # OverflowError: a year that no clock shows
        return None


def _decoded(value: object) -> str:
    raw = str(value)[:MAX_HEADER]
    try:
        pieces = decode_header(raw)
        if any(charset and not is_charset(charset) for _, charset in pieces):
            return one_line(raw) or ""
        return one_line(str(make_header(pieces))) or ""
    except (ValueError, LookupError, MessageError):  # a damaged encoded word
        return one_line(raw) or ""
