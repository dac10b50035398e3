"""Invitations in the database: read them, move them, write about them in the journal."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby

from raumpost.domain.feedback import Feedback
from raumpost.domain.lifecycle import RULES, Move
from raumpost.domain.model import (
    Answer,
    AnswerStamp,
    BookingKey,
    BookingKind,
    Content,
    Invitation,
    Level,
    Method,
    State,
)
from raumpost.services.ports import Database, Row

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""As JSON escapes it: behind an even number of backslashes."""


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """A line for people; `detail` holds what an engineer needs beside it, such as a traceback.

    `mail_id` is the received mail that is behind it.
    """

    level: Level
    step: str
    message: str
    detail: str | None = None
    invitation_id: int | None = None
    room_mailbox_id: int | None = None
    kind: BookingKind | None = None
    source_id: int | None = None
    mail_id: int | None = None


def write(db: Database, entries: Iterable[JournalEntry]) -> None:
    """Write lines into the journal."""
    if rows := [asdict(entry) for entry in entries]:
        db.run("write_journal", entries=as_json(rows))


def about(
    invitation: Invitation,
    *,
    level: Level,
    step: str,
    message: str,
    detail: str | None = None,
    mail_id: int | None = None,
) -> JournalEntry:
    """Make a journal line about an invitation."""
    return JournalEntry(
        level=level,
        step=step,
        message=f"{invitation}: {message}",
        detail=detail,
        invitation_id=invitation.id,
        room_mailbox_id=invitation.room_mailbox_id,
        kind=invitation.key.kind,
        source_id=invitation.key.source_id,
        mail_id=mail_id,
    )


def move(db: Database, moves: Sequence[Move], *, in_batch: int | None = None, mail_id: int | None = None) -> set[int]:
    """Carry out transitions; give the ids of the invitations that moved.

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
                "journal": one.message,
                **one.feedback._asdict(),
            }
            for one in group
        ]
        found = db.rows("transition", moves=as_json(rows), sources=list(RULES[transition].sources), step=transition)
        moved.update(row["id"] for row in found)
    return moved


def tell(db: Database, words: Iterable[tuple[Invitation, Feedback]]) -> None:
    """Change the words at the bookings of invitations whose state stays."""
    rows = [
        {
            "kind": invitation.key.kind,
            "source_id": invitation.key.source_id,
            "room_id": invitation.room_id,
            **said._asdict(),
        }
        for invitation, said in words
    ]
    db.run("tell", words=as_json(rows))


def load(db: Database, ids: Iterable[int]) -> list[Invitation]:
    """Read invitations, in the order of their ids as given."""
    wanted = list(ids)
    if not wanted:
        return []
    found = {row["id"]: invitation(row) for row in db.rows("invitations", ids=wanted)}
    return [found[id_] for id_ in wanted if id_ in found]


def key(row: Row) -> BookingKey:
    """Read the booking key of a row."""
    return BookingKey(BookingKind(row["kind"]), row["source_id"])


def invitation(row: Row) -> Invitation:
    """Make an invitation of a row of the statement `invitations`."""
    stamp = None
    if row["answer_mail_id"] is not None:
        stamp = AnswerStamp(dtstamp=row["answer_dtstamp"], date=row["answer_date"], mail_id=row["answer_mail_id"])
    return Invitation(
        id=row["id"],
        room_mailbox_id=row["room_mailbox_id"],
        room_id=row["room_id"],
        address=row["address"],
        key=key(row),
        uid=row["uid"],
        method=Method(row["method"]),
        sequence=row["sequence"],
        content=Content(
            summary=row["summary"],
            description=row["description"],
            organiser=row["organiser"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            all_day=row["all_day"],
            time_zone=row["time_zone"],
            confidential=row["confidential"],
        ),
        state=State(row["state"]),
        attempts=row["attempts"],
        last_error=row["last_error"],
        batch=row["batch"],
        dispatch=row["dispatch"],
        left_sequence=row["left_sequence"],
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


def as_json(value: object) -> str:
    """Write a value as JSON for a jsonb parameter; times in ISO 8601. No text in Postgres can hold a NUL."""
    return _NUL.sub("\\1\\\\ufffd", json.dumps(value, default=_iso, ensure_ascii=False))


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a jsonb parameter")
