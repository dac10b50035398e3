"""What the list of the room mailboxes and the page of one say."""

from raumpost.web.words.entry import Words

WORDS = {
    "nav.mailboxes": Words("Raumpostfächer", "Room mailboxes"),
    "mailboxes.new": Words("Neue Verknüpfung", "New link"),
    "mailboxes.filter": Words("Filtern", "Filter"),
    "mailboxes.all": Words("Alle zeigen", "Show all"),
    "mailboxes.any": Words("alle", "any"),
    "mailboxes.text": Words("Raum, Adresse oder Benutzer", "Room, address or user"),
    "mailboxes.status": Words("Zustand", "Status"),
    "mailboxes.status.linked": Words("verknüpft", "linked"),
    "mailboxes.status.active": Words("aktiv", "active"),
    "mailboxes.status.inactive": Words("inaktiv", "inactive"),
    "mailboxes.status.leaving": Words("wird entfernt", "being removed"),
    "mailboxes.status.removed": Words("entfernt (Geschichte)", "removed (history)"),
    "mailboxes.trouble": Words("Auffällig", "Trouble"),
    "mailboxes.trouble.failed": Words("hat Fehler", "has failed"),
    "mailboxes.trouble.declined": Words("hat Abgelehntes", "has declined"),
    "mailboxes.trouble.unanswered": Words("hat Unbeantwortetes", "has unanswered"),
    "mailboxes.interface": Words("Schnittstelle", "Interface"),
    "mailboxes.group": Words("Raumgruppe", "Room group"),
    "mailboxes.active": Words("Aktiv", "Active"),
    "mailboxes.room": Words("Raum", "Room"),
    "mailboxes.address": Words("Adresse", "Address"),
    "mailboxes.aliases": Words("Weitere Adressen", "Aliases"),
    "mailboxes.user": Words("Technischer Benutzer", "Technical user"),
    "mailboxes.blocks": Words("Raumsperren", "Room blocks"),
    "mailboxes.user.short": Words("Benutzer", "User"),
    "mailboxes.blocks.short": Words("Sperren", "Blocks"),
    "mailboxes.pending": Words("ausstehend", "pending"),
    "mailboxes.unanswered": Words("unbeantwortet", "unanswered"),
    "mailboxes.accepted": Words("angenommen", "accepted"),
    "mailboxes.declined": Words("abgelehnt", "declined"),
    "mailboxes.failed": Words("Fehler", "failed"),
    "mailboxes.actions": Words("Aktionen", "Actions"),
    "mailboxes.yes": Words("ja", "yes"),
    "mailboxes.no": Words("nein", "no"),
    "mailboxes.room-gone": Words(
        "Raum {id} (nicht mehr im Buchungssystem)", "room {id} (gone from the booking system)"
    ),
    "mailboxes.user-gone": Words(
        "Benutzer {id} (nicht mehr im Buchungssystem)", "user {id} (gone from the booking system)"
    ),
    "mailboxes.counts.about": Words(
        "Gezählt werden Einladungen zu Buchungen, die noch nicht vorbei sind. „Ausstehend“ schließt ein, was gerade "
        "gesendet wird, „angenommen“ auch vorläufige Zusagen.",
        "Counted are invitations to bookings that are not over. “Pending” includes what is being sent, “accepted” "
        "includes tentatively accepted.",
    ),
    "mailboxes.empty": Words(
        "Noch ist kein Raum mit einem Postfach verknüpft. Legen Sie zuerst die Schnittstellen als Airflow-Verbindungen "
        "an (Typ smtp und imap), dann die erste Verknüpfung.",
        "No room is linked to a mailbox yet. First create the interfaces as Airflow connections (type smtp and imap), "
        "then the first link.",
    ),
    "mailboxes.none-fits": Words("Kein Raumpostfach passt auf diesen Filter.", "No room mailbox fits this filter."),
    "mailboxes.cancel": Words("Abbrechen", "Cancel"),
    # the symbols
    "mailboxes.act.initialise": Words("Initialisieren", "Initialise"),
    "mailboxes.act.initialise.about": Words(
        "Buchungen einladen, die schon vor der Verknüpfung im Raum standen; mit Vorschau",
        "Invite the bookings that stood in the room before it was linked; with a preview",
    ),
    "mailboxes.act.reset": Words("Fehler zurücksetzen", "Reset failed"),
    "mailboxes.act.reset.about": Words(
        "Fehlgeschlagene Einladungen noch einmal senden; mit Vorschau", "Send failed invitations again; with a preview"
    ),
    "mailboxes.act.check": Words("Prüfen", "Check"),
    "mailboxes.act.check.about": Words(
        "Schnittstellen und Verknüpfung prüfen, oder den Raum zur Probe buchen",
        "Check interfaces and link, or book the room on trial",
    ),
    "mailboxes.act.edit": Words("Bearbeiten", "Edit"),
    "mailboxes.act.activate": Words("Aktivieren", "Activate"),
    "mailboxes.act.activate.about": Words(
        "Senden; was gewartet hat, wird nachgeholt", "Send; what has waited is caught up with"
    ),
    "mailboxes.act.deactivate": Words("Deaktivieren", "Deactivate"),
    "mailboxes.act.deactivate.about": Words(
        "Nichts mehr senden; alles wartet, bis Sie wieder aktivieren",
        "Send nothing; all waits until you activate again",
    ),
    "mailboxes.act.remove": Words("Verknüpfung entfernen", "Remove link"),
    "mailboxes.act.remove.about": Words(
        "Alle künftigen Einladungen absagen, dann die Verknüpfung entfernen",
        "Cancel all future invitations, then remove the link",
    ),
    "mailboxes.initialise-group": Words("Raumgruppe initialisieren", "Initialise a room group"),
    "mailboxes.reset-all": Words("Alle Fehler zurücksetzen", "Reset all failed"),
    "mailboxes.check-all": Words("Alles prüfen", "Check everything"),
    "mailboxes.initialise.about": Words(
        "Lädt künftige Buchungen ein, die noch keine Einladung haben. Zuerst sehen Sie die Liste; eingeladen wird "
        "erst, wenn Sie sie genehmigen.",
        "Invites future bookings that have no invitation yet. You see the list first; nothing is invited until you "
        "approve it.",
    ),
    "mailboxes.initialise.go": Words("Vorschau zeigen", "Show the preview"),
    "mailboxes.from": Words("Von", "From"),
    "mailboxes.from.about": Words("leer: ab jetzt", "empty: from now on"),
    "mailboxes.until": Words("Bis", "Until"),
    "mailboxes.until.about": Words("letzter Tag; leer: ohne Ende", "last day; empty: without end"),
    "mailboxes.check": Words("Prüfung", "Check"),
    "mailboxes.check.about": Words(
        "Sieht sich alle Schnittstellen (Verbindung, TLS, Anmeldung, Absender, Empfänger, Ordner) und alle "
        "Raumpostfächer an. Es wird keine Mail gesendet. Das Ergebnis steht danach auf der Seite des Raumpostfachs.",
        "Looks at all interfaces (connection, TLS, login, senders, recipients, folders) and all room mailboxes. No "
        "mail is sent. The result then stands on the page of the room mailbox.",
    ),
    "mailboxes.check.go": Words("Jetzt prüfen", "Check now"),
    "mailboxes.canary": Words("Probebuchung", "Canary"),
    "mailboxes.canary.about": Words(
        "Geht zusätzlich den ganzen Weg: bucht den Raum zur Probe für eine freie Viertelstunde der kommenden Nacht, "
        "wartet höchstens fünf Minuten auf seine Antwort und sagt wieder ab. Das Buchungssystem erfährt davon nichts.",
        "Also goes the whole way: books the room on trial for a free quarter of an hour of the coming night, waits at "
        "most five minutes for its answer, and cancels again. The booking system knows nothing of it.",
    ),
    "mailboxes.canary.go": Words("Zur Probe buchen", "Book on trial"),
    "mailboxes.remove.about": Words(
        "Alle künftigen Einladungen werden dem Raum abgesagt. Wenn die letzte Absage gesendet ist, ist die Verknüpfung "
        "weg; Raum und Adresse können dann neu verknüpft werden. Das lässt sich nicht zurücknehmen.",
        "All future invitations are cancelled in the room. When the last cancellation is sent the link is gone, and "
        "room and address may be linked anew. This cannot be undone.",
    ),
    "mailboxes.remove.go": Words("Verknüpfung entfernen", "Remove the link"),
    # the page of one
    "mailbox.linked": Words("Der Raum ist verknüpft.", "The room is linked."),
    "mailbox.saved": Words("Gespeichert.", "Saved."),
    "mailbox.removed": Words(
        "Diese Verknüpfung ist entfernt und bleibt als Geschichte stehen:",
        "This link was removed and stays as history:",
    ),
    "mailbox.leaving": Words(
        "Die Verknüpfung wird entfernt. Noch zurückzuziehen: {open}, davon fehlgeschlagen: {failed}.",
        "The link is being removed. Still to withdraw: {open}, failed among them: {failed}.",
    ),
    "mailbox.leaving.failed": Words(
        "Beheben Sie die Ursache und setzen Sie die Fehler zurück, damit der Raum diese Zeiten freigibt.",
        "Mend the cause and reset what failed, so that the room frees these times.",
    ),
    "mailbox.give-up": Words("Ohne die fehlgeschlagenen Absagen entfernen", "Remove without the failed cancellations"),
    "mailbox.give-up.about": Words(
        "Der Raum kann diese Zeiten dann weiter belegt zeigen; geben Sie sie dort von Hand frei.",
        "The room may then still show these times as taken; free them there by hand.",
    ),
    "mailbox.uninvited": Words(
        "Künftige Buchungen, die schon vor der Verknüpfung im Raum standen und nicht eingeladen sind: {number}. Sie "
        "werden erst gesendet, wenn sie sich ändern oder wenn Sie initialisieren.",
        "Future bookings that stood in the room before it was linked and are not invited: {number}. They are sent only "
        "when they change, or when you initialise.",
    ),
    "mailbox.nothing-older": Words(
        "Im Raum steht keine ältere Buchung, die zu initialisieren wäre.",
        "No older booking stands in the room that would have to be initialised.",
    ),
    "mailbox.withdraw": Words(
        "Zurückzuziehende Einladungen: {open}, davon mit einer Absage: {to_cancel}.",
        "Invitations to withdraw: {open}, by a cancellation: {to_cancel}.",
    ),
    "mailbox.since": Words("Verknüpft seit", "Linked since"),
    "mailbox.invitations": Words("Einladungen", "Invitations"),
    "mailbox.log": Words("Protokoll", "Log"),
    "mailbox.checks": Words("Letzte Prüfung", "Last check"),
    "mailbox.checks.none": Words(
        "Noch nicht geprüft. Drücken Sie oben „Prüfen“.", "Not checked yet. Press “Check” above."
    ),
    "mailbox.checks.subject": Words("Was", "What"),
    "mailbox.checks.verdict": Words("Befund", "Verdict"),
    "mailbox.checks.why": Words("Warum, und was zu tun ist", "Why, and what to do"),
    "mailbox.checks.at": Words("Wann", "When"),
    "mailbox.checks.link": Words("Verknüpfung", "link"),
    "mailbox.checks.canary": Words("Probebuchung", "canary"),
    "mailbox.checks.smtp": Words("SMTP", "SMTP"),
    "mailbox.checks.imap": Words("IMAP", "IMAP"),
}
