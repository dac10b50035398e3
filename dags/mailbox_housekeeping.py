"""
### Remove what is no longer needed, and report what needs attention

Runs every morning at 5:30 in the time zone of `RAUMPOST_TIME_ZONE`.

| task | does |
|---|---|
| `remove_old` | removes mails, journal and texts of bookings that were over `RAUMPOST_RETENTION_DAYS` ago, previews, trial bookings and alerts of that age, and mails that belong to no invitation after `RAUMPOST_FOREIGN_MAIL_DAYS`; the counts are its XCom |
| `report_unanswered` | mails the rooms that have not replied for `RAUMPOST_ALERT_UNANSWERED_HOURS`, if there are new ones; and once when all have replied |
| `report_declined` | mails the future bookings declined since the last time, room by room, if `RAUMPOST_ALERT_DECLINED` is set |

Nothing that an invitation still needs is removed: a *pending*, *sending* or *failed* one keeps everything, however old
it is. The row of any other stays, without its texts, because its UID must never be used twice. The status of a booking
is removed with it only if the booking system has deleted the booking. Nothing is removed from mailboxes.

**When it is red**, see the log of the red task. Every run continues where the last one left off; it can be run by hand
at any time, with the configuration `{}`: it has no parameters. Without `RAUMPOST_ALERT_EMAIL` no mail is sent.
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
