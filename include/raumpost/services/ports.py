"""What services ask of the world outside; the adapters provide it."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from raumpost.domain.model import ReceivedMail

Row = dict[str, Any]


class Database(Protocol):
    """Runs the named statements of sql/queries.sql."""

    def rows(self, statement: str, /, **parameters: object) -> list[Row]:
        """Run a statement and give its rows."""

    def run(self, statement: str, /, **parameters: object) -> int:
        """Run a statement and tell how many rows it touched."""

    def transaction(self) -> AbstractContextManager[None]:
        """Make all statements inside one transaction; outside, each is its own."""


class Mailer(Protocol):
    """Hands mails to one mail server."""

    def send(self, raw: bytes, *, sender: str, recipient: str) -> None:
        """Hand over one mail.

        Raises NotSent or MaybeSent for this mail, InterfaceUnavailable when no mail can be sent at all.
        """


class Inbox(Protocol):
    """Reads one folder of one mailbox and changes nothing in it."""

    folder: str
    uid_validity: int

    def mails_after(self, last_uid: int, *, limit: int) -> Iterator[Sequence[ReceivedMail]]:
        """Give the mails with higher UIDs in portions, lowest first, `limit` at most in all."""
