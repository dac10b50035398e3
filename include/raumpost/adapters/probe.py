"""Checks a mail server step by step, each with its own timeout, using the same code as sending and reading."""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from raumpost.adapters.endpoint import Endpoint
from raumpost.domain.check import Finding, failed, not_ok, ok, warning
from raumpost.domain.errors import InterfaceUnavailable, RaumpostError

_THIS_MACHINE = frozenset({"127.0.0.1", "::1"})


_T = TypeVar("_T")


class Broken(Exception):
    """A step failed, so the next ones are pointless; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.why)
        self.finding = finding


def reach(
    endpoint: Endpoint,
    connect: Callable[[Endpoint], Any],
    close: Callable[[Any], None],
    *,
    now: datetime,
    certificate_days: int,
) -> Iterator[Finding]:
    """Resolve, connect, start TLS. Raises Broken with the finding of the step that failed."""
    addresses = _resolved(endpoint)
    yield ok("resolve", f"{endpoint.host} is {', '.join(addresses)}")
    yield _connected(endpoint)
    nobody = replace(endpoint, user=None, password=None, token=None)
    client = attempt(endpoint, "TLS", lambda: connect(nobody))
    try:
        yield _privacy(endpoint, client.sock, addresses, now, timedelta(days=certificate_days))
    finally:
        close(client)


def attempt(endpoint: Endpoint, what: str, act: Callable[[], _T]) -> _T:
    """Run one step of a dialogue. Raises Broken, which says why it failed."""
    try:
        return act()
    except RaumpostError as exc:
        raise Broken(failed(what, exc)) from exc
    except OSError as exc:  # smtplib's errors too
        raise Broken(failed(what, endpoint.unreachable(exc))) from exc
    except (ValueError, TypeError, RuntimeError) as exc:  # may contain part of the password, hence `from None`
        raise Broken(failed(what, InterfaceUnavailable.misconfigured(endpoint.name, exc))) from None


def _resolved(endpoint: Endpoint) -> list[str]:
    """Resolve a host name; in a thread, because the call has no timeout."""
    answers: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(one[4][0]) for one in found)))
        except (OSError, UnicodeError) as exc:
            answers.put(exc)

    threading.Thread(target=ask, name=f"resolve {endpoint.host}", daemon=True).start()
    remedy = "correct the host of this connection, or the name service of the machines that run Airflow's workers"
    try:
        answer = answers.get(timeout=endpoint.timeout)
    except queue.Empty:
        why = f"the name service says nothing about {endpoint.host} within {endpoint.timeout:g} s"
        raise Broken(not_ok("resolve", why, remedy)) from None
    if isinstance(answer, Exception):
        raise Broken(not_ok("resolve", f"{endpoint.host}: {answer}", remedy)) from answer
    return answer


def _connected(endpoint: Endpoint) -> Finding:
    begun = datetime.now(UTC)
    try:
        socket.create_connection((endpoint.host, endpoint.port), timeout=endpoint.timeout).close()
    except OSError as exc:
        why = f"{endpoint.host}, port {endpoint.port}: {exc}"
        remedy = "check host and port of this connection, that the server runs, and that firewalls let workers reach it"
        raise Broken(not_ok("connect", why, remedy)) from exc
    spent = (datetime.now(UTC) - begun).total_seconds()
    return ok("connect", f"port {endpoint.port} after {spent * 1000:.0f} ms")


def _privacy(endpoint: Endpoint, sock: socket.socket, addresses: list[str], now: datetime, soon: timedelta) -> Finding:
    if not isinstance(sock, ssl.SSLSocket):
        if set(addresses) <= _THIS_MACHINE:
            return ok("TLS", "none; the server is on this very machine")
        secrets = "the password and every mail travel" if endpoint.user else "every mail travels"
        return warning(
            "TLS",
            f"none: {secrets} in plain text",
            "let the connection use TLS or STARTTLS (docs/connect/mail-servers.md)",
        )
    spoken = f"{sock.version()} by {endpoint.security}"
    if not endpoint.verify:
        remedy = "take out the extra ssl_context “none”; where the system does not know the CA, name its ca_file"
        return warning("TLS", f"{spoken}, but anybody's certificate is taken", remedy)
    certificate = sock.getpeercert() or {}
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    said = f"{spoken}; the certificate is valid until {until:%Y-%m-%d}"
    if until - now < soon:
        days = max((until - now).days, 0)
        return warning("TLS", f"{said}, {days} days more", "have the mail server's certificate renewed in time")
    return ok("TLS", said)
