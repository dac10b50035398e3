"""Servers for the tests of this folder."""

from tests.airflow_connections import set_connection
from tests.database import database_in_turns
from tests.mail_pipeline import pipeline
from tests.servers.imap import any_mailbox, dovecot, mailbox
from tests.servers.smtp import silent_port, smtp

__all__ = [
    "any_mailbox",
    "database_in_turns",
    "dovecot",
    "mailbox",
    "pipeline",
    "set_connection",
    "silent_port",
    "smtp",
]
