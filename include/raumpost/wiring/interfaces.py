"""Reads the Airflow connection of an interface: the mail server behind it, and its mailbox.

The names of the extras are those of Airflow's smtp and imap providers; docs/connect/mail-servers.md lists them with
our own.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from airflow.sdk import Connection

from raumpost.adapters.endpoint import Endpoint, Security
from raumpost.adapters.oauth2 import ClientCredentials, access_token
from raumpost.domain.errors import ConfigurationError
from raumpost.wiring.settings import NETWORK_TIMEOUT

AUTHORITY = "https://login.microsoftonline.com"
SCOPE = "https://outlook.office365.com/.default"
INBOX = "INBOX"


class Interface:
    """One Airflow connection of type smtp or imap, read and checked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.name = f"{str(connection.conn_type).upper()} interface {connection.conn_id}"
        if not _is_object(connection.extra or "{}"):  # Airflow would read these as empty
            raise self._wrong("the extra is no JSON object", 'write one such as {"timeout": 30}')
        self._extra: Mapping[str, Any] = connection.extra_dejson

    def smtp(self) -> Endpoint:
        """Describe the SMTP server. Raises ConfigurationError."""
        if not self._flag("disable_ssl", default=False):
            security, port = Security.TLS, 465
        elif not self._flag("disable_tls", default=False):
            security, port = Security.STARTTLS, 25
        else:
            security, port = Security.NONE, 25
        return self._endpoint(security, port, user=self._connection.login or self._text("from_email"))

    def imap(self) -> Endpoint:
        """Describe the IMAP server. Raises ConfigurationError."""
        starttls = self._flag("starttls", default=False)
        use_ssl = self._flag("use_ssl", default=not starttls)
        if use_ssl and starttls:
            raise self._wrong("the extras use_ssl and starttls exclude each other", "set one of them to true")
        if use_ssl:
            security, port = Security.TLS, 993
        else:
            security, port = Security.STARTTLS if starttls else Security.NONE, 143
        return self._endpoint(security, port, user=self._connection.login)

    def folders(self) -> tuple[str, ...]:
        """Return the folders where replies may arrive. Raises ConfigurationError."""
        given = self._extra.get("folders") or [INBOX]
        if not isinstance(given, list) or not all(isinstance(one, str) and one.strip() for one in given):
            raise self._wrong("extra folders", 'give a list of names, such as ["INBOX", "Deleted Items"]')
        # RFC 9051 section 5.1: INBOX is the only name in which case does not matter
        return tuple(dict.fromkeys(INBOX if one.upper() == INBOX else one for one in given))

    def processed_folder(self) -> str | None:
        """Return the folder for processed mails, if there is one. Raises ConfigurationError."""
        folder = self._text("processed_folder")
        if folder and (folder in self.folders() or folder.upper() == INBOX):
            raise self._wrong(
                f"extra processed_folder: {folder} is a folder that answers are read from", "name another"
            )
        return folder

    def authserv_id(self) -> str | None:
        """Return the name of the mail server whose Authentication-Results are trusted, if replies need them."""
        return self._text("authserv_id")

    def _endpoint(self, security: Security, port: int, *, user: str | None) -> Endpoint:
        if not self._connection.host:
            raise self._wrong("it has no host", "give the host of the mail server")
        verify = self._one_of("ssl_context", "default", "none") == "default"
        ca_file = self._text("ca_file")
        if ca_file and not verify:
            raise self._wrong("the extras ca_file and ssl_context “none” exclude each other", "take one of them out")
        timeout = self._seconds("timeout")
        oauth2 = self._one_of("auth_type", "basic", "oauth2") == "oauth2"
        if oauth2 and not user:
            raise self._wrong(
                "with extra auth_type “oauth2” the login must be the address of the mailbox", "give it as login"
            )
        return Endpoint(
            name=self.name,
            host=self._connection.host,
            port=self._connection.port or port,
            security=security,
            verify=verify,
            ca_file=ca_file,
            timeout=timeout,
            user=user,
            password=self._connection.password,
            token=self._token(timeout) if oauth2 else None,
        )

    def _token(self, timeout: float) -> Callable[[], str]:
        if given := self._text("access_token"):
            return lambda: given
        missing = [name for name in ("client_id", "client_secret", "tenant_id") if not self._text(name)]
        if missing:
            raise self._wrong(
                f"with extra auth_type “oauth2” it needs the extras {', '.join(missing)} too, or an access_token",
                "give them",
            )
        authority = (self._text("authority") or AUTHORITY).rstrip("/")
        if not authority.startswith("https://"):
            raise self._wrong(f"extra authority: {authority}", "give an address that begins with https://")
        credentials = ClientCredentials(
            client_id=self._text("client_id") or "",
            client_secret=self._text("client_secret") or "",
            authority=f"{authority}/{self._text('tenant_id')}",
            scope=self._text("scope") or SCOPE,
            timeout=timeout,
        )
        return partial(access_token, credentials, name=self.name)

    def _text(self, name: str) -> str | None:
        given = self._extra.get(name)
        if given is not None and not isinstance(given, str):
            raise self._wrong(f"extra {name}", "give a text in quotes")
        return given.strip() or None if given else None

    def _flag(self, name: str, *, default: bool) -> bool:
        given = self._extra.get(name)
        if given is None or given == "":
            return default
        if str(given).lower() not in {"true", "false"}:  # a connection written as a URI has strings only
            raise self._wrong(f"extra {name}", "give true or false")
        return str(given).lower() == "true"

    def _one_of(self, name: str, default: str, other: str) -> str:
        given = self._text(name) or default
        if given not in {default, other}:
            raise self._wrong(f"extra {name}", f"give “{default}” or “{other}”")
        return given

    def _seconds(self, name: str) -> float:
        given = self._extra.get(name)
        if given is None or given == "":
            return NETWORK_TIMEOUT.total_seconds()
        try:
            seconds = float(given)
        except (TypeError, ValueError):
            seconds = 0
        if not 1 <= seconds <= 300:
            raise self._wrong(f"extra {name}", "give a number of seconds from 1 to 300")
        return seconds

    def _wrong(self, what: str, remedy: str) -> ConfigurationError:
        why = f"the Airflow connection “{self._connection.conn_id}” makes no sense: {what}"
        return ConfigurationError(why, remedy=remedy)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
