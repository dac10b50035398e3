"""What routes require of the user. Airflow's checks are passed in, so that the pages can be tested without Airflow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Access:
    """FastAPI dependencies; each raises HTTPException: 401 for nobody signed in, 403 for missing permission."""

    read: Callable[..., Any]
    """Requires permission to see the runs of mailbox_processor. Stores the user's name in `request.state.user_name`."""
    link: Callable[..., Any]
    """Requires permission to change Airflow connections, which also allows linking rooms to mailboxes."""
    may_link: Callable[..., bool]
    """Returns whether `link` would let the user pass, for buttons; never raises for a user who may read."""
