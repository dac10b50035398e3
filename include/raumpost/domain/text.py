"""Make text of strangers fit for a header, a calendar property, a sentence or a cell."""

import re

MAX_COMMENT = 500
"""Characters of a comment or an error that are quoted in a sentence; the invitation keeps the whole."""

# Halves of surrogate pairs cannot be encoded, and XML cannot hold U+FFFE and U+FFFF: a CalDAV server would choke
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]+")
_CONTROL_IN_TEXT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]+")


def clean_line(text: str) -> str:
    """Make text safe for a header and a calendar property: one line, no control characters (INTEROP W21)."""
    return " ".join(_CONTROL.sub(" ", text).split())


def clean_text(text: str) -> str:
    """Make text safe for a calendar property of several lines, which are kept."""
    text = re.sub("\r\n?|[\u2028\u2029]", "\n", text)
    return _CONTROL_IN_TEXT.sub(" ", text).strip()


def has_control(text: str) -> bool:
    """Return whether a text has line breaks or control characters, which `clean_line` replaces."""
    return bool(_CONTROL.search(text))


def shortened(text: str, most: int = MAX_COMMENT) -> str:
    """Cut a text to this many characters, the last of which then is an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
