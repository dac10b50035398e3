"""Choose the comment of an answer among the places where systems put it (INTEROP R7)."""

from raumpost.domain.model import Answer
from raumpost.itip.reading import Attendee, Reply

MAX_COMMENT = 2000
"""Characters that are kept."""

_TELLING = 20
"""Characters from which on a text in another one is no accident."""


def comment_of(reply: Reply, attendee: Attendee, *, said: Answer, text: str | None, sent: str) -> str | None:
    """Return what the room says beside yes or no; None: nothing.

    COMMENT and X-RESPONSE-COMMENT count most, then DESCRIPTION, then the `text` part of the mail: for an
    acceptance that is a machine's phrase, and no reason. `sent` is our own description: systems return it.
    """
    comment = reply.comment or attendee.comment or _without(reply.description, sent)
    if not comment and said is not Answer.ACCEPTED:
        comment = _without(text, sent)
    return comment[:MAX_COMMENT] if comment else None


def _without(text: str | None, sent: str) -> str | None:
    """Take away what we wrote ourselves, whole or cut off, and what stands behind it."""
    words, ours = " ".join((text or "").split()), " ".join(sent.split())
    if words == ours or (len(words) >= _TELLING and words in ours):
        return None
    if len(ours) >= _TELLING:
        words = words.partition(ours)[0].strip()
    return words or None
