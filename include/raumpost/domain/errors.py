"""The errors of Raumpost.

    RaumpostError
    ├── ConfigurationError     a setting, connection or link is missing or wrong
    ├── DatabaseUnavailable    Postgres cannot be reached, gave up, or has another schema
    ├── InterfaceUnavailable   a mail server cannot be reached, or refuses the login
    ├── NotSent                the mail server refused this mail: it has certainly not left
    ├── MaybeSent              the connection broke after the mail was handed over: it may have left
    ├── CannotRender           this invitation cannot be written as a mail
    ├── BatchIncomplete        some invitations of a batch were not sent
    └── NothingKnown           nobody knows the booking or UID that was asked for

Each says apart what is wrong and what to do about it.
"""

from collections.abc import Sequence
from typing import Self


class RaumpostError(Exception):
    """An error that names one or more problems and, apart, what to do about them.

    A problem may hold words of others, such as a mail server's; the remedy is ours.
    """

    def __init__(self, *problems: str, remedy: str = "") -> None:
        super().__init__(*problems)
        self.remedy = remedy

    @classmethod
    def together(cls, errors: Sequence["RaumpostError"]) -> Self:
        """Join several errors into one, each problem and each remedy once."""
        problems = dict.fromkeys(problem for error in errors for problem in error.args)
        remedies = dict.fromkeys(error.remedy for error in errors if error.remedy)
        return cls(*problems, remedy="; ".join(remedies))

    @property
    def why(self) -> str:
        """Return what is wrong."""
        return "; ".join(self.args)

    def __str__(self) -> str:
        return f"{self.why}; {self.remedy}" if self.remedy else self.why


class ConfigurationError(RaumpostError):
    """A setting, connection or link is missing or wrong."""


class DatabaseUnavailable(RaumpostError):
    """Postgres cannot be reached, gave up, or has another schema than this version expects."""


class InterfaceUnavailable(RaumpostError):
    """A mail server cannot be reached, or refuses the login."""

    @classmethod
    def misconfigured(cls, name: str, exc: Exception) -> Self:
        """Return that a connection makes no sense, without quoting `exc`: it may hold a part of the password."""
        return cls(
            f"{name} cannot be used ({type(exc).__name__})",
            remedy="check host, user, password (ASCII only) and extra of this connection",
        )


class NotSent(RaumpostError):
    """The mail server refused this mail: it has certainly not left."""


class MaybeSent(RaumpostError):
    """The connection broke after the mail was handed over: it may have left."""


class CannotRender(RaumpostError):
    """This invitation cannot be written as a mail."""


class BatchIncomplete(RaumpostError):
    """Some invitations of a batch were not sent."""

    def __init__(self, problem: str, *, retry: bool, remedy: str = "") -> None:
        super().__init__(problem, remedy=remedy)
        self.retry = retry


class NothingKnown(RaumpostError):
    """Nobody knows this booking."""
