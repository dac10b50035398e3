"""What an operator should know of bookings before they are initialised."""

from raumpost.texts.text import Text

SENTENCES = {
    "initialise.far": Text("mehr als 180 Tage voraus", "beyond 180 days"),
    "initialise.far.finding": Text(
        "mehr als 180 Tage voraus; viele Räume lehnen das ab: {hint} ({setting})",
        "beyond 180 days; many rooms refuse that: {hint} ({setting})",
    ),
    "initialise.long": Text("länger als 24 h", "longer than 24 h"),
    "initialise.long.finding": Text(
        "länger als 24 h; viele Räume lehnen das ab: {hint} ({setting})",
        "longer than 24 h; many rooms refuse that: {hint} ({setting})",
    ),
    "initialise.inactive": Text("Verknüpfung ist inaktiv", "link is inactive"),
    "initialise.inactive.finding": Text(
        "Verknüpfung ist inaktiv; die Einladung wartet, bis sie eingeschaltet ist",
        "link is inactive; the invitation waits until the link is switched on",
    ),
    "initialise.overlap": Text("überschneidet sich mit {other}", "overlaps {other}"),
    "initialise.overlap.finding": Text(
        "überschneidet sich mit einer anderen; der Raum nimmt eine davon an und lehnt die andere ab: zuerst im "
        "Buchungssystem klären",
        "overlaps; the room accepts one of them and refuses the other; clear it up in the booking system first",
    ),
}
