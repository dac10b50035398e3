"""What the forms say that make and change links; the reasons of a refusal are in texts/linking.py."""

from raumpost.texts.text import Text

TEXTS: dict[str, Text] = {
    "linking.smtp": Text("SMTP-Schnittstelle", "SMTP interface"),
    "linking.smtp.about": Text(
        "Airflow-Verbindung vom Typ smtp, über die Einladungen gesendet werden",
        "Airflow connection of type smtp that sends the invitations",
    ),
    "linking.imap": Text("IMAP-Schnittstelle", "IMAP interface"),
    "linking.imap.about": Text(
        "Airflow-Verbindung vom Typ imap, auf der die Rückmeldungen ankommen",
        "Airflow connection of type imap where the replies arrive",
    ),
    "linking.room.about": Text(
        "Tippen Sie einen Teil des Namens oder die Id und wählen Sie aus der Liste.",
        "Type part of the name or the id, then choose from the list.",
    ),
    "linking.address.about": Text("E-Mail-Adresse des Raumpostfachs", "E-mail address of the room mailbox"),
    "linking.user.about": Text(
        "Wer den Raum einlädt: Name, Adresse oder Id. Benutzer werden im Buchungssystem als technisch gekennzeichnet.",
        "The user who invites the room: name, address or id. Users are marked as technical in the booking system.",
    ),
    "linking.aliases.about": Text(
        "Weitere Adressen, unter denen das Raumpostfach antwortet, durch Kommas getrennt",
        "Other addresses that the room mailbox replies from, separated by commas",
    ),
    "linking.blocks": Text("Raumsperren einschließen", "Include room blocks"),
    "linking.blocks.about": Text(
        "Auch zu Raumsperren einladen. Nach dem Umschalten lädt der nächste Lauf zu künftigen ein oder sagt sie ab.",
        "Invite the room to room blocks too. After a change, the next run invites it to future ones, or cancels them.",
    ),
    "linking.active": Text("Aktiv", "Active"),
    "linking.active.about": Text(
        "Solange das Raumpostfach inaktiv ist, wird nichts gesendet, und alles wartet.",
        "While the room mailbox is inactive, nothing is sent and everything waits.",
    ),
    "linking.reinvite": Text("Neu einladen", "Invite again"),
    "linking.reinvite.about": Text(
        "Gesendete Einladungen behalten ihren Absender (von einem anderen als diesem Benutzer: {number}). Mit „Neu "
        "einladen“ werden die künftigen abgesagt und vom neuen Benutzer neu gesendet; dazwischen ist der Raum frei.",
        "Invitations that were sent keep their sender (from another user than this one: {number}). “Invite again” "
        "cancels the future ones and sends them again from the new user; in between, the room is free.",
    ),
    "linking.fixed": Text("Nicht änderbar", "Cannot be changed"),
    "linking.fixed.why": Text(
        "Raum, Adresse und Schnittstellen ändern sich nie, weil jede Einladung unter ihnen gesendet wurde. Soll sich "
        "etwas davon ändern, entfernen Sie die Verknüpfung und verknüpfen Sie den Raum neu, sobald die Absagen "
        "gesendet sind. Server und Kennwort einer Schnittstelle ändern Sie an der Airflow-Verbindung selbst.",
        "Room, address and interfaces never change, because every invitation was sent under them. To change one of "
        "them, remove the link and, once its cancellations have been sent, link the room again. To change the server "
        "or password of an interface, edit its Airflow connection.",
    ),
    "linking.fixed-later": Text(
        "Raum, Adresse und Schnittstellen lassen sich danach nicht mehr ändern, alles Übrige schon. Zu dem, was im "
        "Raum bereits gebucht ist, wird erst eingeladen, wenn Sie initialisieren.",
        "Room, address and interfaces cannot be changed afterwards; everything else can. The room is not invited to "
        "what is already booked until you initialise.",
    ),
    "linking.create": Text("Verknüpfen", "Link the room"),
    "linking.save": Text("Speichern", "Save"),
    "js.linking.linked": Text("schon verknüpft mit {address}", "already linked to {address}"),
    "js.linking.not-technical": Text("kein technischer Benutzer", "not a technical user"),
    "js.linking.nothing": Text("Keine Treffer.", "No matches."),
}
