"""What the overview says."""

from raumpost.texts.text import Text

TEXTS: dict[str, Text] = {
    "overview.empty": Text("Noch ist kein Raum verknüpft. So geht es los:", "No room is linked yet. First steps:"),
    "overview.empty.interfaces": Text(
        "Mailserver zum Senden (SMTP) und zum Lesen (IMAP) anlegen:",
        "Create mail servers to send by (SMTP) and read from (IMAP):",
    ),
    "overview.empty.rooms": Text(
        "Räume eintragen: das Buchungssystem schreibt sie nach booking.room; noch ist dort keiner.",
        "Add rooms: the booking system writes them to booking.room; there is none yet.",
    ),
    "overview.empty.link": Text("Einen Raum mit seinem Raumpostfach verknüpfen:", "Link a room to its mailbox:"),
    "overview.empty.may-not": Text(
        "(das darf, wer in Airflow Verbindungen ändern darf)", "(for those who may change connections in Airflow)"
    ),
    "overview.link-room": Text("Raum verknüpfen", "Link a room"),
    "overview.empty.unpause": Text(
        "Den DAG einschalten, der sendet und liest:", "Switch on the DAG that sends and reads:"
    ),
    "overview.empty.initialise": Text(
        "Buchungen, die es vor der Verknüpfung schon gab, am Raumpostfach initialisieren.",
        "Initialise, at the room mailbox, the bookings that stood there before the link.",
    ),
    "overview.well": Text("Alles in Ordnung: nichts ist zu tun.", "All is well: there is nothing to do."),
    "overview.paused": Text("mailbox_processor ist pausiert", "mailbox_processor is paused"),
    "overview.paused.why": Text(
        "Es wird nichts gesendet und nichts gelesen, bis der DAG eingeschaltet ist.",
        "Nothing is sent and nothing is read until the DAG is switched on.",
    ),
    "overview.unpause": Text("Einschalten", "Switch on"),
    "overview.scheduler": Text("Der Scheduler von Airflow läuft nicht", "Airflow's scheduler does not run"),
    "overview.scheduler.why": Text(
        "Es wird nichts gesendet und nichts gelesen. Den Scheduler auf dem Server starten; sein Log sagt, was war.",
        "Nothing is sent and nothing is read. Start the scheduler on the server; its log says why it stopped.",
    ),
    "overview.missing": Text("Airflow kennt mailbox_processor nicht", "Airflow does not know mailbox_processor"),
    "overview.missing.why": Text(
        "Der DAG wurde nicht geladen. Die Importfehler auf der Startseite von Airflow sagen warum.",
        "The DAG was not loaded. The import errors on Airflow's home page say why.",
    ),
    "overview.withheld": Text("Zurückgehaltene Absagen: {n}", "Cancellations held back: {n}"),
    "overview.withheld.of": Text(
        "{n} von {known} künftigen Einladungen würden abgesagt, weil ihre Buchungen verschwunden sind, seit",
        "{n} of {known} future invitations would be cancelled because their bookings have vanished, since",
    ),
    "overview.withheld.do": Text(
        "Zuerst im Buchungssystem nachsehen: Kommen die Buchungen zurück, wird nichts abgesagt. Sonst freigeben.",
        "Look at the booking system first: if the bookings come back, nothing is cancelled. Else approve.",
    ),
    "overview.withheld.approve": Text("Absagen freigeben", "Approve cancellations"),
    "overview.overdue": Text("Es wird nicht weitergearbeitet", "Work does not go on"),
    "overview.overdue.invitations": Text(
        "Einladungen, die auf den Versand warten: {n}", "Invitations that wait to be sent: {n}"
    ),
    "overview.overdue.changes": Text(
        "Noch nicht geplante Änderungen von Buchungen: {n}",
        "Changes of bookings not planned yet: {n}",
    ),
    "overview.since": Text("seit", "since"),
    "overview.overdue.do": Text(
        "Nachsehen, ob mailbox_processor eingeschaltet ist, ob der Scheduler läuft und ob seine Tasks rot sind.",
        "See whether mailbox_processor is switched on, whether the scheduler runs, and whether its tasks are red.",
    ),
    "overview.failed": Text("Fehlgeschlagene Einladungen: {n}", "Failed invitations: {n}"),
    "overview.failed.by": Text("{n} über {interface}, seit", "{n} by {interface}, since"),
    "overview.more-causes": Text("weitere Ursachen: {n}", "more causes: {n}"),
    "overview.failed.do": Text(
        "Erst die Ursache beheben, dann erneut senden: Sie sehen vorher eine Liste und entscheiden.",
        "Mend the cause first, then send again: you see a list before, and decide.",
    ),
    "overview.recycle": Text("Fehlgeschlagene erneut senden", "Send what failed again"),
    "overview.recycle-cause": Text("Diese erneut senden", "Send these again"),
    "overview.alert": Text("Fehler: {n}, seit", "failures: {n}, since"),
    "overview.alert.last": Text("zuletzt", "last"),
    "alert.database": Text("Datenbank nicht erreichbar", "Database out of reach"),
    "alert.database.do": Text(
        "Datenbank starten oder die Verbindung raumpost_db berichtigen; nichts ist verloren.",
        "Start the database, or correct the connection raumpost_db; nothing is lost.",
    ),
    "alert.sending": Text("Senden geht nicht:", "Sending does not work:"),
    "alert.sending.do": Text(
        "Die Schnittstelle prüfen und die Ursache beheben, dann Fehlgeschlagene erneut senden.",
        "Check the interface and mend the cause, then send what failed again.",
    ),
    "alert.reading": Text("Rückmeldungen können nicht gelesen werden:", "Answers cannot be read:"),
    "alert.reading.do": Text(
        "Die Schnittstelle prüfen: meist ein abgelaufenes Kennwort oder Zertifikat oder ein umbenannter Ordner.",
        "Check the interface: mostly a password or certificate that expired, or a folder that was renamed.",
    ),
    "alert.unfinished": Text("Ein Lauf ist nicht rechtzeitig fertig geworden:", "A run has not finished in time:"),
    "alert.unfinished.do": Text(
        "Nachsehen, welcher Task des Laufs arbeitet oder wartet; sein Log sagt, woran er hängt.",
        "See which task of the run works or waits; its log says what it hangs on.",
    ),
    "alert.task": Text("Task fehlgeschlagen:", "Task failed:"),
    "alert.task.do": Text(
        "Das Log des Tasks sagt warum. Ist die Ursache behoben, kann er erneut laufen.",
        "The task's log says why. Once the cause is mended it can run again.",
    ),
    "check.smtp": Text("SMTP-Schnittstelle", "SMTP interface"),
    "check.imap": Text("IMAP-Schnittstelle", "IMAP interface"),
    "check.link": Text("Raumpostfach", "Room mailbox"),
    "check.canary": Text("Probebuchung in", "Canary in"),
    "overview.checks": Text("Mängel bei der letzten Prüfung: {n}", "Troubles found by the last check: {n}"),
    "overview.more-findings": Text("weitere: {n}", "more: {n}"),
    "overview.check-again": Text("Erneut prüfen", "Check again"),
    "overview.check": Text("Alles prüfen", "Check everything"),
    "overview.checked": Text("geprüft", "checked"),
    "overview.late": Text(
        "Seit mehr als {patience} unbeantwortete Einladungen: {n}",
        "Invitations unanswered for more than {patience}: {n}",
    ),
    "overview.late.room": Text("{n}, die älteste gesendet", "{n}, the oldest sent"),
    "overview.late.do": Text(
        "Nachsehen, ob diese Raumpostfächer Einladungen selbst verarbeiten und ob Mails ankommen; eine Probebuchung "
        "zeigt es.",
        "See whether these mailboxes process invitations by themselves and whether mails get there; a canary shows it.",
    ),
    "overview.declined": Text(
        "Kommende Buchungen, die ihr Raum abgelehnt hat: {n}", "Coming bookings declined by their rooms: {n}"
    ),
    "overview.declined.room": Text("{n}, die nächste beginnt", "{n}, the next begins"),
    "overview.declined.do": Text(
        "Wer gebucht hat, sieht die Ablehnung an der Buchung. Die Einladung zeigt, was der Raum dazu sagt.",
        "Who booked sees the refusal at the booking. The invitation shows what the room says.",
    ),
    "overview.more-rooms": Text("weitere Räume: {n}", "more rooms: {n}"),
    "overview.last-run": Text("Letzter Lauf von mailbox_processor:", "Last run of mailbox_processor:"),
    "overview.worked": Text("Zuletzt etwas getan:", "Last did something:"),
    "overview.last-check": Text("Letzte Prüfung:", "Last check:"),
    "overview.never": Text("noch nie", "never"),
    "js.overview.no-run": Text("noch keiner", "none yet"),
    "overview.counts": Text("Einladungen", "Invitations"),
    "overview.days": Text("Je Tag", "Per day"),
    "overview.day": Text("Tag", "Day"),
    "overview.sent": Text("gesendet", "sent"),
    "overview.answered": Text("beantwortet", "answered"),
    "overview.invitations": Text("Einladungen", "invitations"),
    "overview.answer-times": Text("Zeit bis zur Rückmeldung", "Time to answer"),
    "overview.took": Text("Dauer", "Time taken"),
    "overview.answer-times.words": Text(
        "Rückmeldungen in 14 Tagen: {n}; die Hälfte kam in {median}, eine von zwanzig später als {slow}.",
        "Answers in 14 days: {n}; half came within {median}, one in twenty later than {slow}.",
    ),
    "overview.answer-times.none": Text(
        "In den letzten 14 Tagen kam keine Rückmeldung.", "No answer has come in the last 14 days."
    ),
    "span.seconds": Text("{n} s", "{n} s"),
    "span.minutes": Text("{n} min", "{n} min"),
    "span.hours": Text("{n} h", "{n} h"),
    "span.days": Text("{n} d", "{n} d"),
}
