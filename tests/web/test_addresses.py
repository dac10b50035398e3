"""Addresses that somebody typed, or made up to do harm: every answer is a page that says what is wrong."""

import itertools
import re

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from raumpost.web.app import create_app
from sandbox.pages import EVERYONE
from tests.database import Campus

ODD = [
    "x\0y",
    "-1",
    str(2**63),
    "9" * 5000,
    "²",
    "x" * 2000,
    "//evil.example",
    "javascript:alert(1)",
    "\r\nSet-Cookie: a=b",
    "\u202e<script>alert(1)</script>",
    "2026-13-45",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59-23:59",
]
"""Nothing that a page asks for, and much that a database, a clock or a header cannot take."""


def _queries(dependant: Dependant) -> set[str]:
    names = {field.alias for field in dependant.query_params}
    return names.union(*(_queries(inner) for inner in dependant.dependencies))


GETS = sorted(
    (route.path, tuple(sorted(_queries(route.dependant))))
    for route in create_app(EVERYONE).routes
    if isinstance(route, APIRoute) and "GET" in route.methods
)


@pytest.mark.parametrize(("path", "names"), GETS)
def test_nothing_odd_in_an_address_breaks_a_page(
    site: httpx.Client, campus: Campus, path: str, names: tuple[str, ...]
) -> None:
    campus.link(campus.room())
    address = re.sub(r"\{\w+(:path)?\}", "1", path)
    plain = dict.fromkeys(names, "1") | ({"kind": "smtp"} if "kind" in names else {})
    wrong = []
    for name, odd in itertools.product(names, ODD):
        answer = site.get(address, params=plain | {name: odd})
        if answer.status_code not in {200, 307, 404, 422} or "set-cookie" in answer.headers:
            wrong.append((name, odd[:20], answer.status_code))
    assert wrong == []
