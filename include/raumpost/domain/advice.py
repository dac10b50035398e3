"""Say why an invitation is where it is, and what to do next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from raumpost.domain.hints import hint_for
from raumpost.domain.model import MAX_ATTEMPTS, Answer, Invitation, Method, State

PATIENCE = timedelta(hours=24)
"""A room that answers by itself does so within minutes."""


class Sentence(NamedTuple):
    """One sentence, in both languages of the operators."""

    de: str
    en: str


class Advice(NamedTuple):
    """Two sentences for an operator."""

    why: Sentence
    next: Sentence


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What is known of an invitation beside the invitation itself."""

    now: datetime
    active: bool
    """Of the link; False: sending is paused."""
    sent_at: datetime | None
    comment: str | None
    withheld: bool = False
    """Its booking is gone, and the guard holds its cancellation back."""


_NOTHING = Sentence("nichts", "nothing")
_WAIT = Sentence("warten", "wait")


def advise(invitation: Invitation, about: Circumstances) -> Advice:
    """Explain the state of an invitation."""
    revision = f"{invitation.method} {invitation.sequence}"
    if about.withheld:
        return Advice(
            Sentence(
                "die Buchung ist fort, doch verschwanden zu viele des Raums auf einmal: die Absage wird zurückgehalten",
                "the booking is gone, but too many of this room vanished at once: its cancellation is held back",
            ),
            Sentence(
                "die Buchungen zurückholen oder die Absagen mit mailbox_approve_cancellations freigeben",
                "bring the bookings back, or let the cancellations through with mailbox_approve_cancellations",
            ),
        )
    match invitation.state:
        case State.PENDING:
            return _pending(invitation, about, revision)
        case State.SENDING:
            return Advice(
                Sentence(
                    f"ein Lauf von mailbox_processor hat {revision} übernommen; wie es ausging, ist nicht vermerkt",
                    f"a run of mailbox_processor has claimed {revision} and not yet recorded what became of it",
                ),
                Sentence(
                    "warten; ist der Worker gestorben, holt ein späterer Lauf sie zurück, wenn die Frist um ist",
                    "wait; if its worker died, a later run takes it back when the lease has run out",
                ),
            )
        case State.SENT:
            return _sent(invitation, about, revision)
        case State.ANSWERED:
            return _answered(invitation, about, revision)
        case State.FAILED:
            return Advice(
                Sentence(
                    f"{revision} ist fehlgeschlagen: {invitation.last_error}",
                    f"{revision} failed: {invitation.last_error}",
                ),
                Sentence(
                    "die Ursache beheben, dann mit mailbox_reset_failed zurücksetzen; auch eine Änderung der Buchung "
                    "setzt sie zurück",
                    "mend the cause, then reset it with mailbox_reset_failed; a change of the booking resets it too",
                ),
            )
        case State.WITHDRAWN:
            if invitation.exposed_sequence is None:
                return Advice(
                    Sentence(
                        "die Buchung war fort oder vorbei, bevor etwas gesendet wurde",
                        "the booking was gone or over before anything had been sent",
                    ),
                    _NOTHING,
                )
            return Advice(
                Sentence(
                    f"{revision} ist gesendet: der Raum ist wieder frei; auf eine Absage antwortet kein Raum",
                    f"{revision} was sent: the room is free again; no room answers a cancellation",
                ),
                _NOTHING,
            )


def _pending(invitation: Invitation, about: Circumstances, revision: str) -> Advice:
    cancels = invitation.method is Method.CANCEL
    what = Sentence(
        f"die {'Absage' if cancels else 'Einladung'} ({revision})",
        f"the {'cancellation' if cancels else 'invitation'} ({revision})",
    )
    if not about.active:
        return Advice(
            Sentence(
                f"{what.de} wartet, weil die Verknüpfung von {invitation.address} inaktiv ist",
                f"{what.en} waits because the link of {invitation.address} is inactive",
            ),
            Sentence("die Verknüpfung aktivieren", "activate the link"),
        )
    if invitation.attempts:
        return Advice(
            Sentence(
                f"Versuch {invitation.attempts} von {MAX_ATTEMPTS}, {revision} zu senden, ist fehlgeschlagen: "
                f"{invitation.last_error}",
                f"attempt {invitation.attempts} of {MAX_ATTEMPTS} to send {revision} failed: {invitation.last_error}",
            ),
            Sentence(
                "die Ursache beheben; der nächste Versuch folgt von selbst",
                "mend the cause; the next attempt follows by itself",
            ),
        )
    if invitation.last_error:
        return Advice(
            Sentence(
                f"{revision} konnte nicht geschrieben werden: {invitation.last_error}",
                f"{revision} could not be prepared: {invitation.last_error}",
            ),
            Sentence("die Ursache beheben", "mend the cause"),
        )
    return Advice(
        Sentence(
            f"{what.de} wird vom nächsten Lauf von mailbox_processor gesendet",
            f"{what.en} is to be sent by the next run of mailbox_processor",
        ),
        Sentence(
            "darauf warten; geschieht nichts: ist mailbox_processor eingeschaltet, und sind seine Läufe grün?",
            "wait for it; if nothing happens, see whether mailbox_processor is unpaused and its runs are green",
        ),
    )


def _sent(invitation: Invitation, about: Circumstances, revision: str) -> Advice:
    if about.sent_at is None or about.now - about.sent_at < PATIENCE:
        return Advice(
            Sentence(
                f"der Mailserver hat {revision} angenommen; der Raum hat noch nicht geantwortet",
                f"the mail server took {revision}; the room has not answered yet",
            ),
            _WAIT,
        )
    hours = (about.now - about.sent_at) // timedelta(hours=1)
    return Advice(
        Sentence(
            f"der Mailserver hat {revision} vor {hours} Stunden angenommen, und der Raum hat nicht geantwortet",
            f"the mail server took {revision} {hours} hours ago, and the room has not answered",
        ),
        Sentence(
            f"nachsehen, ob {invitation.address} Einladungen von selbst beantwortet und ob Mails des technischen "
            "Benutzers ankommen; mailbox_check mit Probebuchung (canary) probiert es aus",
            f"see whether {invitation.address} answers invitations by itself and whether mails of the technical user "
            "reach it; mailbox_check with canary tries it out",
        ),
    )


def _answered(invitation: Invitation, about: Circumstances, revision: str) -> Advice:
    de, en = (f": „{about.comment}“", f": “{about.comment}”") if about.comment else ("", "")
    match invitation.answer:
        case Answer.ACCEPTED:
            why = Sentence(f"der Raum hat {revision} angenommen{de}", f"the room accepted {revision}{en}")
            return Advice(why, _NOTHING)
        case Answer.TENTATIVE:
            return Advice(
                Sentence(
                    f"der Raum hat {revision} vorläufig angenommen{de}",
                    f"the room accepted {revision} tentatively{en}",
                ),
                Sentence(
                    "wer über den Raum entscheidet, muss zusagen", "whoever decides for this room has to confirm it"
                ),
            )
        case _:
            hint = hint_for(about.comment)
            remedy = (
                Sentence(f"{hint.german} ({hint.setting})", f"{hint.english} ({hint.setting})")
                if hint
                else Sentence("in den Kalender des Raums sehen", "look into the calendar of the room")
            )
            return Advice(
                Sentence(f"der Raum hat {revision} abgelehnt{de}", f"the room declined {revision}{en}"),
                Sentence(
                    f"{remedy.de}; dann die Buchung ändern, um neu zu fragen",
                    f"{remedy.en}; then change the booking to ask again",
                ),
            )
