"""Put messages into words.

Placeholders of a sentence are those of str.format, named like the facts of the message. Beyond that,
`{n:invitation|invitations}` writes a number with its word; a message among the facts is worded in the same language,
and a list of facts is written with commas.
"""

from string import Formatter

from raumpost.domain.message import Message
from raumpost.texts.catalogue import SENTENCES
from raumpost.texts.text import Text


def wording(message: Message) -> Text:
    """Return the sentence of a message, filled with its facts. Raises KeyError for a code without a sentence."""
    return Text(de=german(message), en=english(message))


def german(message: Message) -> str:
    """Return the German sentence of a message."""
    return _GERMAN.vformat(SENTENCES[message.code].de, (), message.facts)


def english(message: Message) -> str:
    """Return the English sentence of a message, for logs and the journal too."""
    return _ENGLISH.vformat(SENTENCES[message.code].en, (), message.facts)


class _German(Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        return _written(self, german(value) if isinstance(value, Message) else value, format_spec)


class _English(Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        return _written(self, english(value) if isinstance(value, Message) else value, format_spec)


def _written(language: Formatter, value: object, spec: str) -> str:
    if isinstance(value, list):
        return ", ".join(language.format_field(one, spec) for one in value)
    one, separator, several = spec.partition("|")
    if separator:
        return f"{value} {one if value == 1 else several}"
    return format(value, spec)


_GERMAN, _ENGLISH = _German(), _English()
