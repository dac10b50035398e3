"""Access tokens by the client credentials grant (RFC 6749 section 4.4), with msal."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from raumpost.domain.errors import InterfaceUnavailable


@dataclass(frozen=True, kw_only=True)
class ClientCredentials:
    """How an app proves its identity, and what it wants to use."""

    client_id: str
    client_secret: str = field(repr=False)
    authority: str
    """Address of the tenant at the token issuer."""
    scope: str
    timeout: float
    """Seconds for each step of the dialogue with the token issuer."""


def access_token(credentials: ClientCredentials, *, name: str) -> str:
    """Return a token: the last one while it is valid, otherwise a new one.

    Raises InterfaceUnavailable, which names the interface `name` and what to correct, and never the secret.
    """
    issuer = f"{name} got no access token from {credentials.authority}"
    try:
        answer = _app(credentials).acquire_token_for_client(scopes=[credentials.scope])
    except (OSError, ValueError, RuntimeError) as exc:
        # what msal and requests raise may quote what was sent, hence `from None`
        said = _without(credentials.client_secret, _first_line(str(exc)))
        raise InterfaceUnavailable(
            f"{issuer}: {said}",
            remedy="check the extras authority and tenant_id, and that workers may reach this address",
        ) from None
    token = answer.get("access_token")
    if not token:
        said = f"{answer.get('error')}: {_first_line(str(answer.get('error_description') or ''))}"
        raise InterfaceUnavailable(
            f"{issuer}: {_without(credentials.client_secret, said)}",
            remedy="check the extras client_id, client_secret (its value, not its ID; has it expired?), tenant_id and "
            "scope",
        )
    return str(token)


@lru_cache(maxsize=32)
def _app(credentials: ClientCredentials) -> Any:
    """Create the client that keeps its tokens in memory; one per process and app."""
    # imported here, because it costs CPU time that only some need; it has no type hints
    from msal import ConfidentialClientApplication  # type: ignore[import-untyped]

    return ConfidentialClientApplication(
        credentials.client_id,
        client_credential=credentials.client_secret,
        authority=credentials.authority,
        instance_discovery=False,  # the operator has named the issuer; do not look it up elsewhere
        timeout=credentials.timeout,
    )


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "no reason given")[:500]


def _without(secret: str, text: str) -> str:
    return text.replace(secret, "…") if secret else text
