"""
### Release cancellations that the guard holds back

When many bookings of a room vanish at once (more than `RAUMPOST_GUARD_PERCENT` of the future invitations of its
mailbox, and more than 20), `mailbox_processor` cancels none of them: an emptied table or a broken import must not
free the room. Its task `guard` is red until then. **If the bookings are missing by mistake, bring them back in the
booking system**; the guard then clears by itself and nothing is sent. If they are meant to be gone, start this DAG: it
lists the cancellations, asks, and releases exactly those; the next run of `mailbox_processor` sends them.

| task | does |
|---|---|
| `preview` | lists what is held back, with counts per room; stores the list |
| `decide` | continues with the approval, or skips it if none is wanted or there is nothing to do |
| `approve` | waits a day for an approval, under *Required Actions*; no decision counts as *Reject*; logs who decided |
| `apply` | releases the cancellations on the list |
| `report` | reports the outcome in its log and XCom |

Bookings that came back after the preview are left alone (*moved-on*), and so are those that vanished after it: they
need a preview of their own. Clearing `apply` changes nothing twice. Without parameters, everything that is held back
is listed. Example:

```json
{"room_mailboxes": ["lecture-hall-1@rooms.example"], "preview_only": true}
```

**When it is red**: `preview` lists everything that is wrong with the parameters. `apply` failed if the database could
not be reached; clear it, and it continues where it stopped.
"""

from airflow.sdk import DAG

from raumpost.wiring.defaults import DEFAULT_ARGS
from raumpost.wiring.settings import read_settings
from raumpost.wiring.tasks import approval_flow
from raumpost.wiring.tasks.instance import START

SETTINGS = read_settings()

with DAG(
    "mailbox_approve_cancellations",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=8,
    dagrun_timeout=approval_flow.RUN_TIMEOUT,
    default_args=DEFAULT_ARGS,
    params={
        **approval_flow.room_params(neither="Empty, and no room group: all."),
        **approval_flow.approval_params("let through"),
    },
    tags=["raumpost", "manual"],
    doc_md=__doc__,
) as dag:
    approval_flow.ask_then_apply(dag, SETTINGS)
