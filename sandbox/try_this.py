"""What a person can try in the demo by hand: each DAG with a configuration that works there."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sandbox.bookings import World

LINK = {
    "room": "Lehrwerkstatt",
    "address": "lehrwerkstatt@rooms.example",
    "smtp_conn_id": "smtp_campus",
    "imap_conn_id": "imap_campus",
    "technical_user": "Raumpost",
}
INITIALISE = {"room_group": "Repräsentation"}
RESET = {"room_mailboxes": ["container-c1@rooms.example"]}
CANARY = {"canary": True, "room_mailboxes": ["audimax@rooms.example"]}
_FIRST = MappingProxyType(
    {
        "mailbox_link": "a room without a link",
        "mailbox_initialise": "bookings older than the link; say yes or no under Required Actions",
        "mailbox_reset_failed": "fix Container C1 first: Admin, Connections, smtp_container, port {port}",
        "mailbox_check": "red until Container C1 is fixed, and while C2 and the Pavillon stay as they are",
        "mailbox_explain": "why the summer party has no room",
        "mailbox_housekeeping": "daily; here nothing is old enough",
        "mailbox_approve_cancellations": "when too many bookings vanished at once; here nothing is held back",
    }
)
MANUAL_DAGS = tuple(_FIRST)


def examples(world: World) -> Mapping[str, dict[str, Any]]:
    """Return a configuration for each DAG that a person starts."""
    return {
        "mailbox_link": LINK,
        "mailbox_initialise": INITIALISE,
        "mailbox_reset_failed": RESET,
        "mailbox_check": CANARY,
        "mailbox_explain": {"kind": "event", "id": world.events["returned"]},
        "mailbox_housekeeping": {},
        "mailbox_approve_cancellations": {},
    }


def try_this(world: World, *, smtp_port: int) -> str:
    """Write the list; `smtp_port` is the one that the fixed interface needs."""
    lines = ["Try this: Trigger a DAG in Airflow; the configuration goes into its form, or under Advanced Options:"]
    for dag_id, conf in examples(world).items():
        lines += [f"  {dag_id}: {_FIRST[dag_id].format(port=smtp_port)}", f"    {json.dumps(conf, ensure_ascii=False)}"]
    return "\n".join(lines)
