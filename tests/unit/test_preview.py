"""What people approve: texts from outside stand for themselves, and the page stays small."""

import re
from collections import Counter

import pytest
from markdown_it import MarkdownIt

from raumpost.services.previews.markdown import MOST_ROWS, Preview, escape

LIKE_A_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
"""Airflow's page looks for this in the text that is left when all markup is read (mdast-util-gfm-autolink-literal)."""

HOSTILE = [
    "https://evil.example/x",
    "HTTP://evil.example",
    "WWW.evil.example",
    "![x](https://evil.example/x.png)",
    "[x][y]",
    "<script>alert(1)</script>",
    "<https://evil.example>",
    "&lt;b&gt; &#x3c;img&#x3e;",
    "`a` | **b** | ~~c~~",
    "# heading",
    "---",
    "\\| a",
    "a\n\n# b\n\n| c | d |",
]


def page(text: str) -> Preview:
    return Preview(
        headline=text,
        per_room=Counter({text: 1}),
        findings=[(text, 1)],
        remarks=[text],
        columns=("title", "second"),
        rows=[(text, "end")],
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_stands_for_itself_on_the_page_of_an_approval(text: str) -> None:
    read = [
        token
        for block in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page(text).as_markdown())
        for token in [block, *(block.children or [])]
    ]
    kinds = {token.type for token in read}
    assert not kinds & {
        "link_open",
        "image",
        "html_inline",
        "html_block",
        "code_inline",
        "s_open",
        "hr",
        "heading_open",
    }
    said = ["".join(part.content for part in token.children or []) for token in read if token.type == "inline"]
    plain = " ".join(text.split())
    assert [one.replace("\u2060", "") for one in said].count(plain) == 4  # headline, room, remark, title
    assert said.count("end") == 1  # in its own cell
    assert not [one for one in said if LIKE_A_LINK.search(one)]


def test_the_address_of_a_room_can_be_copied() -> None:
    assert escape("room-1@rooms.example") == "room-1@rooms.example"


def test_the_page_shows_the_first_rows_only() -> None:
    shown = page("x").as_markdown()
    assert "These are the first" not in shown
    many = Preview(headline="h", per_room=Counter(), findings=[], remarks=[], columns=("n",), rows=[("x",)] * 1000)
    assert f"These are the first {MOST_ROWS} of 1000." in many.as_markdown()
