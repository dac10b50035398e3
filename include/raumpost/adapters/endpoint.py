"""How to reach a mail server and log in there, and explanations of why that failed."""

import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from raumpost.domain.errors import ConfigurationError, InterfaceUnavailable


class Security(StrEnum):
    """How the connection is encrypted."""

    TLS = "TLS"
    """From the first octet."""
    STARTTLS = "STARTTLS"
    """Upgraded from plain text, before the login."""
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One mail server, as a connection describes it."""

    name: str
    """As it is called in messages, such as “IMAP interface imap_campus”."""
    host: str
    port: int
    security: Security
    verify: bool
    """Whether the server's certificate must be trusted and match its name."""
    ca_file: str | None
    """Certificates (PEM) to trust instead of the system's."""
    timeout: float
    """Seconds for each step of the dialogue."""
    user: str | None
    password: str | None = field(repr=False)
    token: Callable[[], str] | None = field(repr=False)
    """Returns an access token; if set, the login is XOAUTH2."""

    def tls(self) -> ssl.SSLContext:
        """Return the TLS context. Raises ConfigurationError if the file `ca_file` cannot be used."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except OSError as exc:  # also ssl.SSLError: no certificate in it
            raise ConfigurationError(
                f"{self.name}: extra ca_file: {self.ca_file} cannot be used ({exc.strerror or exc})",
                remedy="name a file with the CA's certificate in PEM format that Airflow's workers can read",
            ) from exc
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def unreachable(self, exc: Exception, *, secret: str | None = None) -> InterfaceUnavailable:
        """Explain why there is no connection; `secret` is what was sent to the server, which may repeat it."""
        said = f"{self.name} cannot be reached: {self._without(secret, str(exc))}"
        if isinstance(exc, ssl.SSLCertVerificationError):
            return InterfaceUnavailable(
                said,
                remedy="give the host by the name in its certificate, and the CA's file as extra ca_file if the system "
                "does not know that CA",
            )
        if isinstance(exc, ssl.SSLError) and exc.reason == "WRONG_VERSION_NUMBER":
            return InterfaceUnavailable(
                said,
                remedy=f"port {self.port} does not begin with TLS: for STARTTLS set the extra disable_ssl (smtp) or "
                "starttls (imap) to true",
            )
        return InterfaceUnavailable(said)

    def refused(self, said: str, *, permission: str, secret: str | None = None) -> InterfaceUnavailable:
        """Explain what to check after a refused login; `permission` is the name Exchange Online has for it.

        `secret` is the password or token of this login, which some servers quote.
        """
        remedy = self._remedy(said.lower(), permission)
        return InterfaceUnavailable(f"{self.name} refused the login: {self._without(secret, said)}", remedy=remedy)

    def _without(self, secret: str | None, said: str) -> str:
        """Remove a secret from what a server said, in every encoding that a login uses."""
        if not secret:
            return said
        logins = (secret, f"\0{self.user}\0{secret}", xoauth2(self.user or "", secret))
        encoded = (base64.b64encode(one.encode()).decode() for one in logins)
        for form in (*encoded, in_quotes(secret), secret):
            said = said.replace(form, "…")
        return said

    def _remedy(self, said: str, permission: str) -> str:
        if "smtpclientauthentication is disabled" in said:
            return (
                "Exchange Online has SMTP AUTH switched off: Set-CASMailbox -SmtpClientAuthenticationDisabled $false "
                "for this mailbox"
            )
        if self.token:
            return (
                "the server does not accept the access token for this user. In Exchange Online check that the app has "
                f"the permission {permission} with admin consent, that its service principal is registered in Exchange "
                "(New-ServicePrincipal, with the object ID of the enterprise application), and that it has FullAccess "
                "to this mailbox (Add-MailboxPermission)"
            )
        if _is_basic_refused(said) or (self._is_exchange_online and _is_curt(said)):
            return (
                "Exchange Online takes no passwords: set the extra auth_type to oauth2, with client_id, client_secret "
                f"and tenant_id of an app that has the permission {permission} with admin consent and whose service "
                "principal is registered in Exchange with FullAccess to this mailbox "
                "(see docs/connect/mail-servers.md)"
            )
        return "correct user and password of this connection"

    @property
    def _is_exchange_online(self) -> bool:
        return self.host.lower().rstrip(".").endswith(_EXCHANGE_ONLINE)


_EXCHANGE_ONLINE = (".office365.com", ".office365.us", "outlook.office.com", "outlook.com", "partner.outlook.cn")


def _is_basic_refused(said: str) -> bool:
    return "basicauthblocked" in said or ("basic auth" in said and ("disabled" in said or "blocked" in said))


def _is_curt(said: str) -> bool:
    """Return whether it is what Exchange Online's IMAP says to every password, right or wrong."""
    return "login failed" in said or "authenticate failed" in said


def in_quotes(text: str) -> str:
    """Escape a text for an IMAP quoted string (RFC 9051 section 4.3)."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def xoauth2(user: str, token: str) -> str:
    """Return the initial response of the SASL mechanism XOAUTH2."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"
