"""A house that has used everything a release can do: its database is kept as the fixture of that release.

`make release-dump` writes it.
"""

import re
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database, connect
from raumpost.domain import lifecycle
from raumpost.domain.alerting import Cause, Kind
from raumpost.domain.errors import BatchIncomplete, NotSent
from raumpost.domain.model import MAX_ATTEMPTS, ReceivedMail
from raumpost.services.alerts.incidents import DatabaseAlertStore
from raumpost.services.answers.fetch import fetch
from raumpost.services.answers.update_status import update_status
from raumpost.services.checks.canary_book import book
from raumpost.services.checks.links import check_links
from raumpost.services.links.apply import link
from raumpost.services.links.finish_removals import finish_removals
from raumpost.services.planning.gather import Batch, gather
from raumpost.services.previews import initialise, reset_failed
from raumpost.services.previews.action import show
from raumpost.services.sending.render import render_batch
from raumpost.services.sending.send import send_batch
from raumpost.services.store.invitations import carry_out, load_invitations
from raumpost.sql.migrate import migrate
from sandbox.ports import reachable_directory
from sandbox.postgres import PrivatePostgres
from tests.database import NOW, Campus
from tests.factories import reply
from tests.link_scenario import CONNECTIONS, add_user, request
from tests.notices import report

ZONE = "Europe/Berlin"
LEASE = timedelta(minutes=30)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INBOX = "imap_one"
RELEASES = Path(__file__).parent / "data" / "releases"


@dataclass
class TakingMailer:
    """A mail server that takes mails to everybody but those that it refuses."""

    refused: set[str] = field(default_factory=set)
    took: list[tuple[str, bytes]] = field(default_factory=list)
    """Recipient and mail."""

    def send(self, raw: bytes, *, sender: str, recipient: str) -> None:
        if recipient in self.refused:
            raise NotSent("451 greylisted")
        self.took.append((recipient, raw))


@dataclass
class ListedInbox:
    """An inbox whose mails are a list."""

    mails: list[bytes] = field(default_factory=list)
    folder: str = "INBOX"
    uid_validity: int = 1

    def mails_after(self, last_uid: int, *, limit: int) -> Iterator[Sequence[ReceivedMail]]:
        found = [
            ReceivedMail(imap_uid=uid, received_at=NOW + HOUR, size=len(raw), raw=raw)
            for uid, raw in enumerate(self.mails, 1)
            if uid > last_uid
        ]
        if found:
            yield found[:limit]


class House:
    """Runs the services as the DAGs do."""

    def __init__(self, db: Database, campus: Campus) -> None:
        self.db, self.campus = db, campus
        self.mailer, self.inbox = TakingMailer(), ListedInbox()

    def gather(self, now: datetime = NOW) -> list[Batch]:
        batches = gather(self.db, now=now, lease=LEASE, budget=500, default_time_zone=ZONE)
        finish_removals(self.db, now=now)
        return batches

    def send(self, batches: list[Batch], now: datetime = NOW) -> None:
        for batch in batches:
            render_batch(self.db, batch=batch.id, now=now, default_time_zone=ZONE)
            for _ in range(MAX_ATTEMPTS):
                try:
                    send_batch(
                        self.db,
                        batch=batch.id,
                        mailer=self.mailer,
                        clock=lambda: now,
                        lease=LEASE,
                        default_time_zone=ZONE,
                    )
                    break
                except BatchIncomplete as exc:
                    if not exc.retry:
                        break

    def run(self, now: datetime = NOW) -> None:
        """Gather and send."""
        self.send(self.gather(now), now)

    def read(self, *mails: bytes, now: datetime = NOW) -> None:
        """Let mails arrive, store them and read them."""
        self.inbox.mails += mails
        fetch(self.db, imap_conn_id=INBOX, inbox=self.inbox, limit=100)
        update_status(self.db, imap_conn_id=INBOX, now=now)

    def uid(self, event: int) -> str:
        return str(self.campus.value("SELECT uid FROM raumpost.invitation WHERE source_id = %(event)s", event=event))

    def invitation(self, event: int) -> lifecycle.Invitation:
        id_ = self.campus.value("SELECT id FROM raumpost.invitation WHERE source_id = %(event)s", event=event)
        [found] = load_invitations(self.db, [id_])
        return found


