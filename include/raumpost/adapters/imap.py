"""IMAP by imaplib: reads a folder and leaves no trace in it, not even a flag."""

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
"""Octets read of one mail; no answer of a room comes near."""
PORTION_MAILS, PORTION_OCTETS = 100, 8 * 1024 * 1024


class ImapFolder:
    """One folder, opened read-only (EXAMINE)."""

    def __init__(self, client: imaplib.IMAP4, *, name: str, folder: str = "INBOX") -> None:
        self._client = client
        self._name = name
        self.folder = folder
        with self._translated():
            status, data = client.select(_quoted(folder), readonly=True)
            if status != "OK":
                raise InterfaceUnavailable(f"{name}: folder {folder} cannot be opened: {_text(data)}")
            _, found = client.response("UIDVALIDITY")
            self.uid_validity = int(found[0]) if found and found[0] else 0

    def mails_after(self, last_uid: int, *, limit: int) -> Iterator[Sequence[ReceivedMail]]:
        """Give the mails with higher UIDs in portions, lowest first, `limit` at most in all."""
        for uids in _portions(sorted(self._sizes_after(last_uid).items())[:limit]):
            if mails := self._mails(uids):  # somebody may have deleted them meanwhile
                yield mails

    def _sizes_after(self, last_uid: int) -> dict[int, int]:
        # "n:*" always includes the last mail, even below n (RFC 9051 section 9, sequence-set)
        found = (_numbers(head) for head, _ in self._fetch(f"{last_uid + 1}:*", "(UID RFC822.SIZE)"))
        return {one["UID"]: one.get("RFC822.SIZE", 0) for one in found if one.get("UID", 0) > last_uid}

    def _mails(self, uids: Sequence[int]) -> list[ReceivedMail]:
        wanted = set(uids)
        items = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[]<0.{MAX_MAIL}>)"
        mails = []
        for head, raw in self._fetch(",".join(map(str, uids)), items):
            numbers = _numbers(head)
            if raw is None or numbers.get("UID") not in wanted:
                continue
            mails.append(
                ReceivedMail(
                    imap_uid=numbers["UID"],
                    received_at=_internal_date(head),
                    size=numbers.get("RFC822.SIZE", len(raw)),
                    raw=raw,
                )
            )
        return sorted(mails, key=lambda mail: mail.imap_uid)

    def _fetch(self, uids: str, items: str) -> list[tuple[bytes, bytes | None]]:
        """Give for each mail what the server said about it, and its literal."""
        with self._translated():
            status, data = self._client.uid("FETCH", uids, items)
        if status != "OK":
            raise InterfaceUnavailable(f"{self._name}: folder {self.folder} cannot be read: {_text(data)}")
        found: list[tuple[bytes, bytes | None]] = []
        for entry in data:
            if isinstance(entry, tuple):
                found.append((entry[0], entry[1]))
            elif isinstance(entry, bytes) and found and found[-1][1] is not None and not re.match(rb"\d+ \(", entry):
                found[-1] = (found[-1][0] + b" " + entry, found[-1][1])  # what follows a literal belongs to it
            elif isinstance(entry, bytes):
                found.append((entry, None))
        return found

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (imaplib.IMAP4.error, OSError) as exc:
            raise InterfaceUnavailable(f"{self._name}: folder {self.folder} cannot be read: {exc}") from exc


def _portions(sizes: Sequence[tuple[int, int]]) -> Iterator[Sequence[int]]:
    """Cut mails, given as (UID, size), into portions that fit into memory."""
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


def _internal_date(head: bytes) -> datetime:
    found = re.search(rb'INTERNALDATE "([^"]+)"', head)
    try:
        return parsedate_to_datetime(found[1].decode().strip()).astimezone(UTC) if found else datetime.now(UTC)
    except ValueError:
        return datetime.now(UTC)


def _quoted(folder: str) -> str:
    """Write a folder's name in modified UTF-7 (RFC 3501 section 5.1.3), as a quoted string."""
    encoded = re.sub(r"&|[^ -~]+", _modified_base64, folder)
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _modified_base64(found: re.Match[str]) -> str:
    octets = b"" if found[0] == "&" else found[0].encode("utf-16-be")
    return f"&{base64.b64encode(octets, b'+,').decode().rstrip('=')}-"


def _text(data: Sequence[object]) -> str:
    return " ".join(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in data)
