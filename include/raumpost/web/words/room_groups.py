"""What the view of room groups and the badge say."""

from raumpost.web.words.entry import Words

WORDS: dict[str, Words] = {
    "groups.filter": Words("Gruppe, Raum oder Adresse", "Group, room or address"),
    "groups.search": Words("Suchen", "Search"),
    "groups.all": Words("Alle zeigen", "Show all"),
    "groups.none": Words("Ohne Gruppe", "Without a group"),
    "groups.no-rooms": Words("In dieser Gruppe ist kein Raum.", "There is no room in this group."),
    "groups.unlinked": Words("nicht verknüpft", "not linked"),
    "groups.link": Words("Verknüpfen", "Link"),
    "groups.leaving": Words("Verknüpfung wird aufgehoben", "link is being removed"),
    "groups.menu": Words("Menü", "Menu"),
    "groups.menu.of": Words("Menü für {room}", "Menu for {room}"),
    "groups.mailbox": Words("Raumpostfach", "Room mailbox"),
    "groups.invitations": Words("Einladungen", "Invitations"),
    "groups.log": Words("Protokoll", "Log"),
    "groups.nothing": Words("Dazu wurde nichts gefunden.", "Nothing was found for this."),
    "groups.empty": Words(
        "Noch gibt es keinen Raum: das Buchungssystem schreibt sie und die Gruppen nach booking.room und "
        "booking.room_group.",
        "There is no room yet: the booking system writes rooms and groups to booking.room and booking.room_group.",
    ),
    "inbox.none": Words("kein Raumpostfach", "no room mailbox"),
}
