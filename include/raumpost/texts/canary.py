"""What a check reports of a trial booking."""

from raumpost.texts.text import Text

SENTENCES = {
    "canary.booking": Text(
        "Probebuchung {starts_at:%d.%m.%Y %H:%M} UTC", "trial booking {starts_at:%Y-%m-%d %H:%M} UTC"
    ),
    "canary.seconds": Text("{seconds} s", "{seconds} s"),
    "canary.minutes": Text("{minutes} min {seconds} s", "{minutes} min {seconds} s"),
    "canary.not-accepted": Text("die Mail wurde nicht angenommen: {error}", "the mail was not accepted: {error}"),
    "canary.not-accepted.remedy": Text(
        "nachsehen, was diese Prüfung über die SMTP-Schnittstelle sagt",
        "see what this check says of the SMTP interface",
    ),
    "canary.no-answer": Text("keine Antwort innerhalb von {after}", "no answer within {after}"),
    "canary.no-answer.remedy": Text(
        "nachsehen, ob dieses Raumpostfach von selbst bucht (Exchange: AutomateProcessing AutoAccept), Mails des "
        "technischen Benutzers annimmt und an das Postfach antwortet, das die IMAP-Schnittstelle liest; ein langsamer "
        "Raum bekommt mehr canary_minutes",
        "see whether this room mailbox books by itself (Exchange: AutomateProcessing AutoAccept), takes mail from the "
        "technical user, and answers to the mailbox that the IMAP interface reads; a slow room gets more "
        "canary_minutes",
    ),
    "canary.no-reason": Text("kein Grund genannt", "no reason given"),
    "canary.bounced": Text("die Mail kam zurück: {said}", "the mail came back: {said}"),
    "canary.bounced.remedy": Text(
        "die Adresse berichtigen oder das Raumpostfach die Mail annehmen lassen",
        "correct the address, or let the room mailbox take the mail",
    ),
    "canary.stranger": Text(
        "eine Antwort kam von {said}; das ist nicht dieser Raum", "an answer came from {said}, which is not this room"
    ),
    "canary.stranger.remedy": Text(
        "gehört die Adresse zum Raum, sie als weitere Adresse eintragen", "if it is the room's, add it as an alias"
    ),
    "canary.unclear": Text("der Raum sagt weder ja noch nein: {said}", "the room says neither yes nor no: {said}"),
    "canary.unclear.remedy": Text(
        "das Raumpostfach von selbst entscheiden lassen", "let the room mailbox decide by itself"
    ),
    "canary.delayed": Text("die Mail ist noch nicht angekommen: {said}", "the mail has not arrived yet: {said}"),
    "canary.delayed.remedy": Text(
        "auf den Mailserver warten, dann noch einmal prüfen", "wait for the mail server, then check again"
    ),
    "canary.notice": Text(
        "nur eine automatische Antwort oder Lesebestätigung kam: {said}",
        "only an automatic reply or receipt came: {said}",
    ),
    "canary.notice.remedy": Text(
        "das ist das Postfach einer Person oder eines, das nicht von selbst bucht: ein Raumpostfach daraus machen",
        "this is a mailbox of a person, or one that does not book by itself: make it a room mailbox",
    ),
    "canary.accepted": Text("nach {after} angenommen", "accepted after {after}"),
    "canary.tentative": Text("nach {after} vorläufig angenommen", "tentative after {after}"),
    "canary.tentative.remedy": Text(
        "über diesen Raum entscheidet eine Person; ihn von selbst entscheiden lassen",
        "a person decides for this room; let it decide by itself",
    ),
    "canary.declined": Text("nach {after} abgelehnt", "declined after {after}"),
    "canary.with-reason": Text("{why}: {reason}", "{why}: {reason}"),
    "canary.harmless": Text(
        "der Weg hin und zurück funktioniert, aber: {why}", "the way there and back works, but: {why}"
    ),
    "canary.hint": Text("{hint} ({setting})", "{hint} ({setting})"),
    "canary.ask": Text(
        "beim Betreiber des Raumpostfachs nachfragen, warum es ablehnt", "ask who runs the room mailbox why it refuses"
    ),
}
