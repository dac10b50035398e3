"""What the overview says."""

from raumpost.texts.text import Text

TEXTS: dict[str, Text] = {
    "overview.empty": Text("Noch ist kein Raum verknüpft. So geht es los:", "No room is linked yet. First steps:"),
    "overview.empty.interfaces": Text(
        "Mailserver zum Senden (SMTP) und zum Lesen (IMAP) anlegen:",
        "Create mail servers for sending (SMTP) and reading (IMAP):",
    ),
    "overview.empty.rooms": Text(
        "Räume eintragen: Das Buchungssystem schreibt sie nach booking.room; noch ist dort keiner.",
        "Add rooms: the booking system writes them to booking.room, which has none yet.",
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
        "Buchungen, die es vor der Verknüpfung schon gab, auf der Seite des Raumpostfachs initialisieren.",
        "On the page of the room mailbox, initialise the bookings made before the link.",
    ),
    "overview.well": Text("Alles in Ordnung: Es ist nichts zu tun.", "All is well: there is nothing to do."),
    "overview.paused": Text("mailbox_processor ist pausiert", "mailbox_processor is paused"),
    "overview.paused.why": Text(
        "Es wird nichts gesendet und nichts gelesen, bis der DAG eingeschaltet ist.",
        "Nothing is sent and nothing is read until the DAG is switched on.",
    ),
    "overview.unpause": Text("Einschalten", "Switch on"),
    "overview.scheduler": Text("Der Scheduler von Airflow läuft nicht", "Airflow's scheduler is not running"),
    "overview.scheduler.why": Text(
        "Es wird nichts gesendet und nichts gelesen. Starten Sie den Scheduler auf dem Server; sein Log sagt, warum "
        "er steht.",
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
        "Sehen Sie zuerst im Buchungssystem nach: Kommen die Buchungen zurück, wird nichts abgesagt. Sonst geben Sie "
        "die Absagen frei.",
        "Check the booking system first: if the bookings come back, nothing is cancelled. Otherwise approve the "
        "cancellations.",
    ),
    "overview.withheld.approve": Text("Absagen freigeben", "Approve cancellations"),
    "overview.overdue": Text("Die Verarbeitung steht still", "Processing has stopped"),
    "overview.overdue.invitations": Text(
        "Einladungen, die auf den Versand warten: {n}", "Invitations waiting to be sent: {n}"
    ),
    "overview.overdue.changes": Text(
        "Noch nicht geplante Änderungen von Buchungen: {n}", "Changes to bookings that have not been planned yet: {n}"
    ),
    "overview.since": Text("seit", "since"),
    "overview.overdue.do": Text(
        "Prüfen Sie, ob mailbox_processor eingeschaltet ist, ob der Scheduler läuft und ob Tasks rot sind.",
        "Check whether mailbox_processor is switched on, whether the scheduler is running, and whether tasks are red.",
    ),
    "overview.failed": Text("Fehlgeschlagene Einladungen: {n}", "Failed invitations: {n}"),
    "overview.failed.by": Text("{n} über {interface}, seit", "{n} via {interface}, since"),
    "overview.more-causes": Text("weitere Ursachen: {n}", "more causes: {n}"),
    "overview.failed.do": Text(
        "Beheben Sie zuerst die Ursache und senden Sie dann erneut: Sie sehen vorher eine Liste und entscheiden.",
        "Fix the cause first, then send again: you see a list first, and decide.",
    ),
    "overview.recycle": Text("Fehlgeschlagene erneut senden", "Send failed invitations again"),
    "overview.recycle-cause": Text("Diese erneut senden", "Send these again"),
    "overview.alert": Text("Fehler: {n}, seit", "failures: {n}, since"),
    "overview.alert.last": Text("zuletzt", "last"),
    "alert.database": Text("Datenbank nicht erreichbar", "Database unreachable"),
    "alert.database.do": Text(
        "Starten Sie die Datenbank oder berichtigen Sie die Verbindung raumpost_db; nichts ist verloren.",
        "Start the database, or correct the connection raumpost_db; nothing is lost.",
    ),
    "alert.sending": Text("Senden schlägt fehl:", "Sending fails:"),
    "alert.sending.do": Text(
        "Prüfen Sie die Schnittstelle, beheben Sie die Ursache und senden Sie dann Fehlgeschlagene erneut.",
        "Check the interface and fix the cause, then send failed invitations again.",
    ),
    "alert.reading": Text("Rückmeldungen können nicht gelesen werden:", "Replies cannot be read:"),
    "alert.reading.do": Text(
        "Prüfen Sie die Schnittstelle: Meist ist ein Kennwort oder Zertifikat abgelaufen oder ein Ordner umbenannt.",
        "Check the interface: usually a password or certificate has expired, or a folder was renamed.",
    ),
    "alert.unfinished": Text("Ein Lauf ist nicht rechtzeitig fertig geworden:", "A run did not finish in time:"),
    "alert.unfinished.do": Text(
        "Sehen Sie nach, welcher Task des Laufs arbeitet oder wartet; sein Log sagt, woran er hängt.",
        "See which task of the run is working or waiting; its log says what is holding it up.",
    ),
    "alert.task": Text("Task fehlgeschlagen:", "Task failed:"),
    "alert.task.do": Text(
        "Das Log des Tasks sagt warum. Ist die Ursache behoben, kann er erneut laufen.",
        "The task's log says why. Once the cause is fixed, it can run again.",
    ),
    "check.smtp": Text("SMTP-Schnittstelle", "SMTP interface"),
    "check.imap": Text("IMAP-Schnittstelle", "IMAP interface"),
    "check.link": Text("Raumpostfach", "Room mailbox"),
    "check.canary": Text("Probebuchung in", "Canary in"),
    "overview.checks": Text("Mängel bei der letzten Prüfung: {n}", "Problems found by the last check: {n}"),
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
        "Prüfen Sie, ob diese Raumpostfächer Einladungen selbst verarbeiten und ob Mails ankommen; eine Probebuchung "
        "zeigt es.",
        "Check whether these mailboxes process invitations by themselves and whether mails arrive; a canary shows it.",
    ),
    "overview.declined": Text(
        "Kommende Buchungen, die ihr Raum abgelehnt hat: {n}", "Upcoming bookings declined by their rooms: {n}"
    ),
    "overview.declined.room": Text("{n}, die nächste beginnt", "{n}, the next one begins"),
    "overview.declined.do": Text(
        "Wer gebucht hat, sieht die Ablehnung an der Buchung. Die Einladung zeigt, was der Raum dazu sagt.",
        "Whoever booked sees the refusal on the booking. The invitation shows what the room says.",
    ),
    "overview.more-rooms": Text("weitere Räume: {n}", "more rooms: {n}"),
    "overview.last-run": Text("Letzter Lauf von mailbox_processor:", "Last run of mailbox_processor:"),
    "overview.worked": Text("Zuletzt aktiv:", "Last active:"),
    "overview.last-check": Text("Letzte Prüfung:", "Last check:"),
    "overview.never": Text("noch nie", "never"),
    "js.overview.no-run": Text("noch keiner", "none yet"),
    "overview.counts": Text("Einladungen", "Invitations"),
    "overview.days": Text("Je Tag", "Per day"),
    "overview.day": Text("Tag", "Day"),
    "overview.sent": Text("gesendet", "sent"),
    "overview.answered": Text("beantwortet", "answered"),
    "overview.invitations": Text("Einladungen", "invitations"),
    "overview.answer-times": Text("Zeit bis zur Rückmeldung", "Time to reply"),
    "overview.took": Text("Dauer", "Duration"),
    "overview.answer-times.words": Text(
        "Rückmeldungen in 14 Tagen: {n}; die Hälfte kam in {median}, eine von zwanzig später als {slow}.",
        "Replies in 14 days: {n}; half came within {median}, one in twenty took longer than {slow}.",
    ),
    "overview.answer-times.none": Text(
        "In den letzten 14 Tagen kam keine Rückmeldung.", "No reply arrived in the last 14 days."
    ),
    "span.seconds": Text("{n} s", "{n} s"),
    "span.minutes": Text("{n} min", "{n} min"),
    "span.hours": Text("{n} h", "{n} h"),
    "span.days": Text("{n} d", "{n} d"),
}
