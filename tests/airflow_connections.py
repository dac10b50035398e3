"""Airflow connections for tests, as an operator would write them into the environment."""

import json
from collections.abc import Callable

import pytest

from sandbox.ports import HOST

SetConnection = Callable[..., str]


@pytest.fixture
def set_connection(monkeypatch: pytest.MonkeyPatch) -> SetConnection:
    """Return a function that defines a connection on 127.0.0.1 and returns its name; the extras are keywords."""

    def define(
        conn_type: str, port: int | None, *, login: str | None = None, password: str | None = None, host: str = HOST,
        **extra: object,
    ) -> str:  # fmt: skip
        fields = {"conn_type": conn_type, "host": host, "port": port, "login": login, "password": password}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_type.upper()}_ONE", json.dumps(fields | {"extra": extra}))
        return f"{conn_type}_one"

    return define
