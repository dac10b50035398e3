"""Why a link is not made, changed or removed, in English and German; each reason names the remedy."""

from raumpost.domain.linking import Link, LinkRequest, Problem, Room, User

_REMEDY = (
    "remove the link, and link the room anew when its cancellations are sent",
    "entfernen Sie die Verknüpfung, und verknüpfen Sie den Raum neu, wenn seine Absagen gesendet sind",
)
_FIELDS = {
    "address": ("the address of the room mailbox", "die Adresse des Raumpostfachs"),
    "smtp_conn_id": ("the SMTP interface, an Airflow connection", "die SMTP-Schnittstelle, eine Airflow-Verbindung"),
    "imap_conn_id": ("the IMAP interface, an Airflow connection", "die IMAP-Schnittstelle, eine Airflow-Verbindung"),
    "technical_user": ("who invites the room", "wer den Raum einlädt"),
}


def counted(number: int, what: str) -> str:
    """Write a number of things in English."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def missing_fields(request: LinkRequest) -> list[Problem]:
    """Name what a new link needs and does not have."""
    return [
        Problem(name, f"missing: {english}", f"Es fehlt {german}")
        for name, (english, german) in _FIELDS.items()
        if not getattr(request, name)
    ]


def missing_room(address: str | None) -> Problem:
    """Say that nothing tells which room is meant."""
    if address:
        return Problem(
            "room",
            f"missing, and no link has the address {address}; give an id or a name of a room",
            f"Er fehlt, und keine Verknüpfung hat die Adresse {address}; geben Sie Id oder Namen eines Raums an",
        )
    return Problem(
        "room", "missing; give an id or a name of a room", "Er fehlt; geben Sie Id oder Namen eines Raums an"
    )


def give_up_without_removal() -> Problem:
    """Say that there is nothing to give up."""
    return Problem("give_up", "goes only with the operation remove", "Das geht nur beim Entfernen")


def linked_already(link: Link) -> Problem:
    """Say that a room has a link, where a new one is wanted."""
    if link.being_removed:
        return being_removed(link, "room")
    return Problem(
        "room",
        f"{link.settings.room} is linked already, to {link.settings.address}; change that link, or remove it first",
        f"{link.settings.room.german} ist schon verknüpft, mit {link.settings.address}; ändern Sie diese Verknüpfung, "
        "oder entfernen Sie sie zuerst",
    )


def being_removed(link: Link, field: str | None = None) -> Problem:
    """Say that a link is about to go."""
    room, address = link.settings.room, link.settings.address
    return Problem(
        field,
        f"the link of room {room} to {address} is being removed; link the room anew when it is gone "
        f"({counted(link.open, 'invitation')} to withdraw)",
        f"Die Verknüpfung des Raums {room.german} mit {address} wird gerade entfernt; verknüpfen Sie ihn neu, wenn "
        f"sie weg ist (zurückzuziehen: {link.open})",
    )


def not_linked(room: Room) -> Problem:
    """Say that there is no link to remove."""
    return Problem(
        None,
        f"room {room} is not linked: there is nothing to remove",
        f"Der Raum {room.german} ist nicht verknüpft: da ist nichts zu entfernen",
    )


def removal_not_begun() -> Problem:
    """Say that a removal must be asked for before it can be cut short."""
    return Problem(
        "give_up",
        "the link is not being removed yet; remove it without first",
        "Die Verknüpfung wird noch nicht entfernt; entfernen Sie sie zuerst ohne dies",
    )


def still_to_withdraw(waiting: int) -> Problem:
    """Say that a removal is still at work."""
    return Problem(
        "give_up",
        f"{counted(waiting, 'invitation')} still to withdraw; wait for the next runs, or mend their errors",
        f"Noch zurückzuziehen: {waiting}; warten Sie die nächsten Läufe ab, oder beheben Sie die Fehler",
    )


def inactive(cancellations: int) -> Problem:
    """Say that an inactive link cancels nothing."""
    return Problem(
        None,
        f"the link is inactive: {counted(cancellations, 'cancellation')} would never be sent; activate it first",
        f"Die Verknüpfung ist inaktiv: {cancellations} Absagen würden nie gesendet; aktivieren Sie sie zuerst",
    )


def alias_of_user(user: User) -> Problem:
    """Say that the technical user would answer himself."""
    return Problem(
        "aliases",
        f"{user.email} is the address of the technical user, who would answer himself",
        f"{user.email} ist die Adresse des technischen Benutzers, der sich dann selbst antworten würde",
    )


def fixed(request: LinkRequest, link: Link) -> list[Problem]:
    """Name what a request says otherwise about that which never changes."""
    old, problems = link.settings, []
    if request.address and request.address.lower() != old.address.lower():
        problems.append(
            Problem(
                "address",
                f"room {old.room} is already linked to {old.address}, which never changes, because every "
                f"invitation was sent to it; {_REMEDY[0]}",
                f"Der Raum {old.room.german} ist mit {old.address} verknüpft. Das ändert sich nie, weil jede Einladung "
                f"dorthin ging; {_REMEDY[1]}",
            )
        )
    if request.remove:
        return problems
    for name in ("smtp_conn_id", "imap_conn_id"):
        wanted, current = getattr(request, name), getattr(old, name)
        if wanted and wanted != current:
            problems.append(
                Problem(
                    name,
                    f"is {current} and never changes, as invitations and answers go that way; change the Airflow "
                    f"connection itself, or {_REMEDY[0]}",
                    f"Sie ist {current} und ändert sich nie, weil Einladungen und Antworten diesen Weg gehen; ändern "
                    f"Sie die Airflow-Verbindung selbst, oder {_REMEDY[1]}",
                )
            )
    return problems
