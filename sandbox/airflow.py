"""Airflow's processes on one machine: scheduler, dag-processor, api-server and triggerer, on 127.0.0.1 only.

Separate processes start faster than `airflow standalone` and listen only where they are configured to.
"""

import base64
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Self

from sandbox.ports import HOST, NotStarted, free_port, quote, run_server, stop_process

PROJECT = Path(__file__).parents[1]
USER, PASSWORD = "admin", "admin"
ROLES = ("admin", "op", "user", "viewer")
"""One user for each role; their names and passwords are the same."""
_COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "dag-processor": (),
    "scheduler": ("--skip-serve-logs",),
    "triggerer": ("--skip-serve-logs",),
    "api-server": (),
}


class Airflow:
    """One Airflow of its own in `home`, with its metadata in `database_uri`.

    `environment` is for what else the DAGs need, such as RAUMPOST_… and AIRFLOW_CONN_… variables. `components` are the
    processes that run; for pages alone the api-server is enough.
    """

    def __init__(
        self,
        home: Path,
        *,
        database_uri: Callable[[str], str],
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
        components: Collection[str] = tuple(_COMPONENTS),
    ) -> None:
        self.home = home
        self._components = components
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.environment = self._environment(database_uri) | dict(environment or {})
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._token: str | None = None

    def migrate(self) -> None:
        """Create the metadata database's tables. Raises NotStarted with the end of the log."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "passwords.json").write_text(json.dumps({role: role for role in ROLES}))
        log = self.home / "db-migrate.log"
        with log.open("wb") as output:
            code = subprocess.run(
                [*_AIRFLOW, "db", "migrate"], stdout=output, stderr=output, env=self.environment, check=False
            ).returncode
        if code != 0:
            raise NotStarted(f"airflow db migrate ended with code {code}{quote(log)}")

    def start(self) -> None:
        """Start all processes and return at once; `wait_until_healthy` waits until they work."""
        for name in self._components:
            command = [*_AIRFLOW, name, *_COMPONENTS[name]]
            self._processes[name] = run_server(command, self.log_of(name), env=self.environment, cwd=self.home)

    def wait_until_healthy(self, timeout: float = 180.0, progress: Callable[[str], None] = lambda _: None) -> None:
        """Wait until every process reports that it works; tell `progress` who is missing.

        Raises NotStarted as soon as a process ends, or after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while missing := self._missing():
            self.check()
            if time.monotonic() > deadline:
                name = next(iter(missing))
                raise NotStarted(f"Airflow's {name} is not healthy after {timeout:g} s{quote(self.log_of(name))}")
            progress(", ".join(missing))
            time.sleep(0.25)

    def check(self) -> None:
        """Raise NotStarted if a process has ended, with the end of its log."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise NotStarted(f"Airflow's {name} ended with code {process.returncode}{quote(self.log_of(name))}")

    def stop(self) -> None:
        """End every process that was started here, and all that they started."""
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self._processes.values():
            stop_process(process)
        self._processes.clear()

    def __enter__(self) -> Self:
        self.migrate()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def pid_of(self, component: str) -> int:
        """Return the process id of a running process."""
        return self._processes[component].pid

    def log_of(self, component: str) -> Path:
        """Return the log file of a process."""
        return self.home / f"{component}.log"

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Call Airflow's REST API as admin, such as `api("GET", "/dags")`; returns the JSON of its response.

        Raises urllib.error.HTTPError.
        """
        if self._token is None:
            login = {"username": USER, "password": PASSWORD}
            self._token = self._request("POST", "/auth/token", login)["access_token"]
        return self._request(method, f"/api/v2{path}", body, self._token)

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run; it appears a moment after the start. Raises NotStarted where it does not."""
        deadline = time.monotonic() + 60
        while True:
            try:
                self.api("PATCH", f"/dags/{dag_id}", {"is_paused": False})
            except urllib.error.HTTPError as exc:
                if exc.code != 404 or time.monotonic() > deadline:
                    raise NotStarted(f"the DAG {dag_id} does not appear in Airflow: {exc}") from exc
                time.sleep(0.25)
            else:
                return

    def _request(self, method: str, path: str, body: object = None, token: str | None = None) -> Any:
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def _missing(self) -> list[str]:
        try:
            health = self._request("GET", "/api/v2/monitor/health")
        except OSError:
            return ["api-server"]
        return [
            name
            for name in self._components
            if name != "api-server" and (health.get(name.replace("-", "_")) or {}).get("status") != "healthy"
        ]

    def _environment(self, database_uri: Callable[[str], str]) -> dict[str, str]:
        """Return the environment of every process; nothing of the caller's own Airflow leaks in."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "RAUMPOST_"))}
        shared = dict(
            line.split("=", 1)
            for line in (PROJECT / "airflow.env").read_text(encoding="utf-8").splitlines()
            if line.strip() and not line.startswith("#")
        )
        return {
            **inherited,
            **shared,
            "PYTHONPATH": os.pathsep.join((str(PROJECT / "include"), str(PROJECT))),
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{role}:{role}" for role in ROLES),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_uri("+psycopg2"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": database_uri("+asyncpg"),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.home / "logs"),
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        }


_AIRFLOW = (sys.executable, "-m", "airflow")
