"""
### Remove what is no longer needed, and tell what needs a person

Runs every morning at 5:30 in the time zone of `RAUMPOST_TIME_ZONE`.

| task | does |
|---|---|
| `remove_old` | removes mails, journal and texts of bookings that were over `RAUMPOST_RETENTION_DAYS` ago, previews, trial bookings and alerts of that age, and mails that belong to no invitation after `RAUMPOST_FOREIGN_MAIL_DAYS`; the counts are its XCom |
| `report_unanswered` | mails which rooms have not answered for `RAUMPOST_ALERT_UNANSWERED_HOURS`, if new ones are among them; and once when all have |
| `report_declined` | mails which future bookings were declined since the last time, room by room, if `RAUMPOST_ALERT_DECLINED` |

Nothing is removed that an invitation still needs: one that is *pending*, *sending* or *failed* keeps everything however
old it is. Of the others the row stays, without its texts, because its UID must never be used twice. The status at a
booking goes with it only when the booking system has deleted the booking. In the mailboxes nothing is removed.

**When it is red**, see the log of the red task. Every run takes up what the last one left; it may be run by hand at
any time, with the configuration `{}`: it has no parameters. Without `RAUMPOST_ALERT_EMAIL` nobody is told anything.
"""  # noqa: E501 - rows of a table

from datetime import timedelta

from airflow.sdk import DAG, task

from raumpost.wiring.defaults import DEFAULT_ARGS
from raumpost.wiring.settings import read_settings
from raumpost.wiring.tasks import mailbox_housekeeping as tasks
from raumpost.wiring.tasks.instance import START

SETTINGS = read_settings()

with DAG(
    "mailbox_housekeeping",
    schedule=tasks.every_morning(SETTINGS),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=DEFAULT_ARGS,
    tags=["raumpost", "scheduled"],
    doc_md=__doc__,
) as dag:

    @task
    def remove_old(dag_run):
        return tasks.remove_old(SETTINGS, dag_run)

    @task
    def report_unanswered(run_id):
        return tasks.report_unanswered(SETTINGS, run_id)

    @task
    def report_declined(run_id):
        return tasks.report_declined(SETTINGS, run_id)

    remove_old()
    report_unanswered()
    report_declined()
