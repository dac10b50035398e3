"""Read which links have cancellations that are noted or withheld."""

from dataclasses import dataclass
from datetime import datetime

from raumpost.services.ports import Database


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """The cancellations of one link."""

    room_mailbox_id: int
    address: str
    room_name: str
    noted: int
    """Not counted yet."""
    withheld: int
    """Waiting for an approval."""
    since: datetime
    known: int
    """Future invitations that the room knows, these among them."""

    @property
    def label(self) -> str:
        """Name the room and its mailbox."""
        return self.address if self.room_name == self.address else f"{self.room_name} ({self.address})"

    def __str__(self) -> str:
        return (
            f"{self.withheld} of the {self.known} future invitations of {self.label} would be cancelled because "
            f"the booking system no longer has their bookings, since {self.since:%Y-%m-%d %H:%M} UTC"
        )


def held_cancellations(db: Database, *, now: datetime) -> list[Withheld]:
    """Return the links with anything noted, withheld or released."""
    return [Withheld(**row) for row in db.rows("cancellations_by_link", now=now)]
