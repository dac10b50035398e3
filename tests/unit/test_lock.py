"""The lock files: every package that is installed is pinned, by hash, in one place."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def _locked(name: str) -> list[tuple[str, str]]:
    """Return each entry of a lock file as (package==version, the rest of the entry)."""
    text = (PROJECT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return [(line.split()[0], line) for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_and_has_the_hashes_of_its_files(name: str) -> None:
    entries = _locked(name)
    assert len(entries) > 20
    for pin, entry in entries:
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*==[^=\s]+", pin)
        assert re.search(r" --hash=sha256:[0-9a-f]{64}", entry), pin


def test_each_package_stands_in_one_lock_file() -> None:
    production, development = ({pin.split("==")[0] for pin, _ in _locked(name)} for name in LOCKS)
    assert not production & development


@pytest.mark.parametrize(("wanted", "locks"), [("requirements.txt", LOCKS[:1]), ("requirements-dev.txt", LOCKS)])
def test_the_lock_files_hold_what_the_requirements_pin(wanted: str, locks: tuple[str, ...]) -> None:
    text = (PROJECT / wanted).read_text(encoding="utf-8")
    pins = set(re.findall(r"^[a-z0-9-]+==\S+$", text, flags=re.MULTILINE))
    assert pins
    assert pins <= {pin for lock in locks for pin, _ in _locked(lock)}, "run “make lock”"


def test_the_virtual_environment_is_made_of_the_lock_files_alone() -> None:
    script = (PROJECT / "sandbox/install.sh").read_text(encoding="utf-8").replace("\\\n", " ")
    [install] = re.findall(r"pip install (.*)", script)
    assert install.split()[-5:] == ["--require-hashes", "-r", LOCKS[0], "-r", LOCKS[1]]
