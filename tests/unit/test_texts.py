"""The catalogue of texts: complete, used, filled with exactly the facts given; and the domain without prose."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import pytest

from raumpost.domain.message import message
from raumpost.texts import catalogue
from raumpost.texts.catalogue import SENTENCES
from raumpost.texts.text import Text
from raumpost.texts.wording import english, german, wording

PRODUCT = Path(__file__).parents[2] / "include/raumpost"
DOMAIN = sorted((PRODUCT / "domain").glob("*.py"))
DAGS = sorted(path.stem for path in (PRODUCT.parents[1] / "dags").glob("mailbox_*.py"))
TABLES = (
    "room_mailbox|room_mailbox_alias|invitation|mail|reply_cursor|journal|booking_change|preview|preview_item|alert|"
    "canary|withheld|preexisting|installation|check_result"
)
BOOKING_TABLES = r"event|room_block|event_room|room|status|app_user|room_group|room_group_member"


class Use(NamedTuple):
    """One place that says something."""

    where: str
    code: str
    facts: frozenset[str]


def uses() -> Iterator[Use]:
    """Return every call of `message`, and refuse one that cannot be checked."""
    for path in sorted(PRODUCT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "message"):
                continue
            where = f"{path.relative_to(PRODUCT)}:{node.lineno}"
            code = node.args[0] if len(node.args) == 1 else None
            assert isinstance(code, ast.Constant), f"{where}: the code of a message is written out where it is used"
            assert all(one.arg for one in node.keywords), f"{where}: facts are named one by one"
            yield Use(where, code.value, frozenset(one.arg for one in node.keywords if one.arg))


def placeholders(sentence: str) -> frozenset[str]:
    """Return the names of the facts that a sentence needs."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def test_every_message_has_a_sentence_that_takes_exactly_its_facts() -> None:
    for use in uses():
        assert use.code in SENTENCES, use.where
        sentence = SENTENCES[use.code]
        assert (placeholders(sentence.de), placeholders(sentence.en)) == (use.facts, use.facts), use


def test_every_sentence_is_used() -> None:
    assert set(SENTENCES) == {use.code for use in uses()}


def test_each_module_of_texts_keeps_to_its_subject() -> None:
    assert len(SENTENCES) == sum(len(subject) for subject in catalogue._SUBJECTS), "a code is given twice"
    for subject in catalogue._SUBJECTS:
        assert len({code.partition(".")[0] for code in subject}) == 1


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_both_languages_say_something(code: str) -> None:
    assert all(text.strip() and text == text.strip() for text in SENTENCES[code])


# ── wording ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the catalogue by a small one."""
    small = {
        "x.rooms": Text("Räume: {rooms}", "rooms: {rooms}"),
        "x.room": Text("„{name}“", "“{name}”"),
        "x.at": Text("am {at:%d.%m.%Y}", "on {at:%Y-%m-%d}"),
        "x.number": Text("{n:Einladung|Einladungen}", "{n:invitation|invitations}"),
    }
    monkeypatch.setattr("raumpost.texts.wording.SENTENCES", small)


@pytest.mark.usefixtures("sentences")
class TestWording:
    """How facts are written."""

    def test_a_message_among_the_facts_is_worded_in_the_same_language(self) -> None:
        said = message("x.rooms", rooms=message("x.room", name="Aula"))
        assert wording(said) == Text("Räume: „Aula“", "rooms: “Aula”")

    def test_a_list_is_written_with_commas(self) -> None:
        said = message("x.rooms", rooms=[message("x.room", name="A"), message("x.room", name="B")])
        assert (german(said), english(said)) == ("Räume: „A“, „B“", "rooms: “A”, “B”")

    def test_a_time_is_written_as_each_language_does(self) -> None:
        said = message("x.at", at=datetime(2026, 3, 1, tzinfo=UTC))
        assert wording(said) == Text("am 01.03.2026", "on 2026-03-01")

    @pytest.mark.parametrize(("n", "words"), [(0, "0 invitations"), (1, "1 invitation"), (2, "2 invitations")])
    def test_a_number_is_written_with_its_word(self, n: int, words: str) -> None:
        assert english(message("x.number", n=n)) == words

    def test_what_is_filled_in_is_never_read_as_a_sentence(self) -> None:
        assert english(message("x.room", name="{name} {0} %s")) == "“{name} {0} %s”"

    def test_a_code_without_a_sentence_is_a_defect(self) -> None:
        with pytest.raises(KeyError, match=re.escape("x.unknown")):
            wording(message("x.unknown"))


# ── the domain ────────────────────────────────────────────────────────────────────────────────────────────

SCREEN = re.compile(rf"\b({'|'.join(DAGS)})\b|RAUMPOST_|raumpost\.({TABLES})\b|booking\.({BOOKING_TABLES})\b(?!_)")
"""What operators see: DAGs, settings, tables."""


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: path.stem)
def test_the_domain_names_no_dag_no_setting_and_no_table(path: Path) -> None:
    found = [one.group() for one in SCREEN.finditer(path.read_text())]
    assert not found, found


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: path.stem)
def test_the_domain_speaks_no_german(path: Path) -> None:
    """The patterns of `hints` read German; nothing writes it."""
    strings = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
    found = [text for text in strings if isinstance(text, str) and re.search("[äöüßÄÖÜ„]", text)]
    if path.stem == "hints":
        found = [text for text in found if not re.search(r"[|(\[]", text)]
    assert not found, found
