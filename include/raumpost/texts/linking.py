"""What a request about links comes to, and why it is refused."""

from raumpost.texts.text import Text

_REMEDY = Text(
    "entfernen Sie die Verknüpfung, und verknüpfen Sie den Raum neu, wenn seine Absagen gesendet sind",
    "remove the link, and link the room again when its cancellations are sent",
)

SENTENCES = {
    "linking.room": Text("„{name}“ (#{id})", "“{name}” (#{id})"),
    "linking.user": Text("{name} (#{id})", "{name} (#{id})"),
    "linking.problem": Text("{field}: {problem}", "{field}: {problem}"),
    # fields
    "linking.no-connection": Text(
        "Es gibt keine Airflow-Verbindung „{conn_id}“; legen Sie sie mit dem Typ {type} an",
        "there is no Airflow connection “{conn_id}”; create it with type {type}",
    ),
    "linking.other-type": Text(
        "Die Airflow-Verbindung „{conn_id}“ hat den Typ {found}; nötig ist {type}",
        "the Airflow connection “{conn_id}” has type {found}; it needs {type}",
    ),
    "linking.no-address": Text(
        "„{address}“ ist keine Adresse eines Postfachs", "“{address}” is no address of a mailbox"
    ),
    "linking.not-technical": Text(
        "{user} ist kein technischer Benutzer; kennzeichnen Sie ihn im Buchungssystem so, oder nehmen Sie einen "
        "anderen",
        "{user} is no technical user; mark it so in the booking system, or take another",
    ),
    "linking.no-email": Text(
        "{user} hat keine E-Mail-Adresse; tragen Sie im Buchungssystem eine ein",
        "{user} has no e-mail address; enter one in the booking system",
    ),
    "linking.bad-email": Text(
        "Die E-Mail-Adresse „{email}“ von {user} ist ungültig; berichtigen Sie sie",
        "the e-mail address “{email}” of {user} is not valid; correct it",
    ),
    "linking.invites-himself": Text(
        "{user} hat die Adresse des Raumpostfachs selbst; niemand kann sich selbst einladen",
        "{user} has the address of the room mailbox itself; nobody can invite himself",
    ),
    "linking.alias-of-room": Text(
        "{address} ist die Adresse des Raumpostfachs selbst; lassen Sie sie weg",
        "{address} is the address of the room mailbox itself; leave it out",
    ),
    "linking.alias-of-user": Text(
        "{email} ist die Adresse des technischen Benutzers, der sich dann selbst antworten würde",
        "{email} is the address of the technical user, who would answer himself",
    ),
    "linking.room-twice": Text(
        "Der Raum „{room}“ steht {times}-mal in dieser Liste; lassen Sie einen stehen",
        "room “{room}” is in this list {times} times; leave one",
    ),
    "linking.address-twice": Text(
        "{address} steht {times}-mal in dieser Liste; lassen Sie eine stehen",
        "{address} is in this list {times} times; leave one",
    ),
    "linking.address-taken": Text(
        "{address} gehört zur Verknüpfung des Raums {room}; nehmen Sie eine andere",
        "{address} belongs to the link of room {room}; take another",
    ),
    "linking.address-leaving": Text(
        "{address} gehört zur Verknüpfung des Raums {room}, die gerade entfernt wird: warten Sie, bis das geschehen "
        "ist",
        "{address} belongs to the link of room {room}, which is being removed: wait until it is",
    ),
    "linking.a-room": Text("Raum", "room"),
    "linking.a-user": Text("Benutzer", "user"),
    "linking.not-found": Text(
        "Es gibt keinen {thing} „{text}“; geben Sie die Id, den Namen oder einen Teil des Namens an",
        "there is no {thing} “{text}”; give its id, its name or a part of the name",
    ),
    "linking.several": Text(
        "„{text}“ passt auf mehr als einen {thing}: {found}; geben Sie eine der Ids an, etwa #{id}",
        "“{text}” fits several {thing}s: {found}; give one of the ids, such as #{id}",
    ),
    "linking.more": Text("…", "…"),
    # missing
    "linking.missing-address": Text(
        "Es fehlt die Adresse des Raumpostfachs", "missing: the address of the room mailbox"
    ),
    "linking.missing-smtp": Text(
        "Es fehlt die SMTP-Schnittstelle, eine Airflow-Verbindung",
        "missing: the SMTP interface, an Airflow connection",
    ),
    "linking.missing-imap": Text(
        "Es fehlt die IMAP-Schnittstelle, eine Airflow-Verbindung",
        "missing: the IMAP interface, an Airflow connection",
    ),
    "linking.missing-user": Text("Es fehlt, wer den Raum einlädt", "missing: who invites the room"),
    "linking.missing-room": Text(
        "Er fehlt; geben Sie Id oder Namen eines Raums an", "missing; give an id or a name of a room"
    ),
    "linking.missing-room-of-address": Text(
        "Er fehlt, und keine Verknüpfung hat die Adresse {address}; geben Sie Id oder Namen eines Raums an",
        "missing, and no link has the address {address}; give an id or a name of a room",
    ),
    # the link as a whole
    "linking.only-with-remove": Text("Das geht nur beim Entfernen", "goes only with the operation remove"),
    "linking.linked-already": Text(
        "{room} ist schon verknüpft, mit {address}; ändern Sie diese Verknüpfung, oder entfernen Sie sie zuerst",
        "{room} is linked already, to {address}; change that link, or remove it first",
    ),
    "linking.being-removed": Text(
        "Die Verknüpfung des Raums {room} mit {address} wird gerade entfernt; verknüpfen Sie ihn neu, wenn sie weg ist "
        "(zurückzuziehen: {open})",
        "the link of room {room} to {address} is being removed; link the room again when it is gone "
        "({open:invitation|invitations} to withdraw)",
    ),
    "linking.not-linked": Text(
        "Der Raum {room} ist nicht verknüpft: Es gibt nichts zu entfernen",
        "room {room} is not linked: there is nothing to remove",
    ),
    "linking.removal-not-begun": Text(
        "Die Verknüpfung wird noch nicht entfernt; entfernen Sie sie zuerst ohne dies",
        "the link is not being removed yet; remove it without first",
    ),
    "linking.still-to-withdraw": Text(
        "Noch zurückzuziehen: {waiting}; warten Sie die nächsten Läufe ab, oder beheben Sie die Fehler",
        "{waiting:invitation|invitations} still to withdraw; wait for the next runs, or fix their errors",
    ),
    "linking.inactive": Text(
        "Die Verknüpfung ist inaktiv: {cancellations:Absage würde|Absagen würden} nie gesendet; aktivieren Sie sie "
        "zuerst",
        "the link is inactive: {cancellations:cancellation|cancellations} would never be sent; activate it first",
    ),
    "linking.fixed-address": Text(
        "Der Raum {room} ist mit {address} verknüpft. Das ändert sich nie, weil jede Einladung dorthin ging; "
        + _REMEDY.de,
        "room {room} is already linked to {address}, which never changes, because every invitation was sent to it; "
        + _REMEDY.en,
    ),
    "linking.fixed-interface": Text(
        "Sie ist {current} und ändert sich nie, weil Einladungen und Antworten diesen Weg gehen; ändern Sie die "
        f"Airflow-Verbindung selbst, oder {_REMEDY.de}",
        "is {current} and never changes, as invitations and answers go that way; change the Airflow connection itself, "
        f"or {_REMEDY.en}",
    ),
    # what becomes of it
    "linking.yes": Text("ja", "yes"),
    "linking.no": Text("nein", "no"),
    "linking.none": Text("keine", "none"),
    "linking.new": Text(
        "SMTP {smtp}, IMAP {imap}, technischer Benutzer {user}", "SMTP {smtp}, IMAP {imap}, technical user {user}"
    ),
    "linking.new-switches": Text("Raumsperren {blocks}, aktiv {active}", "room blocks {blocks}, active {active}"),
    "linking.new-aliases": Text("weitere Adressen {aliases}", "aliases {aliases}"),
    "linking.ahead-already": Text(
        "{bookings:Buchung steht|Buchungen stehen} schon bevor: mit mailbox_initialise einladen",
        "{bookings:booking|bookings} ahead already: invite with mailbox_initialise",
    ),
    "linking.removed-already": Text("ist schon entfernt", "is removed already"),
    "linking.to-withdraw": Text(
        "{open:Einladung|Einladungen} zuerst zurückzuziehen, davon {to_cancel} durch eine Absage",
        "{open:invitation|invitations} to withdraw first, {to_cancel} of them by a cancellation",
    ),
    "linking.given-up": Text(
        "ohne {failed:fehlgeschlagene Absage|fehlgeschlagene Absagen} entfernt: der Raum hält die Zeit vielleicht noch",
        "removed without {failed:failed cancellation|failed cancellations}: the room may still hold the time",
    ),
    "linking.waiting": Text(
        "wird gerade entfernt: noch {waiting:Einladung|Einladungen} zurückzuziehen",
        "is being removed: {waiting:invitation|invitations} still to withdraw",
    ),
    "linking.waiting-and-failed": Text(
        "wird gerade entfernt: noch {waiting:Einladung|Einladungen} zurückzuziehen; {failed:Absage ist|Absagen sind} "
        "fehlgeschlagen: zurücksetzen, oder mit give_up entfernen",
        "is being removed: {waiting:invitation|invitations} still to withdraw; {failed:cancellation|cancellations} "
        "failed: reset, or remove with give_up",
    ),
    "linking.other-user": Text("technischer Benutzer {old} → {new}", "technical user {old} → {new}"),
    "linking.old-organizer": Text(
        "{others:künftige Einladung|künftige Einladungen} unter dem alten Absender (reinvite: neu unter dem neuen)",
        "{others:future invitation|future invitations} under the old organizer (reinvite: again under the new one)",
    ),
    "linking.reinvited": Text(
        "{others:künftige Einladung|künftige Einladungen} abzusagen und von {user} neu zu senden",
        "{others:future invitation|future invitations} to cancel, and to send again by {user}",
    ),
    "linking.blocks-on": Text(
        "Raumsperren nein → ja: mit dem nächsten Lauf {blocks:künftige Sperre|künftige Sperren} einzuladen",
        "room blocks no → yes: {blocks:future block|future blocks} to invite with the next run",
    ),
    "linking.blocks-off": Text(
        "Raumsperren ja → nein: mit dem nächsten Lauf {blocks} zurückzuziehen",
        "room blocks yes → no: {blocks} to withdraw with the next run",
    ),
    "linking.activated": Text("aktiv nein → ja: das Senden holt auf", "active no → yes: sending catches up"),
    "linking.deactivated": Text("aktiv ja → nein: das Senden ruht", "active yes → no: sending pauses"),
    "linking.other-aliases": Text("weitere Adressen {old} → {new}", "aliases {old} → {new}"),
    "linking.history": Text(
        "Diese Verknüpfung wurde entfernt und ist Geschichte; verknüpfen Sie den Raum neu",
        "this link was removed and is history; link the room again",
    ),
}
