"""Why an invitation is where it is, and what an operator does next."""

from raumpost.texts.text import Text

SENTENCES = {
    "advice.nothing": Text("nichts", "nothing"),
    "advice.wait": Text("warten", "wait"),
    "advice.fix": Text("die Ursache beheben", "fix the cause"),
    "advice.withheld": Text(
        "die Buchung ist fort, doch verschwanden zu viele Buchungen des Raums auf einmal: die Absage wird "
        "zurückgehalten",
        "the booking is gone, but too many of this room vanished at once: its cancellation is held back",
    ),
    "advice.withheld.next": Text(
        "die Buchungen zurückholen oder die Absagen mit mailbox_approve_cancellations freigeben",
        "bring the bookings back, or let the cancellations through with mailbox_approve_cancellations",
    ),
    "advice.sending": Text(
        "ein Lauf von mailbox_processor hat {revision} übernommen; wie es ausging, ist nicht vermerkt",
        "a run of mailbox_processor has claimed {revision} and not yet recorded what became of it",
    ),
    "advice.sending.next": Text(
        "warten; ist der Worker ausgefallen, holt ein späterer Lauf sie zurück, wenn die Frist um ist",
        "wait; if its worker died, a later run takes it back when the lease has run out",
    ),
    "advice.failed": Text("{revision} ist fehlgeschlagen: {error}", "{revision} failed: {error}"),
    "advice.failed.next": Text(
        "die Ursache beheben, dann mit mailbox_reset_failed zurücksetzen; auch eine Änderung der Buchung setzt sie "
        "zurück",
        "fix the cause, then reset it with mailbox_reset_failed; a change of the booking resets it too",
    ),
    "advice.never-sent": Text(
        "die Buchung war fort oder vorbei, bevor etwas gesendet wurde",
        "the booking was gone or over before anything had been sent",
    ),
    "advice.withdrawn": Text(
        "{revision} ist gesendet: der Raum ist wieder frei; auf eine Absage antwortet kein Raum",
        "{revision} was sent: the room is free again; no room answers a cancellation",
    ),
    "advice.cancellation": Text("die Absage ({revision})", "the cancellation ({revision})"),
    "advice.invitation": Text("die Einladung ({revision})", "the invitation ({revision})"),
    "advice.inactive": Text(
        "{what} wartet, weil die Verknüpfung von {address} inaktiv ist",
        "{what} waits because the link of {address} is inactive",
    ),
    "advice.inactive.next": Text("die Verknüpfung aktivieren", "activate the link"),
    "advice.attempt-failed": Text(
        "Versuch {attempt} von {most}, {revision} zu senden, ist fehlgeschlagen: {error}",
        "attempt {attempt} of {most} to send {revision} failed: {error}",
    ),
    "advice.attempt-failed.next": Text(
        "die Ursache beheben; der nächste Versuch folgt von selbst", "fix the cause; the next attempt follows by itself"
    ),
    "advice.not-prepared": Text(
        "{revision} konnte nicht geschrieben werden: {error}", "{revision} could not be prepared: {error}"
    ),
    "advice.pending": Text(
        "{what} wird vom nächsten Lauf von mailbox_processor gesendet",
        "{what} is to be sent by the next run of mailbox_processor",
    ),
    "advice.pending.next": Text(
        "darauf warten; geschieht nichts: ist mailbox_processor eingeschaltet, und sind seine Läufe grün?",
        "wait for it; if nothing happens, see whether mailbox_processor is unpaused and its runs are green",
    ),
    "advice.sent": Text(
        "der Mailserver hat {revision} angenommen; der Raum hat noch nicht geantwortet",
        "the mail server took {revision}; the room has not answered yet",
    ),
    "advice.unanswered": Text(
        "der Mailserver hat {revision} vor {hours} Stunden angenommen, und der Raum hat nicht geantwortet",
        "the mail server took {revision} {hours} hours ago, and the room has not answered",
    ),
    "advice.unanswered.next": Text(
        "nachsehen, ob {address} Einladungen von selbst beantwortet und ob Mails des technischen Benutzers ankommen; "
        "mailbox_check mit Probebuchung (canary) probiert es aus",
        "see whether {address} answers invitations by itself and whether mails of the technical user reach it; "
        "mailbox_check with canary tries it out",
    ),
    "advice.accepted": Text("der Raum hat {revision} angenommen", "the room accepted {revision}"),
    "advice.tentative": Text(
        "der Raum hat {revision} vorläufig angenommen", "the room accepted {revision} tentatively"
    ),
    "advice.tentative.next": Text(
        "wer über den Raum entscheidet, muss zusagen", "whoever decides for this room has to confirm it"
    ),
    "advice.declined": Text("der Raum hat {revision} abgelehnt", "the room declined {revision}"),
    "advice.with-comment": Text("{said}: „{comment}“", "{said}: “{comment}”"),
    "advice.hint": Text("{hint} ({setting})", "{hint} ({setting})"),
    "advice.look": Text("in den Kalender des Raums sehen", "look into the calendar of the room"),
    "advice.ask": Text(
        "{remedy}; dann die Buchung ändern, um neu zu fragen", "{remedy}; then change the booking to ask again"
    ),
}
