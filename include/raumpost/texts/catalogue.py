"""All sentences by code. Each module of `texts` holds those of one subject; a code begins with that subject."""

from collections.abc import Mapping

from raumpost.texts import (
    advice,
    canary,
    health,
    hint,
    initialise,
    lifecycle,
    linking,
    planning,
    reset,
    sending,
    status,
)
from raumpost.texts.text import Text

_SUBJECTS: tuple[Mapping[str, Text], ...] = (
    advice.SENTENCES,
    canary.SENTENCES,
    health.SENTENCES,
    hint.SENTENCES,
    initialise.SENTENCES,
    lifecycle.SENTENCES,
    linking.SENTENCES,
    planning.SENTENCES,
    reset.SENTENCES,
    sending.SENTENCES,
    status.SENTENCES,
)

SENTENCES: Mapping[str, Text] = {code: text for subject in _SUBJECTS for code, text in subject.items()}
"""`wording` says what may be written in them."""
