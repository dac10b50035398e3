"""Print the history of a booking: wanted, sent, bounced, answered, why its status is what it is, what to do next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from raumpost.domain.advice import Circumstances, advise
from raumpost.domain.errors import NothingKnown
from raumpost.domain.model import BookingKey, BookingKind, Invitation
from raumpost.itip.readable import readable
from raumpost.services.history.journal import LineFilter, read_lines
from raumpost.services.ports import Database, Row
from raumpost.services.store.invitations import load_invitations
from raumpost.services.store.rows import booking_key
from raumpost.texts.wording import english

MAX_LINES = 500
"""Newest lines of the journal that are shown."""
MAX_MAILS = 20
"""Newest mails that are shown."""
MAX_MAIL = 20_000
"""Characters shown of one mail."""
MAX_OCTETS = 256 * 1024
"""Octets read of one mail."""


@dataclass(frozen=True, kw_only=True)
class BookingHistory:
    """The story line by line, and the mails in it as readable texts."""

    key: BookingKey
    lines: Sequence[str]
    mails: Sequence[str]


def explain(db: Database, *, booking: BookingKey | str, now: datetime) -> BookingHistory:
    """Return the history of a booking, named by its key or by the UID of one of its invitations.

    Raises NothingKnown when neither the booking system nor Raumpost knows it.
    """
    key = booking if isinstance(booking, BookingKey) else _key_of(db, booking)
    mails = db.rows("mails_of_booking", **_named(key), limit=MAX_MAILS, octets=MAX_OCTETS)
    booked = _booked(db, key)
    rows = db.rows("invitations_of_booking", **_named(key))
    journal = read_lines(db, LineFilter(kind=key.kind, source_id=key.source_id), limit=MAX_LINES).lines[::-1]
    if not (booked or rows or journal):
        raise NothingKnown(
            f"there is no {key} in the booking system, and Raumpost never had one", remedy="check kind and id"
        )
    invitations = load_invitations(db, (row["id"] for row in rows))
    lines = [
        *_wanted(
            db,
            key,
            booked,
            {one.room_id for one, row in zip(invitations, rows, strict=True) if not row["link_removed"]},
        ),
        *(line for one, row in zip(invitations, rows, strict=True) for line in _standing(one, row, now)),
        *_happened(journal, mails),
    ]
    return BookingHistory(key=key, lines=lines, mails=[_shown(mail) for mail in mails])


def _key_of(db: Database, uid: str) -> BookingKey:
    for row in db.rows("booking_of_uid", uid=uid):
        return booking_key(row)
    raise NothingKnown(
        f"no invitation has the UID {uid}", remedy="take it from a mail's calendar part, or give kind and id"
    )


def _named(key: BookingKey) -> dict[str, object]:
    return {"kind": key.kind, "source_id": key.source_id}


def _booked(db: Database, key: BookingKey) -> list[Row]:
    ids = [key.source_id]
    is_event = key.kind is BookingKind.EVENT
    return db.rows("bookings", event_ids=ids if is_event else [], block_ids=[] if is_event else ids, replaced=True)


def _wanted(db: Database, key: BookingKey, booked: list[Row], invited: set[int]) -> Iterator[str]:
    """Say what the booking system has, and why rooms have no invitation."""
    yield f"{key} in the booking system"
    if not booked:
        yield "  is not there: deleted, or in no room"
    links = {
        row["room_id"]: row
        for row in db.rows("links_of_rooms", **_named(key), room_ids=[row["room_id"] for row in booked])
    }
    waiting = db.rows("is_change_waiting", **_named(key))[0]["waiting"]
    for row in booked:
        title = "(confidential)" if row["confidential"] else f"“{row['title'] or ''}”"
        state = ", cancelled" if row["cancelled"] else ""
        yield f"  {title} in {row['room_name']}, {_slot(row['starts_at'], row['ends_at'])}{state}"
        if row["room_id"] not in invited:
            yield f"    no invitation: {_why_none(row, links.get(row['room_id']), key, waiting=waiting)}"
    if waiting:
        yield "  a change of it waits for the next run of mailbox_processor"


def _why_none(row: Row, link: Row | None, key: BookingKey, *, waiting: bool) -> str:
    if link is None:
        return "the room is linked to no mailbox; link it with mailbox_link if it should be mirrored"
    if link["removal_requested_at"]:
        return f"the link to {link['address']} is being removed"
    if row["cancelled"]:
        return "the booking is cancelled"
    if key.kind is BookingKind.BLOCK and not link["include_blocks"]:
        return f"the link to {link['address']} leaves blocks out; switch include_blocks on to mirror them"
    if waiting:
        return "not yet planned"
    if link["preexisting"]:
        return "it stood in the room before the link; mailbox_initialise invites such bookings"
    return "it was over when it was planned, or could not be mirrored; the journal below may say more"


def _standing(invitation: Invitation, row: Row, now: datetime) -> Iterator[str]:
    about = Circumstances(
        now=now,
        active=row["active"],
        sent_at=row["sent_at"],
        comment=row["comment"],
        withheld=row["withheld"],
    )
    advice = advise(invitation, about)
    answer = f", {invitation.answer} to revision {invitation.answer_sequence}" if invitation.answer else ""
    place = f"{row['room_name'] or 'a room that is gone'}, {invitation.address}"
    yield f"{place}{' (its link was removed)' if row['link_removed'] else ''}: {invitation.state}{answer}"
    yield f"  UID      {invitation.uid}"
    yield (
        f"  wanted   {invitation.method} {invitation.sequence}, “{invitation.content.summary}”, "
        f"{_slot(invitation.content.starts_at, invitation.content.ends_at)}"
    )
    yield f"  held     {_slot(row['held_from'], row['held_until']) if row['held_from'] else 'nothing that we know of'}"
    yield f"  told     {row['message_en'] or 'nothing'} / {row['message_de'] or 'nichts'}"
    yield f"  why      {english(advice.why)}"
    yield f"  to do    {english(advice.next)}"


def _happened(journal: Sequence[Row], mails: list[Row]) -> Iterator[str]:
    """Return journal and mails in the order of time."""
    yield "What happened"
    lines = [(line["at"], f"{line['level']:8}{line['step']:9}{line['message']}{_who(line)}") for line in journal]
    seen = [(mail["received_at"] or mail["created_at"], f"{'':8}{'mail':9}{_mail_line(mail)}") for mail in mails]
    for at, text in sorted([*lines, *seen], key=lambda one: one[0]):
        yield f"  {_time(at)}  {' '.join(text.splitlines())}"
    if not (lines or seen):
        yield "  nothing that is still kept"
    if len(lines) == MAX_LINES:
        yield f"  (only the newest {MAX_LINES} lines; raumpost.journal has all)"


def _who(line: Row) -> str:
    return f"  [{line['actor']}{', ' + line['dag_run'] if line['dag_run'] else ''}]"


def _mail_line(mail: Row) -> str:
    if mail["direction"] == "out":
        what = f"mail {mail['id']} to the room, revision {mail['sequence']}, resend {mail['resend']}"
    else:
        what = f"mail {mail['id']} from {mail['imap_conn_id']}, {mail['folder']}"
    detail = f": {mail['detail']}" if mail["detail"] else ""
    return f"{what}, {mail['size']} octets, {mail['outcome'] or 'not yet read'}{detail}"


def _shown(mail: Row) -> str:
    head = " ".join(_mail_line(mail).split())
    body = readable(bytes(mail["raw"]), limit=MAX_MAIL)
    return "\n".join([head, *(f"| {line}" for line in body.split("\n"))])


def _slot(start: datetime, end: datetime) -> str:
    return f"{_time(start)} to {_time(end)}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
