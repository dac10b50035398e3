"""What the tasks of mailbox_processor do."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DeltaTriggerTimetable
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from raumpost.domain.errors import BatchIncomplete
from raumpost.wiring.settings import FETCH_LIMIT, NETWORK_TIMEOUT, RETRIES, TASK_TIMEOUT, Settings
from raumpost.wiring.tasks.instance import label, now

ACTOR = "mailbox_processor"
SENDING_TIME = TASK_TIMEOUT - 3 * NETWORK_TIMEOUT
"""Longest time of sending within a task instance; the mail under way still has time to finish."""

SHOWN = 20
"""Most room mailboxes listed in an error."""

BatchReference = dict[str, Any]
"""What is passed through XCom: ids, counts and a label, never content."""


def every(interval: timedelta) -> DeltaTriggerTimetable:
    """Return the schedule: one run per interval."""
    return DeltaTriggerTimetable(interval)


def gather_pending(settings: Settings, run_id: str, *, full: bool) -> list[BatchReference]:
    """Plan and lease; return one reference per batch."""
    from raumpost.services.planning.gather import gather
    from raumpost.wiring import connections

    with connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db:
        batches = gather(
            db,
            now=now(),
            lease=settings.lease,
            budget=settings.send_budget,
            default_time_zone=settings.time_zone,
            full=full,
            guard_percent=settings.guard_percent,
        )
    return [
        {
            "id": batch.id,
            "smtp_conn_id": batch.smtp_conn_id,
            "label": f"batch {batch.id}: {batch.invitations} to {batch.rooms} rooms by {batch.smtp_conn_id}",
        }
        for batch in batches
    ]


def guard(run_id: str) -> None:
    """Raise AirflowFailException while cancellations are held back; everything else continues."""
    from raumpost.services.planning.held_cancellations import held_cancellations
    from raumpost.wiring import connections

    with connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db:
        links = [link for link in held_cancellations(db, now=now()) if link.withheld]
    if links:
        more = f"; and of {len(links) - SHOWN} more room mailboxes" if len(links) > SHOWN else ""
        found = "; ".join(map(str, links[:SHOWN]))
        raise AirflowFailException(
            f"{found}{more}. Nothing of that is cancelled: bring the bookings back, or run "
            "mailbox_approve_cancellations"
        )


def render(settings: Settings, run_id: str, batch: BatchReference) -> BatchReference:
    """Write the mails of a batch; return its reference."""
    from raumpost.services.sending.render import render_batch
    from raumpost.wiring import connections

    label(batch["label"])
    with connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db:
        render_batch(db, batch=batch["id"], now=now(), default_time_zone=settings.time_zone)
    return batch


def send(settings: Settings, run_id: str, batch: BatchReference, *, cleared: bool) -> dict[str, int]:
    """Send what is left of a batch. Raises AirflowFailException when another try would be pointless."""
    from raumpost.services.sending.send import send_batch
    from raumpost.wiring import connections

    label(batch["label"])
    with (
        connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db,
        connections.mailer(batch["smtp_conn_id"]) as mailer,
    ):
        try:
            result = send_batch(
                db,
                batch=batch["id"],
                mailer=mailer,
                clock=now,
                lease=settings.lease,
                default_time_zone=settings.time_zone,
                until=now() + SENDING_TIME,
                cleared=cleared,
            )
        except BatchIncomplete as exc:
            raise (AirflowException if exc.retry else AirflowFailException)(str(exc)) from None
    return {"sent": result.sent}


def is_cleared(ti: Any) -> bool:
    """Return whether a person cleared this task instance: then Airflow starts a new round of attempts."""
    first_of_round = ti.max_tries - ti.try_number == RETRIES - 1
    return bool(ti.try_number > 1 and first_of_round)


def find_inboxes(run_id: str) -> list[str]:
    """Return the IMAP interfaces where replies may arrive."""
    from raumpost.services.answers.fetch import find_inboxes
    from raumpost.wiring import connections

    with connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db:
        return find_inboxes(db)


def fetch_replies(run_id: str, imap_conn_id: str) -> int:
    """Store the new mails of an inbox; return their number."""
    from raumpost.services.answers.fetch import fetch_folders
    from raumpost.wiring import connections

    label(imap_conn_id)
    with (
        connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db,
        connections.mailbox(imap_conn_id) as mailbox,
    ):
        return fetch_folders(db, imap_conn_id=imap_conn_id, mailbox=mailbox, limit=FETCH_LIMIT)


def update_status(run_id: str, imap_conn_id: str) -> dict[str, int]:
    """Read the stored mails of an inbox, and move ours to its processed folder; count them by outcome."""
    from raumpost.services.answers.archive import archive
    from raumpost.services.answers.update_status import is_idle
    from raumpost.services.answers.update_status import update_status as read_mails
    from raumpost.wiring import connections

    label(imap_conn_id)
    with connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db:
        if is_idle(db, imap_conn_id=imap_conn_id):  # then nobody needs its connection
            return {}
        with connections.mailbox(imap_conn_id) as mailbox:
            outcomes = read_mails(db, imap_conn_id=imap_conn_id, now=now(), authserv_id=mailbox.authserv_id)
            archive(db, imap_conn_id=imap_conn_id, mailbox=mailbox)
    return dict(outcomes)
