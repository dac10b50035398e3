"""What the tasks of mailbox_link do."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from raumpost.domain.errors import ConfigurationError
from raumpost.wiring.tasks import approval_flow
from raumpost.wiring.tasks.instance import now, person

if TYPE_CHECKING:
    from raumpost.domain.linking import LinkRequest
    from raumpost.services.links.apply import Difference

log = logging.getLogger(__name__)

DAG_ID = "mailbox_link"
PARAMS = frozenset(
    {
        "active",
        "address",
        "aliases",
        "give_up",
        "imap_conn_id",
        "include_blocks",
        "links",
        "operation",
        "preview_only",
        "reinvite",
        "room",
        "smtp_conn_id",
        "technical_user",
    }
)
ROWS_SHOWN = 200
"""Most rows passed through XCom; the log has all of them."""


def preview(params: Mapping[str, Any], dag_run: Any, ti: Any) -> dict[str, int]:
    """Show what the requests would change; return counts. Raises AirflowFailException if any is refused."""
    return _link(params, dag_run, ti, preview_only=True)


def apply(params: Mapping[str, Any], dag_run: Any, ti: Any) -> dict[str, int]:
    """Apply the requests; return counts. Raises AirflowFailException if any is refused by now."""
    if params["preview_only"]:
        raise AirflowSkipException("preview only: nothing is changed")
    return _link(params, dag_run, ti, preview_only=False)


def _link(params: Mapping[str, Any], dag_run: Any, ti: Any, *, preview_only: bool) -> dict[str, int]:
    from raumpost.services.links.apply import link
    from raumpost.wiring import connections

    with approval_flow.refusals():
        if wrong := approval_flow.unknown(dag_run, PARAMS):
            raise ConfigurationError("; ".join(wrong))
        requests = _wishes(params)
    with connections.database(actor=person(dag_run, DAG_ID), dag_id=DAG_ID, dag_run=dag_run.run_id) as db:
        difference = link(
            db, requests, connection_type=connections.connection_type, now=now(), preview_only=preview_only
        )
    _show(difference, ti)
    return difference.counts


def _wishes(params: Mapping[str, Any]) -> "list[LinkRequest]":
    from raumpost.services.links.parse_list import FIELDS, read_link, read_links

    fields = {name: params[name] for name in FIELDS}
    request = read_link(fields, where="fields")
    if not params["links"]:
        return [request]
    empty = read_link({}, where="fields")
    given = [name for name in FIELDS if name != "operation" and getattr(request, name) != getattr(empty, name)]
    if request.remove:
        given.append("operation")
    if given:
        raise ConfigurationError(
            f"both a list of links and the fields {', '.join(given)} are given; put all into the list, or empty it"
        )
    return read_links(params["links"])


def _show(difference: "Difference", ti: Any) -> None:
    from raumpost.domain.linking import Verb
    from raumpost.services.links.outcome_table import details, table

    outcomes = difference.outcomes
    log.info("%s\n%s", "Applied:" if difference.applied else "Preview:", table(outcomes))
    first = sorted(outcomes, key=lambda one: one.verb is not Verb.REFUSED)[:ROWS_SHOWN]
    rows = [
        {"where": o.where, "what": str(o.verb), "room": o.room, "address": o.address, "details": details(o)}
        for o in first
    ]
    ti.xcom_push(key="difference", value={"counts": difference.counts, "rows": rows})
    if difference.refused:
        refused = [one for one in outcomes if one.verb is Verb.REFUSED]
        reasons = "\n".join(f"{one.where}, room {one.room or '?'}: {'; '.join(details(one))}" for one in refused)
        raise AirflowFailException(f"{len(refused)} of {len(outcomes)} refused, so nothing is changed:\n{reasons}")
