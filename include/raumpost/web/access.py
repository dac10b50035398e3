"""What routes ask of the user. Airflow's own checks come from outside, so that pages can be tried without Airflow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Access:
    """FastAPI dependencies; each raises HTTPException, 401 for nobody and 403 for somebody who may not."""

    read: Callable[..., Any]
    """May see the runs of mailbox_processor. It leaves the user's name in `request.state.user_name`."""
    link: Callable[..., Any]
    """May change Airflow connections, and so link rooms to mailboxes."""
    may_link: Callable[..., bool]
    """Tells whether `link` would let the user pass, for buttons; it never raises for a user who may read."""
