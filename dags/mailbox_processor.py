"""
### Keep room mailboxes in step with room bookings

Each run plans what has changed in the booking system, sends it as calendar mail to the room mailboxes, and
reads the rooms' answers. It records what it did in `raumpost.journal` and, as feedback, in `booking.status`.

| task | does |
|---|---|
| `gather_pending` | plans booking changes; puts what has to be sent into one batch per SMTP interface |
| `guard` | red while cancellations are held back, because too many bookings of a room vanished at once |
| `deliver.render` | writes the mails of a batch |
| `deliver.send` | sends them one by one; five attempts in all, then the invitation is *failed* (Fehler) |
| `find_inboxes` | lists the IMAP interfaces where replies may arrive |
| `answers.fetch_replies` | stores the new mails of each folder as they are |
| `answers.update_status` | reads them, records the replies, moves the mails it has read if a folder is set |
| `sent_something` | after a batch was sent, lists the inboxes again: many rooms reply within seconds |
| `answers_again.fetch_replies`, `answers_again.update_status` | so the run that sent reads most replies |
| `watcher` | makes the run red when any part failed |

**Alerts.** With `RAUMPOST_ALERT_EMAIL` set, a failure is reported by mail, once per cause and hour, and again when it
is over; so is a run that did not finish in time.

A batch that waits for its next attempt keeps its run open; later runs continue. **Clearing a failed
`deliver.send`** gives the failed invitations of its batch five new attempts.

**When `guard` is red**, everything else continues. Its error says which rooms are affected: bring the bookings back,
or run `mailbox_approve_cancellations`.

Run it by hand with `full` to compare every booking with what was sent to the rooms, not only the changed ones.
"""

from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, Param, TriggerRule, task, task_group

from raumpost.wiring import alerts, late_runs
from raumpost.wiring.defaults import DEFAULT_ARGS
from raumpost.wiring.settings import RETRIES, read_settings
from raumpost.wiring.tasks import mailbox_processor as tasks
from raumpost.wiring.tasks.instance import SHORT_DELAY, START, part_failed

SETTINGS = read_settings()

with DAG(
    "mailbox_processor",
    schedule=tasks.every(SETTINGS.interval),
    start_date=START,
    catchup=False,
    max_active_runs=SETTINGS.max_active_runs,
    dagrun_timeout=5 * SETTINGS.lease,
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=SETTINGS.overdue,
        callback=AsyncCallback(late_runs.overdue),
    ),
    default_args=DEFAULT_ARGS,
    params={
        "full": Param(
            SETTINGS.full_gather,
            type="boolean",
            title="Compare everything",
            description="Compare every booking of every linked room, not only those that changed.",
        )
    },
    tags=["raumpost", "scheduled"],
    doc_md=__doc__,
) as dag:

    @task(on_success_callback=[alerts.worked, late_runs.ended])
    def gather_pending(params, run_id):
        return tasks.gather_pending(SETTINGS, run_id, full=params["full"])

    @task
    def guard(run_id):
        tasks.guard(run_id)

    # otherwise, a batch that was not rendered would wait for its lease to end
    @task(map_index_template="{{ label }}", retries=2, retry_delay=SHORT_DELAY)
    def render(batch, run_id):
        return tasks.render(SETTINGS, run_id, batch)

    @task(
        map_index_template="{{ label }}",
        retries=RETRIES,
        retry_delay=SETTINGS.retry_delay,
        retry_exponential_backoff=2.0,
        max_retry_delay=SETTINGS.max_retry_delay,
    )
    def send(batch, run_id, ti):
        return tasks.send(SETTINGS, run_id, batch, cleared=tasks.is_cleared(ti))

    @task_group
    def deliver(batch):
        send(render(batch))

    @task
    def find_inboxes(run_id):
        return tasks.find_inboxes(run_id)

    @task(map_index_template="{{ label }}")
    def fetch_replies(inbox, run_id):
        return tasks.fetch_replies(run_id, inbox)

    @task(map_index_template="{{ label }}", trigger_rule=TriggerRule.ALL_DONE)
    def update_status(inbox, run_id):
        return tasks.update_status(run_id, inbox)

    @task_group
    def answers(inbox):
        fetch_replies(inbox) >> update_status(inbox)

    @task(trigger_rule=TriggerRule.ONE_FAILED, on_failure_callback=[])
    def watcher():
        raise part_failed()

    gathered = gather_pending()
    gathered >> guard()
    delivered = deliver.expand(batch=gathered)
    answers.expand(inbox=find_inboxes())
    sent_something = find_inboxes.override(task_id="sent_something", trigger_rule=TriggerRule.ONE_SUCCESS)()
    delivered >> sent_something
    answers.override(group_id="answers_again").expand(inbox=sent_something)
    list(dag.tasks) >> watcher()
