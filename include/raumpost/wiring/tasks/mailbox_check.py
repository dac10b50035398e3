"""What the tasks of the checking DAG do."""

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from raumpost.domain.errors import ConfigurationError
from raumpost.wiring.settings import FETCH_LIMIT, Settings
from raumpost.wiring.tasks import approval_flow
from raumpost.wiring.tasks.instance import label, now, person

if TYPE_CHECKING:
    from raumpost.services.ports import Database

log = logging.getLogger(__name__)

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
    """Refuse parameters that make no sense; give the interfaces in use and those that were asked for."""
    from raumpost.domain.check import Subject
    from raumpost.services.checks import results as check_results
    from raumpost.wiring import probes

    wrong = approval_flow.unknown(dag_run, declared)
    asked: set[tuple[str, str]] = set()
    for conn_id in params["connections"]:
        try:
            asked.add((probes.kind_of(conn_id), conn_id))
        except ConfigurationError as exc:
            wrong.append(str(exc))
    rooms = params["room_mailboxes"]
    if params["canary"] and not rooms:
        wrong.append("canary needs room_mailboxes: name the addresses of the rooms to be booked on trial")
    if rooms and not params["canary"]:
        wrong.append("room_mailboxes are for the canary only: switch canary on, or leave them out")
    with _database(dag_run) as db:
        known = {row["address"].lower() for row in db.rows("canary_rooms", addresses=[one.lower() for one in rooms])}
        wrong += [
            f"there is no room mailbox {one}; see raumpost.room_mailbox" for one in rooms if one.lower() not in known
        ]
        if wrong:
            raise AirflowFailException("; ".join(wrong))
        used = {(row["kind"], row["conn_id"]) for row in db.rows("interfaces_in_use")}
        for kind in (Subject.SMTP, Subject.IMAP):
            check_results.forget_others(db, kind, [conn_id for of, conn_id in used if of == kind])
    return [{"kind": kind, "conn_id": conn_id} for kind, conn_id in sorted(used | asked, reverse=True)]


def check_interface(params: Mapping[str, Any], dag_run: Any, interface: InterfaceReference) -> str:
    """Look at one interface; give its status."""
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
    """Give the room mailboxes to be booked on trial, each once."""
    return list({one.lower(): one for one in params["room_mailboxes"]}.values()) if params["canary"] else []


def book(settings: Settings, params: Mapping[str, Any], dag_run: Any, address: str) -> None:
    """Book a room on trial."""
    from raumpost.services.checks.canary_book import book as book_room
    from raumpost.wiring import connections

    label(address)
    with _database(dag_run) as db:
        [room] = db.rows("canary_rooms", addresses=[address.lower()])
        with connections.mailer(room["smtp_conn_id"]) as mailer:
            book_room(
                db,
                address=address,
                mailer=mailer,
                now=now(),
                patience=timedelta(minutes=params["canary_minutes"]),
                default_time_zone=settings.time_zone,
            )


def has_answer(dag_run: Any, address: str) -> bool:
    """Tell whether nothing more is to be waited for."""
    from raumpost.services.checks import canary as canaries
    from raumpost.services.checks.canary_replies import check_replies
    from raumpost.wiring import connections

    label(address)
    with _database(dag_run) as db:
        waiting = [one for one in canaries.of_run(db, address) if one.state in canaries.OPEN]
        if not waiting:
            return True
        with connections.mailbox(waiting[0].imap_conn_id) as mailbox:
            return bool(check_replies(db, address=address, mailbox=mailbox, now=now(), limit=FETCH_LIMIT))


def cancel(settings: Settings, dag_run: Any, address: str | None = None) -> int:
    """Cancel what this run booked in a room, or what earlier runs left behind; give the number."""
    from raumpost.services.checks.canary_cancel import cancel as cancel_canaries
    from raumpost.wiring import connections

    if address:
        label(address)
    with _database(dag_run) as db:
        return cancel_canaries(
            db, open_mailer=connections.mailer, now=now(), default_time_zone=settings.time_zone, address=address
        )


def report(dag_run: Any) -> dict[str, Any]:
    """Show what this run found. Raises AirflowFailException when anything is not ok."""
    from raumpost.domain.check import CheckStatus, lines, table
    from raumpost.services.checks import results as check_results

    with _database(dag_run) as db:
        found = check_results.load(db, of_this_run=True)
    shown = lines(found)
    log.info("What was checked:\n%s", table(shown))
    bad = [line for line in shown if line.status == CheckStatus.NOT_OK]
    return {
        **{str(status): sum(one.status is status for _, _, one in found) for status in CheckStatus},
        "lines": [line._asdict() for line in shown[:SHOWN]],
        "troubles": [f"{line.what}: {line.why}; {line.remedy}" for line in bad[:SHOWN]],
    }


def judge(result: Mapping[str, Any]) -> None:
    """Turn the task red when anything is not ok."""
    if troubles := result["troubles"]:
        raise AirflowFailException(f"{result['not ok']} not ok: " + " | ".join(troubles))
