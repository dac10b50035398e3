"""Link rooms to their mailboxes, change links, remove them: preview first, then all or nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from raumpost.domain.linking import (
    Link,
    LinkContext,
    LinkRequest,
    LinkSettings,
    Match,
    Outcome,
    Room,
    UpcomingBookings,
    User,
    Verb,
)
from raumpost.domain.linking_rules import compare
from raumpost.domain.model import Level
from raumpost.services.links.find import find_rooms, find_users
from raumpost.services.links.finish_removals import finish_removals
from raumpost.services.links.outcome_table import details
from raumpost.services.ports import ConnectionType, Database, Row
from raumpost.services.store.journal import JournalEntry, write_journal
from raumpost.services.store.rows import as_json


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What becomes of each request, and whether that has been applied."""

    outcomes: Sequence[Outcome]
    applied: bool
    created: Mapping[int, int] = field(default_factory=dict)
    """The ids of the room mailboxes that were created, by the ids of their rooms."""

    @property
    def refused(self) -> bool:
        """Return whether anything is refused: then nothing at all is applied."""
        return any(outcome.verb is Verb.REFUSED for outcome in self.outcomes)

    @property
    def counts(self) -> dict[str, int]:
        """Count the outcomes by what becomes of them."""
        return {str(verb): sum(outcome.verb is verb for outcome in self.outcomes) for verb in Verb}


def link(
    db: Database,
    requests: Sequence[LinkRequest],
    *,
    connection_type: ConnectionType,
    now: datetime,
    preview_only: bool = False,
) -> Difference:
    """Compare requests with the links that there are and, unless it is a preview or any is refused, apply them all.

    Applying the same requests again changes nothing. What is cancelled or invited by it, the next run of
    mailbox_processor sends.
    """
    ids = {
        one
        for request in requests
        for one in (request.smtp_conn_id, request.imap_conn_id)
        if one and not request.remove
    }
    types = {conn_id: connection_type(conn_id) for conn_id in sorted(ids)}
    if preview_only:
        return Difference(outcomes=_compare(db, requests, types, now), applied=False)
    with db.transaction():
        db.rows("wait_for_gatherer")
        difference = Difference(outcomes=_compare(db, requests, types, now), applied=True)
        if difference.refused:
            return replace(difference, applied=False)
        created = _create(db, [one for one in difference.outcomes if one.verb is Verb.CREATE])
        _change(db, [one for one in difference.outcomes if one.verb is Verb.CHANGE], now)
        removed = _remove(db, [one for one in difference.outcomes if one.verb is Verb.REMOVE], now)
    if removed:  # what has nothing to withdraw is gone at once
        finish_removals(db, now=now, give_up=[id_ for id_, outcome in removed.items() if outcome.give_up])
    return replace(difference, created=created)


def _compare(
    db: Database, requests: Sequence[LinkRequest], types: Mapping[str, str | None], now: datetime
) -> list[Outcome]:
    rooms: dict[str, list[Match[Room]]] = defaultdict(list)
    for row in find_rooms(db, (request.room for request in requests if request.room)):
        rooms[row["text"]].append(Match(row["rank"], Room(row["id"], row["name"])))
    users: dict[str, list[Match[User]]] = defaultdict(list)
    for row in find_users(db, (request.technical_user for request in requests if request.technical_user)):
        users[row["text"]].append(Match(row["rank"], _user(row, row["id"])))
    links = _links(db, now)
    ids = {link.settings.room.id for link in links} | {match.thing.id for found in rooms.values() for match in found}
    ahead = {
        row["room_id"]: UpcomingBookings(events=row["events"], blocks=row["blocks"])
        for row in db.rows("future_bookings", room_ids=sorted(ids), now=now)
    }
    return compare(requests, LinkContext(rooms=rooms, users=users, links=links, connection_types=types, upcoming=ahead))


