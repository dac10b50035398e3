"""Why a mail was not sent, in the words of Raumpost itself."""

from raumpost.texts.text import Text

SENTENCES = {
    "sending.worker-stopped": Text(
        "der Worker brach ab, bevor er das Ergebnis festhalten konnte; die Mail ist vielleicht hinausgegangen",
        "the worker stopped before it could record the outcome; the mail may have left",
    ),
}
