"""What is written at the booking: a status and a sentence in German and English."""

import re
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from raumpost.domain.hints import Hint, hint_for
from raumpost.domain.model import Answer, Invitation, Method, State
from raumpost.domain.text import shortened

UNDELIVERABLE = "undeliverable: "
"""How `last_error` begins where the mail came back."""


class Feedback(NamedTuple):
    """A row of booking.status without its key."""

    status: str
    message_de: str
    message_en: str


class Remark(NamedTuple):
    """Something that the person who booked should know, and that changes no state."""

    german: str
    english: str


WITHHELD = Remark(
    "die Absage wird zurückgehalten, bis sie freigegeben ist", "the cancellation is held back until it is approved"
)
"""The booking is gone, and the guard has not let its cancellation through: the room still holds the slot."""


_ANSWERED = {
    Answer.ACCEPTED: ("accepted", "Angenommen", "Accepted"),
    Answer.TENTATIVE: ("tentative", "Vorläufig angenommen", "Tentatively accepted"),
    Answer.DECLINED: ("declined", "Abgelehnt", "Declined"),
}


def feedback(
    state: State,
    *,
    method: Method,
    sequence: int,
    answer: Answer | None = None,
    comment: str | None = None,
    hint: Hint | None = None,
    error: str | None = None,
    undeliverable: bool = False,
) -> Feedback:
    """Put the state of an invitation into words for the person who booked.

    With `undeliverable` the error is what a mail server said when the mail came back.
    """
    error = shortened(error) if error else None
    match state:
        case State.PENDING | State.SENDING:
            text = _pending(method, sequence)
            if error:
                text = (f"{text[0]}; letzter Versuch: {error}", f"{text[1]}; last attempt: {error}")
            return Feedback("pending", *text)
        case State.SENT:
            return Feedback("sent", "Gesendet, Rückmeldung offen", "Sent, reply outstanding")
        case State.ANSWERED:
            if answer is None:
                raise ValueError("an answered invitation has an answer")
            status, german, english = _ANSWERED[answer]
            reason = f": {shortened(comment)}" if comment else ""
            advice = (f" (Hinweis: {hint.german})", f" (hint: {hint.english})") if hint else ("", "")
            return Feedback(status, german + reason + advice[0], english + reason + advice[1])
        case State.FAILED:
            what = _undeliverable(method) if undeliverable else ("", "")
            return Feedback("failed", f"Fehler: {what[0]}{error}", f"Error: {what[1]}{error}")
        case State.WITHDRAWN:
            return Feedback("cancelled", "Storniert", "Cancelled")


def remarked(invitation: Invitation, remark: Remark) -> Feedback:
    """Add a remark to the words about the state that an invitation is in, which stay as they are."""
    known = standing(invitation)
    return Feedback(known.status, f"{known.message_de}; {remark.german}", f"{known.message_en}; {remark.english}")


def standing(invitation: Invitation) -> Feedback:
    """Put the state that an invitation is in into words once more."""
    error = invitation.last_error or ""
    return feedback(
        invitation.state,
        method=invitation.method,
        sequence=invitation.sequence,
        answer=invitation.answer,
        comment=invitation.comment,
        hint=hint_of(invitation, said=invitation.answer, comment=invitation.comment),
        error=error.removeprefix(UNDELIVERABLE),
        undeliverable=error.startswith(UNDELIVERABLE),
    )


def hint_of(invitation: Invitation, *, said: Answer | None, comment: str | None) -> Hint | None:
    """Say what to change at the room, if it refuses by one of its known policies.

    Many refusals quote the title, and a title such as “Belegt” or “Konfliktmanagement” is no reason.
    """
    if said is not Answer.DECLINED or not comment:
        return None
    title = invitation.content.summary
    quoted = title and title != comment and re.compile(rf"(?<!\w){re.escape(title)}(?!\w)")
    return hint_for(quoted.sub(" ", comment) if quoted else comment)


def proposal(start: datetime | None, *, zone: tzinfo, comment: str | None) -> Remark:
    """Say that the room proposes another time; `start` in the time zone of the room, or as the room wrote it."""
    local = start
    if start and start.tzinfo:
        with suppress(OverflowError):  # at the very end of the calendar: then as the room wrote it
            local = start.astimezone(zone)
    label = " UTC" if local and local.tzinfo is UTC else ""
    german = f": {local:%d.%m.%Y %H:%M}{label}" if local else ""
    english = f": {local:%Y-%m-%d %H:%M}{label}" if local else ""
    reason = f" ({shortened(comment)})" if comment else ""
    return Remark(
        f"der Raum schlägt eine andere Zeit vor{german}{reason}", f"the room proposes another time{english}{reason}"
    )


def delegation(delegate: str | None, *, comment: str | None) -> Remark:
    """Say that the room handed the invitation on."""
    reason = f" ({shortened(comment)})" if comment else ""
    return Remark(
        f"der Raum hat die Anfrage an {delegate or 'jemand anderen'} weitergegeben{reason}",
        f"the room handed the request on to {delegate or 'somebody else'}{reason}",
    )


def _pending(method: Method, sequence: int) -> tuple[str, str]:
    if method is Method.CANCEL:
        return "Absage ausstehend", "Cancellation pending"
    if sequence == 0:
        return "Einladung ausstehend", "Invitation pending"
    return "Änderung ausstehend", "Update pending"


def _undeliverable(method: Method) -> tuple[str, str]:
    if method is Method.CANCEL:
        return (
            "Absage unzustellbar, der Raum hält die Zeit vielleicht noch: ",
            "cancellation undeliverable, the room may still hold the time: ",
        )
    return "unzustellbar: ", "undeliverable: "
