"""What the person who booked reads at the booking."""

from raumpost.texts.text import Text

SENTENCES = {
    "status.invitation-pending": Text("Einladung ausstehend", "Invitation pending"),
    "status.update-pending": Text("Änderung ausstehend", "Update pending"),
    "status.cancellation-pending": Text("Absage ausstehend", "Cancellation pending"),
    "status.last-attempt": Text("{status}; letzter Versuch: {error}", "{status}; last attempt: {error}"),
    "status.sent": Text("Gesendet, Rückmeldung offen", "Sent, reply outstanding"),
    "status.accepted": Text("Angenommen", "Accepted"),
    "status.tentative": Text("Vorläufig angenommen", "Tentatively accepted"),
    "status.declined": Text("Abgelehnt", "Declined"),
    "status.with-reason": Text("{status}: {reason}", "{status}: {reason}"),
    "status.with-hint": Text("{status} (Hinweis: {hint})", "{status} (hint: {hint})"),
    "status.failed": Text("Fehler: {error}", "Error: {error}"),
    "status.undeliverable": Text("Fehler: unzustellbar: {error}", "Error: undeliverable: {error}"),
    "status.cancellation-undeliverable": Text(
        "Fehler: Absage unzustellbar, der Raum hält die Zeit vielleicht noch: {error}",
        "Error: cancellation undeliverable, the room may still hold the time: {error}",
    ),
    "status.cancelled": Text("Storniert", "Cancelled"),
    "status.remarked": Text("{status}; {remark}", "{status}; {remark}"),
    "status.withheld": Text(
        "die Absage wird zurückgehalten, bis sie freigegeben ist", "the cancellation is held back until it is approved"
    ),
    "status.proposal": Text("der Raum schlägt eine andere Zeit vor", "the room proposes another time"),
    "status.proposal-at": Text(
        "der Raum schlägt eine andere Zeit vor: {at:%d.%m.%Y %H:%M}",
        "the room proposes another time: {at:%Y-%m-%d %H:%M}",
    ),
    "status.proposal-at-utc": Text(
        "der Raum schlägt eine andere Zeit vor: {at:%d.%m.%Y %H:%M} UTC",
        "the room proposes another time: {at:%Y-%m-%d %H:%M} UTC",
    ),
    "status.delegated": Text(
        "der Raum hat die Anfrage an {to} weitergegeben", "the room handed the request on to {to}"
    ),
    "status.delegated-to-somebody": Text(
        "der Raum hat die Anfrage an jemand anderen weitergegeben", "the room handed the request on to somebody else"
    ),
    "status.with-comment": Text("{remark} ({comment})", "{remark} ({comment})"),
}
