"""What an operator should know of failed invitations before they are reset."""

from raumpost.texts.text import Text

SENTENCES = {
    "reset.inactive": Text(
        "Verknüpfung ist inaktiv: wartet, bis sie eingeschaltet ist",
        "link is inactive: waits until it is switched on",
    ),
    "reset.dropped": Text(
        "Buchung ist vorbei, und nichts ging je hinaus: der nächste Lauf lässt sie fallen",
        "booking is over and nothing ever left: the next run drops it",
    ),
    "reset.older-slot": Text(
        "Buchung ist vorbei, doch der Raum hält vielleicht noch eine Zeit, die sie vorher hatte",
        "booking is over, but the room may still hold a slot that it had before",
    ),
}
