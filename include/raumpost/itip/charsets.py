"""Turn octets into text, whatever charset they claim."""

import codecs
import re

from raumpost.domain.text import clean_line

# Only real charsets: Python's codecs also hold punycode and its like, which take quadratic time.
_CHARSET = re.compile(
    r"utf|unicode|iso|us-?ascii|ascii|windows|cp|latin|koi8|gb|big5|euc|shift|sjis|ks|mac|hz|tis", re.IGNORECASE
)
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SELDOM_MEANT = frozenset({"ascii", "iso8859-1", "utf-8"})
"""Claimed by senders who mean Windows-1252, UTF-8 or nothing."""


def is_charset(name: str) -> bool:
    """Return whether this names a charset that text can be decoded with."""
    try:
        return bool(_CHARSET.match(name)) and codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):  # ValueError: NUL in the name
        return False


def is_wide(octets: bytes, charset: str | None = None) -> bool:
    """Return whether this is UTF-16 or UTF-32, in which even a line end takes several octets."""
    if octets.startswith(_WIDE_MARKS):
        return True
    return bool(charset and is_charset(charset) and codecs.lookup(charset).name.startswith(("utf-16", "utf-32")))


def decode(octets: bytes, charset: str | None = None) -> str:
    """Decode by the charset if it exists and fits, else as UTF-8, else as Windows-1252; never fails."""
    names = ["utf-8-sig"]
    if charset and is_charset(charset) and codecs.lookup(charset).name not in _SELDOM_MEANT:
        names.insert(0, charset)
    if octets.startswith(_WIDE_MARKS) and not (charset and is_wide(b"", charset)):
        names.insert(0, "utf-16")
    for name in names:
        try:
            return octets.decode(name)
        except UnicodeError:
            continue
    return octets.decode("cp1252", errors="replace")


def one_line(text: str | None) -> str | None:
    """Make text fit for the database: one line, no NUL, no lone surrogates (some charsets decode to them)."""
    return clean_line(text.encode("utf-8", "replace").decode()) or None if text else None
