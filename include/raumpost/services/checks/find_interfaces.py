"""Find the interfaces to check, and refuse a check that makes no sense."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from raumpost.domain.check import Subject
from raumpost.domain.errors import ConfigurationError, RaumpostError
from raumpost.services.checks import results as check_results
from raumpost.services.ports import Database


class InterfaceToCheck(NamedTuple):
    """An Airflow connection, as what it is checked."""

    kind: Subject
    conn_id: str


def find_interfaces(
    db: Database,
    *,
    further: Collection[str],
    room_mailboxes: Collection[str],
    canary: bool,
    kind_of: Callable[[str], Subject],
    unknown: Collection[str] = (),
) -> list[InterfaceToCheck]:
    """Return the interfaces in use and the `further` ones, and forget results of those that nobody uses any more.

    `kind_of` tells what a connection is, and raises ConfigurationError where it is no interface; `unknown` is what is
    wrong by itself. Raises ConfigurationError, which names all that is wrong.
    """
    wrong: list[RaumpostError] = [ConfigurationError(one) for one in unknown]
    asked: set[InterfaceToCheck] = set()
    for conn_id in further:
        try:
            asked.add(InterfaceToCheck(kind_of(conn_id), conn_id))
        except ConfigurationError as exc:
            wrong.append(exc)
    wrong += _wrong_rooms(db, room_mailboxes, canary)
    if wrong:
        raise ConfigurationError(*map(str, wrong))
    used = {InterfaceToCheck(Subject(row["kind"]), row["conn_id"]) for row in db.rows("interfaces_in_use")}
    for kind in (Subject.SMTP, Subject.IMAP):
        check_results.forget_others(db, kind, [one.conn_id for one in used if one.kind is kind])
    return sorted(used | asked, reverse=True)


def _wrong_rooms(db: Database, room_mailboxes: Collection[str], canary: bool) -> Iterator[ConfigurationError]:
    if canary and not room_mailboxes:
        yield ConfigurationError(
            "canary needs room_mailboxes", remedy="name the addresses of the rooms to be booked on trial"
        )
    if room_mailboxes and not canary:
        yield ConfigurationError("room_mailboxes are for the canary only", remedy="switch canary on, or leave them out")
    known = db.rows("canary_rooms", addresses=[one.lower() for one in room_mailboxes])
    addresses = {row["address"].lower() for row in known}
    for one in room_mailboxes:
        if one.lower() not in addresses:
            yield ConfigurationError(f"there is no room mailbox {one}", remedy="see raumpost.room_mailbox")
