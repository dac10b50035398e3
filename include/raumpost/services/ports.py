"""What services ask of the world outside; the adapters provide it."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from raumpost.domain.model import ReceivedMail

Row = dict[str, Any]


class Database(Protocol):
    """Runs the named statements of sql/queries/."""

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
        """Give the mails with higher UIDs in portions, lowest first, `limit` at most in all.

        One that the server refuses to give has a refusal for its content.
        """


class Filing(Protocol):
    """Moves mails from one folder of a mailbox to the one for processed mails."""

    uid_validity: int

    @property
    def can_move(self) -> bool:
        """Tell whether the server can move single mails."""

    def move(self, uids: Sequence[int]) -> None:
        """Move those of the mails that are still there. Raises InterfaceUnavailable."""


class Mailbox(Protocol):
    """Opens the folders of one mailbox."""

    @property
    def folders(self) -> Sequence[str]:
        """Give the folders on which answers may arrive."""

    @property
    def processed_folder(self) -> str | None:
        """Give the folder where our own mails go once they have been read; None: they stay."""

    def open(self, folder: str) -> Inbox:
        """Open a folder for reading. Raises InterfaceUnavailable."""

    def open_for_filing(self, folder: str, target: str) -> Filing:
        """Open a folder whose mails are to be moved to the folder `target`. Raises InterfaceUnavailable."""
