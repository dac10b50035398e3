"""What services ask of the world outside; the adapters provide it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from raumpost.domain.alerting import Cause, Incident
from raumpost.domain.check import Finding
from raumpost.domain.model import ReceivedMail

Row = dict[str, Any]


class Database(Protocol):
    """Runs the named statements of sql/queries/."""

    def rows(self, statement: str, /, **parameters: object) -> list[Row]:
        """Run a statement and give its rows."""

    def run(self, statement: str, /, **parameters: object) -> int:
        """Run a statement and return how many rows it touched."""

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
        """Return the mails with higher UIDs in portions, lowest first, `limit` at most in all.

        One that the server refuses to give has a refusal for its content.
        """


class Filing(Protocol):
    """Moves mails from one folder of a mailbox to the one for processed mails."""

    uid_validity: int

    @property
    def can_move(self) -> bool:
        """Return whether the server can move single mails."""

    def move(self, uids: Sequence[int]) -> None:
        """Move those of the mails that are still there. Raises InterfaceUnavailable."""


class Mailbox(Protocol):
    """Opens the folders of one mailbox."""

    @property
    def folders(self) -> Sequence[str]:
        """Return the folders on which answers may arrive."""

    @property
    def processed_folder(self) -> str | None:
        """Return the folder where our own mails go once they have been read; None: they stay."""

    def open(self, folder: str) -> Inbox:
        """Open a folder for reading. Raises InterfaceUnavailable."""

    def open_for_filing(self, folder: str, target: str) -> Filing:
        """Open a folder whose mails are to be moved to the folder `target`. Raises InterfaceUnavailable."""


class AlertStore(Protocol):
    """Remembers what operators have been notified of, for all processes together."""

    def claim(self, cause: Cause, *, now: datetime, quiet_until: datetime) -> Incident | None:
        """Count a failure; return its incident to one caller only, until `quiet_until`."""

    def note_notified(self, cause: Cause, *, now: datetime) -> None:
        """Note that the mail has left."""

    def put_back(self, cause: Cause, *, quiet_until: datetime) -> None:
        """Note that the mail could not be sent."""

    def recover(self, causes: Collection[Cause], *, now: datetime) -> list[Incident]:
        """Note that causes are over; return what was open, to one caller only."""


OpenMailer = Callable[[str], AbstractContextManager[Mailer]]
"""Opens the SMTP interface of this name."""

OpenMailbox = Callable[[str], AbstractContextManager[Mailbox]]
"""Opens the IMAP interface of this name. Raises ConfigurationError where it makes no sense."""

ConnectionType = Callable[[str], str | None]
"""Returns the type of an Airflow connection; None: there is none."""

Probe = Callable[[list[Row]], Iterable[Finding]]
"""Looks at a server, step by step; raises ConfigurationError where the connection makes no sense.

It gets the rows of `recipients_of_interface`, or of `reading_of_inbox`.
"""
