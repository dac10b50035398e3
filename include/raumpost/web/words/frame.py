"""What stands on every page, and what several of them say."""

from raumpost.web.words.entry import Words

WORDS = {
    "title": Words("Raumpostfächer", "Room mailboxes"),
    "nav": Words("Ansichten", "Views"),
    "nav.overview": Words("Übersicht", "Overview"),
    "nav.interfaces": Words("Schnittstellen", "Interfaces"),
    "nav.groups": Words("Raumgruppen", "Room groups"),
    "language.other": Words("English", "Deutsch"),
    "language.switch": Words("switch to English", "auf Deutsch umschalten"),
    "skip": Words("Zum Inhalt", "Skip to the content"),
    # states of an invitation (docs/understand/lifecycle.md)
    "state.pending": Words("ausstehend", "pending"),
    "state.sending": Words("wird gesendet", "sending"),
    "state.sent": Words("Rückmeldung offen", "reply outstanding"),
    "state.answered": Words("beantwortet", "answered"),
    "state.failed": Words("Fehler", "failed"),
    "state.withdrawn": Words("storniert", "cancelled"),
    "answer.ACCEPTED": Words("angenommen", "accepted"),
    "answer.TENTATIVE": Words("vorläufig angenommen", "tentatively accepted"),
    "answer.DECLINED": Words("abgelehnt", "declined"),
    "inbox.active": Words("Raumpostfach aktiv", "room mailbox active"),
    "inbox.inactive": Words("Raumpostfach inaktiv", "room mailbox inactive"),
    "error.title": Words("Das geht gerade nicht", "This does not work at the moment"),
    "error.401": Words(
        "Sie sind nicht (mehr) angemeldet. Melden Sie sich in Airflow an, und laden Sie die Seite neu.",
        "You are not signed in (any more). Sign in to Airflow, and reload the page.",
    ),
    "error.403": Words(
        "Das dürfen Sie nicht. Zum Lesen braucht es das Recht, die Läufe von mailbox_processor zu sehen, zum "
        "Verknüpfen das, Verbindungen in Airflow zu ändern.",
        "You may not do this. Reading needs the right to see the runs of mailbox_processor, linking the one to change "
        "connections in Airflow.",
    ),
    "error.404": Words("Das gibt es nicht (mehr).", "There is no such thing (any more)."),
    "error.422": Words("Mit dieser Adresse ist nichts anzufangen:", "Nothing can be made of this address:"),
    "error.500": Words(
        "Ein Fehler in Raumpost. Was genau, steht im Log des api-servers von Airflow.",
        "An error in Raumpost. The log of Airflow's api-server says which.",
    ),
    "error.503": Words("Etwas muss in Ordnung gebracht werden:", "Something has to be put right:"),
    "error.back": Words("Zur Übersicht", "To the overview"),
    "pager": Words("Blättern", "Pages"),
    "pager.previous": Words("Zurück", "Previous"),
    "pager.next": Words("Weiter", "Next"),
    "pager.range": Words("{first}–{last} von {total}", "{first}–{last} of {total}"),
    # the dialog that stays with a DAG run
    "run.open": Words("In Airflow ansehen", "Open in Airflow"),
    "run.close": Words("Schließen", "Close"),
    "js.run.starting": Words("Der DAG-Lauf wird gestartet …", "Starting the DAG run …"),
    "js.run.queued": Words("Der DAG-Lauf wartet auf den Scheduler …", "The DAG run waits for the scheduler …"),
    "js.run.paused": Words(
        "Der DAG {dag} ist pausiert: Schalten Sie ihn in Airflow ein, dann läuft es weiter.",
        "The DAG {dag} is paused: switch it on in Airflow, then this goes on.",
    ),
    "js.run.running": Words("Der DAG-Lauf arbeitet …", "The DAG run is working …"),
    "js.run.asks": Words("Bitte prüfen und entscheiden:", "Please look and decide:"),
    "js.run.approve": Words("Genehmigen", "Approve"),
    "js.run.reject": Words("Ablehnen", "Reject"),
    "js.run.success": Words("Fertig.", "Done."),
    "js.run.failed": Words(
        "Fehlgeschlagen: {tasks}. Der Grund steht im Log des Tasks.", "Failed: {tasks}. The task's log says why."
    ),
    "js.run.broken-off": Words(
        "Abgebrochen, ohne dass ein Task fehlschlug: Der DAG-Lauf wurde nicht rechtzeitig fertig, oder jemand hat ihn "
        "beendet.",
        "Broken off though no task failed: the DAG run was not done in time, or somebody ended it.",
    ),
    "js.run.away": Words(
        "Airflow antwortet gerade nicht; es wird weiter nachgesehen …", "Airflow does not answer just now; looking on …"
    ),
    "js.run.not-yours": Words("Das dürfen Sie nicht entscheiden.", "You may not decide this."),
    "js.run.forbidden": Words("Sie dürfen den DAG {dag} nicht starten.", "You may not start the DAG {dag}."),
    "js.unreachable": Words("Airflow antwortet nicht.", "Airflow does not answer."),
    "js.signed-out": Words(
        "Sie sind nicht mehr angemeldet. Laden Sie die Seite neu.", "You are no longer signed in. Reload the page."
    ),
    # states of runs and tasks in Airflow
    "js.state.scheduled": Words("eingeplant", "scheduled"),
    "js.state.queued": Words("in der Warteschlange", "queued"),
    "js.state.running": Words("läuft", "running"),
    "js.state.success": Words("erfolgreich", "success"),
    "js.state.failed": Words("fehlgeschlagen", "failed"),
    "js.state.restarting": Words("startet neu", "restarting"),
    "js.state.up_for_retry": Words("wartet auf den nächsten Versuch", "up for retry"),
    "js.state.up_for_reschedule": Words("sieht später wieder nach", "up for reschedule"),
    "js.state.upstream_failed": Words("Vorgänger fehlgeschlagen", "upstream failed"),
    "js.state.skipped": Words("übersprungen", "skipped"),
    "js.state.removed": Words("entfernt", "removed"),
    "js.state.deferred": Words("wartet", "deferred"),
    "js.state.awaiting_input": Words("wartet auf eine Entscheidung", "awaiting input"),
}
