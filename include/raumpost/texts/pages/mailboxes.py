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
    "mailboxes.trouble": Text("Auffällig", "Trouble"),
    "mailboxes.trouble.failed": Text("hat Fehler", "has failed"),
    "mailboxes.trouble.declined": Text("hat Abgelehntes", "has declined"),
    "mailboxes.trouble.unanswered": Text("hat Unbeantwortetes", "has unanswered"),
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
    "mailboxes.room-gone": Text("Raum {id} (nicht mehr im Buchungssystem)", "room {id} (gone from the booking system)"),
    "mailboxes.user-gone": Text(
        "Benutzer {id} (nicht mehr im Buchungssystem)", "user {id} (gone from the booking system)"
    ),
    "mailboxes.counts.about": Text(
        "Gezählt werden Einladungen zu Buchungen, die noch nicht vorbei sind. „Ausstehend“ schließt ein, was gerade "
        "gesendet wird, „angenommen“ auch vorläufige Zusagen.",
        "Counted are invitations to bookings that are not over. “Pending” includes what is being sent, “accepted” "
        "includes tentatively accepted.",
    ),
    "mailboxes.empty": Text(
        "Noch ist kein Raum mit einem Postfach verknüpft. Legen Sie zuerst die Schnittstellen als Airflow-Verbindungen "
        "an (Typ smtp und imap), dann die erste Verknüpfung.",
        "No room is linked to a mailbox yet. First create the interfaces as Airflow connections (type smtp and imap), "
        "then the first link.",
    ),
    "mailboxes.none-fits": Text("Kein Raumpostfach passt auf diesen Filter.", "No room mailbox fits this filter."),
    "mailboxes.cancel": Text("Abbrechen", "Cancel"),
    # the symbols
    "mailboxes.act.initialise": Text("Initialisieren", "Initialise"),
    "mailboxes.act.initialise.about": Text(
        "Buchungen einladen, die schon vor der Verknüpfung im Raum standen; mit Vorschau",
        "Invite the bookings that stood in the room before it was linked; with a preview",
    ),
    "mailboxes.act.reset": Text("Fehler zurücksetzen", "Reset failed"),
    "mailboxes.act.reset.about": Text(
        "Fehlgeschlagene Einladungen noch einmal senden; mit Vorschau", "Send failed invitations again; with a preview"
    ),
    "mailboxes.act.check": Text("Prüfen", "Check"),
    "mailboxes.act.check.about": Text(
        "Schnittstellen und Verknüpfung prüfen, oder den Raum zur Probe buchen",
        "Check interfaces and link, or book the room on trial",
    ),
    "mailboxes.act.edit": Text("Bearbeiten", "Edit"),
    "mailboxes.act.activate": Text("Aktivieren", "Activate"),
    "mailboxes.act.activate.about": Text(
        "Senden; was gewartet hat, wird nachgeholt", "Send; what has waited is caught up with"
    ),
    "mailboxes.act.deactivate": Text("Deaktivieren", "Deactivate"),
    "mailboxes.act.deactivate.about": Text(
        "Nichts mehr senden; alles wartet, bis Sie wieder aktivieren",
        "Send nothing; all waits until you activate again",
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
        "Lädt künftige Buchungen ein, die noch keine Einladung haben. Zuerst sehen Sie die Liste; eingeladen wird "
        "erst, wenn Sie sie genehmigen.",
        "Invites future bookings that have no invitation yet. You see the list first; nothing is invited until you "
        "approve it.",
    ),
    "mailboxes.initialise.go": Text("Vorschau zeigen", "Show the preview"),
    "mailboxes.from": Text("Von", "From"),
    "mailboxes.from.about": Text("leer: ab jetzt", "empty: from now on"),
    "mailboxes.until": Text("Bis", "Until"),
    "mailboxes.until.about": Text("letzter Tag; leer: ohne Ende", "last day; empty: without end"),
    "mailboxes.check": Text("Prüfung", "Check"),
    "mailboxes.check.about": Text(
        "Sieht sich alle Schnittstellen (Verbindung, TLS, Anmeldung, Absender, Empfänger, Ordner) und alle "
        "Raumpostfächer an. Es wird keine Mail gesendet. Das Ergebnis steht danach auf der Seite des Raumpostfachs.",
        "Looks at all interfaces (connection, TLS, login, senders, recipients, folders) and all room mailboxes. No "
        "mail is sent. The result then stands on the page of the room mailbox.",
    ),
    "mailboxes.check.go": Text("Jetzt prüfen", "Check now"),
    "mailboxes.canary": Text("Probebuchung", "Canary"),
    "mailboxes.canary.about": Text(
        "Geht zusätzlich den ganzen Weg: bucht den Raum zur Probe für eine freie Viertelstunde der kommenden Nacht, "
        "wartet höchstens fünf Minuten auf seine Antwort und sagt wieder ab. Das Buchungssystem erfährt davon nichts.",
        "Also goes the whole way: books the room on trial for a free quarter of an hour of the coming night, waits at "
        "most five minutes for its answer, and cancels again. The booking system knows nothing of it.",
    ),
    "mailboxes.canary.go": Text("Zur Probe buchen", "Book on trial"),
    "mailboxes.remove.about": Text(
        "Alle künftigen Einladungen werden dem Raum abgesagt. Wenn die letzte Absage gesendet ist, ist die Verknüpfung "
        "weg; Raum und Adresse können dann neu verknüpft werden. Das lässt sich nicht zurücknehmen.",
        "All future invitations are cancelled in the room. When the last cancellation is sent the link is gone, and "
        "room and address may be linked anew. This cannot be undone.",
    ),
    "mailboxes.remove.go": Text("Verknüpfung entfernen", "Remove the link"),
    # the page of one
    "mailbox.linked": Text("Der Raum ist verknüpft.", "The room is linked."),
    "mailbox.saved": Text("Gespeichert.", "Saved."),
    "mailbox.removed": Text(
        "Diese Verknüpfung ist entfernt und bleibt als Geschichte stehen:",
        "This link was removed and stays as history:",
    ),
    "mailbox.leaving": Text(
        "Die Verknüpfung wird entfernt. Noch zurückzuziehen: {open}, davon fehlgeschlagen: {failed}.",
        "The link is being removed. Still to withdraw: {open}, failed among them: {failed}.",
    ),
    "mailbox.leaving.failed": Text(
        "Beheben Sie die Ursache und setzen Sie die Fehler zurück, damit der Raum diese Zeiten freigibt.",
        "Mend the cause and reset what failed, so that the room frees these times.",
    ),
    "mailbox.give-up": Text("Ohne die fehlgeschlagenen Absagen entfernen", "Remove without the failed cancellations"),
    "mailbox.give-up.about": Text(
        "Der Raum kann diese Zeiten dann weiter belegt zeigen; geben Sie sie dort von Hand frei.",
        "The room may then still show these times as taken; free them there by hand.",
    ),
    "mailbox.uninvited": Text(
        "Künftige Buchungen, die schon vor der Verknüpfung im Raum standen und nicht eingeladen sind: {number}. Sie "
        "werden erst gesendet, wenn sie sich ändern oder wenn Sie initialisieren.",
        "Future bookings that stood in the room before it was linked and are not invited: {number}. They are sent only "
        "when they change, or when you initialise.",
    ),
    "mailbox.nothing-older": Text(
        "Im Raum steht keine ältere Buchung, die zu initialisieren wäre.",
        "No older booking stands in the room that would have to be initialised.",
    ),
    "mailbox.withdraw": Text(
        "Zurückzuziehende Einladungen: {open}, davon mit einer Absage: {to_cancel}.",
        "Invitations to withdraw: {open}, by a cancellation: {to_cancel}.",
    ),
    "mailbox.since": Text("Verknüpft seit", "Linked since"),
    "mailbox.invitations": Text("Einladungen", "Invitations"),
    "mailbox.log": Text("Protokoll", "Log"),
    "mailbox.checks": Text("Letzte Prüfung", "Last check"),
    "mailbox.checks.none": Text(
        "Noch nicht geprüft. Drücken Sie oben „Prüfen“.", "Not checked yet. Press “Check” above."
    ),
    "mailbox.checks.subject": Text("Was", "What"),
    "mailbox.checks.verdict": Text("Befund", "Verdict"),
    "mailbox.checks.why": Text("Warum, und was zu tun ist", "Why, and what to do"),
    "mailbox.checks.at": Text("Wann", "When"),
    "mailbox.checks.link": Text("Verknüpfung", "link"),
    "mailbox.checks.canary": Text("Probebuchung", "canary"),
    "mailbox.checks.smtp": Text("SMTP", "SMTP"),
    "mailbox.checks.imap": Text("IMAP", "IMAP"),
}
