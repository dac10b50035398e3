"""
### Send failed invitations again

An invitation is *failed* (Fehler) after five attempts, or when its mail came back. Once the cause is fixed, this
DAG lists what failed, asks, and gives exactly those invitations five new attempts each, with a new Message-ID; the next
run of `mailbox_processor` sends them.

| task | does |
|---|---|
| `preview` | lists what failed, with counts per room and per error; stores the list |
| `decide` | continues with the approval, or skips it if none is wanted or there is nothing to do |
| `approve` | waits a day for an approval, under *Required Actions*; no decision counts as *Reject*; logs who decided |
| `apply` | resets the invitations on the list |
| `report` | reports the outcome in its log and XCom |

Invitations that changed, were answered or failed again after the preview are left alone, and so are those that fail
after it. Bookings that are over are named and left out: a mail about them would help nobody. The exception are those
changed before they ended: the room may still hold a slot that they had, and the list says so. Invitations that wait for
an inactive link are named too.
**Clearing a failed `deliver.send`** of `mailbox_processor` resets the failed invitations of that batch alone.

Without parameters, everything that failed is listed. Examples:

```json
{"error_contains": "Connection refused", "failed_since": "2026-11-23T18:00:00+01:00"}
```

```json
{"room_mailboxes": ["lecture-hall-1@rooms.example"], "preview_only": true}
```

**When it is red**: `preview` lists everything that is wrong with the parameters. `apply` failed if the database could
not be reached; clear it, and it continues where it stopped.
"""

from airflow.sdk import DAG, Param

from raumpost.wiring.defaults import DEFAULT_ARGS
from raumpost.wiring.settings import read_settings
from raumpost.wiring.tasks import approval_flow
from raumpost.wiring.tasks.instance import START

SETTINGS = read_settings()

with DAG(
    "mailbox_reset_failed",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=8,
    dagrun_timeout=approval_flow.RUN_TIMEOUT,
    default_args=DEFAULT_ARGS,
    params={
        **approval_flow.room_params(neither="Empty, and no room group: all."),
        "error_contains": Param(
            None,
            type=["null", "string"],
            maxLength=500,
            title="Error contains",
            description="Part of the error text, in upper or lower case; empty: any error.",
        ),
        "failed_since": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="Failed since",
            description="Only what failed at this time or later; empty: no limit.",
        ),
        "failed_until": Param(
            None,
            type=["null", "string"],
            format="date-time",
            title="Failed until",
            description="Only what failed before this time; empty: until now.",
        ),
        **approval_flow.approval_params("reset"),
    },
    tags=["raumpost", "manual"],
    doc_md=__doc__,
) as dag:
    approval_flow.ask_then_apply(dag, SETTINGS)
