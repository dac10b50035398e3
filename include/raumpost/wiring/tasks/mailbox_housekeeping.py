"""What the tasks of mailbox_housekeeping do."""

from dataclasses import asdict
from typing import Any

from airflow.sdk import CronTriggerTimetable

from raumpost.domain.errors import ConfigurationError
from raumpost.wiring.settings import Settings
from raumpost.wiring.tasks import approval_flow
from raumpost.wiring.tasks.instance import now, person

ACTOR = "mailbox_housekeeping"


def every_morning(settings: Settings) -> CronTriggerTimetable:
    """Return the schedule: every morning, before people start work."""
    return CronTriggerTimetable("30 5 * * *", timezone=settings.time_zone)


def remove_old(settings: Settings, dag_run: Any) -> dict[str, int]:
    """Remove what has been kept for the retention period; return the counts. Takes no parameters: settings decide."""
    from raumpost.services.upkeep.retention import remove_old
    from raumpost.wiring import connections

    with approval_flow.refusals():
        if wrong := approval_flow.unknown(dag_run, ()):
            raise ConfigurationError("; ".join(wrong))
    with connections.database(actor=person(dag_run, ACTOR), dag_id=ACTOR, dag_run=dag_run.run_id) as db:
        removed = remove_old(db, now=now(), keep=settings.retention, keep_foreign=settings.foreign_retention)
    return asdict(removed)


def report_unanswered(settings: Settings, run_id: str) -> int:
    """Report rooms that have not answered in time; return the number of invitations."""
    from raumpost.services.alerts.digests import report_unanswered
    from raumpost.services.alerts.incidents import DatabaseAlertStore
    from raumpost.wiring import alerts, connections

    if not settings.alert_email:
        return 0
    with connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db, alerts.notifier(settings) as notify:
        return report_unanswered(
            db, DatabaseAlertStore(db), now=now(), patience=settings.alert_unanswered, notify=notify
        )


def report_declined(settings: Settings, run_id: str) -> int:
    """Report bookings that were declined since the last report; return their number."""
    from raumpost.services.alerts.digests import report_declined
    from raumpost.services.alerts.incidents import DatabaseAlertStore
    from raumpost.wiring import alerts, connections

    if not (settings.alert_email and settings.alert_declined):
        return 0
    with connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db, alerts.notifier(settings) as notify:
        return report_declined(db, DatabaseAlertStore(db), now=now(), notify=notify)
