"""Puts a view together: its template, the words in the reader's language, addresses, times."""

import json
from datetime import datetime
from functools import cache, cached_property
from importlib.resources import files
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from raumpost.domain.time_zones import zone_or_default
from raumpost.texts.pages import PAGE_TEXTS
from raumpost.web.language import Language, language_of
from raumpost.wiring.settings import read_settings

PREFIX = "/raumpost"
"""Where Airflow mounts the pages."""
STATIC = files("raumpost").joinpath("web/static")

# Unicode's marks, embeddings, overrides and isolates (UAX #9); elsewhere elements of the class “said” hold them in.
_TURNS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_FORMATS = {Language.GERMAN: "%d.%m.%Y %H:%M", Language.ENGLISH: "%Y-%m-%d %H:%M"}


def render(request: Request, template: str, /, *, status_code: int = 200, **values: object) -> HTMLResponse:
    """Answer with a page. Every value is escaped by the template; none is ever marked as safe."""
    page = Page(request)
    text = _environment().get_template(template).render(page=page, t=page.words, **values)
    return HTMLResponse(text, status_code=status_code, headers={"Content-Language": page.language})


def picture(request: Request, template: str, /, *, headers: dict[str, str], **values: object) -> Response:
    """Answer with an SVG, made like a page."""
    page = Page(request)
    text = _environment().get_template(template).render(page=page, t=page.words, **values)
    return Response(text, media_type="image/svg+xml", headers=headers | {"Content-Language": page.language})


class Page:
    """What a template needs beside its own values."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.language = language_of(request)
        self.airflow = str(request.scope.get("root_path", "")).removesuffix(PREFIX)
        """The path under which Airflow's own pages are, without a slash at the end."""

    @property
    def path(self) -> str:
        """The path of this page below PREFIX."""
        return self._request.url.path.removeprefix(self.airflow + PREFIX)

    def words(self, key: str, /, **filled: object) -> str:
        """Give a text in the reader's language; what is filled in cannot turn the direction of what follows it.

        Raises KeyError for one that is not in the catalogue.
        """
        text = getattr(PAGE_TEXTS[key], self.language)
        straight = {name: one.translate(_TURNS) if isinstance(one, str) else one for name, one in filled.items()}
        return str(text.format(**straight) if filled else text)

    def url(self, path: str, /, **query: object) -> str:
        """Give the address of one of our pages; parameters that are None or empty are left out."""
        given = {name: value for name, value in query.items() if value not in (None, "", [], ())}
        return self.airflow + PREFIX + path + (f"?{urlencode(given, doseq=True)}" if given else "")

    def here(self, **query: object) -> str:
        """Give the address of this page with some parameters replaced; None takes one away."""
        now: dict[str, object] = {}
        for name in self._request.query_params:
            now[name] = self._request.query_params.getlist(name)
        return self.url(self.path, **now | query)

    def run(self, dag_id: str, run_id: str, task: str = "") -> str:
        """Give the address of Airflow's own page about a run, or about a task in it (such as deliver.send/mapped)."""
        whole = f"{self.airflow}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
        return f"{whole}/tasks/{quote(task)}" if task else whole

    def static(self, name: str) -> str:
        """Give the address of a file in static/: the one by which modules import each other.

        By two addresses a script would run twice, and go twice where a link leads.
        """
        return self.url(f"/static/{name}")

    def time(self, moment: datetime | None, zone: str | None = None, *, precise: bool = False) -> Markup:
        """Write a moment as an element that the browser turns into the viewer's zone.

        The time in `zone` is what shows when hovering, and what is read without scripts. With `precise` it has seconds.
        """
        if moment is None:
            return Markup("")
        there = self.there(moment, zone, precise=precise)
        mark = Markup(" data-precise") if precise else ""
        return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(moment.isoformat(), there, mark, there)

    def there(self, moment: datetime, zone: str | None, *, precise: bool = False) -> str:
        """Write a moment in a zone by its IANA name; where there is no such zone, in that of the institution."""
        known = zone_or_default(zone, self._zone)
        form = _FORMATS[self.language] + (":%S" if precise else "")
        return f"{moment.astimezone(known):{form}} {known.key}"

    @cached_property
    def _zone(self) -> str:
        return read_settings().time_zone

    def words_for_scripts(self, prefix: str) -> Markup:
        """Give the texts whose key begins so, as JSON that cannot end a script element."""
        texts = {key: getattr(words, self.language) for key, words in PAGE_TEXTS.items() if key.startswith(prefix)}
        return Markup(json.dumps(texts).replace("<", "\\u003c"))  # escaped for its place right here


@cache
def _environment() -> Environment:
    templates = str(files("raumpost").joinpath("web/templates"))
    return Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
