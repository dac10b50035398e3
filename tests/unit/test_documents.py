"""The documents agree with each other and with the code: no dead link, no path that does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])


def _named(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(PROJECT)) for path in paths]


def _anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub and GitLab make them."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", _named(DOCUMENTS))
def test_every_link_leads_to_a_file_and_a_heading_that_exist(name: str) -> None:
    document = PROJECT / name
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", document.read_text("utf-8")):
        found = (document.parent / target).resolve() if target else document
        assert found.exists(), f"{name} links to {target}"
        if anchor:
            assert anchor in _anchors(found), f"{name} links to {target}#{anchor}"


def _sources() -> Iterator[Path]:
    """Yield every text file of the project that may name a document."""
    yield from (PROJECT / name for name in ("Makefile", "Dockerfile", "docker-compose.yaml", ".env.example"))
    yield from DOCUMENTS
    for folder in ("benchmarks", "dags", "docs", "include", "plugins", "sandbox", "tests"):
        for suffix in ("py", "sql", "js", "html"):
            yield from (PROJECT / folder).rglob(f"*.{suffix}")


def test_every_document_that_is_named_anywhere_exists() -> None:
    for path in _sources():
        for named in re.findall(r"\bdocs/[\w/-]+\.(?:md|sql)", path.read_text(encoding="utf-8")):
            assert (PROJECT / named).exists(), f"{path.relative_to(PROJECT)} names {named}"


@pytest.mark.parametrize("name", _named(DOCUMENTS))
def test_every_file_of_code_that_is_named_exists(name: str) -> None:
    """Paths are named from the project, from the product, or from its folder of SQL."""
    text = (PROJECT / name).read_text(encoding="utf-8")
    roots = [PROJECT, PROJECT / "include" / "raumpost", PROJECT / "include" / "raumpost" / "sql"]
    for named in re.findall(r"`((?:[\w-]+/)+[\w*-]+\.(?:py|sql|js|sh))`", text):
        assert any(list(root.glob(named)) for root in roots), f"{name} names {named}"


def test_every_constant_is_where_the_documents_say() -> None:
    for document in DOCUMENTS:
        for names, path in re.findall(r"((?:`[A-Z_]{3,}`, )+)`([\w/]+\.py)`", document.read_text(encoding="utf-8")):
            source = (PROJECT / "include" / "raumpost" / path).read_text(encoding="utf-8")
            for name in re.findall(r"`(\w+)`", names):
                assert re.search(rf"^{name}\b", source, flags=re.MULTILINE), f"{document.name}: {name}, {path}"


def test_the_contract_with_the_booking_system_lists_every_column() -> None:
    schema = (PROJECT / "include/raumpost/sql/schema.sql").read_text(encoding="utf-8")
    found = {
        (table, column)
        for table, body in re.findall(
            r"^CREATE TABLE booking\.(\w+) \(\n(.*?)^\);", schema, flags=re.MULTILINE | re.DOTALL
        )
        for column in re.findall(r"^    ([a-z_]+) ", body, flags=re.MULTILINE)
    }
    guide = (PROJECT / "docs/connect/booking-system.md").read_text(encoding="utf-8")
    listed, table = set(), ""
    for first, columns in re.findall(r"^\|([^|]*)\|([^|]*)\|", guide, flags=re.MULTILINE):
        table = (re.findall(r"`booking\.(\w+)`", first) or [table])[0]
        listed |= {(table, column) for column in re.findall(r"`(\w+)`", columns)}
    assert listed == found
