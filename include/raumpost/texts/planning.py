"""What the journal says of bookings that cannot be mirrored as they are."""

from raumpost.domain.planning import EARLIEST_YEAR, LATEST_YEAR
from raumpost.texts.text import Text

SENTENCES = {
    "planning.event": Text("Veranstaltung {id} im Raum „{room}“", "event {id} in room “{room}”"),
    "planning.block": Text("Raumsperre {id} im Raum „{room}“", "block {id} in room “{room}”"),
    "planning.table-of-events": Text("booking.event", "booking.event"),
    "planning.table-of-blocks": Text("booking.room_block", "booking.room_block"),
    "planning.ends-before-start": Text(
        "{booking} endet, bevor sie beginnt, und wird nicht gespiegelt; starts_at und ends_at in {table} berichtigen",
        "{booking} ends before it starts: not mirrored; correct starts_at and ends_at in {table}",
    ),
    "planning.outside-the-years": Text(
        f"{{booking}} liegt nicht in den Jahren {EARLIEST_YEAR} bis {LATEST_YEAR} und wird nicht gespiegelt; starts_at "
        "und ends_at in {table} berichtigen",
        f"{{booking}} lies outside the years {EARLIEST_YEAR} to {LATEST_YEAR}: not mirrored; correct starts_at and "
        "ends_at in {table}",
    ),
    "planning.no-such-time-zone": Text(
        "{booking}: Es gibt keine Zeitzone „{time_zone}“, daher zählen die Tage in {instead}; booking.room.time_zone "
        "berichtigen",
        "{booking}: there is no time zone “{time_zone}”, so its days are counted in {instead}; correct "
        "booking.room.time_zone",
    ),
    "planning.no-title": Text(
        "{booking} hat keinen Titel, der Raum sieht „{seen}“; in {table} einen Titel eintragen",
        "{booking} has no title; the room sees “{seen}”; give it a title in {table}",
    ),
    "planning.control-characters": Text(
        "{booking}: Zeilenumbrüche oder Steuerzeichen im Titel wurden zu Leerzeichen; in {table} berichtigen",
        "{booking}: line breaks or control characters in its title became blanks; correct it in {table}",
    ),
    "planning.no-mailbox": Text(
        "Veranstaltung {id} ist im Raum „{room}“ ({room_id}), der kein Postfach hat: Nichts wird gesendet; den Raum "
        "verknüpfen, wenn er gespiegelt werden soll",
        "event {id} is in room “{room}” ({room_id}), which has no mailbox: nothing is sent; link the room if it should "
        "be mirrored",
    ),
}
