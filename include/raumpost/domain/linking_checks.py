"""What may be wrong with single fields of a link; each problem names the remedy."""

import re
from collections.abc import Iterable

from raumpost.domain.linking import Known, User, Wish
from raumpost.domain.linking_search import NotFound, found_user

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def is_address(text: str) -> bool:
    """Tell whether this can be the address of a mailbox; the database asks the same."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def check_connection(conn_id: str, type_: str, known: Known) -> str | None:
    found = known.connection_types.get(conn_id)
    if found is None:
        return f"there is no Airflow connection “{conn_id}”; create it with type {type_}"
    if found != type_:
        return f"the Airflow connection “{conn_id}” has type {found}; it needs {type_}"
    return None


def check_user(
    wish: Wish, address: str, aliases: Iterable[str], known: Known, problems: list[str], current: User | None = None
) -> User | None:
    """Find the technical user. What is wrong with the one that a link has already is no matter of this wish."""
    user = found_user(wish.technical_user or "", known)
    if isinstance(user, NotFound):
        problems.append(f"technical_user: {user}")
        return None
    if current and user.id == current.id:
        return user
    if not user.technical:
        problems.append(
            f"technical_user: {user} is no technical user; mark it so in the booking system, or take another"
        )
    if not user.email:
        problems.append(f"technical_user: {user} has no e-mail address; enter one in the booking system")
    elif not is_address(user.email):
        problems.append(f"technical_user: the e-mail address “{user.email}” of {user} is none; correct it")
    elif user.email.lower() in {one.lower() for one in (address, *aliases)}:
        problems.append(f"technical_user: {user} has the address of the room mailbox itself; nobody can invite himself")
    return user


def check_aliases(given: Iterable[str], address: str, problems: list[str]) -> tuple[str, ...]:
    unique = {alias.lower(): alias for alias in given}
    problems += [f"aliases: “{alias}” is no address of a mailbox" for alias in unique.values() if not is_address(alias)]
    if address.lower() in unique:
        problems.append(f"aliases: {address} is the address of the room mailbox itself; leave it out")
    return tuple(unique[key] for key in sorted(unique))
