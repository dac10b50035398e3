"""What is written at the booking: a status and a sentence in German and English."""

from typing import NamedTuple

from raumpost.domain.model import Answer, Method, State


class Feedback(NamedTuple):
    """A row of booking.status without its key."""

    status: str
    message_de: str
    message_en: str


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
    error: str | None = None,
) -> Feedback:
    """Put the state of an invitation into words for the person who booked."""
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
            reason = f": {comment}" if comment else ""
            return Feedback(status, german + reason, english + reason)
        case State.FAILED:
            return Feedback("failed", f"Fehler: {error}", f"Error: {error}")
        case State.WITHDRAWN:
            return Feedback("cancelled", "Storniert", "Cancelled")


def _pending(method: Method, sequence: int) -> tuple[str, str]:
    if method is Method.CANCEL:
        return "Absage ausstehend", "Cancellation pending"
    if sequence == 0:
        return "Einladung ausstehend", "Invitation pending"
    return "Änderung ausstehend", "Update pending"
