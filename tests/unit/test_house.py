"""No file of the product grows beyond what a reader takes in."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = [path for folder in ("include", "dags", "plugins") for path in sorted((ROOT / folder).rglob("*.py"))]
QUERIES = sorted((ROOT / "include/raumpost/sql/queries").rglob("*.sql"))


@pytest.mark.parametrize(
    ("paths", "limit"), [pytest.param(PYTHON, 300, id="Python"), pytest.param(QUERIES, 400, id="queries")]
)
def test_no_file_is_longer_than_it_may_be(paths: list[Path], limit: int) -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines >= limit} == {}
