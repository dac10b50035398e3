"""What may be wrong with single fields of a link; each problem names the remedy."""

from collections.abc import Iterable

from raumpost.domain.address import is_address
from raumpost.domain.linking import LinkContext, LinkRequest, Problem, User
from raumpost.domain.linking_search import NotFound, found_user


def check_connection(field: str, conn_id: str, type_: str, context: LinkContext) -> Problem | None:
    """Tell why an interface cannot be this Airflow connection; None: it can."""
    found = context.connection_types.get(conn_id)
    if found is None:
        return Problem(
            field,
            f"there is no Airflow connection “{conn_id}”; create it with type {type_}",
            f"Es gibt keine Airflow-Verbindung „{conn_id}“; legen Sie sie mit dem Typ {type_} an",
        )
    if found != type_:
        return Problem(
            field,
            f"the Airflow connection “{conn_id}” has type {found}; it needs {type_}",
            f"Die Airflow-Verbindung „{conn_id}“ hat den Typ {found}; nötig ist {type_}",
        )
    return None


def check_address(address: str, field: str = "address") -> Problem | None:
    """Tell why a mailbox cannot have this address; None: it can."""
    if is_address(address):
        return None
    return Problem(field, f"“{address}” is no address of a mailbox", f"„{address}“ ist keine Adresse eines Postfachs")


def check_user(
    request: LinkRequest,
    address: str,
    aliases: Iterable[str],
    context: LinkContext,
    problems: list[Problem],
    current: User | None = None,
) -> User | None:
    """Find the technical user. What is wrong with the one that a link has already is no matter of this request."""
    field = "technical_user"
    user = found_user(request.technical_user or "", context)
    if isinstance(user, NotFound):
        problems.append(Problem(field, user.english, user.german))
        return None
    if current and user.id == current.id:
        return user
    if not user.technical:
        problems.append(
            Problem(
                field,
                f"{user} is no technical user; mark it so in the booking system, or take another",
                f"{user} ist kein technischer Benutzer; kennzeichnen Sie ihn im Buchungssystem so, "
                "oder nehmen Sie einen anderen",
            )
        )
    if not user.email:
        problems.append(
            Problem(
                field,
                f"{user} has no e-mail address; enter one in the booking system",
                f"{user} hat keine E-Mail-Adresse; tragen Sie im Buchungssystem eine ein",
            )
        )
    elif not is_address(user.email):
        problems.append(
            Problem(
                field,
                f"the e-mail address “{user.email}” of {user} is none; correct it",
                f"Die E-Mail-Adresse „{user.email}“ von {user} ist keine; berichtigen Sie sie",
            )
        )
    elif user.email.lower() in {one.lower() for one in (address, *aliases)}:
        problems.append(
            Problem(
                field,
                f"{user} has the address of the room mailbox itself; nobody can invite himself",
                f"{user} hat die Adresse des Raumpostfachs selbst; niemand kann sich selbst einladen",
            )
        )
    return user


def check_aliases(given: Iterable[str], address: str, problems: list[Problem]) -> tuple[str, ...]:
    """Give the aliases in order, each once."""
    unique = {alias.lower(): alias for alias in given}
    problems += [found for alias in unique.values() if (found := check_address(alias, "aliases"))]
    if address.lower() in unique:
        problems.append(
            Problem(
                "aliases",
                f"{address} is the address of the room mailbox itself; leave it out",
                f"{address} ist die Adresse des Raumpostfachs selbst; lassen Sie sie weg",
            )
        )
    return tuple(unique[key] for key in sorted(unique))
