"""Tests that cannot run where a program is missing."""

import os

import pytest

from sandbox.dovecot import find_program


def need(obstacle: str | None) -> None:
    """Skip a test that cannot run here; in CI everything must run."""
    if obstacle is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI lacks a server: {obstacle}")
        pytest.skip(obstacle)


def need_openssl() -> None:
    """Skip a test that needs a certificate where nothing can make one."""
    need(None if find_program("openssl") else "openssl is not installed: apt-get install openssl")
