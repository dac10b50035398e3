"""What the task of mailbox_explain does."""

import logging
from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from raumpost.domain.model import BookingKey, BookingKind
from raumpost.wiring.tasks.instance import now, person

log = logging.getLogger(__name__)

DAG_ID = "mailbox_explain"
MAX_XCOM = 20_000
"""Most characters of the history passed through XCom; the log has all of it."""
PARAMS = frozenset({"kind", "id", "uid"})


def explain(params: Mapping[str, Any], dag_run: Any) -> dict[str, str]:
    """Print the history of a booking; return it without its mails.

    Raises AirflowFailException, which says what is wrong.
    """
    from raumpost.domain.errors import NothingKnown
    from raumpost.services.history.explain import explain
    from raumpost.wiring import connections

    wanted = booking(params, getattr(dag_run, "conf", None) or {})
    with connections.database(actor=person(dag_run, DAG_ID), dag_id=DAG_ID, dag_run=dag_run.run_id) as db:
        try:
            story = explain(db, booking=wanted, now=now())
        except NothingKnown as exc:
            raise AirflowFailException(str(exc)) from None
    text = "\n".join(story.lines)
    log.info("%s", text)
    for mail in story.mails:
        log.info("%s", mail)
    return {
        "booking": str(story.key),
        "story": text if len(text) <= MAX_XCOM else f"{text[:MAX_XCOM]}\n… (see the log)",
    }


def booking(params: Mapping[str, Any], conf: Mapping[str, Any]) -> BookingKey | str:
    """Return the booking named by the parameters. Raises AirflowFailException, which lists all that is wrong."""
    uid = str(params["uid"] or "").strip()
    wrong = [f"there is no parameter “{name}”; there are id, kind and uid" for name in sorted(set(conf) - PARAMS)]
    if uid and params["id"]:
        wrong.append("id and uid are both given; leave one of them empty")
    if not uid and not params["id"]:
        wrong.append("neither id nor uid is given; give one of them")
    if wrong:
        raise AirflowFailException("; ".join(wrong))
    return uid or BookingKey(BookingKind(params["kind"]), params["id"])
