"""What the forms say that make and change links; the reasons of a refusal stand in domain/linking_*.py."""

from raumpost.texts.text import Text

TEXTS: dict[str, Text] = {
    "linking.smtp": Text("SMTP-Schnittstelle", "SMTP interface"),
    "linking.smtp.about": Text(
        "Airflow-Verbindung vom Typ smtp, über die eingeladen wird", "Airflow connection of type smtp that invites"
    ),
    "linking.imap": Text("IMAP-Schnittstelle", "IMAP interface"),
    "linking.imap.about": Text(
        "Airflow-Verbindung vom Typ imap, auf der die Antworten ankommen",
        "Airflow connection of type imap on which the answers arrive",
    ),
    "linking.room.about": Text(
        "Tippen Sie einen Teil des Namens oder die Id, und wählen Sie aus der Liste.",
        "Type a part of the name or the id, and choose from the list.",
    ),
    "linking.address.about": Text("E-Mail-Adresse des Raumpostfachs", "E-mail address of the room mailbox"),
    "linking.user.about": Text(
        "Wer den Raum einlädt: Name, Adresse oder Id. Benutzer werden im Buchungssystem als technisch gekennzeichnet.",
        "Who invites the room: name, address or id. Users are marked as technical in the booking system.",
    ),
    "linking.aliases.about": Text(
        "Weitere Adressen, unter denen das Raumpostfach antwortet, mit Kommas dazwischen",
        "Further addresses under which the room mailbox answers, with commas between",
    ),
    "linking.blocks": Text("Raumsperren einschließen", "Include room blocks"),
    "linking.blocks.about": Text(
        "Auch Raumsperren einladen. Umgeschaltet, werden künftige mit dem nächsten Lauf eingeladen oder abgesagt.",
        "Invite room blocks too. Switched over, the next run invites future ones, or cancels them.",
    ),
    "linking.active": Text("Aktiv", "Active"),
    "linking.active.about": Text(
        "Inaktiv wird nichts gesendet, und alles wartet.", "While inactive, nothing is sent and everything waits."
    ),
    "linking.reinvite": Text("Neu einladen", "Invite anew"),
    "linking.reinvite.about": Text(
        "Gesendete Einladungen behalten ihren Absender (unter einem anderen als diesem Benutzer: {number}). Mit „Neu "
        "einladen“ werden die künftigen abgesagt und unter dem neuen Benutzer neu gesendet; dazwischen ist "
        "der Raum frei.",
        "Invitations that were sent keep their sender (under another than the present user: {number}). With “Invite "
        "anew” the future ones are cancelled and sent anew by the new user; in between the room is free.",
    ),
    "linking.fixed": Text("Steht fest", "Fixed"),
    "linking.fixed.why": Text(
        "Raum, Adresse und Schnittstellen ändern sich nie, weil jede Einladung unter ihnen gesendet wurde. Soll etwas "
        "davon anders sein: Verknüpfung entfernen und, wenn die Absagen gesendet sind, den Raum neu verknüpfen. Server "
        "und Kennwort einer Schnittstelle ändern Sie an der Airflow-Verbindung selbst.",
        "Room, address and interfaces never change, because every invitation was sent under them. To have one of them "
        "otherwise, remove the link and, when its cancellations are sent, link the room anew. Server and password of "
        "an interface are changed at the Airflow connection itself.",
    ),
    "linking.fixed-later": Text(
        "Raum, Adresse und Schnittstellen stehen danach fest; das übrige lässt sich später ändern. Was schon im Raum "
        "gebucht ist, wird erst eingeladen, wenn Sie initialisieren.",
        "Room, address and interfaces are fixed afterwards; the rest may change later. What is booked in the room "
        "already is not invited until you initialise.",
    ),
    "linking.create": Text("Verknüpfen", "Link the room"),
    "linking.save": Text("Speichern", "Save"),
    "js.linking.linked": Text("schon verknüpft mit {address}", "linked already to {address}"),
    "js.linking.not-technical": Text("kein technischer Benutzer", "no technical user"),
    "js.linking.nothing": Text("Nichts passt.", "Nothing fits."),
}
