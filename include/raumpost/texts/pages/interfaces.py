"""What the views of interfaces say."""

from raumpost.texts.text import Text

TEXTS: dict[str, Text] = {
    "interfaces.new.smtp": Text("SMTP-Schnittstelle", "SMTP interface"),
    "interfaces.new.imap": Text("IMAP-Schnittstelle", "IMAP interface"),
    "interfaces.all": Text("Alle Verbindungen in Airflow", "All connections in Airflow"),
    "interfaces.may-not": Text(
        "Schnittstellen anlegen und ändern darf, wer in Airflow Verbindungen ändern darf (Rolle Op oder Admin).",
        "Those who may change connections in Airflow (role Op or Admin) may create and change interfaces.",
    ),
    "interfaces.saved": Text("Gespeichert:", "Saved:"),
    "interfaces.used": Text("In Gebrauch", "In use"),
    "interfaces.available": Text("Weitere verfügbare", "Others available"),
    "interfaces.none": Text(
        "Kein Raum benutzt eine Schnittstelle: erst eine für SMTP und eine für IMAP anlegen, dann Räume verknüpfen.",
        "No room uses an interface yet: create one for SMTP and one for IMAP, then link a room.",
    ),
    "interfaces.kind": Text("Art", "Type"),
    "interfaces.connection": Text("Verbindung", "Connection"),
    "interfaces.server": Text("Server", "Server"),
    "interfaces.rooms": Text("Räume", "Rooms"),
    "interfaces.active": Text("{n} aktiv", "{n} active"),
    "interfaces.last-check": Text("Letzte Prüfung", "Last check"),
    "interfaces.actions": Text("Aktionen", "Actions"),
    "interfaces.unchecked": Text("noch nicht geprüft", "not checked yet"),
    "interfaces.check": Text("Jetzt prüfen:", "Check now:"),
    "interfaces.check.short": Text("Jetzt prüfen", "Check now"),
    "interfaces.edit": Text("Bearbeiten", "Edit"),
    "interfaces.loading": Text("Airflow wird gefragt …", "Asking Airflow …"),
    "interfaces.elsewhere": Text(
        "Verbindungen aus Umgebungsvariablen (AIRFLOW_CONN_…) oder einem Secrets Backend gelten auch, Airflow zeigt "
        "sie aber nicht: sie werden dort geändert, wo sie stehen.",
        "Connections from environment variables (AIRFLOW_CONN_…) or a secrets backend count too, but Airflow does not "
        "list them: they are changed where they stand.",
    ),
    "verdict.ok": Text("in Ordnung", "ok"),
    "verdict.warning": Text("Warnung", "warning"),
    "verdict.not ok": Text("nicht in Ordnung", "not ok"),
    "js.interfaces.tls": Text("TLS", "TLS"),
    "js.interfaces.starttls": Text("STARTTLS", "STARTTLS"),
    "js.interfaces.none": Text("unverschlüsselt", "not encrypted"),
    "js.interfaces.not-stored": Text(
        "nicht in Airflow gespeichert: aus der Umgebung, einem Secrets Backend, oder sie fehlt: die Prüfung sagt es",
        "not stored in Airflow: from the environment or a secrets backend, or missing; the check tells",
    ),
    "js.interfaces.wrong-type": Text("Diese Verbindung hat den Typ {type}.", "This connection has type {type}."),
    "js.interfaces.no-others": Text(
        "In Airflow ist keine weitere Verbindung vom Typ smtp oder imap gespeichert.",
        "No other connection of type smtp or imap is stored in Airflow.",
    ),
    "js.interfaces.forbidden": Text(
        "Sie dürfen die Verbindungen in Airflow nicht sehen; oben steht, was Raumpost selbst weiß.",
        "You may not see the connections in Airflow; above is what Raumpost itself knows.",
    ),
    "js.interfaces.unseen": Text("für Sie nicht sichtbar", "not visible to you"),
    "interface.new.smtp": Text("Neue SMTP-Schnittstelle", "New SMTP interface"),
    "interface.new.imap": Text("Neue IMAP-Schnittstelle", "New IMAP interface"),
    "interface.edit.smtp": Text("SMTP-Schnittstelle bearbeiten", "Edit SMTP interface"),
    "interface.edit.imap": Text("IMAP-Schnittstelle bearbeiten", "Edit IMAP interface"),
    "interface.id": Text("Name der Verbindung", "Name of the connection"),
    "interface.id.hint": Text("Buchstaben, Ziffern, _ . -", "Letters, digits, _ . -"),
    "interface.id.fixed": Text("Der Name bleibt: Verknüpfungen benutzen ihn.", "The name stays: links use it."),
    "interface.host": Text("Server", "Host"),
    "interface.port": Text("Port", "Port"),
    "interface.port.hint": Text(
        "Leer: SMTP 465 mit TLS, sonst 25; IMAP 993 mit TLS, sonst 143. STARTTLS beim Senden meist 587.",
        "Empty: SMTP 465 with TLS, else 25; IMAP 993 with TLS, else 143. STARTTLS for sending is mostly 587.",
    ),
    "interface.security": Text("Verschlüsselung", "Encryption"),
    "interface.security.tls": Text("SSL/TLS vom ersten Byte an", "SSL/TLS from the first octet"),
    "interface.security.starttls": Text("STARTTLS", "STARTTLS"),
    "interface.security.none": Text("keine: Kennwort und Mails sind lesbar", "none: password and mails can be read"),
    "interface.auth": Text("Anmeldung", "Login"),
    "interface.auth.basic": Text("mit Kennwort, oder keine", "by password, or none"),
    "interface.auth.oauth2": Text("mit OAuth2 (Exchange Online)", "by OAuth2 (Exchange Online)"),
    "interface.user": Text("Benutzer", "User"),
    "interface.user.hint": Text(
        "Bei OAuth2 die Adresse des Postfachs; leer: keine Anmeldung.",
        "With OAuth2 the address of the mailbox; empty: no login.",
    ),
    "interface.password": Text("Kennwort", "Password"),
    "interface.keep": Text("Leer lassen: das gespeicherte bleibt.", "Leave empty: the stored one stays."),
    "interface.tenant_id": Text("Mandant (tenant_id)", "Tenant (tenant_id)"),
    "interface.client_id": Text("Anwendung (client_id)", "App (client_id)"),
    "interface.client_secret": Text("Geheimnis der Anwendung (client_secret)", "Secret of the app (client_secret)"),
    "interface.scope": Text("Berechtigung (scope)", "Scope"),
    "interface.scope.hint": Text(
        "Leer: https://outlook.office365.com/.default", "Empty: https://outlook.office365.com/.default"
    ),
    "interface.authority": Text("Token-Aussteller (authority)", "Token issuer (authority)"),
    "interface.authority.hint": Text(
        "Leer: https://login.microsoftonline.com", "Empty: https://login.microsoftonline.com"
    ),
    "interface.sender": Text("Absender (from_email)", "Sender (from_email)"),
    "interface.sender.hint": Text(
        "Nur für Alarme, die über diese Schnittstelle gehen; Einladungen kommen vom technischen Benutzer.",
        "Only for alerts that leave by this interface; invitations come from the technical user.",
    ),
    "interface.folders": Text("Ordner", "Folders"),
    "interface.folders.hint": Text(
        "Aus denen gelesen wird, einer je Zeile. Leer: INBOX", "To read from, one a line. Empty: INBOX"
    ),
    "interface.processed_folder": Text("Ordner für Gelesenes", "Folder for what was read"),
    "interface.processed_folder.hint": Text(
        "Dorthin kommen gelesene Mails zu Einladungen. Leer: sie bleiben liegen.",
        "Mails about invitations go there once read. Empty: they stay.",
    ),
    "interface.ca_file": Text("Datei mit CA-Zertifikat", "File with a CA certificate"),
    "interface.ca_file.hint": Text(
        "Pfad, wo die Tasks laufen. Leer: die CAs des Systems", "Path where the tasks run. Empty: the system's CAs"
    ),
    "interface.timeout": Text("Zeitgrenze in Sekunden", "Timeout in seconds"),
    "interface.timeout.hint": Text("Für jeden Schritt, 1 bis 300", "For each step, 1 to 300"),
    "interface.save": Text("Speichern", "Save"),
    "interface.cancel": Text("Abbrechen", "Cancel"),
    "interface.secrets": Text(
        "Gespeichert wird in Airflow, mit Ihren Rechten. Kennwörter und Geheimnisse gehen vom Browser direkt dorthin "
        "und kommen nie zurück. Was diese Maske nicht kennt, bleibt unverändert.",
        "This is stored in Airflow, with your rights. Passwords and secrets go there straight from the browser and "
        "never come back. What this form does not know stays as it is.",
    ),
    "js.interface.loading": Text("Die Verbindung wird geladen …", "Loading the connection …"),
    "js.interface.mend": Text("Bitte die markierten Felder berichtigen.", "Please correct the marked fields."),
    "js.interface.wrong.id": Text(
        "1 bis 200 Buchstaben (ohne Umlaute), Ziffern, _ . -", "Give 1 to 200 letters (a to z), digits, _ . -"
    ),
    "js.interface.wrong.needed": Text("Wird gebraucht.", "This is needed."),
    "js.interface.wrong.host": Text(
        "Nur der Name des Servers, ohne https:// und Pfad.", "Only the server's name, no https:// and no path."
    ),
    "js.interface.wrong.port": Text("Eine Zahl von 1 bis 65535.", "A number from 1 to 65535."),
    "js.interface.wrong.timeout": Text("Eine Zahl von 1 bis 300.", "A number from 1 to 300."),
    "js.interface.wrong.mailbox": Text(
        "Mit OAuth2 die Adresse des Postfachs angeben.", "With OAuth2 give the address of the mailbox."
    ),
    "js.interface.wrong.address": Text("Eine E-Mail-Adresse.", "An e-mail address."),
    "js.interface.wrong.authority": Text("Muss mit https:// beginnen.", "It must begin with https://."),
    "js.interface.wrong.processed": Text(
        "Aus diesem Ordner wird gelesen; einen anderen nennen.", "This folder is read from; name another."
    ),
    "js.interface.wrong.ca-file": Text(
        "Diese Verbindung nimmt jedes Zertifikat an (ssl_context „none“): das erst in Airflow ändern.",
        "This connection takes any certificate (ssl_context “none”): change that in Airflow first.",
    ),
    "js.interface.wrong.hidden": Text(
        "Airflow verbirgt einen Teil davon, weil ein Kennwort darin vorkommt: bitte ganz neu eingeben.",
        "Airflow hides a part of this because a password occurs in it: please type all of it anew.",
    ),
    "js.interface.wrong.hidden-extra": Text(
        "Airflow verbirgt einen Teil der weiteren Extras; speichern würde sie zerstören. Bitte in Airflow bearbeiten.",
        "Airflow hides a part of the other extras; saving would destroy them. Please edit this in Airflow.",
    ),
    "js.interface.wrong.taken": Text("Diese Verbindung gibt es schon.", "There is a connection of this name already."),
    "js.interface.wrong.forbidden": Text(
        "Sie dürfen Verbindungen in Airflow nicht ändern.", "You may not change connections in Airflow."
    ),
}
