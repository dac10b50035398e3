"""Split calendar text into content lines (RFC 5545 section 3.1), however damaged.

Own code, because `icalendar` refuses a whole line for one odd parameter, and its objects raise for time zones
that do not exist: an answer must not be lost for either.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from raumpost.itip.charsets import decode, is_wide

MAX_LINES = 20_000
MAX_LINE = 64 * 1024
"""Characters of one unfolded line; the rest is dropped."""

_FOLD = re.compile(rb"\r*\n[ \t]")
_BREAK = re.compile(r"\r*\n|\r")
_NAME = re.compile(r"\s*([A-Za-z0-9-]+)\s*(?=[;:])")
_PARAMETER = re.compile(r';\s*([A-Za-z0-9-]+)\s*=\s*((?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)')
_DAMAGED_PARAMETER = re.compile(r';\s*([A-Za-z0-9-]+)\s*=\s*("[^"]*"|[^;]*)')
_MAILTO = re.compile(r":\s*mailto:", re.IGNORECASE)
_ADDRESSES = frozenset({"ATTENDEE", "ORGANIZER"})
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CARET = {"^n": "\n", "^^": "^", "^'": '"'}


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentLine:
    """One property: name and parameter names in upper case, the first value of each parameter, the raw value."""

    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """Return a value of type TEXT without its escapes (RFC 5545 section 3.3.11)."""
        return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)


def content_lines(calendar: bytes, charset: str | None = None) -> Iterator[ContentLine]:
    """Return the content lines; skip what is not one."""
    if is_wide(calendar, charset):
        calendar, charset = decode(calendar, charset).encode("utf-8", "replace"), None
    # Folds may stand inside a character, so they go before decoding.
    unfolded = decode(_FOLD.sub(b"", calendar), charset)
    for count, text in enumerate(_BREAK.split(unfolded)):
        if count == MAX_LINES:
            return
        if line := _content_line(text[:MAX_LINE]):
            yield line


def _content_line(text: str) -> ContentLine | None:
    if not (found := _NAME.match(text)):
        return None
    name, at = found[1].upper(), found.end()
    parameters: dict[str, str] = {}
    while parameter := _PARAMETER.match(text, at):
        parameters.setdefault(parameter[1].upper(), _parameter_value(parameter[2]))
        at = parameter.end()
    value = text[at + 1 :]
    if name in _ADDRESSES and (text[at : at + 1] != ":" or _MAILTO.search(value)):
        # A quotation mark or colon too many in a name; the address still stands behind the last "mailto:".
        ends = list(_MAILTO.finditer(text))
        if not ends:
            return None
        at, value = ends[-1].start(), text[ends[-1].end() :]
        parameters = {one[1].upper(): _parameter_value(one[2]) for one in _DAMAGED_PARAMETER.finditer(text[:at])}
    elif text[at : at + 1] != ":":
        _, colon, value = text[at:].partition(":")
        if not colon:
            return None
    return ContentLine(name=name, parameters=parameters, value=value.strip())


def _parameter_value(raw: str) -> str:
    first = raw[1 : raw.find('"', 1)] if raw.startswith('"') and raw.find('"', 1) > 0 else raw.split(",")[0]
    if "^" in first:  # RFC 6868
        first = re.sub(r"\^[n^']", lambda found: _CARET[found[0]], first)
    return first.strip().strip('"')
