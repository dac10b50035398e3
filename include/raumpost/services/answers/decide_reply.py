"""Decide what an answer comes to: which invitation, who, which revision, in which order, what (INTEROP R)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from raumpost.domain import lifecycle
from raumpost.domain.feedback import delegation, proposal, remarked
from raumpost.domain.message import Message
from raumpost.domain.model import Answer, AnswerStamp, Invitation, Level, MailOutcome, Method, State
from raumpost.domain.time_zones import zone_or_default
from raumpost.itip.authentication import refusal
from raumpost.itip.comment import comment_of
from raumpost.itip.reading import Attendee, MailKind, Reply
from raumpost.services.answers.decision import Decision, UnreadMail
from raumpost.services.ports import Database
from raumpost.services.store.invitations import load_invitations
from raumpost.texts.wording import english

_ANSWERING = frozenset({"REPLY", "COUNTER"})
_ASKING = frozenset({MailKind.CANCEL, MailKind.REFRESH})
"""What somebody may expect an organizer to act upon; Raumpost does not."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Room:
    """Who may answer for an invitation, and in which time zone times are given to people."""

    addresses: frozenset[str]
    """The room mailbox and its aliases, in lower case."""
    zone: tzinfo


def decide_reply(db: Database, mail: UnreadMail, now: datetime) -> Sequence[Decision]:
    """Decide what a calendar object comes to: one decision for each invitation in it, which stays locked."""
    reading = mail.reading
    uids = list(dict.fromkeys(reply.uid for reply in reading.replies if reply.uid))
    invitations = load_invitations(db, [row["id"] for row in db.rows("lock_invitations_by_uid", uids=uids)])
    if reading.method not in _ANSWERING:
        return [_no_answer_at_all(mail, one) for one in invitations] or [
            Decision(outcome=MailOutcome.OTHER, detail=f"no answer: “{reading.subject}”")
        ]
    if not invitations:
        uid = reading.replies[0].uid
        return [
            Decision(outcome=MailOutcome.UNKNOWN, detail=f"answers UID {uid}, which Raumpost never sent", about_uid=uid)
        ]
    return [_decide_one(invitation, _room(db, invitation), mail, now) for invitation in invitations]


def _no_answer_at_all(mail: UnreadMail, invitation: Invitation) -> Decision:
    reading = mail.reading
    ours = bool(invitation.organizer) and (invitation.organizer or "").lower() in reading.senders
    return Decision(
        outcome=MailOutcome.OTHER,
        detail=f"no answer, but {reading.method or 'a calendar object without METHOD'}; nothing is done about it",
        invitation=invitation,
        level=Level.WARNING if reading.kind in _ASKING and not ours else Level.INFO,
    )


def _decide_one(invitation: Invitation, room: Room, mail: UnreadMail, now: datetime) -> Decision:
    def decision(outcome: MailOutcome, detail: str) -> Decision:
        return Decision(outcome=outcome, detail=detail, invitation=invitation)

    reading = mail.reading
    replies = [one for one in reading.replies if one.uid == invitation.uid]
    reply = _whole_event(replies)
    if not room.addresses & reading.senders:
        return decision(
            MailOutcome.NOT_THE_ROOM, f"comes from {_listed(reading.senders)}, not from {invitation.address}"
        )
    attendee = _attendee(reply, room)
    if attendee is None:
        listed = _listed({one.address for one in reply.attendees if one.address})
        return decision(MailOutcome.NOT_THE_ROOM, f"answers for {listed}, not for {invitation.address}")
    if doubt := _doubt(mail, room):
        return decision(MailOutcome.UNTRUSTED, doubt)
    stamp = AnswerStamp(dtstamp=reply.dtstamp, date=mail.written_at, mail_id=mail.id)
    what = "a proposal of another time" if reply.kind is MailKind.COUNTER else attendee.partstat or "nothing"
    revision = _revision(invitation, reply, stamp)
    if revision is None or revision > _last_tried(invitation):
        return decision(MailOutcome.FUTURE, f"answers revision {reply.sequence}, which was never sent")
    if revision < invitation.sequence or invitation.method is Method.CANCEL:
        return decision(MailOutcome.STALE, f"answers revision {revision} with {what}; it has been replaced")
    if len(replies) > 1 and reply.recurrence_id:
        return decision(MailOutcome.NO_ANSWER, f"answers {len(replies)} occurrences of an event that has only one")
    known = invitation.answer_stamp if invitation.answer_sequence == invitation.sequence else None
    if known and not _is_later(stamp, known, invitation) and _says_something(reply, attendee):
        return decision(MailOutcome.SUPERSEDED, f"says {what}, but a later answer is known")
    if reply.kind is MailKind.COUNTER:
        return _propose(invitation, room, reply, attendee, reading.text)
    if attendee.partstat == "DELEGATED":
        return _delegate(invitation, reply, attendee)
    if attendee.partstat not in set(Answer):
        return decision(MailOutcome.NO_ANSWER, f"says {what}: neither yes nor no")
    said = Answer(attendee.partstat)
    if known and (said, stamp.dtstamp, stamp.date) == (invitation.answer, known.dtstamp, known.date):
        return decision(MailOutcome.SUPERSEDED, f"says {said} once more; the same answer is known")
    comment = comment_of(reply, attendee, said=said, text=reading.text, sent=invitation.content.description)
    move = lifecycle.answer(invitation, said=said, comment=comment, stamp=stamp, now=now)
    return Decision(outcome=MailOutcome.APPLIED, detail=said, invitation=invitation, move=move)


