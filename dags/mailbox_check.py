"""
### Check every interface and every room mailbox

Every morning, and whenever somebody starts it, this DAG checks each SMTP and IMAP interface step by step (resolve,
connect, TLS, log in, senders and recipients, folders), and each room mailbox (connections, room, technical user,
failures, waiting invitations). It only reads: **no mail is sent** unless `canary` is on.

| task | does |
|---|---|
| `find_interfaces` | refuses invalid parameters; lists the interfaces in use and those in `connections` |
| `check_interface` | checks one interface; its name shows the result. A broken one does not hide the others |
| `check_links` | checks every room mailbox |
| `find_canaries` | lists the room mailboxes that get a canary |
| `canaries.book` | books a free quarter of an hour in the coming night; the booking system does not see it |
| `canaries.answer` | waits for the room's reply, at most `canary_minutes` |
| `canaries.cancel` | cancels the canary again, whatever else failed |
| `clean_up` | cancels canaries that an earlier run could not cancel |
| `report` | shows the results in its log and XCom: what, ok or not, why, what to do |
| `verdict` | red when anything is *not ok*; its error lists what, why, and what to do |
| `watcher` | makes the run red when any part failed |

The latest result of each subject is in `raumpost.check_result`. A *warning* leaves the run green: a certificate
that expires soon, a server that says “later”, invitations unanswered for a day.

**What it proves.** A *recipient* that is ok means that the mail server currently accepts mail for that address (RCPT,
then RSET). Only the canary shows whether the room behind it replies: it takes the whole way, SMTP, room, IMAP, reader.

Examples:

```json
{"canary": true, "room_mailboxes": ["lecture-hall-1@rooms.example"], "canary_minutes": 10}
```

```json
{"connections": ["smtp_new_campus", "imap_new_campus"]}
```

**When it is red**: open `verdict` and do what its lines say, then run it again. `find_interfaces` red: a parameter
is invalid, and its error says which. `canaries.cancel` or `clean_up` red: a room may still hold a canary, and the next
run tries again; nothing else depends on it.
"""

from airflow.sdk import DAG, Param, TriggerRule, task, task_group

from raumpost.wiring.defaults import DEFAULT_ARGS
from raumpost.wiring.settings import read_settings
from raumpost.wiring.tasks import mailbox_check as tasks
from raumpost.wiring.tasks.canary_reply_sensor import RoomAnswer
from raumpost.wiring.tasks.instance import SHORT_DELAY, START, part_failed

SETTINGS = read_settings()

with DAG(
    "mailbox_check",
    schedule="0 4 * * *",
    start_date=START,
    catchup=False,
    max_active_runs=4,
    dagrun_timeout=tasks.RUN_TIMEOUT,
    default_args=DEFAULT_ARGS,
    params={
        "connections": Param(
            [],
            type="array",
            items={"type": "string", "minLength": 1},
            maxItems=100,
            title="Further connections",
            description="Airflow connections of type smtp or imap to check besides those in use, one per line.",
        ),
        "certificate_days": Param(
            21,
            type="integer",
            minimum=0,
            maximum=365,
            title="Warn about certificates (days)",
            description="A certificate that expires within this many days is a warning.",
        ),
        "canary": Param(
            False,
            type="boolean",
            title="Canary",
            description="Book the room mailboxes below in the coming night, wait for the reply, cancel again.",
        ),
        "room_mailboxes": Param(
            [],
            type="array",
            items={"type": "string", "minLength": 1},
            maxItems=50,
            title="Room mailboxes for the canary",
            description="Addresses, one per line. Only together with canary.",
        ),
        "canary_minutes": Param(
            5,
            type="integer",
            minimum=1,
            maximum=tasks.MOST_MINUTES,
            title="Minutes for the reply",
            description="How long a room may take to reply to its canary.",
        ),
    },
    tags=["raumpost", "scheduled", "manual"],
    doc_md=__doc__,
) as dag:

    @task
    def find_interfaces(params, dag_run, dag):
        return tasks.find_interfaces(params, dag_run, dag.params)

    @task(map_index_template="{{ label }}")
    def check_interface(interface, params, dag_run):
        return tasks.check_interface(params, dag_run, interface)

    @task
    def check_links(dag_run):
        return tasks.check_links(dag_run)

    @task
    def find_canaries(params):
        return tasks.find_canaries(params)

    @task(map_index_template="{{ label }}")
    def book(address, params, dag_run):
        tasks.book(SETTINGS, params, dag_run, address)

    @task(map_index_template="{{ label }}", retries=4, retry_delay=SHORT_DELAY)
    def cancel(address, dag_run):
        return tasks.cancel(SETTINGS, dag_run, address)

    @task_group
    def canaries(address):
        answer = RoomAnswer(task_id="answer", address=address, map_index_template="{{ label }}")
        # a teardown runs even if somebody marks the run as failed
        book(address) >> answer >> cancel(address).as_teardown(on_failure_fail_dagrun=True)

    @task(retries=2, retry_delay=SHORT_DELAY)
    def clean_up(dag_run):
        return tasks.cancel(SETTINGS, dag_run)

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def report(dag_run):
        return tasks.report(dag_run)

    @task
    def verdict(result):
        tasks.fail_if_not_ok(result)

    @task(trigger_rule=TriggerRule.ONE_FAILED, on_failure_callback=[])
    def watcher():
        raise part_failed()

    found = find_interfaces()
    checked = [check_interface.expand(interface=found), check_links(), canaries.expand(address=find_canaries())]
    found >> checked[1:]
    reported = report()
    checked >> reported
    verdict(reported)
    clean_up()
    list(dag.tasks) >> watcher()
