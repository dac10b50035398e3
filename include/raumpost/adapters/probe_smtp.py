"""Checks an SMTP server: login, accepted senders and recipients. It sends no mail."""

import smtplib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from raumpost.adapters import smtp
from raumpost.adapters.endpoint import Endpoint
from raumpost.adapters.probe import Broken, attempt, reach
from raumpost.domain.check import Finding, not_ok, ok, warning

AT_ONCE = 20
"""Most recipients checked within one transaction; servers lose patience with more."""

_SENDER_REMEDY = (
    "let the mail server take this sender from the user of this connection, or correct the e-mail address of the "
    "technical user in the booking system"
)
_RECIPIENT_REMEDY = "check that this mailbox exists and takes mail from the technical user, and the address of the link"


class SmtpProbe:
    """Checks one SMTP server, as the mailer would use it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def findings(
        self, recipients: Mapping[str, Sequence[str]], *, now: datetime, certificate_days: int
    ) -> Iterator[Finding]:
        """Yield one finding for each step, up to the first that fails; `recipients` maps senders to rooms."""
        try:
            yield from reach(self._endpoint, smtp.connect, _hang_up, now=now, certificate_days=certificate_days)
            client = attempt(self._endpoint, "log in", lambda: smtp.connect(self._endpoint))
            yield ok("log in", f"as {self._endpoint.user}" if self._logs_in else "without a password: none is set")
            for sender, rooms in recipients.items():
                for first in range(0, len(rooms), AT_ONCE):
                    yield from self._asked(client, sender, rooms[first : first + AT_ONCE], is_first=first == 0)
            _hang_up(client)
        except Broken as exc:
            yield exc.finding

    @property
    def _logs_in(self) -> bool:
        return bool(self._endpoint.user and (self._endpoint.password or self._endpoint.token))

    def _asked(self, client: smtplib.SMTP, sender: str, rooms: Sequence[str], *, is_first: bool) -> Iterator[Finding]:
        """Begin a mail, name its recipients, and reset the transaction."""
        what = f"sender {sender}"
        code, text = attempt(self._endpoint, what, lambda: _mail(client, sender))
        answer = _finding(what, code, text, "the server takes mail from this address", _SENDER_REMEDY)
        if is_first:
            yield answer
        if code == 250:
            for room in rooms:
                what = f"recipient {room}"
                code, text = attempt(self._endpoint, what, lambda room=room: client.rcpt(room))  # type: ignore[misc]
                seen = "the server takes mail for this address; what lies behind it only the canary shows"
                yield _finding(what, code, text, seen, _RECIPIENT_REMEDY)
        attempt(self._endpoint, what, client.rset)


def _mail(client: smtplib.SMTP, sender: str) -> tuple[int, bytes]:
    client.ehlo_or_helo_if_needed()
    return client.mail(sender)


def _finding(what: str, code: int, text: bytes, seen: str, remedy: str) -> Finding:
    said = f"{code} {' '.join(text.decode('utf-8', 'replace').split())}"
    if code in {250, 251}:
        return ok(what, seen)
    if 400 <= code < 500:
        return warning(what, f"not now: {said}", "the server asks to try again later; if it stays so, ask its operator")
    return not_ok(what, f"refused: {said}", remedy)


def _hang_up(client: smtplib.SMTP) -> None:
    with suppress(OSError):  # smtplib's errors too
        client.quit()
    client.close()
