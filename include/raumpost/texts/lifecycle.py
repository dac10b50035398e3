"""What the journal says of each transition of an invitation."""

from raumpost.texts.text import Text

SENTENCES = {
    "lifecycle.claimed": Text(
        "{revision} wird gesendet, Versuch {attempt} von {most}", "sending {revision}, attempt {attempt} of {most}"
    ),
    "lifecycle.sent": Text(
        "{revision} gesendet; die Antwort des Raums steht aus", "{revision} sent; the room's answer is outstanding"
    ),
    "lifecycle.cancellation-sent": Text(
        "{revision}: Absage gesendet; darauf antwortet kein Raum",
        "{revision} cancellation sent; no room answers one",
    ),
    "lifecycle.not-sent": Text(
        "{revision} nicht gesendet, Versuch {attempt} von {most}: {error}",
        "{revision} not sent, attempt {attempt} of {most}: {error}",
    ),
    "lifecycle.given-up": Text(
        "{revision} nach {attempts} Versuchen aufgegeben: {error}; die Ursache beheben und zurücksetzen",
        "{revision} given up after {attempts} attempts: {error}; fix the cause and reset it",
    ),
    "lifecycle.rescued": Text(
        "{revision} wird noch einmal versucht: {error}", "{revision} will be tried again: {error}"
    ),
    "lifecycle.answered": Text(
        "der Raum antwortete auf {revision} mit {answer}", "the room answered {revision} with {answer}"
    ),
    "lifecycle.with-reason": Text("{report}: {reason}", "{report}: {reason}"),
    "lifecycle.with-hint": Text("{report}; Hinweis: {hint} ({setting})", "{report}; hint: {hint} ({setting})"),
    "lifecycle.bounced": Text(
        "{revision} kam als unzustellbar zurück: {reason}; die Ursache beheben und zurücksetzen",
        "{revision} came back undeliverable: {reason}; fix the cause and reset it",
    ),
    "lifecycle.cancellation-bounced": Text(
        "{revision} kam als unzustellbar zurück: {reason}; der Raum hält die Zeit vielleicht noch; die Ursache beheben "
        "und zurücksetzen",
        "{revision} came back undeliverable: {reason}; the room may still hold the slot; fix the cause and reset it",
    ),
    "lifecycle.changed": Text(
        "Buchung geändert: gewünscht {starts_at:%d.%m.%Y %H:%M %Z} bis {ends_at:%d.%m.%Y %H:%M %Z} als Revision "
        "{sequence}",
        "booking changed: wanted {starts_at:%Y-%m-%d %H:%M %Z} to {ends_at:%Y-%m-%d %H:%M %Z} as revision {sequence}",
    ),
    "lifecycle.to-be-withdrawn": Text(
        "Buchung geändert: als Revision {sequence} zurückzuziehen",
        "booking changed: to be withdrawn as revision {sequence}",
    ),
    "lifecycle.gone": Text(
        "Buchung entfallen, bevor etwas gesendet wurde: nichts zu tun",
        "booking gone before anything was sent: nothing to do",
    ),
    "lifecycle.over": Text(
        "Buchung vorbei, bevor etwas gesendet wurde: nichts zu tun",
        "booking over before anything was sent: nothing to do",
    ),
    "lifecycle.reset": Text(
        "{revision} zurückgesetzt: wird noch einmal gesendet", "{revision} reset: to be sent again"
    ),
    "lifecycle.restored": Text(
        "Datenbank wiederhergestellt: {method} wird als Revision {sequence} noch einmal gesendet",
        "database restored: {method} to be sent again as revision {sequence}",
    ),
}
