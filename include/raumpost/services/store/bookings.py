"""Bookings in the database: read them, invite them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from raumpost.domain.feedback import feedback
from raumpost.domain.model import Booking, BookingKey, BookingKind, Method, RoomMailbox, State
from raumpost.domain.planning import Invite
from raumpost.services.ports import Database, Row
from raumpost.services.store.rows import as_json, booking_key, status_columns


def booking(row: Row) -> Booking:
    """Make a booking of a row of the statement `bookings`."""
    starts_at, ends_at = row["starts_at"], row["ends_at"]
    return Booking(
        key=booking_key(row),
        room_id=row["room_id"],
        room_name=row["room_name"],
        time_zone=row["time_zone"],
        title=row["title"],
        description=row["description"],
        booked_by=row["booked_by"],
        starts_at=starts_at,
        ends_at=min(ends_at, starts_at) if row["reversed"] else ends_at,
        all_day=row["all_day"],
        confidential=row["confidential"],
        cancelled=row["cancelled"],
    )


def ids_by_kind(keys: Iterable[BookingKey]) -> dict[str, list[int]]:
    """Return bookings as the parameters `event_ids` and `block_ids` of the statements that read them."""
    ids: dict[str, list[int]] = {"event_ids": [], "block_ids": []}
    for key in keys:
        ids["event_ids" if key.kind is BookingKind.EVENT else "block_ids"].append(key.source_id)
    return ids


def room_mailbox(row: Row) -> RoomMailbox:
    """Make a room mailbox of a row of the statement `room_mailboxes`."""
    return RoomMailbox(
        id=row["id"], room_id=row["room_id"], address=row["address"], include_blocks=row["include_blocks"]
    )


def invite(db: Database, invites: Sequence[Invite]) -> None:
    """Create invitations that are to be sent, with their journal rows and the status at the booking."""
    if invites:
        db.run("invite", invitations=as_json([_invitation_row(one) for one in invites]))


def _invitation_row(one: Invite) -> Row:
    said = feedback(State.PENDING, method=Method.REQUEST, sequence=0)
    return {
        "room_mailbox_id": one.mailbox.id,
        "kind": one.key.kind,
        "source_id": one.key.source_id,
        **asdict(one.content),
        "journal": f"{one.key} “{one.content.summary}” in {one.mailbox.address}: to be invited",
        **status_columns(said),
    }
