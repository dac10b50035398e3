"""What to change at a room that refused a booking by one of its known policies."""

import re
from typing import NamedTuple

from raumpost.domain.message import Message, message


class Hint(NamedTuple):
    """What keeps a room from accepting, and who can change it."""

    what: Message
    setting: Message
    """Where an operator changes it, by the names that the groupware's documentation uses."""


WINDOW = Hint(message("hint.window"), message("hint.window-setting"))
DURATION = Hint(message("hint.duration"), message("hint.duration-setting"))
WORKING_HOURS = Hint(message("hint.working-hours"), message("hint.working-hours-setting"))
RECURRING = Hint(message("hint.recurring"), message("hint.recurring-setting"))
NOT_PERMITTED = Hint(message("hint.not-permitted"), message("hint.not-permitted-setting"))
CONFLICT = Hint(message("hint.conflict"), message("hint.conflict-setting"))

# In this order: a refusal for a rule often names conflicts too.
_PHRASES: tuple[tuple[Hint, tuple[str, ...]], ...] = (
    (
        WINDOW,
        (
            r"booking (window|horizon)|scheduling (window|horizon)",
            r"\b(days?|weeks?|months?) (in advance|ahead|in the future|from (now|today))",
            r"too far (in advance|ahead|(in|into) the future)|beyond the (end )?date",
            r"buchungs(fenster|zeitraum|horizont|vorlauf)|vorlaufzeit",
            r"\b(tage?n?|wochen?|monate?n?) (im voraus|in der zukunft|in die zukunft|vorher|ab heute)",
            r"zu weit (im voraus|in (der|die) zukunft)",
        ),
    ),
    (
        DURATION,
        (
            r"(max(imum|imal)?|longest|allowed|permitted)[^.]{0,30}(duration|length)",
            r"(duration|length)[^.]{0,60}(exceed|maximum|too long|longer|limit)|exceed[^.]{0,40}(duration|length)",
            r"(booked|reserved|scheduled|last|is|be) (for )?longer than|too long\b",
            r"(maximale?n?|zulässige|erlaubte) (buchungs)?(dauer|länge)|höchstdauer|maximaldauer",
            r"länger als|zu lang\b|(dauer|länge)[^.]{0,60}(überschr|übersteig|zu groß|zu lang)",
            r"(höchstens|maximal)[^.]{0,20}(minuten|stunden)",
        ),
    ),
    (
        WORKING_HOURS,
        (
            r"(work(ing)?|business|office) hours",
            r"arbeitszeit|geschäftszeit|öffnungszeit|dienstzeit",
        ),
    ),
    (
        RECURRING,
        (
            r"(recurring|repeating|recurrent)[^.]{0,30}(meeting|appointment|event|booking|request)",
            r"recurrences?\b|meeting series|without an? end date|no end date",
            r"serien(termin|besprechung|buchung|anfrage)|terminserie|wiederkehrend|wiederholende?|ohne enddatum",
        ),
    ),
    (
        NOT_PERMITTED,
        (
            r"permission|not (authori[sz]ed|permitted|allowed|entitled|eligible)",
            r"n[o']t have (the )?(rights?|access)",
            r"(only|limited|restricted)[^.]{0,40}(authori[sz]ed|internal|selected|specific) (users|people|senders)",
            r"external (sender|organi[sz]er|user|meeting|request|address)",
            r"outside (of )?(your|the|this) organi[sz]ation",
            r"(nicht|keine?) (berechtig|befugt|zugelassen|zulässig|erlaubt|gestattet)|berechtigung|keine rechte",
            r"(darf|dürfen)[^.]{0,60}nicht",
            r"extern(e[rn]?)? (absender|organisator|benutzer|besprechung|anfrage)",
            r"außerhalb (ihrer|der|dieser) organisation",
        ),
    ),
    (
        CONFLICT,
        (
            r"conflict|overlap|double[- ]book",
            r"(already|currently) (been )?(booked|reserved|taken|scheduled|in use|occupied)",
            r"(is|was) (busy|occupied|booked)",
            r"not (available|free)|unavailable",
            r"konflikt|überschneid|überlapp|kollision|kollidier|doppel(t|buchung|belegung)",
            r"(bereits|schon|anderweitig)[^.]{0,20}(gebucht|belegt|reserviert|vergeben|besetzt)",
            r"nicht (verfügbar|frei)|\bbelegt\b|\bbesetzt\b",
        ),
    ),
)
_POLICIES = tuple((hint, re.compile("|".join(phrases), re.IGNORECASE)) for hint, phrases in _PHRASES)


def hint_for(comment: str | None) -> Hint | None:
    """Return the policy that the comment of a refusal is about; None: it says something else, or nothing."""
    if not comment:
        return None
    return next((hint for hint, phrases in _POLICIES if phrases.search(comment)), None)
