"""What the tasks of the checking DAG do."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from raumpost.wiring.settings import FETCH_LIMIT, Settings
from raumpost.wiring.tasks import approval_flow
from raumpost.wiring.tasks.instance import label, now, person

if TYPE_CHECKING:
    from raumpost.services.ports import Database

DAG_ID = "mailbox_check"
MOST_MINUTES = 60
"""That a room may be given to answer its canary."""
LISTEN_EVERY = timedelta(seconds=10)
LISTENING_TIME = timedelta(minutes=MOST_MINUTES + 15)
RUN_TIMEOUT = timedelta(hours=3)
SHOWN = 200
"""Lines of the result that travel through XCom; the log and raumpost.check_result have all."""

InterfaceReference = dict[str, str]


@contextmanager
def _database(dag_run: Any) -> Iterator["Database"]:
    from raumpost.wiring import connections

    with connections.database(actor=person(dag_run, DAG_ID), dag_id=DAG_ID, dag_run=dag_run.run_id) as db:
        yield db


def find_interfaces(params: Mapping[str, Any], dag_run: Any, declared: Collection[str]) -> list[InterfaceReference]:
    """Return the interfaces in use and those that were asked for. Refuses parameters that make no sense."""
    from raumpost.services.checks.find_interfaces import find_interfaces
    from raumpost.wiring import probes

    with approval_flow.refusals(), _database(dag_run) as db:
        found = find_interfaces(
            db,
            further=params["connections"],
            room_mailboxes=params["room_mailboxes"],
            canary=params["canary"],
            kind_of=probes.kind_of,
            unknown=approval_flow.unknown(dag_run, declared),
        )
    return [{"kind": str(one.kind), "conn_id": one.conn_id} for one in found]


def check_interface(params: Mapping[str, Any], dag_run: Any, interface: InterfaceReference) -> str:
    """Look at one interface; return its status."""
    from raumpost.domain.check import Subject, worst
    from raumpost.services.checks.interface import check_interface as check
    from raumpost.wiring import probes

    kind, conn_id = Subject(interface["kind"]), interface["conn_id"]
    label(conn_id)
    probe = probes.probe(conn_id, kind, now=now(), certificate_days=params["certificate_days"])
    with _database(dag_run) as db:
        status = worst(check(db, kind=kind, conn_id=conn_id, probe=probe, now=now()))
    label(f"{conn_id}: {status}")
    return str(status)


def check_links(dag_run: Any) -> dict[str, int]:
    """Look at every room mailbox; count them by status."""
    from raumpost.services.checks.links import check_links as check
    from raumpost.wiring import probes

    with _database(dag_run) as db:
        return {str(status): count for status, count in check(db, describe=probes.describe, now=now()).items()}


def find_canaries(params: Mapping[str, Any]) -> list[str]:
    """Return the room mailboxes to be booked on trial, each once."""
    return list({one.lower(): one for one in params["room_mailboxes"]}.values()) if params["canary"] else []


def book(settings: Settings, params: Mapping[str, Any], dag_run: Any, address: str) -> None:
    """Book a room on trial."""
    from raumpost.services.checks.canary_book import book as book_room
    from raumpost.wiring import connections

    label(address)
    patience = timedelta(minutes=params["canary_minutes"])
    with _database(dag_run) as db:
        book_room(
            db,
            address=address,
            open_mailer=connections.mailer,
            now=now(),
            patience=patience,
            default_time_zone=settings.time_zone,
        )


def has_answer(dag_run: Any, address: str) -> bool:
    """Return whether nothing more is to be waited for."""
    from raumpost.services.checks.canary_replies import has_answer
    from raumpost.wiring import connections

    label(address)
    with _database(dag_run) as db:
        return has_answer(db, address=address, open_mailbox=connections.mailbox, now=now(), limit=FETCH_LIMIT)


def cancel(settings: Settings, dag_run: Any, address: str | None = None) -> int:
    """Cancel what this run booked in a room, or what earlier runs left behind; return the number."""
    from raumpost.services.checks.canary_cancel import cancel as cancel_canaries
    from raumpost.wiring import connections

    if address:
        label(address)
    with _database(dag_run) as db:
        return cancel_canaries(
            db, open_mailer=connections.mailer, now=now(), default_time_zone=settings.time_zone, address=address
        )


def report(dag_run: Any) -> dict[str, Any]:
    """Show what this run found."""
    from raumpost.services.checks.report import report

    with _database(dag_run) as db:
        found = report(db)
    return {
        **{str(status): count for status, count in found.counts.items()},
        "lines": [line._asdict() for line in found.lines[:SHOWN]],
        "troubles": [f"{line.what}: {line.why}; {line.remedy}" for line in found.troubles[:SHOWN]],
    }


def fail_if_not_ok(result: Mapping[str, Any]) -> None:
    """Raise AirflowFailException, which names everything that is not ok."""
    if troubles := result["troubles"]:
        raise AirflowFailException(f"{result['not ok']} not ok: " + " | ".join(troubles))
