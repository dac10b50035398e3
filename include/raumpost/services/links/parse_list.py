"""Read a list of links that somebody wrote, as YAML or CSV."""

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any, ClassVar

import yaml  # type: ignore[import-untyped] # comes with Airflow, without types

from raumpost.domain.errors import ConfigurationError
from raumpost.domain.linking import LinkRequest

MAX_LENGTH = 1_000_000
"""Characters; ten thousand links have fewer."""
TEXTS = ("room", "address", "smtp_conn_id", "imap_conn_id", "technical_user")
FLAGS = ("include_blocks", "active")
OPTIONS = ("reinvite", "give_up")
OPERATIONS = ("link", "remove")
FIELDS = (*TEXTS, *FLAGS, "aliases", *OPTIONS, "operation")
_YES, _NO = {"true", "yes", "on", "ja", "1", "x"}, {"false", "no", "off", "nein", "0"}
_AS_IT_IS, _NONE = {"", "as it is"}, "-"


def read_links(text: str) -> list[LinkRequest]:
    """Read a list of links: YAML, or CSV with a line of headings. Raises ConfigurationError, which names all errors."""
    if len(text) > MAX_LENGTH:
        raise ConfigurationError(
            f"the list has {len(text)} characters", remedy=f"split it into lists of at most {MAX_LENGTH}"
        )
    rows = list(_csv(text) if _looks_like_csv(text) else _yaml(text))
    if not rows:
        raise ConfigurationError("the list is empty", remedy="give at least one link")
    requests: list[LinkRequest] = []
    problems: list[ConfigurationError] = []
    for where, row in rows:
        try:
            requests.append(read_link(row, where=where))
        except ConfigurationError as exc:
            problems.append(exc)
    if problems:
        raise ConfigurationError.together(problems)
    return requests


def read_link(row: Mapping[str, Any], *, where: str) -> LinkRequest:
    """Read the fields of one link; an empty one means: as it is. Raises ConfigurationError, which names all errors."""
    problems = [f"there is no field “{name}”; the fields are {', '.join(FIELDS)}" for name in row if name not in FIELDS]
    values: dict[str, Any] = {}
    for name in set(row) & set(FIELDS):
        try:
            values[name] = _value(name, row[name])
        except ValueError as exc:
            problems.append(f"{name}: {exc}")
    if problems:
        raise ConfigurationError(f"{where}: {'; '.join(problems)}")
    values |= {name: bool(values.get(name)) for name in OPTIONS}
    return LinkRequest(where=where, remove=values.pop("operation", None) == "remove", **values)


def _value(name: str, given: Any) -> Any:
    if name == "aliases":
        return _aliases(given)
    if given is not None and not isinstance(given, str | bool):
        raise ValueError(f"give a single value, not {given}")
    word = str(given if given is not None else "").strip()
    if name in TEXTS:
        return word or None
    word = word.lower()
    if name == "operation":
        if word not in {"", *OPERATIONS}:
            raise ValueError(f"“{given}”: give {' or '.join(OPERATIONS)}")
        return word or None
    if word in _AS_IT_IS:
        return None
    if word not in _YES | _NO:
        raise ValueError(f"“{given}”: give yes or no")
    return word in _YES


def _aliases(given: Any) -> tuple[str, ...] | None:
    """Read addresses in a list, or in a text with blanks, commas or semicolons between; “-” or an empty list: none."""
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        return tuple(one.strip() for one in given)
    if given is not None and not isinstance(given, str):
        raise ValueError("give a list of addresses")
    words = (given or "").replace(",", " ").replace(";", " ").split()
    if words == [_NONE]:
        return ()
    return tuple(words) or None


def _looks_like_csv(text: str) -> bool:
    words = _first_line(text).split(_delimiter(text))
    return len({word.strip().strip('"').lower() for word in words} & set(FIELDS)) > 1


def _first_line(text: str) -> str:
    return next((line for line in text.lstrip("\ufeff").splitlines() if line.strip()), "")


def _delimiter(text: str) -> str:
    return max(";,\t", key=_first_line(text).count)


def _csv(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    reader = csv.reader(StringIO(text.lstrip("\ufeff"), newline=""), delimiter=_delimiter(text), strict=True)
    headings: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not headings:
                headings = [cell.strip().lower() for cell in cells]
                if twice := {name for name in headings if headings.count(name) > 1}:
                    raise ConfigurationError(f"line {reader.line_num}: {', '.join(sorted(twice))} stands twice")
                continue
            where = f"line {reader.line_num}"
            if len(cells) != len(headings):
                raise ConfigurationError(f"{where}: has {len(cells)} cells; the headings are {len(headings)}")
            yield where, dict(zip(headings, cells, strict=True))
    except csv.Error as exc:
        raise ConfigurationError(f"line {reader.line_num}: this is no CSV: {exc}") from exc


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # yaml has no types
    """Reads plain data only: no references, which could grow without bounds, and no key twice.

    What is written stays as it is written: YAML would take the room 0123 for 83, and the room 12:30 for 750.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, Any]]]] = {
        first: [(tag, form) for tag, form in known if tag == "tag:yaml.org,2002:null"]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="references (*name) are not read", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = [key.value for key, _ in node.value]
        if twice := {str(name) for name in names if names.count(name) > 1}:
            problem = f"{', '.join(sorted(twice))} stands twice"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _yaml(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        found = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        what = getattr(exc, "problem", None) or type(exc).__name__
        raise ConfigurationError(
            f"{where}the list can be read neither as YAML ({what}) nor as CSV with headings such as room;address"
        ) from exc
    if isinstance(found, dict):
        found = found.get("links") if found.keys() == {"links"} else [found]
    if found is None:
        return
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ConfigurationError("the list is no list of links", remedy="write one “- room: …” for each")
    for number, row in enumerate(found, start=1):
        yield f"link {number}", {str(name): value for name, value in row.items()}
