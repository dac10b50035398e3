"""Invitations in the database: read them, move them, and set the status at their bookings."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from raumpost.domain.feedback import Feedback
from raumpost.domain.model import Answer, AnswerStamp, Content, Invitation, Method, State
from raumpost.domain.transitions import RULES, Move
from raumpost.services.ports import Database, Row
from raumpost.services.store.rows import as_json, booking_key, status_columns
from raumpost.texts.wording import english


def carry_out(
    db: Database, moves: Sequence[Move], *, in_batch: int | None = None, mail_id: int | None = None
) -> set[int]:
    """Carry out transitions; return the ids of the invitations that moved.

    One that did not move has been taken by someone else since it was read. With `in_batch`, one that has
    left this batch does not move either. `mail_id` is the received mail that brought it about.
    """
    moved: set[int] = set()
    ordered = sorted(moves, key=lambda one: one.transition)
    for transition, group in groupby(ordered, key=lambda one: one.transition):
        rows = [
            {
                "id": one.invitation.id,
                "revision": one.invitation.sequence,
                "in_batch": in_batch,
                "mail_id": mail_id,
                "columns": {"state": one.target, **one.columns},
                "level": one.level,
                "journal": f"{one.invitation}: {english(one.message)}",
                **status_columns(one.feedback),
            }
            for one in group
        ]
        found = db.rows("transition", moves=as_json(rows), sources=list(RULES[transition].sources), step=transition)
        moved.update(row["id"] for row in found)
    return moved


def set_status(db: Database, words: Iterable[tuple[Invitation, Feedback]]) -> None:
    """Change the words at the bookings of invitations whose state stays."""
    rows = [
        {
            "kind": invitation.key.kind,
            "source_id": invitation.key.source_id,
            "room_id": invitation.room_id,
            **status_columns(said),
        }
        for invitation, said in words
    ]
    db.run("set_status", words=as_json(rows))


def load_invitations(db: Database, ids: Iterable[int]) -> list[Invitation]:
    """Read invitations, in the order of their ids as given."""
    wanted = list(ids)
    if not wanted:
        return []
    found = {row["id"]: to_invitation(row) for row in db.rows("invitations", ids=wanted)}
    return [found[id_] for id_ in wanted if id_ in found]


def to_invitation(row: Row) -> Invitation:
    """Make an invitation of a row of the statement `invitations`."""
    stamp = None
    if row["answer_mail_id"] is not None:
        stamp = AnswerStamp(dtstamp=row["answer_dtstamp"], date=row["answer_date"], mail_id=row["answer_mail_id"])
    return Invitation(
        id=row["id"],
        room_mailbox_id=row["room_mailbox_id"],
        room_id=row["room_id"],
        address=row["address"],
        key=booking_key(row),
        uid=row["uid"],
        method=Method(row["method"]),
        sequence=row["sequence"],
        content=Content(
            summary=row["summary"],
            description=row["description"],
            booked_by=row["booked_by"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            all_day=row["all_day"],
            time_zone=row["time_zone"],
            confidential=row["confidential"],
        ),
        state=State(row["state"]),
        attempts=row["attempts"],
        last_error=row["last_error"],
        bounced=row["bounced"],
        batch=row["batch"],
        resend=row["resend"],
        exposed_sequence=row["exposed_sequence"],
        sent_sequence=row["sent_sequence"],
        message_id=row["message_id"],
        first_message_id=row["first_message_id"],
        organizer=row["organizer"],
        organizer_name=row["organizer_name"],
        dtstamp=row["dtstamp"],
        answer=Answer(row["answer"]) if row["answer"] else None,
        answer_sequence=row["answer_sequence"],
        answer_stamp=stamp,
        comment=row["comment"],
        sequence_floor=row["sequence_floor"],
    )
