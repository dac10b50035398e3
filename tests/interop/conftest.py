"""Servers for the tests of this folder."""

from tests.database import database_in_turns
from tests.servers.imap import dovecot, mailbox

__all__ = ["database_in_turns", "dovecot", "mailbox"]
