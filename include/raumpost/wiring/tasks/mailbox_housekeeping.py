"""What the tasks of the housekeeping DAG do."""

from dataclasses import asdict
from typing import Any

from airflow.sdk import CronTriggerTimetable

from raumpost.domain.errors import ConfigurationError
from raumpost.wiring.settings import Settings
from raumpost.wiring.tasks import by_hand
from raumpost.wiring.tasks.instance import now, person

ACTOR = "mailbox_housekeeping"


def every_morning(settings: Settings) -> CronTriggerTimetable:
    """Run before people begin to work."""
    return CronTriggerTimetable("30 5 * * *", timezone=settings.time_zone)


def remove_old(settings: Settings, dag_run: Any) -> dict[str, int]:
    """Remove what is kept longer than set; give the counts. Refuses parameters: how long stands in settings."""
    from raumpost.services.upkeep.retention import housekeep
    from raumpost.wiring import connections

    with by_hand.refusals():
        if wrong := by_hand.unknown(dag_run, ()):
            raise ConfigurationError("; ".join(wrong))
    with connections.database(actor=person(dag_run, ACTOR), dag_id=ACTOR, dag_run=dag_run.run_id) as db:
        removed = housekeep(db, now=now(), keep=settings.retention, keep_foreign=settings.foreign_retention)
    return asdict(removed)


def tell_unanswered(settings: Settings, run_id: str) -> int:
    """Tell which rooms have not answered in time; give the number of invitations."""
    from raumpost.services.alerts.incidents import DatabaseBook
    from raumpost.services.alerts.unanswered import tell_unanswered as tell_all
    from raumpost.wiring import alerts, connections

    if not settings.alert_email:
        return 0
    with connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db, alerts.teller(settings) as tell:
        return tell_all(db, DatabaseBook(db), now=now(), patience=settings.alert_unanswered, tell=tell)


def tell_declined(settings: Settings, run_id: str) -> int:
    """Tell which bookings were declined since the last time; give their number."""
    from raumpost.services.alerts.declined import tell_declined as tell_all
    from raumpost.services.alerts.incidents import DatabaseBook
    from raumpost.wiring import alerts, connections

    if not (settings.alert_email and settings.alert_declined):
        return 0
    with connections.database(actor=ACTOR, dag_id=ACTOR, dag_run=run_id) as db, alerts.teller(settings) as tell:
        return tell_all(db, DatabaseBook(db), now=now(), tell=tell)
