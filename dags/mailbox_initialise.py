"""
### Invite rooms to bookings made before they were linked

Linking a room sends no invitations for what was booked before. This DAG lists the future bookings (and room blocks, if
the link includes them) of the room mailboxes that have no invitation yet, asks, and invites exactly those;
the next run of `mailbox_processor` sends the mails. It has nothing to do with what Airflow calls a *backfill*:
no past run is made up for, and there is no date interval to run it for.

| task | does |
|---|---|
| `preview` | lists the bookings, with counts per room; warns of what rooms tend to refuse; stores the list |
| `decide` | continues with the approval, or skips it if none is wanted or there is nothing to do |
| `approve` | waits a day for an approval, under *Required Actions*; no decision counts as *Reject*; logs who decided |
| `apply` | creates the invitations on the list |
| `report` | reports the outcome in its log and XCom |

A booking that changed between preview and approval is invited in its current state; one that is gone, cancelled or over
is not. Both are listed in the log of `apply` and in `raumpost.journal`. Clearing `apply` changes nothing twice.
To see the list and do nothing, set `preview_only`. Examples:

```json
{"room_mailboxes": ["lecture-hall-1@rooms.example", "12"], "until": "2026-12-31"}
```

```json
{"room_group": "Main building", "preview_only": true}
```

**When it is red**: `preview` lists everything that is wrong with the parameters. `apply` failed if the database could
not be reached, or if `gather_pending` was busy for long; clear it, and it continues where it stopped.
"""

from airflow.sdk import DAG, Param

from raumpost.wiring.defaults import DEFAULT_ARGS
from raumpost.wiring.settings import read_settings
from raumpost.wiring.tasks import approval_flow
from raumpost.wiring.tasks.instance import START

SETTINGS = read_settings()

with DAG(
    "mailbox_initialise",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=8,
    dagrun_timeout=approval_flow.RUN_TIMEOUT,
    default_args=DEFAULT_ARGS,
    params={
        **approval_flow.room_params(neither="May be empty if a room group is given."),
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
            description="Last day on which a booking may start; empty: no end.",
        ),
        **approval_flow.approval_params("invite"),
    },
    tags=["raumpost", "manual"],
    doc_md=__doc__,
) as dag:
    approval_flow.ask_then_apply(dag, SETTINGS)
