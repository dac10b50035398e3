"""Put messages into words."""

from collections.abc import Callable, Mapping

from raumpost.domain.message import Message
from raumpost.texts.catalogue import SENTENCES
from raumpost.texts.text import Text


def wording(message: Message) -> Text:
    """Return the sentence of a message, filled with its facts. Raises KeyError for a code without a sentence."""
    sentence = SENTENCES[message.code]
    return Text(
        de=sentence.de.format(**_facts(message.facts, lambda text: text.de)),
        en=sentence.en.format(**_facts(message.facts, lambda text: text.en)),
    )


def _facts(facts: Mapping[str, object], language: Callable[[Text], str]) -> dict[str, object]:
    """Word the messages among the facts, in one language."""
    return {name: language(wording(fact)) if isinstance(fact, Message) else fact for name, fact in facts.items()}
