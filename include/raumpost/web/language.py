"""German or English: as set by the switch, otherwise as the browser prefers."""

from enum import StrEnum

from fastapi import Request

COOKIE = "raumpost_language"


class Language(StrEnum):
    """A language of the pages, by its ISO 639 code."""

    GERMAN = "de"
    ENGLISH = "en"


def language_of(request: Request) -> Language:
    """Return the language for a page."""
    for code in (request.cookies.get(COOKIE), *_accepted(request.headers.get("accept-language", ""))):
        if code in set(Language):
            return Language(code)
    return Language.ENGLISH


def _accepted(header: str) -> list[str]:
    """Return the languages of an Accept-Language header (RFC 9110 section 12.5.4), in order of preference."""
    weighted = []
    for entry in header.split(","):
        tag, _, parameter = entry.partition(";")
        name, _, value = parameter.partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighted.append((weight, tag.strip().partition("-")[0].lower()))
    return [tag for _, tag in sorted(weighted, key=lambda one: one[0], reverse=True)]
