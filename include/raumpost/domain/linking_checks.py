"""What may be wrong with single fields of a link; each problem names the remedy."""

from collections.abc import Iterable

from raumpost.domain.address import is_address
from raumpost.domain.linking import LinkContext, LinkRequest, Problem, User
from raumpost.domain.linking_search import NotFound, found_user
from raumpost.domain.message import message


def check_connection(field: str, conn_id: str, type_: str, context: LinkContext) -> Problem | None:
    """Return why an interface cannot be this Airflow connection; None: it can."""
    found = context.connection_types.get(conn_id)
    if found is None:
        return Problem(field, message("linking.no-connection", conn_id=conn_id, type=type_))
    if found != type_:
        return Problem(field, message("linking.other-type", conn_id=conn_id, found=found, type=type_))
    return None


def check_address(address: str, field: str = "address") -> Problem | None:
    """Return why a mailbox cannot have this address; None: it can."""
    if is_address(address):
        return None
    return Problem(field, message("linking.no-address", address=address))


def check_user(
    request: LinkRequest,
    address: str,
    aliases: Iterable[str],
    context: LinkContext,
    problems: list[Problem],
    current: User | None = None,
) -> User | None:
    """Find the technical user. What is wrong with the present one of a link is not a matter of this request."""
    field = "technical_user"
    user = found_user(request.technical_user or "", context)
    if isinstance(user, NotFound):
        problems.append(Problem(field, user.message))
        return None
    if current and user.id == current.id:
        return user
    if not user.technical:
        problems.append(Problem(field, message("linking.not-technical", user=user.named)))
    if not user.email:
        problems.append(Problem(field, message("linking.no-email", user=user.named)))
    elif not is_address(user.email):
        problems.append(Problem(field, message("linking.bad-email", user=user.named, email=user.email)))
    elif user.email.lower() in {one.lower() for one in (address, *aliases)}:
        problems.append(Problem(field, message("linking.invites-himself", user=user.named)))
    return user


def check_aliases(given: Iterable[str], address: str, problems: list[Problem]) -> tuple[str, ...]:
    """Return the aliases in order, each once."""
    unique = {alias.lower(): alias for alias in given}
    problems += [found for alias in unique.values() if (found := check_address(alias, "aliases"))]
    if address.lower() in unique:
        problems.append(Problem("aliases", message("linking.alias-of-room", address=address)))
    return tuple(unique[key] for key in sorted(unique))
