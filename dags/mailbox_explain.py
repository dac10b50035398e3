"""
### Explain the whole history of a booking

What the room was asked, what was sent, what came back, why the booking has its status, and what to do next; then the
mails themselves. This DAG changes nothing and sends nothing.

| task | does |
|---|---|
| `explain` | prints the history to its log; its XCom `return_value` is the history without the mails |

Name the booking by **kind and id** of the booking system, or by the **UID** of a calendar entry in the room's
mailbox; not both. Example:

```json
{"kind": "event", "id": 4711}
```

```json
{"uid": "event-4711-mailbox-3.4be5d2a0-1c0e-4a43-9f0c-0f2f6a3c9a55@raumpost"}
```

**When it is red**, the message says which parameter is wrong, or that nobody knows this booking. The newest 20
mails are shown, 20,000 characters of each; all of them are in `raumpost.mail`, raw, until housekeeping removes them.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, task

from raumpost.wiring.defaults import DEFAULT_ARGS
from raumpost.wiring.tasks import mailbox_explain as tasks
from raumpost.wiring.tasks.instance import START

with DAG(
    "mailbox_explain",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=8,
    dagrun_timeout=timedelta(minutes=30),
    default_args=DEFAULT_ARGS,
    params={
        "kind": Param(
            "event",
            type="string",
            enum=["event", "block"],
            title="Kind",
            description="An event (Veranstaltung) or a room block (Raumsperre). With a UID it does not matter.",
        ),
        "id": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=2**63 - 1,
            title="Booking id",
            description="The id in booking.event or booking.room_block. Leave it empty if you give a UID.",
        ),
        "uid": Param(
            None,
            type=["null", "string"],
            maxLength=200,
            title="UID",
            description="The UID of an invitation, from a calendar entry or a mail. Leave it empty if you give an id.",
        ),
    },
    tags=["raumpost", "manual"],
    doc_md=__doc__,
) as dag:

    @task
    def explain(params, dag_run):
        return tasks.explain(params, dag_run)

    explain()
