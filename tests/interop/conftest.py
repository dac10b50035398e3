"""Servers for the tests of this folder."""

from tests.mailservers import database_in_turns, dovecot, mailbox

__all__ = ["database_in_turns", "dovecot", "mailbox"]
