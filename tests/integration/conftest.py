"""Servers for the tests of this folder."""

from tests.mailservers import any_mailbox, database_in_turns, dovecot, mailbox, post, smtp

__all__ = ["any_mailbox", "database_in_turns", "dovecot", "mailbox", "post", "smtp"]