def _links(db: Database, now: datetime) -> list[Link]:
    counted = {row["room_mailbox_id"]: row for row in db.rows("open_invitations", now=now)}
    organizers: dict[int, dict[str, int]] = defaultdict(dict)
    for row in db.rows("future_organizers", now=now):
        organizers[row["room_mailbox_id"]][row["organizer"]] = row["invitations"]
    return [_link(row, counted.get(row["id"], {}), organizers[row["id"]]) for row in db.rows("all_links")]


def _link(row: Row, counted: Mapping[str, Any], organizers: Mapping[str, int]) -> Link:
    return Link(
        id=row["id"],
        settings=LinkSettings(
            room=Room(row["room_id"], row["room_name"]),
            address=row["address"],
            smtp_conn_id=row["smtp_conn_id"],
            imap_conn_id=row["imap_conn_id"],
            user=_user(row, row["technical_user_id"]),
            include_blocks=row["include_blocks"],
            active=row["active"],
            aliases=tuple(row["aliases"]),
        ),
        being_removed=row["removal_requested_at"] is not None,
        removed=row["removed_at"] is not None,
        open=counted.get("open", 0),
        to_cancel=counted.get("to_cancel", 0),
        failed=counted.get("failed", 0),
        blocks=counted.get("blocks", 0),
        organizers=organizers,
    )


def _user(row: Row, id_: int) -> User:
    return User(id_, row["name"] or f"user {id_}", row["email"], bool(row["technical"]))


def _create(db: Database, outcomes: Sequence[Outcome]) -> dict[int, int]:
    if not outcomes:
        return {}
    new = {outcome.settings.room.id: outcome for outcome in outcomes if outcome.settings}
    rows = [_columns(outcome.settings) for outcome in new.values() if outcome.settings]
    ids = {row["id"]: new[row["room_id"]] for row in db.rows("create_links", links=as_json(rows))}
    _set_aliases(db, ids)
    _journal(db, ids, "linked")
    return {outcome.settings.room.id: id_ for id_, outcome in ids.items() if outcome.settings}


def _change(db: Database, outcomes: Sequence[Outcome], now: datetime) -> None:
    if not outcomes:
        return
    ids = {outcome.link.id: outcome for outcome in outcomes if outcome.link}
    rows = [{"id": id_, **_columns(outcome.settings)} for id_, outcome in ids.items() if outcome.settings]
    db.run("change_links", links=as_json(rows))
    _set_aliases(db, ids)
    anew = {id_: outcome.settings.user.email for id_, outcome in ids.items() if outcome.reinvite and outcome.settings}
    if anew:
        db.run("reinvite", ids=list(anew), emails=list(anew.values()), now=now)
    _journal(db, ids, "link changed")


def _remove(db: Database, outcomes: Sequence[Outcome], now: datetime) -> Mapping[int, Outcome]:
    ids = {outcome.link.id: outcome for outcome in outcomes if outcome.link}
    db.run("request_removal", ids=list(ids), now=now)
    _journal(db, ids, "link to be removed")
    return ids


def _columns(settings: LinkSettings) -> Row:
    return {
        "room_id": settings.room.id,
        "address": settings.address,
        "smtp_conn_id": settings.smtp_conn_id,
        "imap_conn_id": settings.imap_conn_id,
        "technical_user_id": settings.user.id,
        "include_blocks": settings.include_blocks,
        "active": settings.active,
    }


def _set_aliases(db: Database, outcomes: Mapping[int, Outcome]) -> None:
    aliases = as_json(
        [
            {"id": id_, "address": alias}
            for id_, outcome in outcomes.items()
            if outcome.settings
            for alias in outcome.settings.aliases
        ]
    )
    db.run("drop_aliases", ids=list(outcomes), aliases=aliases)
    db.run("add_aliases", aliases=aliases)


def _journal(db: Database, outcomes: Mapping[int, Outcome], what: str) -> None:
    write_journal(
        db,
        [
            JournalEntry(
                level=Level.INFO,
                step="link",
                message=f"room “{outcome.room}”, {outcome.address}: {what}: {'; '.join(details(outcome))}",
                room_mailbox_id=id_,
            )
            for id_, outcome in outcomes.items()
        ],
    )
