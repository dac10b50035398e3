"""Servers for the tests of this folder."""

from tests.airflow_connections import set_connection
from tests.mailservers import any_mailbox, database_in_turns, dovecot, mailbox, pipeline, silent_port, smtp

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
