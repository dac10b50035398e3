"""What the views of interfaces say."""

from raumpost.texts.text import Text

TEXTS: dict[str, Text] = {
    "interfaces.new.smtp": Text("SMTP-Schnittstelle", "SMTP interface"),
    "interfaces.new.imap": Text("IMAP-Schnittstelle", "IMAP interface"),
    "interfaces.all": Text("Alle Verbindungen in Airflow", "All connections in Airflow"),
    "interfaces.may-not": Text(
        "Schnittstellen kann nur anlegen und ändern, wer in Airflow Verbindungen ändern darf (Rolle Op oder Admin).",
        "Only those who may change connections in Airflow (role Op or Admin) can create and edit interfaces.",
    ),
    "interfaces.saved": Text("Gespeichert:", "Saved:"),
    "interfaces.used": Text("In Gebrauch", "In use"),
    "interfaces.available": Text("Weitere verfügbare", "Others available"),
    "interfaces.none": Text(
        "Noch benutzt kein Raum eine Schnittstelle: Legen Sie zuerst eine für SMTP und eine für IMAP an, dann "
        "verknüpfen Sie Räume.",
        "No room uses an interface yet: first create one for SMTP and one for IMAP, then link a room.",
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
        "sie aber nicht an. Sie werden dort geändert, wo sie definiert sind.",
        "Connections from environment variables (AIRFLOW_CONN_…) or a secrets backend work too, but Airflow does not "
        "list them. Change them where they are defined.",
    ),
    "status.ok": Text("in Ordnung", "ok"),
    "status.warning": Text("Warnung", "warning"),
    "status.not ok": Text("nicht in Ordnung", "not ok"),
    "js.interfaces.tls": Text("TLS", "TLS"),
    "js.interfaces.starttls": Text("STARTTLS", "STARTTLS"),
    "js.interfaces.none": Text("unverschlüsselt", "not encrypted"),
    "js.interfaces.not-stored": Text(
        "nicht in Airflow gespeichert: Sie kommt aus der Umgebung oder einem Secrets Backend, oder sie fehlt. Die "
        "Prüfung zeigt, was zutrifft.",
        "not stored in Airflow: it comes from the environment or a secrets backend, or it is missing. The check shows "
        "which.",
    ),
    "js.interfaces.wrong-type": Text("Diese Verbindung hat den Typ {type}.", "This connection has type {type}."),
    "js.interfaces.no-others": Text(
        "In Airflow ist keine weitere Verbindung vom Typ smtp oder imap gespeichert.",
        "No other connection of type smtp or imap is stored in Airflow.",
    ),
    "js.interfaces.forbidden": Text(
        "Sie dürfen die Verbindungen in Airflow nicht sehen; oben steht, was Raumpost selbst weiß.",
        "You do not have permission to see the connections in Airflow; what Raumpost itself knows is shown above.",
    ),
    "js.interfaces.unseen": Text("für Sie nicht sichtbar", "not visible to you"),
    "interface.new.smtp": Text("Neue SMTP-Schnittstelle", "New SMTP interface"),
    "interface.new.imap": Text("Neue IMAP-Schnittstelle", "New IMAP interface"),
    "interface.edit.smtp": Text("SMTP-Schnittstelle bearbeiten", "Edit SMTP interface"),
    "interface.edit.imap": Text("IMAP-Schnittstelle bearbeiten", "Edit IMAP interface"),
    "interface.id": Text("Name der Verbindung", "Name of the connection"),
    "interface.id.hint": Text("Buchstaben, Ziffern, _ . -", "Letters, digits, _ . -"),
    "interface.id.fixed": Text(
        "Der Name lässt sich nicht ändern: Verknüpfungen benutzen ihn.", "The name cannot be changed: links use it."
    ),
    "interface.host": Text("Server", "Host"),
    "interface.port": Text("Port", "Port"),
    "interface.port.hint": Text(
        "Leer: SMTP 465 mit TLS, sonst 25; IMAP 993 mit TLS, sonst 143. STARTTLS beim Senden meist 587.",
        "Empty: SMTP 465 with TLS, otherwise 25; IMAP 993 with TLS, otherwise 143. STARTTLS for sending usually uses "
        "587.",
    ),
    "interface.security": Text("Verschlüsselung", "Encryption"),
    "interface.security.tls": Text("SSL/TLS von Beginn an", "SSL/TLS from the start"),
    "interface.security.starttls": Text("STARTTLS", "STARTTLS"),
    "interface.security.none": Text(
        "keine: Kennwort und Mails sind unterwegs lesbar", "none: password and mails can be read in transit"
    ),
    "interface.auth": Text("Anmeldung", "Login"),
    "interface.auth.basic": Text("mit Kennwort oder ohne Anmeldung", "with a password, or no login"),
    "interface.auth.oauth2": Text("mit OAuth2 (Exchange Online)", "with OAuth2 (Exchange Online)"),
    "interface.user": Text("Benutzer", "User"),
    "interface.user.hint": Text(
        "Bei OAuth2 die Adresse des Postfachs; leer: keine Anmeldung.",
        "With OAuth2, the address of the mailbox; empty: no login.",
    ),
    "interface.password": Text("Kennwort", "Password"),
    "interface.keep": Text("Leer lassen, um das gespeicherte zu behalten.", "Leave empty to keep the stored one."),
    "interface.tenant_id": Text("Mandant (tenant_id)", "Tenant ID (tenant_id)"),
    "interface.client_id": Text("Anwendung (client_id)", "Client ID (client_id)"),
    "interface.client_secret": Text("Geheimnis der Anwendung (client_secret)", "Client secret (client_secret)"),
    "interface.scope": Text("Berechtigung (scope)", "Scope (scope)"),
    "interface.scope.hint": Text(
        "Leer: https://outlook.office365.com/.default", "Empty: https://outlook.office365.com/.default"
    ),
    "interface.authority": Text("Token-Aussteller (authority)", "Token issuer (authority)"),
    "interface.authority.hint": Text(
        "Leer: https://login.microsoftonline.com", "Empty: https://login.microsoftonline.com"
    ),
    "interface.sender": Text("Absender (from_email)", "Sender (from_email)"),
    "interface.sender.hint": Text(
        "Nur für Alarme, die über diese Schnittstelle gesendet werden; Einladungen kommen vom technischen Benutzer.",
        "Only for alerts sent through this interface; invitations come from the technical user.",
    ),
    "interface.folders": Text("Ordner", "Folders"),
    "interface.folders.hint": Text(
        "Ordner, aus denen gelesen wird, einer je Zeile. Leer: INBOX",
        "Folders to read from, one per line. Empty: INBOX",
    ),
    "interface.processed_folder": Text("Ordner für gelesene Mails", "Folder for processed mails"),
    "interface.processed_folder.hint": Text(
        "Dorthin werden gelesene Mails zu Einladungen verschoben. Leer: Sie bleiben, wo sie sind.",
        "Mails about invitations are moved there once they have been read. Empty: they stay where they are.",
    ),
    "interface.ca_file": Text("Datei mit CA-Zertifikat", "CA certificate file"),
    "interface.ca_file.hint": Text(
        "Pfad auf dem Rechner, der die Tasks ausführt. Leer: die CAs des Systems",
        "Path on the machine that runs the tasks. Empty: the system's CAs",
    ),
    "interface.timeout": Text("Zeitgrenze in Sekunden", "Timeout in seconds"),
    "interface.timeout.hint": Text("Für jeden Schritt, 1 bis 300", "For each step, 1 to 300"),
    "interface.save": Text("Speichern", "Save"),
    "interface.cancel": Text("Abbrechen", "Cancel"),
    "interface.secrets": Text(
        "Die Verbindung wird mit Ihren Rechten in Airflow gespeichert. Kennwörter und Geheimnisse gehen vom Browser "
        "direkt dorthin und kommen nie zurück. Was dieses Formular nicht zeigt, bleibt unverändert.",
        "The connection is stored in Airflow with your permissions. Passwords and secrets go straight from the "
        "browser to Airflow and never come back. What this form does not show stays as it is.",
    ),
    "js.interface.loading": Text("Die Verbindung wird geladen …", "Loading the connection …"),
    "js.interface.fix": Text("Bitte die markierten Felder berichtigen.", "Please correct the marked fields."),
    "js.interface.wrong.id": Text(
        "1 bis 200 Buchstaben (ohne Umlaute), Ziffern, _ . -", "Use 1 to 200 letters (a to z), digits, _ . -"
    ),
    "js.interface.wrong.needed": Text("Dieses Feld ist erforderlich.", "This field is required."),
    "js.interface.wrong.host": Text(
        "Nur der Name des Servers, ohne https:// und Pfad.", "Only the server's name, without https:// or a path."
    ),
    "js.interface.wrong.port": Text("Eine Zahl von 1 bis 65535.", "A number from 1 to 65535."),
    "js.interface.wrong.timeout": Text("Eine Zahl von 1 bis 300.", "A number from 1 to 300."),
    "js.interface.wrong.mailbox": Text(
        "Mit OAuth2 die Adresse des Postfachs angeben.", "With OAuth2, enter the address of the mailbox."
    ),
    "js.interface.wrong.address": Text("Bitte eine E-Mail-Adresse angeben.", "Enter an e-mail address."),
    "js.interface.wrong.authority": Text(
        "Die Adresse muss mit https:// beginnen.", "The address must begin with https://."
    ),
    "js.interface.wrong.processed": Text(
        "Aus diesem Ordner wird gelesen; bitte einen anderen angeben.",
        "Mails are read from this folder; enter another one.",
    ),
    "js.interface.wrong.ca-file": Text(
        "Diese Verbindung nimmt jedes Zertifikat an (ssl_context „none“): Bitte das zuerst in Airflow ändern.",
        "This connection accepts any certificate (ssl_context “none”): change that in Airflow first.",
    ),
    "js.interface.wrong.hidden": Text(
        "Airflow verbirgt einen Teil davon, weil ein Kennwort darin vorkommt: Bitte vollständig neu eingeben.",
        "Airflow hides part of this because it contains a password: please enter all of it again.",
    ),
    "js.interface.wrong.hidden-extra": Text(
        "Airflow verbirgt einen Teil der weiteren Extras; Speichern würde sie zerstören. Bitte in Airflow bearbeiten.",
        "Airflow hides part of the other extras; saving would destroy them. Please edit this connection in Airflow.",
    ),
    "js.interface.wrong.taken": Text(
        "Eine Verbindung mit diesem Namen gibt es schon.", "A connection with this name already exists."
    ),
    "js.interface.wrong.forbidden": Text(
        "Sie dürfen Verbindungen in Airflow nicht ändern.",
        "You do not have permission to change connections in Airflow.",
    ),
}
