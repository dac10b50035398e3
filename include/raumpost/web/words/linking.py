"""What the forms say that make and change links; the reasons of a refusal stand in domain/linking_*.py."""

from raumpost.web.words.entry import Words

WORDS = {
    "linking.smtp": Words("SMTP-Schnittstelle", "SMTP interface"),
    "linking.smtp.about": Words(
        "Airflow-Verbindung vom Typ smtp, über die eingeladen wird", "Airflow connection of type smtp that invites"
    ),
    "linking.imap": Words("IMAP-Schnittstelle", "IMAP interface"),
    "linking.imap.about": Words(
        "Airflow-Verbindung vom Typ imap, auf der die Antworten ankommen",
        "Airflow connection of type imap on which the answers arrive",
    ),
    "linking.room.about": Words(
        "Tippen Sie einen Teil des Namens oder die Id, und wählen Sie aus der Liste.",
        "Type a part of the name or the id, and choose from the list.",
    ),
    "linking.address.about": Words("E-Mail-Adresse des Raumpostfachs", "E-mail address of the room mailbox"),
    "linking.user.about": Words(
        "Wer den Raum einlädt: Name, Adresse oder Id. Benutzer werden im Buchungssystem als technisch gekennzeichnet.",
        "Who invites the room: name, address or id. Users are marked as technical in the booking system.",
    ),
    "linking.aliases.about": Words(
        "Weitere Adressen, unter denen das Raumpostfach antwortet, mit Kommas dazwischen",
        "Further addresses under which the room mailbox answers, with commas between",
    ),
    "linking.blocks": Words("Raumsperren einschließen", "Include room blocks"),
    "linking.blocks.about": Words(
        "Auch Raumsperren einladen. Umgeschaltet, werden künftige mit dem nächsten Lauf eingeladen oder abgesagt.",
        "Invite room blocks too. Switched over, the next run invites future ones, or cancels them.",
    ),
    "linking.active": Words("Aktiv", "Active"),
    "linking.active.about": Words(
        "Inaktiv wird nichts gesendet, und alles wartet.", "While inactive, nothing is sent and everything waits."
    ),
    "linking.reinvite": Words("Neu einladen", "Invite anew"),
    "linking.reinvite.about": Words(
        "Gesendete Einladungen behalten ihren Absender (unter einem anderen als diesem Benutzer: {number}). Mit „Neu "
        "einladen“ werden die künftigen abgesagt und unter dem neuen Benutzer neu gesendet; dazwischen ist "
        "der Raum frei.",
        "Invitations that were sent keep their sender (under another than the present user: {number}). With “Invite "
        "anew” the future ones are cancelled and sent anew by the new user; in between the room is free.",
    ),
    "linking.fixed": Words("Steht fest", "Fixed"),
    "linking.fixed.why": Words(
        "Raum, Adresse und Schnittstellen ändern sich nie, weil jede Einladung unter ihnen gesendet wurde. Soll etwas "
        "davon anders sein: Verknüpfung entfernen und, wenn die Absagen gesendet sind, den Raum neu verknüpfen. Server "
        "und Kennwort einer Schnittstelle ändern Sie an der Airflow-Verbindung selbst.",
        "Room, address and interfaces never change, because every invitation was sent under them. To have one of them "
        "otherwise, remove the link and, when its cancellations are sent, link the room anew. Server and password of "
        "an interface are changed at the Airflow connection itself.",
    ),
    "linking.fixed-later": Words(
        "Raum, Adresse und Schnittstellen stehen danach fest; das übrige lässt sich später ändern. Was schon im Raum "
        "gebucht ist, wird erst eingeladen, wenn Sie initialisieren.",
        "Room, address and interfaces are fixed afterwards; the rest may change later. What is booked in the room "
        "already is not invited until you initialise.",
    ),
    "linking.create": Words("Verknüpfen", "Link the room"),
    "linking.save": Words("Speichern", "Save"),
    "js.linking.linked": Words("schon verknüpft mit {address}", "linked already to {address}"),
    "js.linking.not-technical": Words("kein technischer Benutzer", "no technical user"),
    "js.linking.nothing": Words("Nichts passt.", "Nothing fits."),
}
