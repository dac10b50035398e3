"""
### Send failed invitations again

An invitation is *failed* (Fehler) after five attempts, or when its mail came back. Once the cause is mended, this
lists what failed, asks, and gives exactly that five new attempts each, with a new Message-ID; the next run of
`mailbox_processor` sends.

| task | does |
|---|---|
| `preview` | lists what failed, counts it per room and per error; stores the list |
| `decide` | goes on to the approval, or around it where none is wanted or nothing is to do |
| `approve` | waits a day for an approval, under *Required Actions*; no decision counts as *Reject*; says who decided |
| `apply` | resets the invitations of the list |
| `report` | says in its log and XCom how it ended |

What changed, was answered or failed anew after the preview is left alone, and so is what fails after it. Bookings that
are over are named and left out: a mail about them would help nobody. What waits for an inactive link is named too.
**Clearing a failed `deliver.send`** of `mailbox_processor` resets the failed invitations of that batch alone.

With no parameter at all, everything that failed is listed. Examples:

```json
{"error_contains": "Connection refused", "failed_since": "2026-11-23T18:00:00+01:00"}
```

```json
{"room_mailboxes": ["lecture-hall-1@rooms.example"], "preview_only": true}
```

**When it is red**: `preview` names all that is wrong with the parameters. `apply` failed where the database could not
be reached; clear it, and it goes on where it stopped.
"""

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param, TriggerRule, task

from raumpost.wiring import alerts
from raumpost.wiring.settings import TASK_TIMEOUT, settings
from raumpost.wiring.tasks import by_hand
from raumpost.wiring.tasks import mailbox_reset_failed as tasks
from raumpost.wiring.tasks.instance import START

SETTINGS = settings()

with DAG(
    "mailbox_reset_failed",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=8,
    dagrun_timeout=by_hand.RUN_TIMEOUT,
    default_args={
        "owner": "raumpost",
        "execution_timeout": TASK_TIMEOUT,
        "on_failure_callback": alerts.failed,
        "on_success_callback": alerts.worked,
    },
    params={
        "room_mailboxes": Param(
            [],
            type="array",
            items={"type": "string"},
            title="Room mailboxes",
            description="Addresses or ids (raumpost.room_mailbox), one a line. Empty, and no room group: all.",
        ),
        "room_group": Param(
            None,
            type=["null", "string"],
            title="Room group",
            description="Name or id of a room group (booking.room_group): all of its rooms that have a mailbox.",
        ),
        "error_contains": Param(
            None,
            type=["null", "string"],
            maxLength=500,
            title="Error contains",
            description="Part of the error text, upper or lower case; empty: whatever the error.",
        ),
        "failed_since": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="Failed since",
            description="Only what failed at this time or later; empty: since ever.",
        ),
        "failed_until": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="Failed until",
            description="Only what failed before this time; empty: until now.",
        ),
        "preview_only": Param(
            False, type="boolean", title="Preview only", description="Show the list, and reset nothing."
        ),
        "require_approval": Param(
            True,
            type="boolean",
            title="Require approval",
            description="Show the list and wait for an approval. Switched off, the list is applied at once.",
        ),
    },
    tags=["raumpost", "manual"],
    doc_md=__doc__,
) as dag:

    @task
    def preview(params, dag_run):
        return tasks.preview(SETTINGS, params, dag_run)

    @task.branch
    def decide(reference, params):
        return by_hand.next_task(params, reference)

    approve = ApprovalOperator(
        task_id="approve",
        subject=by_hand.SUBJECT,
        body=by_hand.BODY,
        defaults=ApprovalOperator.REJECT,
        response_timeout=by_hand.APPROVAL_TIME,
        retries=1,  # Airflow loses an answer that comes within a second, as a script's may: then it asks again
        retry_delay=by_hand.SHORT_DELAY,
    )

    @task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS, retries=3, retry_delay=by_hand.SHORT_DELAY)
    def apply(reference, dag_run):
        return tasks.apply(dag_run, reference)

    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def report(reference, params, ti):
        return by_hand.report(params, reference, lambda one: ti.xcom_pull(task_ids=one))

    listed = preview()
    decided, applied, reported = decide(listed), apply(listed), report(listed)
    decided >> [approve, applied, reported]
    approve >> applied >> reported
