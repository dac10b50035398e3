"""A mail that is there, and that its server cannot give."""

from dataclasses import dataclass

from raumpost.domain.model import ReceivedMail


@dataclass(frozen=True, kw_only=True)
class RefusedMail(ReceivedMail):
    """Without content; `refusal` names folder, UID and what the server said."""

    raw: bytes = b""
    refusal: str
