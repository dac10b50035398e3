"""Find the rooms and users that somebody means by what they typed."""

from collections.abc import Iterable

from raumpost.services.ports import Database, Row


def find_rooms(db: Database, texts: Iterable[str]) -> list[Row]:
    """Return the rooms for each text, best first: id, name, and the rank of the match."""
    return db.rows("find_rooms", texts=sorted(set(texts)))


def find_users(db: Database, texts: Iterable[str]) -> list[Row]:
    """Return the users for each text, best first: id, name, email, technical, and the rank of the match."""
    return db.rows("find_users", texts=sorted(set(texts)))
