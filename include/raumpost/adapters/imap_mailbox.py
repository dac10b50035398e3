"""A mailbox with imaplib: logs in, opens its folders for reading, and moves processed mails to one of them."""

import imaplib
from collections.abc import Callable, Sequence
from contextlib import suppress

from raumpost.adapters.endpoint import Endpoint, Security, in_quotes, xoauth2
from raumpost.adapters.imap import ImapFolder, quoted, said, select, translated, words
from raumpost.domain.errors import InterfaceUnavailable


def connect(endpoint: Endpoint) -> imaplib.IMAP4:
    """Open a connection and log in. Raises InterfaceUnavailable, which says what to correct."""
    try:
        client = _open(endpoint)
        try:
            if endpoint.security is Security.STARTTLS:
                client.starttls(ssl_context=endpoint.tls())
            _log_in(client, endpoint)
        except BaseException:
            with suppress(OSError):  # a failed handshake has closed it already
                client.shutdown()
            raise
    except (imaplib.IMAP4.error, OSError) as exc:
        raise endpoint.unreachable(exc) from exc
    except (ValueError, TypeError, RuntimeError) as exc:
        raise InterfaceUnavailable.misconfigured(endpoint.name, exc) from None
    return client


def _open(endpoint: Endpoint) -> imaplib.IMAP4:
    if endpoint.security is Security.TLS:
        tls = endpoint.tls()
        return imaplib.IMAP4_SSL(endpoint.host, endpoint.port, ssl_context=tls, timeout=endpoint.timeout)
    return imaplib.IMAP4(endpoint.host, endpoint.port, timeout=endpoint.timeout)


def _log_in(client: imaplib.IMAP4, endpoint: Endpoint) -> None:
    if not endpoint.user or not (endpoint.token or endpoint.password):
        return
    secret = (endpoint.token() if endpoint.token else endpoint.password) or ""
    try:
        if endpoint.token:
            first = xoauth2(endpoint.user, secret)
            # a second challenge says why the token was refused; the refusal itself follows an empty response
            client.authenticate("XOAUTH2", lambda challenge: b"" if challenge else first.encode())
        else:
            client.login(f'"{in_quotes(endpoint.user)}"', secret)  # imaplib quotes the password only
    # `from None`: the cause holds the server's words as they are, and they may hold the secret
    except imaplib.IMAP4.abort as exc:
        raise endpoint.unreachable(exc, secret=secret) from None
    except imaplib.IMAP4.error as exc:
        raise endpoint.refused(said(exc), permission="IMAP.AccessAsApp", secret=secret) from None


class ImapMailbox:
    """One mailbox; it connects when its first folder is opened."""

    def __init__(
        self,
        connect: Callable[[], imaplib.IMAP4],
        *,
        name: str,
        folders: Sequence[str] = ("INBOX",),
        processed_folder: str | None = None,
        authserv_id: str | None = None,
    ) -> None:
        self._connect = connect
        self._client: imaplib.IMAP4 | None = None
        self._unreachable: InterfaceUnavailable | None = None
        self._name = name
        self.folders = tuple(folders)
        self.processed_folder = processed_folder
        self.authserv_id = authserv_id
        """The mail server in front of it whose Authentication-Results are trusted; None if none is."""

    def open(self, folder: str) -> ImapFolder:
        """Open a folder for reading. Raises InterfaceUnavailable."""
        return ImapFolder(self._connected(), name=self._name, folder=folder)

    def open_for_filing(self, folder: str, target: str) -> "ImapFiling":
        """Open a folder whose mails are to be moved to the folder `target`. Raises InterfaceUnavailable."""
        return ImapFiling(self._connected(), name=self._name, folder=folder, target=target)

    def close(self) -> None:
        """Log out, if there is a connection."""
        client, self._client = self._client, None
        if client:
            with suppress(OSError, imaplib.IMAP4.error):
                client.logout()
            with suppress(OSError):
                client.shutdown()  # a logout that fails leaves the socket open

    def _connected(self) -> imaplib.IMAP4:
        if self._unreachable:
            raise self._unreachable  # trying again for each folder would wait each time for a server that hangs
        if self._client is None:
            try:
                self._client = self._connect()
            except InterfaceUnavailable as exc:
                self._unreachable = exc
                raise
        return self._client


class ImapFiling:
    """One folder, opened read-write (SELECT), and the folder that its mails are moved to; created when missing."""

    def __init__(self, client: imaplib.IMAP4, *, name: str, folder: str, target: str) -> None:
        self._client = client
        self._trouble = f"{name}: mails cannot be moved from folder {folder} to {target}"
        self._target = quoted(target)
        with translated(self._trouble):
            self._can = set(words(client.capability()[1]).upper().split())
            if self.can_move and client.status(self._target, "(UIDVALIDITY)")[0] != "OK":
                self._expect(client.create(self._target))
                client.subscribe(self._target)  # otherwise many mail programs do not show it
        self.uid_validity = select(client, folder, name=name, readonly=False)

    @property
    def can_move(self) -> bool:
        """Return whether the server can move single mails (RFC 6851) or delete single ones (UIDPLUS, RFC 4315).

        Without either, a deletion would also remove everything else marked as deleted in this folder.
        """
        return not self._can.isdisjoint({"MOVE", "UIDPLUS"})

    def move(self, uids: Sequence[int]) -> None:
        """Move those of the mails that are still there. Raises InterfaceUnavailable when the server refuses."""
        with translated(self._trouble):
            found = self._expect(self._client.uid("SEARCH", "UID", ",".join(map(str, uids))))
            present = ",".join(words([one for one in found if one]).split())
            if not present:
                return
            if "MOVE" in self._can:
                self._expect(self._client.uid("MOVE", present, self._target))
                return
            self._expect(self._client.uid("COPY", present, self._target))
            self._expect(self._client.uid("STORE", present, "+FLAGS.SILENT", r"(\Deleted)"))
            self._expect(self._client.uid("EXPUNGE", present))

    def _expect(self, answer: tuple[str, list[bytes | None]]) -> list[bytes | None]:
        status, data = answer
        if status != "OK":
            raise InterfaceUnavailable(f"{self._trouble}: {words(data)}")
        return data
