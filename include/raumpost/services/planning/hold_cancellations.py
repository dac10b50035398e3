"""Take the cancellations out of a plan that the guard must count first; it lets them through, or a person does."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from raumpost.domain.cancellation_guard import is_counted
from raumpost.domain.feedback import standing
from raumpost.domain.model import Invitation, Level, Method, RoomMailbox
from raumpost.domain.planning import Plan, Revise
from raumpost.services.ports import Database
from raumpost.services.store.invitations import set_status
from raumpost.services.store.journal import entry_about, write_journal


def hold(
    db: Database,
    planned: Plan,
    *,
    invitations: Sequence[Invitation],
    mailboxes: Sequence[RoomMailbox],
    replaced: Collection[int],
    now: datetime,
) -> Plan:
    """Note the cancellations that follow from a shrunken source, and return the plan without them.

    What has been released stays in the plan. What was noted and is not counted any more is forgotten: the booking is
    back, or a person withdraws it through the link. `invitations` are all that the plan is about.
    """
    links = {mailbox.id: mailbox for mailbox in mailboxes}
    counted = {
        step.invitation.id
        for step in planned.steps
        if isinstance(step, Revise) and is_counted(step, mailboxes=links, replaced=replaced)
    }
    rows = db.rows("withheld_among", ids=[one.id for one in invitations])
    known = {row["invitation_id"]: row["state"] for row in rows}
    released = {id_ for id_ in counted if known.get(id_) == "released"}
    if new := counted - known.keys():
        db.run("note_cancellations", ids=list(new), now=now)
    back = [
        one for one in invitations if one.id in known and one.id not in counted and one.key not in planned.postponed
    ]
    if released or back:
        db.run("forget_cancellations", ids=[*released, *(one.id for one in back)])
    withheld = [one for one in back if known[one.id] != "noted"]
    withdrawn = {
        step.invitation.id for step in planned.steps if isinstance(step, Revise) and step.method is Method.CANCEL
    }
    let_go(db, [one for one in withheld if one.id in withdrawn], why="the link withdraws it all the same")
    let_go(db, [one for one in withheld if one.id not in withdrawn], why="the booking system has the booking again")
    waiting = counted - released
    return replace(
        planned,
        steps=[step for step in planned.steps if not (isinstance(step, Revise) and step.invitation.id in waiting)],
    )


def let_go(db: Database, invitations: Sequence[Invitation], *, why: str) -> None:
    """Say that cancellations are held back no longer, though nobody approved them."""
    if invitations:
        set_status(db, [(one, standing(one)) for one in invitations])
        message = f"its cancellation is no longer held back: {why}"
        write_journal(db, [entry_about(one, level=Level.INFO, step="guard", message=message) for one in invitations])
