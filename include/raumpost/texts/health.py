"""What a check reports of a room mailbox."""

from raumpost.texts.text import Text

SENTENCES = {
    "health.waiting": Text("{number:Einladung|Einladungen}", "{number:invitation|invitations}"),
    "health.waiting-since": Text(
        "{number:Einladung|Einladungen}, die älteste seit {since:%d.%m.%Y %H:%M} UTC",
        "{number:invitation|invitations}, the oldest since {since:%Y-%m-%d %H:%M} UTC",
    ),
    "health.none": Text("keine", "none"),
    "health.active": Text("aktiv", "active"),
    "health.inactive": Text(
        "ausgeschaltet: an diesen Raum wird nichts gesendet", "switched off: nothing is sent to this room"
    ),
    "health.inactive.remedy": Text("die Verknüpfung einschalten oder entfernen", "switch the link on, or remove it"),
    "health.room": Text("Raum", "room"),
    "health.named": Text("{name}", "{name}"),
    "health.no-room": Text("in booking.room gibt es keinen Raum {id}", "there is no room {id} in booking.room"),
    "health.no-room.remedy": Text(
        "die Verknüpfung entfernen oder den Raum zurückholen", "remove the link, or bring the room back"
    ),
    "health.no-time-zone": Text(
        "{room}: „{time_zone}“ ist keine Zeitzone; es gilt RAUMPOST_TIME_ZONE",
        "{room}: “{time_zone}” is no time zone; RAUMPOST_TIME_ZONE counts",
    ),
    "health.no-time-zone.remedy": Text(
        "booking.room.time_zone auf einen Namen wie Europe/Berlin berichtigen",
        "correct booking.room.time_zone to a name such as Europe/Berlin",
    ),
    "health.user": Text("technischer Benutzer", "technical user"),
    "health.user-named": Text("{name} (Benutzer {id})", "{name} (user {id})"),
    "health.addressed": Text("{name} <{email}>", "{name} <{email}>"),
    "health.another-user": Text(
        "der Verknüpfung einen anderen technischen Benutzer geben", "give the link another technical user"
    ),
    "health.no-user": Text(
        "in booking.app_user gibt es keinen Benutzer {id}", "there is no user {id} in booking.app_user"
    ),
    "health.not-technical": Text("{user} ist nicht als technisch gekennzeichnet", "{user} is not marked as technical"),
    "health.not-technical.remedy": Text(
        "den Benutzer im Buchungssystem kennzeichnen oder der Verknüpfung einen anderen geben",
        "mark the user in the booking system, or give the link another one",
    ),
    "health.bad-email": Text(
        "{user} hat keine gültige E-Mail-Adresse („{email}“)", "{user} has no valid e-mail address (“{email}”)"
    ),
    "health.bad-email.remedy": Text(
        "booking.app_user.email berichtigen oder der Verknüpfung einen anderen technischen Benutzer geben",
        "correct booking.app_user.email, or give the link another technical user",
    ),
    "health.invites-itself": Text(
        "{user} hat die Adresse des Raumpostfachs selbst, und kein Raum nimmt seine eigene Einladung an",
        "{user} has the address of the room mailbox itself, and no room accepts its own invitation",
    ),
    "health.failures": Text("Fehlschläge", "failures"),
    "health.failed": Text("{waiting}; letzter Fehler: {error}", "{waiting}; last error: {error}"),
    "health.failed.remedy": Text(
        "die Ursache beheben, dann mailbox_reset_failed starten", "fix the cause, then run mailbox_reset_failed"
    ),
    "health.pending": Text("ausstehend", "pending"),
    "health.overdue": Text("{waiting}, länger als eine Stunde", "{waiting}, longer than an hour"),
    "health.overdue.remedy": Text(
        "nachsehen, ob mailbox_processor läuft und was seine Tasks deliver.render und deliver.send tun",
        "look whether mailbox_processor runs, and at its tasks deliver.render and deliver.send",
    ),
    "health.none-overdue": Text("keine länger als eine Stunde", "none longer than an hour"),
    "health.cancellations": Text("Absagen", "cancellations"),
    "health.withheld": Text(
        "{waiting} abzusagen, weil zu viele Buchungen auf einmal verschwunden sind: alles wird zurückgehalten",
        "{waiting}, would be cancelled as too many bookings vanished at once: all is held back",
    ),
    "health.withheld.remedy": Text(
        "die Buchungen zurückholen oder mailbox_approve_cancellations starten",
        "bring the bookings back, or run mailbox_approve_cancellations",
    ),
    "health.none-withheld": Text("keine zurückgehalten", "none held back"),
    "health.unanswered": Text("unbeantwortet", "unanswered"),
    "health.unanswered.remedy": Text(
        "nachsehen, ob das Raumpostfach von selbst antwortet: diese Prüfung mit canary dafür starten",
        "see whether the room mailbox answers by itself: run this check with canary for it",
    ),
}
