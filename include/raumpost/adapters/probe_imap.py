"""Checks a mailbox: login, readable folders, waiting mails. It changes nothing."""

import imaplib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from raumpost.adapters import imap_mailbox
from raumpost.adapters.endpoint import Endpoint
from raumpost.adapters.imap import quoted, select, translated, words
from raumpost.adapters.probe import Broken, attempt, reach
from raumpost.domain.check import Finding, failed, not_ok, ok, warning
from raumpost.domain.errors import InterfaceUnavailable


class Cursor(NamedTuple):
    """How far a folder has been read."""

    uid_validity: int
    last_uid: int


class ImapProbe:
    """Checks one IMAP server, as the reader would use it."""

    def __init__(self, endpoint: Endpoint, *, folders: Sequence[str], processed_folder: str | None) -> None:
        self._endpoint = endpoint
        self._folders = folders
        self._processed_folder = processed_folder

    def findings(self, cursors: Mapping[str, Cursor], *, now: datetime, certificate_days: int) -> Iterator[Finding]:
        """Yield one finding for each step, up to the first that fails; a failing folder does not hide the others."""
        try:
            yield from reach(self._endpoint, imap_mailbox.connect, _hang_up, now=now, certificate_days=certificate_days)
            client = attempt(self._endpoint, "log in", lambda: imap_mailbox.connect(self._endpoint))
        except Broken as exc:
            yield exc.finding
            return
        try:
            if client.state == "NONAUTH":  # without credentials there is no login
                remedy = "set login and password of this connection, or extra auth_type oauth2"
                yield not_ok("log in", "the connection has no login or no password", remedy)
                return
            yield ok("log in", f"as {self._endpoint.user}")
            for folder in self._folders:
                yield self._folder(client, folder, cursors.get(folder))
            if self._processed_folder:
                yield self._filing(client, self._processed_folder)
        finally:
            _hang_up(client)

    def _folder(self, client: imaplib.IMAP4, folder: str, cursor: Cursor | None) -> Finding:
        what = f"folder {folder}"
        try:
            uid_validity = select(client, folder, name=self._endpoint.name, readonly=True)
            if cursor and cursor.uid_validity != uid_validity:
                cursor = None
            last_uid = cursor.last_uid if cursor else 0
            with translated(f"{self._endpoint.name}: folder {folder} cannot be searched"):
                status, data = client.uid("SEARCH", "UID", f"{last_uid + 1}:*")
            if status != "OK":
                return not_ok(what, f"it cannot be searched: {words(data)}", "ask the operator of the mail server")
        except InterfaceUnavailable as exc:
            return failed(what, exc)
        # "n:*" always includes the last mail, even below n (RFC 9051 section 9, sequence-set)
        new = sum(int(uid) > last_uid for uid in words([one for one in data if one]).split())
        return ok(what, f"can be read; waiting for the next run of mailbox_processor: {new}" if new else "can be read")

    def _filing(self, client: imaplib.IMAP4, target: str) -> Finding:
        """Check whether mails can be moved; the folder itself is created when the first one is."""
        what = f"processed_folder {target}"
        try:
            with translated(f"{self._endpoint.name}: nobody knows what the server can do"):
                can = set(words(client.capability()[1]).upper().split())
                exists = client.status(quoted(target), "(UIDVALIDITY)")[0] == "OK"
        except InterfaceUnavailable as exc:
            return not_ok(what, exc.why, "ask the operator of the mail server")
        able = sorted(can & {"MOVE", "UIDPLUS"})
        if not able:
            return warning(
                what,
                "the server knows neither MOVE nor UIDPLUS, so mails stay where they arrive",
                "take out the extra processed_folder, or clean up by a rule of the mail server",
            )
        return ok(what, f"{' and '.join(able)}; the folder {'is there' if exists else 'will be created when needed'}")


def _hang_up(client: imaplib.IMAP4) -> None:
    with suppress(OSError, imaplib.IMAP4.error):
        client.logout()
    with suppress(OSError):
        client.shutdown()
