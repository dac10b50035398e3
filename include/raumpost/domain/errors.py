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

Each message says what is wrong and what to do about it.
"""

from typing import Self


class RaumpostError(Exception):
    """An error that names the thing and the remedy."""


class ConfigurationError(RaumpostError):
    """A setting, connection or link is missing or wrong."""


class DatabaseUnavailable(RaumpostError):
    """Postgres cannot be reached, gave up, or has another schema than this version expects."""


class InterfaceUnavailable(RaumpostError):
    """A mail server cannot be reached, or refuses the login."""

    @classmethod
    def misconfigured(cls, name: str, exc: Exception) -> Self:
        """Say that a connection makes no sense, without quoting `exc`: it may hold a part of the password."""
        return cls(
            f"{name} cannot be used ({type(exc).__name__}); "
            "check host, user, password (ASCII only) and extra of this connection"
        )


class NotSent(RaumpostError):
    """The mail server refused this mail: it has certainly not left."""


class MaybeSent(RaumpostError):
    """The connection broke after the mail was handed over: it may have left."""


class CannotRender(RaumpostError):
    """This invitation cannot be written as a mail."""


class BatchIncomplete(RaumpostError):
    """Some invitations of a batch were not sent."""

    def __init__(self, message: str, *, retry: bool) -> None:
        super().__init__(message)
        self.retry = retry


class NothingKnown(RaumpostError):
    """Nobody knows this booking."""
