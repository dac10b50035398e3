"""A token issuer on 127.0.0.1 that speaks what msal expects of Entra: discovery, and the client credentials grant."""

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from sandbox.dovecot import self_signed_certificate
from sandbox.ports import HOST

TENANT, CLIENT_ID, CLIENT_SECRET = "tenant-of-the-test", "client-of-the-test", "s3cret~of.the-test"


class TokenIssuer:
    """Issues what `issue` gives to who knows the client's secret, over https with a certificate of its own.

    `grants` keeps what was asked for; `refusal` and `page` are given out instead of a token.
    """

    def __init__(self, directory: Path, issue: Callable[[], str]) -> None:
        self.certificate = self_signed_certificate(directory)
        self.grants: list[dict[str, str]] = []
        self.refusal: dict[str, str] | None = None
        self.page: str | None = None
        self.issue = issue
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(self.certificate, directory / "key.pem")
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def authority(self) -> str:
        """Return its address, as the extra `authority` takes it."""
        return f"https://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.grants.append(form)
        if self.refusal:
            return 401, dict(self.refusal)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {
                "error": "invalid_client",
                "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1\r\n",
            }
        return 200, {"token_type": "Bearer", "expires_in": 3599, "access_token": self.issue()}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != f"/{TENANT}/v2.0/.well-known/openid-configuration":
                    self._say(400, {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."})
                    return
                place = f"{issuer.authority}/{TENANT}/oauth2/v2.0"
                self._say(
                    200,
                    {
                        "issuer": f"{issuer.authority}/{TENANT}/v2.0",
                        "authorization_endpoint": f"{place}/authorize",
                        "token_endpoint": f"{place}/token",
                    },
                )

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                if issuer.page is not None:
                    self._send(200, issuer.page.encode())
                else:
                    self._say(*issuer._answer(form))

            def _say(self, status: int, what: dict[str, Any]) -> None:
                self._send(status, json.dumps(what).encode())

            def _send(self, status: int, octets: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_: object) -> None:
                """Keep the output of the tests readable."""

        return Handler
