"""Something to say to people, as a code and its facts. The sentences are in `raumpost.texts`, in German and English."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence by its code; `facts` fill the placeholders of the sentence, and may be messages themselves."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)


def message(code: str, /, **facts: object) -> Message:
    """Make a message."""
    return Message(code, facts)
