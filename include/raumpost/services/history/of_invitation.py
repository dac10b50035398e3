"""Follow one invitation from its booking to the room's answer: facts, journal, mails, what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from raumpost.domain.advice import Circumstances, advise
from raumpost.domain.errors import NothingKnown
from raumpost.domain.hints import hint_for
from raumpost.domain.model import Answer, Invitation
from raumpost.services.history.journal import LineFilter, read_lines
from raumpost.services.ports import Database, Row
from raumpost.services.store.invitations import load_invitations
from raumpost.texts.text import Text
from raumpost.texts.wording import wording

MAX_LINES = 500
"""Newest lines of the journal."""
MAX_MAILS = 200
"""Newest mails."""


@dataclass(frozen=True, kw_only=True)
class InvitationHistory:
    """What is known of an invitation; `facts` are those of the statement `facts_of_invitation`."""

    invitation: Invitation
    facts: Row
    why: Text
    """Why it is where it is."""
    next: Text
    """What an operator does now."""
    hint: Text | None
    """What to change at a room that declined."""
    setting: Text | None
    """Where that is changed."""
    journal: Sequence[Row]
    """Newest first."""
    mails: Sequence[Row]
    """Newest first, without their content."""


def follow(db: Database, id_: int, *, now: datetime) -> InvitationHistory:
    """Return what happened to an invitation. Raises NothingKnown when there is none."""
    loaded = load_invitations(db, [id_])
    facts = db.rows("facts_of_invitation", id=id_)
    if not (loaded and facts):
        raise NothingKnown(f"there is no invitation {id_}")
    (invitation,), (known,) = loaded, facts
    about = Circumstances(
        now=now,
        active=known["active"],
        sent_at=known["sent_at"],
        comment=invitation.comment,
        withheld=known["withheld"],
    )
    advice = advise(invitation, about)
    hint = hint_for(invitation.comment) if invitation.answer is Answer.DECLINED else None
    return InvitationHistory(
        invitation=invitation,
        facts=known,
        why=wording(advice.why),
        next=wording(advice.next),
        hint=wording(hint.what) if hint else None,
        setting=wording(hint.setting) if hint else None,
        journal=read_lines(db, LineFilter(invitation=id_), limit=MAX_LINES).lines,
        mails=db.rows("mails_of_invitation", id=id_, limit=MAX_MAILS),
    )
