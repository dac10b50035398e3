"""docs/glossary.md explains every public name of the domain, and no name that is gone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
DOMAIN = PROJECT / "include" / "raumpost" / "domain"
GLOSSARY = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")


def _public(module: Path) -> Iterator[str]:
    """Yield the classes, functions and constants without an underscore that a module defines."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case ast.Assign(targets=targets):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case _:
                continue
        yield from (name for name in names if not name.startswith("_"))


def _explained() -> dict[str, set[str]]:
    """Return the names that each section explains, by the modules in its heading."""
    sections = re.split(r"^### .+? \((.+)\)$", GLOSSARY.partition("\n## Names in the code\n")[2], flags=re.MULTILINE)
    return {
        modules: {name for cell in re.findall(r"^\| (`.+?) \|", text, flags=re.MULTILINE) for name in _quoted(cell)}
        for modules, text in zip(sections[1::2], sections[2::2], strict=True)
    }


def _quoted(text: str) -> list[str]:
    return re.findall(r"`(\w+\*?)`", text)


def _covers(modules: str, name: str) -> bool:
    return any(re.fullmatch(pattern.replace("*", r"\w*"), name) for pattern in _quoted(modules))


def test_every_public_name_of_the_domain_is_explained_where_its_module_is() -> None:
    explained = _explained()
    missing = {
        f"{module.stem}.{name}"
        for module in DOMAIN.glob("*.py")
        for name in _public(module)
        if not any(name in names for modules, names in explained.items() if _covers(modules, module.stem))
    }
    assert missing == set()


def test_no_name_is_explained_that_no_longer_exists() -> None:
    gone = {
        f"{name} ({modules})"
        for modules, names in _explained().items()
        for name in names
        if not any(name in _public(module) for module in DOMAIN.glob("*.py") if _covers(modules, module.stem))
    }
    assert gone == set()