def _propose(invitation: Invitation, room: Room, reply: Reply, attendee: Attendee, text: str | None) -> Decision:
    """Pass on the other time that the room proposes; PARTSTAT beside it is no answer (R6)."""
    sent = invitation.content.description
    comment = comment_of(reply, attendee, said=Answer.TENTATIVE, text=text, sent=sent)
    same = reply.proposed_start == invitation.content.starts_at  # another end, or a proposal that is written elsewhere
    remark = proposal(None if same else reply.proposed_start, zone=room.zone, comment=comment)
    return _remark(MailOutcome.COUNTER, invitation, remark)


def _delegate(invitation: Invitation, reply: Reply, attendee: Attendee) -> Decision:
    remark = delegation(attendee.delegated_to, comment=reply.comment or attendee.comment)
    return _remark(MailOutcome.DELEGATED, invitation, remark)


def _remark(outcome: MailOutcome, invitation: Invitation, remark: Message) -> Decision:
    return Decision(
        outcome=outcome, detail=english(remark), invitation=invitation, wording=remarked(invitation, remark)
    )


def _whole_event(replies: Sequence[Reply]) -> Reply:
    """Choose what is about the event itself, the newest of several.

    Our events are single ones (INTEROP W13). A system that names an occurrence all the same means the only one
    there is; who answers several has made a series of it.
    """
    whole = [one for one in replies if one.recurrence_id is None]
    return max(
        whole or replies, key=lambda one: (-1 if one.sequence is None else one.sequence, one.dtstamp or _BEGINNING)
    )


def _attendee(reply: Reply, room: Room) -> Attendee | None:
    """Return the room's ATTENDEE; where none has an address, the sender has decided already (R3)."""
    if not any(one.address for one in reply.attendees):
        return reply.attendee or Attendee(address=None, partstat=None)
    return next((one for one in reply.attendees if one.address in room.addresses), None)


def _doubt(mail: UnreadMail, room: Room) -> str | None:
    """Return why the sender cannot be believed; None: he can, or nobody is to be asked."""
    if not mail.authserv_id:
        return None
    reading = mail.reading
    sender = reading.sender or ""
    address = sender if sender in room.addresses else min(room.addresses & reading.senders)
    domain, from_domain = address.rpartition("@")[2], sender.rpartition("@")[2]
    return refusal(reading.authentication, authserv_id=mail.authserv_id, domain=domain, from_domain=from_domain)


def _is_later(stamp: AnswerStamp, known: AnswerStamp, invitation: Invitation) -> bool:
    """Return whether one answer was given after another (R5).

    A DTSTAMP that is a copy of ours says nothing about that, so Date comes first then: a room's server may write its
    own time and the program of the person who answers later for it a copy.
    """
    if invitation.dtstamp in (stamp.dtstamp, known.dtstamp) and stamp.date != known.date:
        return stamp.date > known.date
    return stamp.is_after(known)


def _says_something(reply: Reply, attendee: Attendee) -> bool:
    return reply.kind is MailKind.COUNTER or attendee.partstat in {*Answer, "DELEGATED"}


def _revision(invitation: Invitation, reply: Reply, stamp: AnswerStamp) -> int | None:
    """Return the revision that a reply is about; without SEQUENCE the last one known to have left (R4).

    While a revision is on its way, an answer written after that revision is taken for an answer to it.
    """
    if reply.sequence is not None:
        return reply.sequence
    written = stamp.dtstamp or stamp.date
    if invitation.state is State.SENDING and invitation.dtstamp and written >= invitation.dtstamp:
        return invitation.sequence
    return invitation.exposed_sequence


def _last_tried(invitation: Invitation) -> int:
    """Return the highest revision that the room can have seen: an answer may come before our own record of sending."""
    if invitation.may_be_known or invitation.attempts > 0:
        return invitation.sequence
    return -1 if invitation.exposed_sequence is None else invitation.exposed_sequence


def _room(db: Database, invitation: Invitation) -> Room:
    [row] = db.rows("room_behind", room_mailbox_id=invitation.room_mailbox_id)
    return Room(addresses=frozenset(row["addresses"]), zone=zone_or_default(row["time_zone"], "UTC"))


def _listed(addresses: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(addresses)) or "nobody"
