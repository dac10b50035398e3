"""What the list of the room mailboxes and the page of one say."""

from raumpost.texts.text import Text

TEXTS: dict[str, Text] = {
    "nav.mailboxes": Text("Raumpostfächer", "Room mailboxes"),
    "mailboxes.new": Text("Neue Verknüpfung", "New link"),
    "mailboxes.filter": Text("Filtern", "Filter"),
    "mailboxes.all": Text("Alle zeigen", "Show all"),
    "mailboxes.any": Text("alle", "any"),
    "mailboxes.text": Text("Raum, Adresse oder Benutzer", "Room, address or user"),
    "mailboxes.status": Text("Zustand", "Status"),
    "mailboxes.status.linked": Text("verknüpft", "linked"),
    "mailboxes.status.active": Text("aktiv", "active"),
    "mailboxes.status.inactive": Text("inaktiv", "inactive"),
    "mailboxes.status.leaving": Text("wird entfernt", "being removed"),
    "mailboxes.status.removed": Text("entfernt (Geschichte)", "removed (history)"),
    "mailboxes.trouble": Text("Auffälligkeit", "Problem"),
    "mailboxes.trouble.failed": Text("mit fehlgeschlagenen Einladungen", "with failed invitations"),
    "mailboxes.trouble.declined": Text("mit abgelehnten Einladungen", "with declined invitations"),
    "mailboxes.trouble.unanswered": Text("mit unbeantworteten Einladungen", "with unanswered invitations"),
    "mailboxes.interface": Text("Schnittstelle", "Interface"),
    "mailboxes.group": Text("Raumgruppe", "Room group"),
    "mailboxes.active": Text("Aktiv", "Active"),
    "mailboxes.room": Text("Raum", "Room"),
    "mailboxes.address": Text("Adresse", "Address"),
    "mailboxes.aliases": Text("Weitere Adressen", "Aliases"),
    "mailboxes.user": Text("Technischer Benutzer", "Technical user"),
    "mailboxes.blocks": Text("Raumsperren", "Room blocks"),
    "mailboxes.user.short": Text("Benutzer", "User"),
    "mailboxes.blocks.short": Text("Sperren", "Blocks"),
    "mailboxes.pending": Text("ausstehend", "pending"),
    "mailboxes.unanswered": Text("unbeantwortet", "unanswered"),
    "mailboxes.accepted": Text("angenommen", "accepted"),
    "mailboxes.declined": Text("abgelehnt", "declined"),
    "mailboxes.failed": Text("Fehler", "failed"),
    "mailboxes.actions": Text("Aktionen", "Actions"),
    "mailboxes.yes": Text("ja", "yes"),
    "mailboxes.no": Text("nein", "no"),
    "mailboxes.room-gone": Text(
        "Raum {id} (nicht mehr im Buchungssystem)", "room {id} (no longer in the booking system)"
    ),
    "mailboxes.user-gone": Text(
        "Benutzer {id} (nicht mehr im Buchungssystem)", "user {id} (no longer in the booking system)"
    ),
    "mailboxes.counts.about": Text(
        "Gezählt werden Einladungen zu Buchungen, die noch nicht vorbei sind. „Ausstehend“ schließt ein, was gerade "
        "gesendet wird, „angenommen“ auch vorläufige Zusagen.",
        "The numbers count invitations to bookings that are not over. “Pending” includes those being sent, “accepted” "
        "those accepted tentatively.",
    ),
    "mailboxes.empty": Text(
        "Noch ist kein Raum mit einem Postfach verknüpft. Legen Sie zuerst die Schnittstellen als Airflow-Verbindungen "
        "an (Typ smtp und imap), dann die erste Verknüpfung.",
        "No room is linked to a mailbox yet. First create the interfaces as Airflow connections (type smtp and imap), "
        "then the first link.",
    ),
    "mailboxes.none-fits": Text("Kein Raumpostfach passt auf diesen Filter.", "No room mailbox matches this filter."),
    "mailboxes.cancel": Text("Abbrechen", "Cancel"),
    # the symbols
    "mailboxes.act.initialise": Text("Initialisieren", "Initialise"),
    "mailboxes.act.initialise.about": Text(
        "Zu Buchungen einladen, die schon vor der Verknüpfung im Raum standen; mit Vorschau",
        "Invite the room to bookings made before it was linked; with a preview",
    ),
    "mailboxes.act.reset": Text("Fehler zurücksetzen", "Reset failed"),
    "mailboxes.act.reset.about": Text(
        "Fehlgeschlagene Einladungen noch einmal senden; mit Vorschau", "Send failed invitations again; with a preview"
    ),
    "mailboxes.act.check": Text("Prüfen", "Check"),
    "mailboxes.act.check.about": Text(
        "Schnittstellen und Verknüpfung prüfen oder den Raum zur Probe buchen",
        "Check interfaces and link, or send a canary",
    ),
    "mailboxes.act.edit": Text("Bearbeiten", "Edit"),
    "mailboxes.act.activate": Text("Aktivieren", "Activate"),
    "mailboxes.act.activate.about": Text(
        "Senden; was gewartet hat, wird nachgeholt", "Send; everything that waited is sent now"
    ),
    "mailboxes.act.deactivate": Text("Deaktivieren", "Deactivate"),
    "mailboxes.act.deactivate.about": Text(
        "Nichts mehr senden; alles wartet, bis Sie wieder aktivieren",
        "Send nothing; everything waits until you activate it again",
    ),
    "mailboxes.act.remove": Text("Verknüpfung entfernen", "Remove link"),
    "mailboxes.act.remove.about": Text(
        "Alle künftigen Einladungen absagen, dann die Verknüpfung entfernen",
        "Cancel all future invitations, then remove the link",
    ),
    "mailboxes.initialise-group": Text("Raumgruppe initialisieren", "Initialise a room group"),
    "mailboxes.reset-all": Text("Alle Fehler zurücksetzen", "Reset all failed"),
    "mailboxes.check-all": Text("Alles prüfen", "Check everything"),
    "mailboxes.initialise.about": Text(
        "Lädt zu künftigen Buchungen ein, die noch keine Einladung haben. Zuerst sehen Sie die Liste; eingeladen wird "
        "erst, wenn Sie sie genehmigen.",
        "Invites the room to future bookings that have no invitation yet. You see the list first; nothing is sent "
        "until you approve it.",
    ),
    "mailboxes.initialise.go": Text("Vorschau zeigen", "Show the preview"),
    "mailboxes.from": Text("Von", "From"),
    "mailboxes.from.about": Text("leer: ab jetzt", "empty: from now on"),
    "mailboxes.until": Text("Bis", "Until"),
    "mailboxes.until.about": Text("letzter Tag; leer: ohne Ende", "last day; empty: no end"),
    "mailboxes.check": Text("Prüfung", "Check"),
    "mailboxes.check.about": Text(
        "Prüft alle Schnittstellen (Verbindung, TLS, Anmeldung, Absender, Empfänger, Ordner) und alle Raumpostfächer. "
        "Es wird keine Mail gesendet. Das Ergebnis steht danach auf der Seite des Raumpostfachs.",
        "Checks all interfaces (connection, TLS, login, senders, recipients, folders) and all room mailboxes. No mail "
        "is sent. The result then appears on the page of the room mailbox.",
    ),
    "mailboxes.check.go": Text("Jetzt prüfen", "Check now"),
    "mailboxes.canary": Text("Probebuchung", "Canary"),
    "mailboxes.canary.about": Text(
        "Prüft zusätzlich den ganzen Weg: bucht den Raum zur Probe für eine freie Viertelstunde der kommenden Nacht, "
        "wartet höchstens fünf Minuten auf die Rückmeldung und sagt wieder ab. Das Buchungssystem erfährt davon "
        "nichts.",
        "Also checks the whole way: books a free quarter of an hour of the coming night in the room, waits at most "
        "five minutes for the reply, and cancels again. The booking system does not notice.",
    ),
    "mailboxes.canary.go": Text("Zur Probe buchen", "Send a canary"),
    "mailboxes.remove.about": Text(
        "Alle künftigen Einladungen werden dem Raum abgesagt. Sobald die letzte Absage gesendet ist, ist die "
        "Verknüpfung entfernt; Raum und Adresse können dann neu verknüpft werden. Das lässt sich nicht rückgängig "
        "machen.",
        "All future invitations of the room are cancelled. Once the last cancellation has been sent, the link is "
        "gone, and room and address can be linked again. This cannot be undone.",
    ),
    "mailboxes.remove.go": Text("Verknüpfung entfernen", "Remove the link"),
    # the page of one
    "mailbox.linked": Text("Der Raum ist verknüpft.", "The room is linked."),
    "mailbox.saved": Text("Gespeichert.", "Saved."),
    "mailbox.removed": Text(
        "Diese Verknüpfung wurde entfernt und bleibt als Geschichte erhalten:",
        "This link was removed and is kept as history:",
    ),
    "mailbox.leaving": Text(
        "Die Verknüpfung wird entfernt. Noch zurückzuziehen: {open}, davon fehlgeschlagen: {failed}.",
        "The link is being removed. Still to withdraw: {open}, of these failed: {failed}.",
    ),
    "mailbox.leaving.failed": Text(
        "Beheben Sie die Ursache und setzen Sie die Fehler zurück, damit der Raum diese Zeiten freigibt.",
        "Fix the cause and reset the failed invitations, so that the room frees these times.",
    ),
    "mailbox.give-up": Text("Ohne die fehlgeschlagenen Absagen entfernen", "Remove without the failed cancellations"),
    "mailbox.give-up.about": Text(
        "Der Raum kann diese Zeiten dann weiterhin als belegt zeigen; geben Sie sie dort von Hand frei.",
        "The room may then still show these times as booked; free them there by hand.",
    ),
    "mailbox.uninvited": Text(
        "Künftige Buchungen, die schon vor der Verknüpfung im Raum standen und zu denen nicht eingeladen ist: "
        "{number}. Eingeladen wird erst, wenn sie sich ändern oder wenn Sie initialisieren.",
        "Future bookings made before the room was linked, and not invited: {number}. They are sent only when they "
        "change, or when you initialise.",
    ),
    "mailbox.nothing-older": Text(
        "Der Raum hat keine älteren Buchungen, die zu initialisieren wären.",
        "The room has no older bookings to initialise.",
    ),
    "mailbox.withdraw": Text(
        "Zurückzuziehende Einladungen: {open}, davon mit einer Absage: {to_cancel}.",
        "Invitations to withdraw: {open}, of these with a cancellation: {to_cancel}.",
    ),
    "mailbox.since": Text("Verknüpft seit", "Linked since"),
    "mailbox.invitations": Text("Einladungen", "Invitations"),
    "mailbox.log": Text("Protokoll", "Log"),
    "mailbox.checks": Text("Letzte Prüfung", "Last check"),
    "mailbox.checks.none": Text(
        "Noch nicht geprüft. Drücken Sie oben „Prüfen“.", "Not checked yet. Press “Check” above."
    ),
    "mailbox.checks.subject": Text("Was", "What"),
    "mailbox.checks.status": Text("Befund", "Result"),
    "mailbox.checks.why": Text("Warum, und was zu tun ist", "Why, and what to do"),
    "mailbox.checks.at": Text("Wann", "When"),
    "mailbox.checks.link": Text("Verknüpfung", "link"),
    "mailbox.checks.canary": Text("Probebuchung", "canary"),
    "mailbox.checks.smtp": Text("SMTP", "SMTP"),
    "mailbox.checks.imap": Text("IMAP", "IMAP"),
}
