"""What the view of room groups and the badge say."""

from raumpost.texts.text import Text

TEXTS: dict[str, Text] = {
    "groups.filter": Text("Gruppe, Raum oder Adresse", "Group, room or address"),
    "groups.search": Text("Suchen", "Search"),
    "groups.all": Text("Alle zeigen", "Show all"),
    "groups.none": Text("Ohne Gruppe", "Without a group"),
    "groups.no-rooms": Text("In dieser Gruppe ist kein Raum.", "There is no room in this group."),
    "groups.unlinked": Text("nicht verknüpft", "not linked"),
    "groups.link": Text("Verknüpfen", "Link"),
    "groups.leaving": Text("Verknüpfung wird entfernt", "link is being removed"),
    "groups.menu": Text("Menü", "Menu"),
    "groups.menu.of": Text("Menü für {room}", "Menu for {room}"),
    "groups.mailbox": Text("Raumpostfach", "Room mailbox"),
    "groups.invitations": Text("Einladungen", "Invitations"),
    "groups.log": Text("Protokoll", "Log"),
    "groups.nothing": Text("Nichts gefunden.", "Nothing found."),
    "groups.empty": Text(
        "Noch gibt es keinen Raum: das Buchungssystem schreibt sie und die Gruppen nach booking.room und "
        "booking.room_group.",
        "There is no room yet: the booking system writes rooms and groups to booking.room and booking.room_group.",
    ),
    "inbox.none": Text("kein Raumpostfach", "no room mailbox"),
}
