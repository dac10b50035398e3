"""IMAP with imaplib: reads a folder without leaving a trace in it, not even a flag."""

import base64
import imaplib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from raumpost.domain.errors import InterfaceUnavailable
from raumpost.domain.model import ReceivedMail

MAX_MAIL = 5 * 1024 * 1024
"""Most octets read of one mail; replies of rooms are far smaller."""
PORTION_MAILS, PORTION_OCTETS = 100, 8 * 1024 * 1024

_FOR_NOW = re.compile(
    r"\[(UNAVAILABLE|INUSE|LIMIT|OVERQUOTA|EXPUNGEISSUED)\]|throttl|unavailable|not connected|try again", re.IGNORECASE
)
"""A problem of the server, not of the mail: the codes of RFC 5530, and the wording of Exchange."""


class _Refused(Exception):
    """The server answered a FETCH with NO or BAD; holds its words."""


class ImapFolder:
    """One folder, opened read-only (EXAMINE)."""

    def __init__(self, client: imaplib.IMAP4, *, name: str, folder: str = "INBOX") -> None:
        self._client = client
        self._name = name
        self.folder = folder
        self.uid_validity = select(client, folder, name=name, readonly=True)

    def mails_after(self, last_uid: int, *, limit: int) -> Iterator[Sequence[ReceivedMail]]:
        """Yield the mails with higher UIDs in portions, lowest first, at most `limit` in all.

        One that the server refuses to give has a refusal for its content, so that nobody waits behind it.
        """
        for uids in _portions(sorted(self._sizes_after(last_uid).items())[:limit]):
            try:
                mails = self._read(uids)
            except _Refused:
                # one by one, each a portion: if the server loses patience, the next pass starts after them
                for uid in uids:
                    if single := self._read_single(uid):
                        yield single
                continue
            if mails:  # somebody may have deleted them in the meantime
                yield mails

    def _sizes_after(self, last_uid: int) -> dict[int, int]:
        uids = f"{last_uid + 1}:*"
        try:
            answers = self._fetch(uids, "(UID RFC822.SIZE)")
        except _Refused:  # computing a size may need the same failing conversion
            answers = self._fetch_or_give_up(uids, "(UID)")
        # "n:*" always includes the last mail, even below n (RFC 9051 section 9, sequence-set)
        found = (_numbers(head) for head, _ in answers)
        return {one["UID"]: one.get("RFC822.SIZE", MAX_MAIL) for one in found if one.get("UID", 0) > last_uid}

    def _read_single(self, uid: int) -> list[ReceivedMail]:
        try:
            return self._read([uid])
        except _Refused as exc:
            return self._without_content(uid, str(exc))

    def _read(self, uids: Sequence[int]) -> list[ReceivedMail]:
        wanted = set(uids)
        items = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[]<0.{MAX_MAIL}>)"
        mails = []
        for head, literal in self._fetch(",".join(map(str, uids)), items):
            numbers = _numbers(head)
            uid = numbers.get("UID")
            raw = _content(head) if literal is None else literal
            if uid not in wanted or b"BODY[" not in head:
                continue
            wanted.discard(uid)
            if raw is None:
                mails += self._without_content(uid, "NIL")
                continue
            size = numbers.get("RFC822.SIZE", len(raw))
            mails.append(ReceivedMail(imap_uid=uid, received_at=_internal_date(head), size=size, raw=raw))
        return sorted(mails, key=lambda mail: mail.imap_uid)

    def _without_content(self, uid: int, answer: str) -> list[ReceivedMail]:
        """Return a mail with a refusal instead of its content; nothing if it was deleted in the meantime."""
        # If the server can return the flags of this mail, the problem is the mail, not the server.
        answers = self._fetch_or_give_up(str(uid), "(UID FLAGS)")
        if all(_numbers(head).get("UID") != uid for head, _ in answers):
            return []
        refusal = f"folder {self.folder}, UID {uid}: the server does not give this mail: {answer}"
        return [ReceivedMail(imap_uid=uid, received_at=datetime.now(UTC), size=0, raw=b"", refusal=refusal)]

    def _fetch_or_give_up(self, uids: str, items: str) -> list[tuple[bytes, bytes | None]]:
        try:
            return self._fetch(uids, items)
        except _Refused as exc:
            raise self._unavailable(exc) from exc

    def _fetch(self, uids: str, items: str) -> list[tuple[bytes, bytes | None]]:
        """Return for each mail what the server said about it, and its literal."""
        try:
            status, data = self._client.uid("FETCH", uids, items)
            if status != "OK":
                raise _Refused(words(data))
        except (imaplib.IMAP4.abort, OSError) as exc:
            raise self._unavailable(exc) from exc
        except imaplib.IMAP4.error as exc:  # BAD
            self._raise_if_for_now(str(exc))
            raise _Refused(str(exc)) from exc
        except _Refused as exc:
            self._raise_if_for_now(str(exc))
            raise
        found: list[tuple[bytes, bytes | None]] = []
        for entry in data:
            if isinstance(entry, tuple):
                found.append((entry[0], entry[1]))
            elif isinstance(entry, bytes) and found and found[-1][1] is not None and not re.match(rb"\d+ \(", entry):
                found[-1] = (found[-1][0] + b" " + entry, found[-1][1])  # what follows a literal belongs to it
            elif isinstance(entry, bytes):
                found.append((entry, None))
        return found

    def _raise_if_for_now(self, said: str) -> None:
        if _FOR_NOW.search(said):
            raise self._unavailable(said)

    def _unavailable(self, why: object) -> InterfaceUnavailable:
        return InterfaceUnavailable(f"{self._name}: folder {self.folder} cannot be read: {why}")


