"""The version is written in one place, and operators find what it changes."""

import re
import tomllib
from datetime import date
from pathlib import Path

PROJECT = Path(__file__).parents[2]
ABOUT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CHANGES = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_newest_dated_section_of_the_changelog_is_the_version() -> None:
    unreleased, *released = re.findall(r"^## (.+)$", CHANGES, flags=re.MULTILINE)
    assert unreleased == "Unreleased"
    version, _, day = released[0].partition(" – ")
    assert version == ABOUT["version"]
    dates = [date.fromisoformat(section.partition(" – ")[2]) for section in released]
    assert dates == sorted(dates, reverse=True)
    assert date.fromisoformat(day) == dates[0]


def test_the_version_is_written_in_one_place() -> None:
    version = re.compile(r"""(?:__version__|\bVERSION\b|\bversion)\s*[:=]\s*["']""" + re.escape(ABOUT["version"]))
    places = [PROJECT / "pyproject.toml", PROJECT / "docker-compose.yaml", PROJECT / "Dockerfile", PROJECT / "Makefile"]
    for folder in ("include", "dags", "plugins", "sandbox"):
        places += [path for suffix in ("py", "js", "html") for path in (PROJECT / folder).rglob(f"*.{suffix}")]
    found = [path.name for path in places for _ in version.finditer(path.read_text(encoding="utf-8"))]
    assert found == ["pyproject.toml"]


def test_the_licence_is_the_one_that_is_named() -> None:
    assert ABOUT["license"] == "Apache-2.0"
    [name] = ABOUT["license-files"]
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
