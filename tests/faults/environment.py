"""What a campaign needs around it: a durable Postgres of its own, an IMAP server, task processes."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg2

from raumpost.sql.migrate import migrate
from sandbox import dovecot
from sandbox.dovecot import PASSWORD, Dovecot
from sandbox.mailserver import MailServer
from sandbox.ports import reachable_directory
from sandbox.postgres import PrivatePostgres
from tests.faults.campaign import Campaign
from tests.faults.rooms import TECHNICAL_USER
from tests.faults.workers import Workers
from tests.servers.imap import Mailbox

DATABASE = "campaign"


@contextmanager
def campaign_environment(seed: int, log: Path | None = None) -> Iterator[Campaign]:
    """Start everything, and return a campaign that has not begun; `log` takes what the task processes log.

    Dovecot holds the inbox where it is installed, else the IMAP server of the sandbox.
    """
    with ExitStack() as stack:
        directory = stack.enter_context(reachable_directory())
        server = stack.enter_context(PrivatePostgres(directory / "postgres", durable=True))
        server.create_database(DATABASE)
        migrate(lambda: psycopg2.connect(server.uri(DATABASE)))
        workers = stack.enter_context(Workers(log or directory / "tasks.log"))
        if dovecot.available():
            (directory / "dovecot").mkdir()
            (directory / "dovecot").chmod(0o755)
            port = stack.enter_context(Dovecot(directory / "dovecot")).imap_port
        else:
            port = stack.enter_context(MailServer({TECHNICAL_USER: PASSWORD})).imap_port
        mailbox = stack.enter_context(closing(Mailbox(port, TECHNICAL_USER, PASSWORD)))
        yield stack.enter_context(
            Campaign(server=server, uri=server.uri(DATABASE), mailbox=mailbox, workers=workers, seed=seed)
        )
