"""Ask the Authentication-Results of a trusted mail server whether a mail comes from where it says (RFC 8601).

Own code: two results and three properties are needed, and what looks like a result inside a comment or a
quoted string must never count.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MAX_SHOWN = 300
"""Characters of a header that are shown to the operator."""

_RESULT = re.compile(r"\s*([a-z0-9-]+)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r"([a-z0-9-]+\.[a-z0-9_-]+)\s*=\s*([^\s;]+)", re.IGNORECASE)
_SPECIAL = re.compile(r"[\s;=()]")


@dataclass(frozen=True, kw_only=True)
class _Result:
    """What one method found."""

    method: str
    result: str
    properties: dict[str, str] = field(default_factory=dict)


def refusal(headers: Sequence[str], *, authserv_id: str, domain: str, from_domain: str) -> str | None:
    """Return why a mail cannot be believed to come from `domain`; None: it can.

    Only the topmost header of the server `authserv_id` counts: those below may have been written by anybody.
    It must say dmarc=pass for the very domain; where it has no verdict of DMARC, dkim=pass or spf=pass for a
    domain aligned with it. `from_domain` is that of the From header, which DMARC is about.
    """
    for header in headers:
        server, *found = _segments(header)
        if server.split()[:1] != [authserv_id.lower()]:
            continue
        if _passes([result for text in found for result in _results(text)], domain.lower(), from_domain.lower()):
            return None
        return f"{authserv_id} does not confirm {domain}: {header[:MAX_SHOWN]}"
    return f"no Authentication-Results of {authserv_id}"


def _passes(results: Sequence[_Result], domain: str, from_domain: str) -> bool:
    dmarc = [one for one in results if one.method == "dmarc" and one.result in {"pass", "fail"}]
    if dmarc:
        return all(
            one.result == "pass" and _domain(one.properties.get("header.from", from_domain)) == domain for one in dmarc
        )
    for one in results:
        if one.result != "pass":
            continue
        if one.method == "dkim":
            signer = one.properties.get("header.d") or one.properties.get("header.i", "")
            if _aligned(signer, domain):
                return True
        if one.method == "spf" and _aligned(one.properties.get("smtp.mailfrom", ""), domain):
            return True
    return False


def _aligned(found: str, domain: str) -> bool:
    """Return whether one domain is the other, or lies within it; `found` may be an address."""
    other = _domain(found)
    shorter = min(other, domain, key=len)
    return "." in shorter and (other == domain or other.endswith(f".{domain}") or domain.endswith(f".{other}"))


def _domain(found: str) -> str:
    return found.rpartition("@")[2].strip("<>.").lower()


def _results(text: str) -> Iterator[_Result]:
    if found := _RESULT.match(text):
        properties: dict[str, str] = {}
        for name, value in _PROPERTY.findall(text[found.end() :]):
            properties.setdefault(name.lower(), value)
        yield _Result(method=found[1].lower(), result=found[2].lower(), properties=properties)


def _segments(header: str) -> list[str]:
    """Split a header at its semicolons, without comments; a quoted string becomes one harmless word."""
    segments, at, depth = [""], 0, 0
    while at < len(header):
        char = header[at]
        if char == "\\":
            at += 2
            continue
        if char == '"' and not depth:
            end = at + 1
            while end < len(header) and header[end] != '"':
                end += 2 if header[end] == "\\" else 1
            segments[-1] += _SPECIAL.sub("_", header[at + 1 : end])
            at = end
        elif char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif not depth and char == ";":
            segments.append("")
        elif not depth:
            segments[-1] += char
        at += 1
    return [segment.strip().lower() if number == 0 else segment for number, segment in enumerate(segments)]
