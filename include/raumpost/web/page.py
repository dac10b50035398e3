"""Renders a view: its template, the texts in the reader's language, addresses, times."""

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
"""The path where Airflow mounts the pages."""
STATIC = files("raumpost").joinpath("web/static")

# Unicode's marks, embeddings, overrides and isolates (UAX #9); elsewhere, elements of the class “said” contain them.
_TURNS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_FORMATS = {Language.GERMAN: "%d.%m.%Y %H:%M", Language.ENGLISH: "%Y-%m-%d %H:%M"}


def render(request: Request, template: str, /, *, status_code: int = 200, **values: object) -> HTMLResponse:
    """Respond with a page. The template escapes every value; none is ever marked as safe."""
    page = Page(request)
    text = _environment().get_template(template).render(page=page, t=page.text, **values)
    return HTMLResponse(text, status_code=status_code, headers={"Content-Language": page.language})


def picture(request: Request, template: str, /, *, headers: dict[str, str], **values: object) -> Response:
    """Respond with an SVG image, rendered like a page."""
    page = Page(request)
    text = _environment().get_template(template).render(page=page, t=page.text, **values)
    return Response(text, media_type="image/svg+xml", headers=headers | {"Content-Language": page.language})


class Page:
    """What a template needs besides its own values."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.language = language_of(request)
        self.airflow = str(request.scope.get("root_path", "")).removesuffix(PREFIX)
        """The path of Airflow's own pages, without a trailing slash."""

    @property
    def path(self) -> str:
        """The path of this page below PREFIX."""
        return self._request.url.path.removeprefix(self.airflow + PREFIX)

    def text(self, key: str, /, **filled: object) -> str:
        """Return a text in the reader's language; values filled in cannot change the writing direction of what follows.

        Raises KeyError for a key that is not in the catalogue.
        """
        text = getattr(PAGE_TEXTS[key], self.language)
        straight = {name: one.translate(_TURNS) if isinstance(one, str) else one for name, one in filled.items()}
        return str(text.format(**straight) if filled else text)

    def url(self, path: str, /, **query: object) -> str:
        """Return the address of one of our pages; parameters that are None or empty are left out."""
        given = {name: value for name, value in query.items() if value not in (None, "", [], ())}
        return self.airflow + PREFIX + path + (f"?{urlencode(given, doseq=True)}" if given else "")

    def here(self, **query: object) -> str:
        """Return the address of this page with some parameters replaced; None removes one."""
        now: dict[str, object] = {}
        for name in self._request.query_params:
            now[name] = self._request.query_params.getlist(name)
        return self.url(self.path, **now | query)

    def run(self, dag_id: str, run_id: str, task: str = "") -> str:
        """Return the address of Airflow's page about a run, or about a task in it (such as deliver.send/mapped)."""
        whole = f"{self.airflow}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
        return f"{whole}/tasks/{quote(task)}" if task else whole

    def static(self, name: str) -> str:
        """Return the address of a file in static/, the same by which modules import each other.

        Under two addresses a script would run twice, and follow a link twice.
        """
        return self.url(f"/static/{name}")

    def time(self, moment: datetime | None, zone: str | None = None, *, precise: bool = False) -> Markup:
        """Format a moment as an element that the browser converts to the viewer's time zone.

        The time in `zone` is the tooltip, and what is shown without scripts. With `precise` it includes seconds.
        """
        if moment is None:
            return Markup("")
        there = self.local_time(moment, zone, precise=precise)
        mark = Markup(" data-precise") if precise else ""
        return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(moment.isoformat(), there, mark, there)

    def local_time(self, moment: datetime, zone: str | None, *, precise: bool = False) -> str:
        """Format a moment in a zone given by its IANA name; in that of the institution if the zone is unknown."""
        known = zone_or_default(zone, self._zone)
        form = _FORMATS[self.language] + (":%S" if precise else "")
        return f"{moment.astimezone(known):{form}} {known.key}"

    @cached_property
    def _zone(self) -> str:
        return read_settings().time_zone

    def texts_for_scripts(self, prefix: str) -> Markup:
        """Return the texts whose keys begin with `prefix`, as JSON that cannot end a script element."""
        texts = {key: getattr(words, self.language) for key, words in PAGE_TEXTS.items() if key.startswith(prefix)}
        return Markup(json.dumps(texts).replace("<", "\\u003c"))  # escaped here, for this place


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
