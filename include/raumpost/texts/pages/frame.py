"""What stands on every page, and what several of them say."""

from raumpost.texts.text import Text

TEXTS: dict[str, Text] = {
    "title": Text("Raumpostfächer", "Room mailboxes"),
    "nav": Text("Ansichten", "Views"),
    "nav.overview": Text("Übersicht", "Overview"),
    "nav.interfaces": Text("Schnittstellen", "Interfaces"),
    "nav.groups": Text("Raumgruppen", "Room groups"),
    "language.other": Text("English", "Deutsch"),
    "language.switch": Text("switch to English", "auf Deutsch umschalten"),
    "skip": Text("Zum Inhalt", "Skip to the content"),
    # states of an invitation (docs/understand/lifecycle.md)
    "state.pending": Text("ausstehend", "pending"),
    "state.sending": Text("wird gesendet", "sending"),
    "state.sent": Text("Rückmeldung offen", "reply outstanding"),
    "state.answered": Text("beantwortet", "answered"),
    "state.failed": Text("Fehler", "failed"),
    "state.withdrawn": Text("storniert", "cancelled"),
    "answer.ACCEPTED": Text("angenommen", "accepted"),
    "answer.TENTATIVE": Text("vorläufig angenommen", "tentatively accepted"),
    "answer.DECLINED": Text("abgelehnt", "declined"),
    "inbox.active": Text("Raumpostfach aktiv", "room mailbox active"),
    "inbox.inactive": Text("Raumpostfach inaktiv", "room mailbox inactive"),
    "error.title": Text("Das geht gerade nicht", "This is not working right now"),
    "error.401": Text(
        "Sie sind nicht (mehr) angemeldet. Melden Sie sich in Airflow an und laden Sie die Seite neu.",
        "You are not signed in, or your session has ended. Sign in to Airflow and reload the page.",
    ),
    "error.403": Text(
        "Dazu fehlt Ihnen die Berechtigung. Lesen darf, wer die Läufe von mailbox_processor sehen darf; verknüpfen "
        "darf, wer in Airflow Verbindungen ändern darf.",
        "You do not have permission to do this. Reading requires permission to see the runs of mailbox_processor; "
        "linking requires permission to change connections in Airflow.",
    ),
    "error.404": Text("Das gibt es nicht (mehr).", "This does not exist (any more)."),
    "error.422": Text("Diese Adresse ist ungültig:", "This address is not valid:"),
    "error.500": Text(
        "In Raumpost ist ein Fehler aufgetreten. Einzelheiten stehen im Log des api-servers von Airflow.",
        "An error occurred in Raumpost. The log of Airflow's api-server has the details.",
    ),
    "error.503": Text("Etwas muss in Ordnung gebracht werden:", "Something needs to be fixed:"),
    "error.back": Text("Zur Übersicht", "To the overview"),
    "pager": Text("Blättern", "Pages"),
    "pager.previous": Text("Zurück", "Previous"),
    "pager.next": Text("Weiter", "Next"),
    "pager.range": Text("{first}–{last} von {total}", "{first}–{last} of {total}"),
    # the dialog that stays with a DAG run
    "run.open": Text("In Airflow ansehen", "Open in Airflow"),
    "run.close": Text("Schließen", "Close"),
    "js.run.starting": Text("Der DAG-Lauf wird gestartet …", "Starting the DAG run …"),
    "js.run.queued": Text("Der DAG-Lauf wartet auf den Scheduler …", "The DAG run is waiting for the scheduler …"),
    "js.run.paused": Text(
        "Der DAG {dag} ist pausiert: Schalten Sie ihn in Airflow ein, dann läuft es weiter.",
        "The DAG {dag} is paused: switch it on in Airflow and the run continues.",
    ),
    "js.run.running": Text("Der DAG-Lauf arbeitet …", "The DAG run is in progress …"),
    "js.run.asks": Text("Bitte prüfen und entscheiden:", "Please review and decide:"),
    "js.run.approve": Text("Genehmigen", "Approve"),
    "js.run.reject": Text("Ablehnen", "Reject"),
    "js.run.success": Text("Fertig.", "Done."),
    "js.run.failed": Text(
        "Fehlgeschlagen: {tasks}. Der Grund steht im Log des Tasks.", "Failed: {tasks}. The task's log says why."
    ),
    "js.run.broken-off": Text(
        "Abgebrochen, ohne dass ein Task fehlschlug: Der DAG-Lauf wurde nicht rechtzeitig fertig, oder jemand hat ihn "
        "beendet.",
        "Stopped although no task failed: the DAG run did not finish in time, or somebody ended it.",
    ),
    "js.run.away": Text(
        "Airflow antwortet gerade nicht; es wird weiter versucht …", "Airflow is not responding; still trying …"
    ),
    "js.run.not-yours": Text("Darüber dürfen Sie nicht entscheiden.", "You do not have permission to decide this."),
    "js.run.forbidden": Text(
        "Sie dürfen den DAG {dag} nicht starten.", "You do not have permission to start the DAG {dag}."
    ),
    "js.unreachable": Text("Airflow antwortet nicht.", "Airflow is not responding."),
    "js.signed-out": Text(
        "Sie sind nicht mehr angemeldet. Laden Sie die Seite neu.", "You are no longer signed in. Reload the page."
    ),
    # states of runs and tasks in Airflow
    "js.state.scheduled": Text("eingeplant", "scheduled"),
    "js.state.queued": Text("in der Warteschlange", "queued"),
    "js.state.running": Text("läuft", "running"),
    "js.state.success": Text("erfolgreich", "success"),
    "js.state.failed": Text("fehlgeschlagen", "failed"),
    "js.state.restarting": Text("startet neu", "restarting"),
    "js.state.up_for_retry": Text("wartet auf den nächsten Versuch", "up for retry"),
    "js.state.up_for_reschedule": Text("sieht später wieder nach", "up for reschedule"),
    "js.state.upstream_failed": Text("Vorgänger fehlgeschlagen", "upstream failed"),
    "js.state.skipped": Text("übersprungen", "skipped"),
    "js.state.removed": Text("entfernt", "removed"),
    "js.state.deferred": Text("wartet", "deferred"),
    "js.state.awaiting_input": Text("wartet auf eine Entscheidung", "awaiting input"),
}
