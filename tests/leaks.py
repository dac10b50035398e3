"""Finds a secret in whatever was written: as it is, quoted for an address, in hex, or within any base64."""

import base64
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from psycopg2.extensions import connection as Connection


def leaks(text: bytes, secrets: Iterable[str]) -> list[str]:
    """Return the secrets that a text gives away."""
    read = text + b"\n" + b"\n".join(_decoded(text))
    return [secret for secret in secrets if any(form in read for form in _forms(secret))]


def _forms(secret: str) -> set[bytes]:
    raw = secret.encode()
    return {raw, quote(secret).encode(), raw.hex().encode(), repr(secret)[1:-1].encode()}


def _decoded(text: bytes) -> Iterable[bytes]:
    """Return what stands in base64 somewhere; where its beginning cannot be told, from each place it may begin at."""
    for found in re.findall(rb"[A-Za-z0-9+/_-]{12,}", text):
        for start in range(4):
            piece = found[start:].translate(bytes.maketrans(b"-_", b"+/"))
            piece = piece[:-1] if len(piece) % 4 == 1 else piece
            yield base64.b64decode(piece + b"=" * (-len(piece) % 4))


def everything_in(connection: Connection) -> bytes:
    """Return all rows of all tables of a database as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        parts = []
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT one::text FROM {table} AS one")
            parts += [row[0].encode() for row in cursor.fetchall()]
        return b"\n".join(parts)


def everything_below(folder: Path) -> bytes:
    """Return the content of all files of a folder."""
    return b"\n".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
