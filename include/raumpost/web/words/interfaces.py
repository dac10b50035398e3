"""What the views of interfaces say."""

from raumpost.web.words.entry import Words

WORDS: dict[str, Words] = {
    "interfaces.new.smtp": Words("SMTP-Schnittstelle", "SMTP interface"),
    "interfaces.new.imap": Words("IMAP-Schnittstelle", "IMAP interface"),
    "interfaces.all": Words("Alle Verbindungen in Airflow", "All connections in Airflow"),
    "interfaces.may-not": Words(
        "Schnittstellen anlegen und ändern darf, wer in Airflow Verbindungen ändern darf (Rolle Op oder Admin).",
        "Those who may change connections in Airflow (role Op or Admin) may create and change interfaces.",
    ),
    "interfaces.saved": Words("Gespeichert:", "Saved:"),
    "interfaces.used": Words("In Gebrauch", "In use"),
    "interfaces.available": Words("Weitere verfügbare", "Others available"),
    "interfaces.none": Words(
        "Kein Raum benutzt eine Schnittstelle: erst eine für SMTP und eine für IMAP anlegen, dann Räume verknüpfen.",
        "No room uses an interface yet: create one for SMTP and one for IMAP, then link a room.",
    ),
    "interfaces.kind": Words("Art", "Type"),
    "interfaces.connection": Words("Verbindung", "Connection"),
    "interfaces.server": Words("Server", "Server"),
    "interfaces.rooms": Words("Räume", "Rooms"),
    "interfaces.active": Words("{n} aktiv", "{n} active"),
    "interfaces.last-check": Words("Letzte Prüfung", "Last check"),
    "interfaces.actions": Words("Aktionen", "Actions"),
    "interfaces.unchecked": Words("noch nicht geprüft", "not checked yet"),
    "interfaces.check": Words("Jetzt prüfen:", "Check now:"),
    "interfaces.check.short": Words("Jetzt prüfen", "Check now"),
    "interfaces.edit": Words("Bearbeiten", "Edit"),
    "interfaces.loading": Words("Airflow wird gefragt …", "Asking Airflow …"),
    "interfaces.elsewhere": Words(
        "Verbindungen aus Umgebungsvariablen (AIRFLOW_CONN_…) oder einem Secrets Backend gelten auch, Airflow zeigt "
        "sie aber nicht: sie werden dort geändert, wo sie stehen.",
        "Connections from environment variables (AIRFLOW_CONN_…) or a secrets backend count too, but Airflow does not "
        "list them: they are changed where they stand.",
    ),
    "verdict.ok": Words("in Ordnung", "ok"),
    "verdict.warning": Words("Warnung", "warning"),
    "verdict.not ok": Words("nicht in Ordnung", "not ok"),
    "js.interfaces.tls": Words("TLS", "TLS"),
    "js.interfaces.starttls": Words("STARTTLS", "STARTTLS"),
    "js.interfaces.none": Words("unverschlüsselt", "not encrypted"),
    "js.interfaces.not-stored": Words(
        "nicht in Airflow gespeichert: aus der Umgebung, einem Secrets Backend, oder sie fehlt: die Prüfung sagt es",
        "not stored in Airflow: from the environment or a secrets backend, or missing; the check tells",
    ),
    "js.interfaces.wrong-type": Words("Diese Verbindung hat den Typ {type}.", "This connection has type {type}."),
    "js.interfaces.no-others": Words(
        "In Airflow ist keine weitere Verbindung vom Typ smtp oder imap gespeichert.",
        "No other connection of type smtp or imap is stored in Airflow.",
    ),
    "js.interfaces.forbidden": Words(
        "Sie dürfen die Verbindungen in Airflow nicht sehen; oben steht, was Raumpost selbst weiß.",
        "You may not see the connections in Airflow; above is what Raumpost itself knows.",
    ),
    "js.interfaces.unseen": Words("für Sie nicht sichtbar", "not visible to you"),
    "interface.new.smtp": Words("Neue SMTP-Schnittstelle", "New SMTP interface"),
    "interface.new.imap": Words("Neue IMAP-Schnittstelle", "New IMAP interface"),
    "interface.edit.smtp": Words("SMTP-Schnittstelle bearbeiten", "Edit SMTP interface"),
    "interface.edit.imap": Words("IMAP-Schnittstelle bearbeiten", "Edit IMAP interface"),
    "interface.id": Words("Name der Verbindung", "Name of the connection"),
    "interface.id.hint": Words("Buchstaben, Ziffern, _ . -", "Letters, digits, _ . -"),
    "interface.id.fixed": Words("Der Name bleibt: Verknüpfungen benutzen ihn.", "The name stays: links use it."),
    "interface.host": Words("Server", "Host"),
    "interface.port": Words("Port", "Port"),
    "interface.port.hint": Words(
        "Leer: SMTP 465 mit TLS, sonst 25; IMAP 993 mit TLS, sonst 143. STARTTLS beim Senden meist 587.",
        "Empty: SMTP 465 with TLS, else 25; IMAP 993 with TLS, else 143. STARTTLS for sending is mostly 587.",
    ),
    "interface.security": Words("Verschlüsselung", "Encryption"),
    "interface.security.tls": Words("SSL/TLS vom ersten Byte an", "SSL/TLS from the first octet"),
    "interface.security.starttls": Words("STARTTLS", "STARTTLS"),
    "interface.security.none": Words("keine: Kennwort und Mails sind lesbar", "none: password and mails can be read"),
    "interface.auth": Words("Anmeldung", "Login"),
    "interface.auth.basic": Words("mit Kennwort, oder keine", "by password, or none"),
    "interface.auth.oauth2": Words("mit OAuth2 (Exchange Online)", "by OAuth2 (Exchange Online)"),
    "interface.user": Words("Benutzer", "User"),
    "interface.user.hint": Words(
        "Bei OAuth2 die Adresse des Postfachs; leer: keine Anmeldung.",
        "With OAuth2 the address of the mailbox; empty: no login.",
    ),
    "interface.password": Words("Kennwort", "Password"),
    "interface.keep": Words("Leer lassen: das gespeicherte bleibt.", "Leave empty: the stored one stays."),
    "interface.tenant_id": Words("Mandant (tenant_id)", "Tenant (tenant_id)"),
    "interface.client_id": Words("Anwendung (client_id)", "App (client_id)"),
    "interface.client_secret": Words("Geheimnis der Anwendung (client_secret)", "Secret of the app (client_secret)"),
    "interface.scope": Words("Berechtigung (scope)", "Scope"),
    "interface.scope.hint": Words(
        "Leer: https://outlook.office365.com/.default", "Empty: https://outlook.office365.com/.default"
    ),
    "interface.authority": Words("Token-Aussteller (authority)", "Token issuer (authority)"),
    "interface.authority.hint": Words(
        "Leer: https://login.microsoftonline.com", "Empty: https://login.microsoftonline.com"
    ),
    "interface.sender": Words("Absender (from_email)", "Sender (from_email)"),
    "interface.sender.hint": Words(
        "Nur für Alarme, die über diese Schnittstelle gehen; Einladungen kommen vom technischen Benutzer.",
        "Only for alerts that leave by this interface; invitations come from the technical user.",
    ),
    "interface.folders": Words("Ordner", "Folders"),
    "interface.folders.hint": Words(
        "Aus denen gelesen wird, einer je Zeile. Leer: INBOX", "To read from, one a line. Empty: INBOX"
    ),
    "interface.processed_folder": Words("Ordner für Gelesenes", "Folder for what was read"),
    "interface.processed_folder.hint": Words(
        "Dorthin kommen gelesene Mails zu Einladungen. Leer: sie bleiben liegen.",
        "Mails about invitations go there once read. Empty: they stay.",
    ),
    "interface.ca_file": Words("Datei mit CA-Zertifikat", "File with a CA certificate"),
    "interface.ca_file.hint": Words(
        "Pfad, wo die Tasks laufen. Leer: die CAs des Systems", "Path where the tasks run. Empty: the system's CAs"
    ),
    "interface.timeout": Words("Zeitgrenze in Sekunden", "Timeout in seconds"),
    "interface.timeout.hint": Words("Für jeden Schritt, 1 bis 300", "For each step, 1 to 300"),
    "interface.save": Words("Speichern", "Save"),
    "interface.cancel": Words("Abbrechen", "Cancel"),
    "interface.secrets": Words(
        "Gespeichert wird in Airflow, mit Ihren Rechten. Kennwörter und Geheimnisse gehen vom Browser direkt dorthin "
        "und kommen nie zurück. Was diese Maske nicht kennt, bleibt unverändert.",
        "This is stored in Airflow, with your rights. Passwords and secrets go there straight from the browser and "
        "never come back. What this form does not know stays as it is.",
    ),
    "js.interface.loading": Words("Die Verbindung wird geladen …", "Loading the connection …"),
    "js.interface.mend": Words("Bitte die markierten Felder berichtigen.", "Please correct the marked fields."),
    "js.interface.wrong.id": Words(
        "1 bis 200 Buchstaben (ohne Umlaute), Ziffern, _ . -", "Give 1 to 200 letters (a to z), digits, _ . -"
    ),
    "js.interface.wrong.needed": Words("Wird gebraucht.", "This is needed."),
    "js.interface.wrong.host": Words(
        "Nur der Name des Servers, ohne https:// und Pfad.", "Only the server's name, no https:// and no path."
    ),
    "js.interface.wrong.port": Words("Eine Zahl von 1 bis 65535.", "A number from 1 to 65535."),
    "js.interface.wrong.timeout": Words("Eine Zahl von 1 bis 300.", "A number from 1 to 300."),
    "js.interface.wrong.mailbox": Words(
        "Mit OAuth2 die Adresse des Postfachs angeben.", "With OAuth2 give the address of the mailbox."
    ),
    "js.interface.wrong.address": Words("Eine E-Mail-Adresse.", "An e-mail address."),
    "js.interface.wrong.authority": Words("Muss mit https:// beginnen.", "It must begin with https://."),
    "js.interface.wrong.processed": Words(
        "Aus diesem Ordner wird gelesen; einen anderen nennen.", "This folder is read from; name another."
    ),
    "js.interface.wrong.ca-file": Words(
        "Diese Verbindung nimmt jedes Zertifikat an (ssl_context „none“): das erst in Airflow ändern.",
        "This connection takes any certificate (ssl_context “none”): change that in Airflow first.",
    ),
    "js.interface.wrong.hidden": Words(
        "Airflow verbirgt einen Teil davon, weil ein Kennwort darin vorkommt: bitte ganz neu eingeben.",
        "Airflow hides a part of this because a password occurs in it: please type all of it anew.",
    ),
    "js.interface.wrong.hidden-extra": Words(
        "Airflow verbirgt einen Teil der weiteren Extras; speichern würde sie zerstören. Bitte in Airflow bearbeiten.",
        "Airflow hides a part of the other extras; saving would destroy them. Please edit this in Airflow.",
    ),
    "js.interface.wrong.taken": Words("Diese Verbindung gibt es schon.", "There is a connection of this name already."),
    "js.interface.wrong.forbidden": Words(
        "Sie dürfen Verbindungen in Airflow nicht ändern.", "You may not change connections in Airflow."
    ),
}
