"""List failed invitations, and keep the list to be reset."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from raumpost.domain.model import Invitation
from raumpost.domain.planning import is_time_zone
from raumpost.domain.preview import Preview, amount, shortened, when
from raumpost.domain.resetting import concerns_about, fingerprint, is_pointless
from raumpost.services import ledger, previews
from raumpost.services.choose import choose
from raumpost.services.ports import Database, Row
from raumpost.services.previews import Shown

log = logging.getLogger(__name__)

COLUMNS = ("room", "when (time of the room)", "booking", "title", "mail", "failed", "error", "remarks")


def preview_reset(
    db: Database,
    *,
    names: Sequence[str],
    group: str | None,
    error_contains: str,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    default_time_zone: str,
) -> Shown:
    """List what failed for good, and store the list; change nothing else.

    Without `names` and `group` all room mailboxes count. The text is looked for without regard to case. What failed
    counts from `since` and before `until`. What lies in the past and may be known to the room is named and left out.
    Raises ConfigurationError, which says all that is wrong at once.
    """
    choice = choose(db, names=names, group=group, being_removed=True)  # a failed cancellation holds its link up
    rows = db.rows(
        "failed_invitations",
        room_mailbox_ids=[link.mailbox.id for link in choice.links] or None,
        error_contains=error_contains,
        since=since,
        until=until,
    )
    around = {row["id"]: row for row in rows}
    failed = ledger.load(db, around)
    wanted = [one for one in failed if not is_pointless(one, now)]
    left_out = [one for one in failed if is_pointless(one, now)]
    stored = previews.store(
        db,
        previews.Verb.RESET,
        {previews.Item(one.room_mailbox_id, one.key, around[one.id]["generation"]): fingerprint(one) for one in wanted},
    )
    causes = Counter(shortened(one.last_error or "") for one in wanted)
    concerns = {one.id: concerns_about(one, active=around[one.id]["active"], now=now) for one in wanted}
    concerned = Counter(concern for found in concerns.values() for concern in found)
    preview = Preview(
        headline=f"{amount(len(wanted), 'failed invitation', 'failed invitations')} would be reset and sent again",
        per_room=Counter(_label(one, around[one.id]) for one in wanted),
        findings=[*((f"error “{cause}”", n) for cause, n in causes.most_common()), *concerned.most_common()],
        remarks=[*choice.remarks, *(f"{one}: booking is over, left out" for one in left_out)],
        columns=COLUMNS,
        rows=[_row(one, around[one.id], ", ".join(concerns[one.id]), default_time_zone) for one in wanted],
    )
    log.info("Preview %d: %d invitations to be reset, %d left out", stored, len(wanted), len(left_out))
    return Shown(id=stored, count=len(wanted), preview=preview)


def _row(invitation: Invitation, around: Row, remarks: str, default_time_zone: str) -> tuple[str, ...]:
    zone = ZoneInfo(around["time_zone"] if is_time_zone(around["time_zone"]) else default_time_zone)
    return (
        around["room_name"],
        when(invitation.content, zone),
        str(invitation.key),
        invitation.content.summary,
        invitation.method,
        f"{around['failed_at'].astimezone(zone):%Y-%m-%d %H:%M}",
        invitation.last_error or "",
        remarks,
    )


def _label(invitation: Invitation, around: Row) -> str:
    return f"{around['room_name']} ({invitation.address})"
