"""
### Invite the bookings that stood in a room before it was linked

Linking a room invites nothing that was booked before. This lists the future bookings (and room blocks, where the link
includes them) of the room mailboxes that have no invitation yet, asks, and invites exactly those;
the next run of `mailbox_processor` sends the mails. It has nothing to do with what Airflow calls a *backfill*:
no past run is made up for, and there is no date interval to run it for.

| task | does |
|---|---|
| `preview` | lists the bookings, counts them per room, warns of what rooms tend to refuse; stores the list |
| `decide` | goes on to the approval, or around it where none is wanted or nothing is to do |
| `approve` | waits a day for an approval, under *Required Actions*; no decision counts as *Reject*; says who decided |
| `apply` | creates the invitations of the list |
| `report` | says in its log and XCom how it ended |

What changed between preview and approval is invited as it stands then; what is gone, cancelled or over is not. Either
is named in the log of `apply` and in `raumpost.journal`. Clearing `apply` changes nothing twice.
To see the list and do nothing, set `preview_only`. Examples:

```json
{"room_mailboxes": ["lecture-hall-1@rooms.example", "12"], "until": "2026-12-31"}
```

```json
{"room_group": "Main building", "preview_only": true}
```

**When it is red**: `preview` names all that is wrong with the parameters. `apply` failed where the database could not
be reached, or the gatherer was busy for long; clear it, and it goes on where it stopped.
"""

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param, TriggerRule, task

from raumpost.wiring import alerts
from raumpost.wiring.settings import TASK_TIMEOUT, settings
from raumpost.wiring.tasks import by_hand
from raumpost.wiring.tasks import mailbox_initialise as tasks
from raumpost.wiring.tasks.instance import START

SETTINGS = settings()

with DAG(
    "mailbox_initialise",
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
            description="Addresses or ids (raumpost.room_mailbox), one a line. May be empty if a room group is given.",
        ),
        "room_group": Param(
            None,
            type=["null", "string"],
            title="Room group",
            description="Name or id of a room group (booking.room_group): all of its rooms that have a mailbox.",
        ),
        "from": Param(
            None,
            type=["null", "string"],
            format="date",
            title="From",
            description="First day; empty: from now on. Bookings that are over are never invited.",
        ),
        "until": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Until",
            description="Last day on which a booking may start; empty: without end.",
        ),
        "preview_only": Param(
            False, type="boolean", title="Preview only", description="Show the list, and invite nothing."
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
        return tasks.apply(SETTINGS, dag_run, reference)

    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def report(reference, params, ti):
        return by_hand.report(params, reference, lambda one: ti.xcom_pull(task_ids=one))

    listed = preview()
    decided, applied, reported = decide(listed), apply(listed), report(listed)
    decided >> [approve, applied, reported]
    approve >> applied >> reported
