"""What tests of several folders need."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright
from psycopg2.extensions import connection as Connection
from xdist.scheduler import LoadFileScheduling

from raumpost.adapters import postgres as adapter
from raumpost.adapters.postgres import Database
from sandbox.ports import reachable_directory, take_share
from sandbox.postgres import PrivatePostgres
from tests.database import Campus, Databases

# Airflow reads its configuration when it is imported, and writes into AIRFLOW_HOME: here it meets nobody's own.
for name in [name for name in os.environ if name.startswith(("AIRFLOW", "RAUMPOST_"))]:
    del os.environ[name]
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="raumpost-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)

# With several processes (pytest-xdist) each has servers of its own.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    take_share(int(worker.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))

# The same examples in every run: a test that fails today fails tomorrow. Real databases have no fixed speed.
hypothesis.settings.register_profile("raumpost", derandomize=True, deadline=None)
hypothesis.settings.load_profile("raumpost")


AIRFLOW_FOLDERS = ("scheduler", "browser")
"""Whose tests share a whole Airflow, which takes half a minute to start."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the folders with the longest files first: with several processes none waits long for another at the end."""
    turn = {**dict.fromkeys(AIRFLOW_FOLDERS, 0), "integration": 2, "unit": 3}
    items.sort(key=lambda item: turn.get(item.path.relative_to(Path(__file__).parent).parts[0], 1))


class _Together(LoadFileScheduling):
    """Gives whole files to one process, and a whole folder where its tests share an Airflow."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in AIRFLOW_FOLDERS if file.startswith(f"tests/{folder}/")), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Together:
    """Choose how tests are spread over several processes."""
    return _Together(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let the report of a test through whose log or failure holds what is no UTF-8: it would end its process."""
    return _encodable((yield))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_encodable, value))
    return value


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """One Postgres for all tests."""
    # not tmp_path: pytest closes it to other users, and as root Postgres runs as another
    with reachable_directory(_memory()) as directory, PrivatePostgres(directory / "postgres") as server:
        yield server


def _memory() -> Path | None:
    """Return a file system in memory that has room: each test's database are 300 files to make and to remove."""
    place = Path("/dev/shm")
    if not os.access(place, os.W_OK) or os.statvfs(place).f_flag & os.ST_NOEXEC:  # root copies the programs there
        return None
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return place if shutil.disk_usage(place).free > processes * 2 * 1024**3 else None


@pytest.fixture(scope="session")
def databases(postgres: PrivatePostgres) -> Databases:
    """Fresh copies of a migrated database, for those who need several or keep one for a whole module."""
    return Databases(postgres)


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """Return the address of a migrated database that this test has for itself."""
    with databases.copy() as uri:
        yield uri


@pytest.fixture
def connect(database: str) -> Iterator[Callable[[], Connection]]:
    """Return a function that opens a connection to the test's database."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(adapter.connect(dsn=database)))


@pytest.fixture
def db(connect: Callable[[], Connection]) -> Database:
    """Return the test's database as services see it."""
    return Database(connect(), actor="test", dag_id="mailbox_test", dag_run="manual")


@pytest.fixture
def campus(connect: Callable[[], Connection]) -> Campus:
    """Return the test's database as the booking system sees it."""
    return Campus(connect())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Chromium without a screen, one for a file: until Playwright ends, nobody can run an event loop here."""
    program = shutil.which("chromium")
    if program is None:
        reason = "there is no Chromium: install the package chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    quiet = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync")  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=quiet)
        yield browser
        browser.close()
