"""SMTP with smtplib: one mail at a time, and certainty about what was sent."""

import logging
import smtplib
from collections.abc import Callable
from contextlib import suppress

from raumpost.adapters.endpoint import Endpoint, Security, xoauth2
from raumpost.domain.errors import ConfigurationError, InterfaceUnavailable, MaybeSent, NotSent

log = logging.getLogger(__name__)


def connect(endpoint: Endpoint) -> smtplib.SMTP:
    """Open a connection and log in. Raises InterfaceUnavailable, which says what to correct."""
    try:
        client = _open(endpoint)
        try:
            if endpoint.security is Security.STARTTLS:
                client.starttls(context=endpoint.tls())
            _log_in(client, endpoint)
        except BaseException:
            client.close()
            raise
    except OSError as exc:  # smtplib's own errors too
        raise endpoint.unreachable(exc) from exc
    return client


def _open(endpoint: Endpoint) -> smtplib.SMTP:
    if endpoint.security is Security.TLS:
        tls = endpoint.tls()
        return smtplib.SMTP_SSL(endpoint.host, endpoint.port, timeout=endpoint.timeout, context=tls)
    return smtplib.SMTP(endpoint.host, endpoint.port, timeout=endpoint.timeout)


def _log_in(client: smtplib.SMTP, endpoint: Endpoint) -> None:
    secret = endpoint.token() if endpoint.token else endpoint.password
    if not endpoint.user or not secret:
        return
    try:
        if endpoint.token:
            first = xoauth2(endpoint.user, secret)
            client.ehlo_or_helo_if_needed()
            # A second challenge says why the token was refused; the refusal follows an empty response. A token is
            # too long for the command line (RFC 4954 section 4), hence no initial response.
            client.auth("XOAUTH2", lambda challenge=None: "" if challenge else first, initial_response_ok=False)
        else:
            client.login(endpoint.user, secret)
    except smtplib.SMTPAuthenticationError as exc:
        said = _reply(exc.smtp_code, exc.smtp_error)
        # `from None`, here and below: the cause holds the server's words as they are, and they may hold the secret
        raise endpoint.refused(said, permission="SMTP.SendAsApp", secret=secret) from None
    except smtplib.SMTPException as exc:
        raise endpoint.unreachable(exc, secret=secret) from None


class SmtpMailer:
    """Hands mails to one server over one connection, which is opened when needed and reopened after it broke."""

    def __init__(self, connect: Callable[[], smtplib.SMTP], *, name: str) -> None:
        self._connect = connect
        self._name = name
        self._client: smtplib.SMTP | None = None

    def send(self, raw: bytes, *, sender: str, recipient: str) -> None:
        """Hand over one mail.

        Raises NotSent when the server refused it, MaybeSent when the connection broke after the content was
        handed over, InterfaceUnavailable when there is no connection to be had.
        """
        client = self._client or self._open()
        content_begun = False
        try:
            client.ehlo_or_helo_if_needed()
            self._expect(client.mail(sender), "sender", sender)
            self._expect(client.rcpt(recipient), "recipient", recipient)
            content_begun = True
            self._expect(client.data(raw), "mail to", recipient)
        except smtplib.SMTPServerDisconnected as exc:
            self._drop()
            raise self._lost(exc, content_begun) from exc
        except smtplib.SMTPResponseException as exc:  # no 354 after DATA, or HELO refused
            self._reset()
            said = _reply(exc.smtp_code, exc.smtp_error)
            raise NotSent(f"{self._name} refused the mail to {recipient}: {said}") from exc
        except OSError as exc:
            self._drop()
            raise self._lost(exc, content_begun) from exc

    def close(self) -> None:
        """Quit, if there is still a connection."""
        if self._client:
            with suppress(OSError, smtplib.SMTPException):
                self._client.quit()
        self._drop()

    def _open(self) -> smtplib.SMTP:
        try:
            self._client = self._connect()
        except (OSError, smtplib.SMTPException) as exc:
            raise InterfaceUnavailable(f"{self._name} cannot be reached: {exc}") from exc
        except ConfigurationError as exc:
            raise InterfaceUnavailable(*exc.args, remedy=exc.remedy) from exc
        except (ValueError, TypeError, RuntimeError) as exc:
            raise InterfaceUnavailable.misconfigured(self._name, exc) from None
        return self._client

    def _expect(self, answer: tuple[int, bytes], what: str, whom: str) -> None:
        code, text = answer
        if code in {250, 251}:
            return
        self._reset()
        raise NotSent(f"{self._name} refused the {what} {whom}: {_reply(code, text)}")

    def _lost(self, exc: Exception, content_begun: bool) -> NotSent | MaybeSent:
        if content_begun:
            return MaybeSent(f"{self._name} broke off while it took the mail, so it may have arrived: {exc}")
        return NotSent(f"{self._name} broke off before it took the mail: {exc}")

    def _reset(self) -> None:
        """Prepare the connection for the next mail; a server that says 421 hangs up."""
        try:
            if self._client:
                self._client.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._client:
            self._client.close()
        self._client = None


def _reply(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"
