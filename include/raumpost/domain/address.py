"""Which e-mail addresses Raumpost writes to and from."""

import re

MAX_LENGTH = 254
"""Characters of an address (RFC 5321 section 4.5.3.1.3, without the angle brackets)."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)


def is_address(text: str) -> bool:
    """Return whether every mail server understands this address: ASCII, unquoted, at most 254 characters."""
    return len(text) <= MAX_LENGTH and _ADDRESS.fullmatch(text) is not None
