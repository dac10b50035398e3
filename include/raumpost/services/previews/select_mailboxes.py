"""Choose room mailboxes as an operator names them: by address, by id, or all of a room group."""

from collections.abc import Sequence
from dataclasses import dataclass

from raumpost.domain.errors import ConfigurationError
from raumpost.domain.model import RoomMailbox
from raumpost.services.ports import Database, Row
from raumpost.services.store.bookings import room_mailbox


@dataclass(frozen=True, kw_only=True)
class SelectedMailbox:
    """A room mailbox with what an operator is shown of it."""

    mailbox: RoomMailbox
    room_name: str
    active: bool

    @property
    def label(self) -> str:
        """Name the room and its mailbox."""
        name, address = self.room_name, self.mailbox.address
        return name if name == address else f"{name} ({address})"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The room mailboxes that were named, and what else is to be said."""

    links: Sequence[SelectedMailbox]
    remarks: Sequence[str]


def select_mailboxes(db: Database, *, names: Sequence[str], group: str | None, being_removed: bool) -> Selection:
    """Find the room mailboxes with these addresses or ids, and all of the room group of this name or id.

    Links that are being removed count only with `being_removed`. Raises ConfigurationError, which says all that is
    wrong at once.
    """
    links = db.rows("links")
    known = {name: row for row in links for name in (row["address"].lower(), str(row["id"]))}
    wanted = [name.strip() for name in names if name.strip()]
    wrong = [
        f"there is no room mailbox “{name}”; give the address or the id of a linked one (raumpost.room_mailbox)"
        for name in wanted
        if name.lower() not in known
    ]
    found = {row["id"]: row for row in (known.get(name.lower()) for name in wanted) if row}
    if not being_removed:
        wrong += [f"the link of {row['address']} is being removed" for row in found.values() if row["being_removed"]]
        links = [row for row in links if not row["being_removed"]]
    remarks: list[str] = []
    if group and group.strip():
        members, said = _of_group(db, group.strip(), links)
        found |= {row["id"]: row for row in members}
        (remarks if members else wrong).append(said)
    if wrong:
        raise ConfigurationError(*wrong)
    return Selection(links=[_selected(found[id_]) for id_ in sorted(found)], remarks=[said for said in remarks if said])


def _of_group(db: Database, name: str, links: Sequence[Row]) -> tuple[list[Row], str]:
    groups = db.rows("room_groups", name=name)
    groups = [one for one in groups if str(one["id"]) == name] or groups
    if not groups:
        return [], f"there is no room group “{name}”; give its name or id (booking.room_group)"
    if len(groups) > 1:
        ids = ", ".join(str(one["id"]) for one in groups)
        return [], f"there are several room groups “{name}”; give the id of one of them: {ids}"
    [found] = groups
    members = [row for row in links if row["room_id"] in found["room_ids"]]
    if not members:
        return [], f"no room of the room group “{found['name']}” has a mailbox; link one first"
    unlinked = len(found["room_ids"]) - len(members)
    said = f"rooms of “{found['name']}” without a mailbox, left out: {unlinked}"
    return members, said if unlinked else ""


def _selected(row: Row) -> SelectedMailbox:
    return SelectedMailbox(mailbox=room_mailbox(row), room_name=row["room_name"], active=row["active"])