def live(db: Database, campus: Campus) -> None:
    """Fill a fresh database: bookings in every state, and whatever else a table can hold."""
    house = House(db, campus)
    campus.sql("UPDATE raumpost.installation SET id = '6f1d2c7e-0000-4000-8000-000000000000'")
    names = {name: f"{name.lower()}@rooms.example" for name in ("Halle", "Labor", "Saal", "Aula")}
    rooms = {name: campus.room(name) for name in names}
    campus.sql("INSERT INTO booking.room_group (name) VALUES ('Nordbau')")
    campus.sql("INSERT INTO booking.room_group_member VALUES (1, %(room)s)", room=rooms["Halle"])
    add_user(campus, "Raumpost")
    campus.event(rooms["Halle"], title="stood there before", starts=NOW + 20 * DAY)
    requests = [
        request(room=name, address=address, include_blocks=name == "Halle", aliases=(f"alias-{address}",))
        for name, address in names.items()
    ]
    assert link(db, requests, connection_type=CONNECTIONS.get, now=NOW).applied

    halle, labor = names["Halle"], names["Labor"]
    said = {"accepted": "ACCEPTED", "tentative": "TENTATIVE", "declined": "DECLINED", "withdrawn": "ACCEPTED"}
    events = {
        title: campus.event(rooms["Halle"], title=title, starts=NOW + (day + 1) * DAY)
        for day, title in enumerate([*said, "sent", "mail unread"])
    }
    campus.event(rooms["Halle"], title="confidential", confidential=True, starts=NOW + 15 * DAY, booked_by="Noether")
    campus.block(rooms["Halle"], reason="Reinigung", starts=NOW + 16 * DAY, all_day=True, hours=24)
    bounced = campus.event(rooms["Labor"], title="bounced", starts=NOW + DAY)
    leaves = campus.event(rooms["Saal"], title="leaves", starts=NOW + DAY)
    vanishing = [campus.event(rooms["Aula"], title=f"day {day}", starts=NOW + (day + 1) * DAY) for day in range(21)]
    house.run()
    came_back = next(raw for recipient, raw in house.mailer.took if recipient == labor)
    house.read(
        *(reply(house.uid(events[title]), room=halle, said=one, comment=f"{title}, says the room")
          for title, one in said.items()),
        report(labor, returned=came_back),
        reply("event-1-mailbox-1.somewhere-else@raumpost", room=halle),
        b"From: somebody@booking.example\r\nSubject: hello\r\n\r\nhello\r\n",
    )  # fmt: skip

    house.mailer.refused = {labor}
    campus.event(rooms["Labor"], title="failed", starts=NOW + 2 * DAY)
    campus.delete("booking.event", events["withdrawn"])
    remove = request(room="Saal", address=names["Saal"], remove=True)
    assert link(db, [remove], connection_type=CONNECTIONS.get, now=NOW).applied
    campus.sql("DELETE FROM booking.event WHERE id = ANY(%(ids)s)", ids=vanishing)
    house.run()
    house.run()
    assert house.invitation(bounced).state == house.invitation(bounced).state.FAILED
    assert house.invitation(leaves).state == house.invitation(leaves).state.WITHDRAWN

    check_links(db, describe=lambda conn_id, kind: None, now=NOW)
    assert (
        book(
            db,
            address=halle,
            open_mailer=lambda _: nullcontext(house.mailer),
            now=NOW,
            patience=HOUR,
            default_time_zone=ZONE,
        )
        is None
    )
    store = DatabaseAlertStore(db)
    store.claim(Cause(Kind.SENDING, "smtp_one"), now=NOW, quiet_until=NOW + HOUR)
    store.note_notified(Cause(Kind.SENDING, "smtp_one"), now=NOW)
    for action, params in (
        (initialise.ACTION, {"room_mailboxes": [], "room_group": "Nordbau", "from": None, "until": None}),
        (
            reset_failed.ACTION,
            {
                "room_mailboxes": [],
                "room_group": None,
                "error_contains": "",
                "failed_since": None,
                "failed_until": None,
            },
        ),
    ):
        show(db, action, action.list(db, params, now=NOW, default_time_zone=ZONE))

    house.inbox.mails.append(reply(house.uid(events["mail unread"]), room=halle))
    fetch(db, imap_conn_id=INBOX, inbox=house.inbox, limit=100)
    interrupted = campus.event(rooms["Halle"], title="sending", starts=NOW + 8 * DAY)
    campus.event(rooms["Halle"], title="pending", starts=NOW + 9 * DAY)
    [batch] = house.gather()
    render_batch(db, batch=batch.id, now=NOW, default_time_zone=ZONE)
    assert carry_out(db, [lifecycle.claim(house.invitation(interrupted), lease_until=NOW + LEASE)])
    campus.event(rooms["Halle"], title="not gathered yet", starts=NOW + 10 * DAY)


def dump(uri: str) -> str:
    """Write all rows of a database as INSERT statements, with the revision in the first line."""
    command = [str(PrivatePostgres.program("pg_dump")), "--data-only", "--column-inserts", "--no-owner", uri]
    written = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    [revision] = re.findall(r"INSERT INTO raumpost\.alembic_version .*'(\w+)'\);\n", written)
    lines = [
        line
        for line in written.splitlines()
        if line
        and not re.match(r"--|SET |SELECT pg_catalog\.set_config|\\|INSERT INTO raumpost\.alembic_version", line)
    ]
    return "\n".join([f"-- at revision {revision}", *lines]) + "\n"


def revision_of(text: str) -> str:
    """Read at which revision a dump was written."""
    return text.partition("\n")[0].removeprefix("-- at revision ")


def load(connection: Connection, text: str) -> None:
    """Read a dump into an empty database at its revision."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; DELETE FROM raumpost.installation")
        cursor.execute(text)
        cursor.execute("SET session_replication_role = origin")


def main() -> None:
    """Write the dump of the release that pyproject.toml names."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    with reachable_directory() as directory, PrivatePostgres(directory / "postgres") as server:
        server.create_database("raumpost")
        uri = server.uri("raumpost")
        migrate(lambda: psycopg2.connect(uri))
        with closing(connect(dsn=uri)) as one, closing(connect(dsn=uri)) as other:
            live(Database(one, actor="release", dag_id="mailbox_processor", dag_run="manual__1"), Campus(other))
        (RELEASES / f"{project['version']}.sql").write_text(dump(uri), encoding="utf-8")


if __name__ == "__main__":
    main()
