"""
### Link rooms to their mailboxes, change links, remove them

Takes one link in the fields, or a list of links as text; shows the difference to the existing links, and applies it.
Applying the same again changes nothing. If anything is refused, nothing at all is applied and the run is red; the log
lists every reason. `raumpost.journal` records every change, with who started the run.

| task | does |
|---|---|
| `preview` | checks everything; shows a table of what is created, changed, removed, refused (log, XCom `difference`) |
| `apply` | compares again and applies all of it in one transaction; skipped with `preview_only` |

**A new link** needs room, address, SMTP and IMAP interface (Airflow connections) and technical user. It does not
invite the room to existing bookings: run `mailbox_initialise` afterwards.

**An existing link** is found by its room or its address. Only technical user, room blocks, active and aliases
can change; empty fields stay as they are. Address and interfaces never change, because every invitation was sent
under them: remove the link and link the room again.

* *Room blocks*: switched on, the next run of `mailbox_processor` invites all future blocks of the room; off, it
  cancels them.
* *Technical user*: invitations that were sent keep their organizer. With `reinvite` future ones are cancelled under
  the old one and, once the cancellation has been sent, sent again under the new one. In between, the room is free.
* *Active*: switched off, nothing is sent and everything waits; switched on, sending catches up.

**Remove** cancels all future invitations first; the link is gone when the last cancellation is sent. If some fail
permanently, reset them (`mailbox_reset_failed`), or remove the link again with `give_up` and free these times by hand.

A list is YAML, or CSV with headings, with the same fields:

    - room: Hörsaal 1
      address: hoersaal-1@rooms.example
      smtp_conn_id: smtp_campus
      imap_conn_id: imap_campus
      technical_user: Raumpost
      include_blocks: yes
    - room: Werkhalle
      operation: remove

As configuration, for `airflow dags trigger mailbox_link --conf …` and REST:

    {"room": "Hörsaal 1", "include_blocks": "yes", "preview_only": true}

**When it is red**, the log of the red task says what was refused and what to do; nothing was changed. Correct it and
start a new run. `apply` can be cleared at any time.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, task

from raumpost.wiring.defaults import DEFAULT_ARGS
from raumpost.wiring.tasks import mailbox_link as tasks
from raumpost.wiring.tasks.instance import SHORT_DELAY, START

AS_IT_IS = ["as it is", "yes", "no"]

with DAG(
    "mailbox_link",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=DEFAULT_ARGS,
    params={
        "operation": Param(
            "link",
            type="string",
            enum=["link", "remove"],
            title="Operation",
            description="Link the room or change its link, or remove the link.",
        ),
        "room": Param(
            None,
            type=["null", "string"],
            title="Room",
            description="Id, name, or part of the name that matches one room only; “#7” is always an id.",
        ),
        "address": Param(
            None, type=["null", "string"], title="Address", description="E-mail address of the room mailbox."
        ),
        "smtp_conn_id": Param(
            None,
            type=["null", "string"],
            title="SMTP interface",
            description="Airflow connection of type smtp that sends the invitations.",
        ),
        "imap_conn_id": Param(
            None,
            type=["null", "string"],
            title="IMAP interface",
            description="Airflow connection of type imap where replies arrive.",
        ),
        "technical_user": Param(
            None,
            type=["null", "string"],
            title="Technical user",
            description="Who invites: id, name, address, or part of the name that matches one technical user.",
        ),
        "include_blocks": Param(
            "as it is",
            type="string",
            enum=AS_IT_IS,
            title="Room blocks",
            description="Mirror room blocks too. Default for new links: no.",
        ),
        "active": Param(
            "as it is",
            type="string",
            enum=AS_IT_IS,
            title="Active",
            description="Send; otherwise everything waits. Default for new links: yes.",
        ),
        "aliases": Param(
            None,
            type=["null", "string"],
            title="Aliases",
            description="Other addresses of the room, separated by commas; “-”: none; empty: as they are.",
        ),
        "reinvite": Param(
            False,
            type="boolean",
            title="Invite again",
            description="Cancel future invitations sent by another technical user, and send them again.",
        ),
        "give_up": Param(
            False,
            type="boolean",
            title="Give up failed cancellations",
            description="Finish a removal although some cancellations failed; the room may still hold these times.",
        ),
        "links": Param(
            None,
            type=["null", "string"],
            format="multiline",
            title="List of links",
            description="YAML or CSV with the fields above, instead of them.",
        ),
        "preview_only": Param(
            False, type="boolean", title="Preview only", description="Show the difference and change nothing."
        ),
    },
    tags=["raumpost", "manual"],
    doc_md=__doc__,
) as dag:

    @task
    def preview(params, dag_run, ti):
        return tasks.preview(params, dag_run, ti)

    @task(retries=2, retry_delay=SHORT_DELAY)
    def apply(params, dag_run, ti):
        return tasks.apply(params, dag_run, ti)

    preview() >> apply()