def select(client: imaplib.IMAP4, folder: str, *, name: str, readonly: bool) -> int:
    """Open a folder of the mailbox; return its UIDVALIDITY. Raises InterfaceUnavailable."""
    with translated(f"{name}: folder {folder} cannot be {'read' if readonly else 'written'}"):
        status, data = client.select(quoted(folder), readonly=readonly)
        if status != "OK":
            raise InterfaceUnavailable(
                f"{name}: folder {folder} cannot be opened: {words(data)}",
                remedy="check that it exists, and the extra folders",
            )
        _, found = client.response("UIDVALIDITY")
        return int(found[0]) if found and found[0] else 0


@contextmanager
def translated(trouble: str) -> Iterator[None]:
    """Turn what imaplib raises into InterfaceUnavailable, which begins with `trouble`."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError) as exc:
        raise InterfaceUnavailable(f"{trouble}: {said(exc)}") from exc


def said(exc: Exception) -> str:
    """Return the server's words from an exception of imaplib, which may hold them as octets."""
    return words(exc.args) if exc.args and isinstance(exc.args[0], bytes) else str(exc)


def quoted(folder: str) -> str:
    """Encode a folder's name in modified UTF-7 (RFC 3501 section 5.1.3), as a quoted string."""
    encoded = re.sub(r"&|[^ -~]+", _modified_base64, folder)
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def words(data: Sequence[object]) -> str:
    """Return what a server said as text."""
    return " ".join(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in data)


def _portions(sizes: Sequence[tuple[int, int]]) -> Iterator[Sequence[int]]:
    """Split mails, given as (UID, size), into portions that fit into memory."""
    portion: list[int] = []
    octets = 0
    for uid, size in sizes:
        if portion and (len(portion) >= PORTION_MAILS or octets + min(size, MAX_MAIL) > PORTION_OCTETS):
            yield portion
            portion, octets = [], 0
        portion.append(uid)
        octets += min(size, MAX_MAIL)
    if portion:
        yield portion


def _numbers(head: bytes) -> dict[str, int]:
    return {name.decode(): int(value) for name, value in re.findall(rb"\b(UID|RFC822\.SIZE) (\d+)", head)}


def _content(head: bytes) -> bytes | None:
    """Return the content of a mail that came without a literal: empty, or None for NIL."""
    return b"" if re.search(rb'BODY\[\](<\d+>)? ""', head) else None


def _internal_date(head: bytes) -> datetime:
    found = re.search(rb'INTERNALDATE "([^"]+)"', head)
    try:
        return parsedate_to_datetime(found[1].decode().strip()).astimezone(UTC) if found else datetime.now(UTC)
    except ValueError:
        return datetime.now(UTC)


def _modified_base64(found: re.Match[str]) -> str:
    octets = b"" if found[0] == "&" else found[0].encode("utf-16-be")
    return f"&{base64.b64encode(octets, b'+,').decode().rstrip('=')}-"
