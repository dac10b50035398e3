"""Lists of links that people write, as YAML or CSV."""

import pytest

from raumpost.domain.errors import ConfigurationError
from raumpost.domain.linking import LinkRequest
from raumpost.services.links.parse_list import MAX_LENGTH, read_link, read_links

FIRST = {"room": "Hörsaal 1", "address": "h1@rooms.example"}


def test_yaml_gives_one_wish_for_each_entry() -> None:
    text = """
    - room: Hörsaal 1
      address: h1@rooms.example
      include_blocks: yes
      aliases: [a@b.de, c@d.de]
    - room: 7
      operation: remove
    """
    assert read_links(text) == [
        LinkRequest(where="link 1", **FIRST, include_blocks=True, aliases=("a@b.de", "c@d.de")),  # type: ignore[arg-type]
        LinkRequest(where="link 2", room="7", remove=True),
    ]


@pytest.mark.parametrize("text", ["room: a\naddress: b", "links:\n- room: a\n  address: b", "[{room: a, address: b}]"])
def test_one_link_or_a_named_list_is_read_too(text: str) -> None:
    [request] = read_links(text)
    assert (request.room, request.address) == ("a", "b")


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_is_read_as_spreadsheets_write_it(separator: str, end: str) -> None:
    rows = [
        ["Room", "address", "include_blocks", "aliases", "active"],
        ["Hörsaal 1", "h1@rooms.example", "ja", '"a@b.de c@d.de"', ""],
        ["", "", "", "", ""],
        ["Keller", "k@rooms.example", "nein", "-", "x"],
    ]
    text = "\ufeff" + end.join(separator.join(row) for row in rows) + end
    assert read_links(text) == [
        LinkRequest(where="line 2", **FIRST, include_blocks=True, aliases=("a@b.de", "c@d.de")),  # type: ignore[arg-type]
        LinkRequest(
            where="line 4", room="Keller", address="k@rooms.example", include_blocks=False, aliases=(), active=True
        ),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the list is empty"),
        ("# nothing", "the list is empty"),
        ("room;address", "the list is empty"),
        ("words", "the list is no list of links"),
        ("- a\n- b", "the list is no list of links"),
        ("- room: [", "can be read neither as YAML"),
        ("- room: a\n  room: b", "line 1: the list can be read neither as YAML (room stands twice)"),
        ("- &a {room: x}\n- *a", "references"),
        ("room;address;room\na;b;c", "line 1: room stands twice"),
        ("room;address\na", "line 2: has 1 cells; the headings are 2"),
        ('room;address\n"a;b', "this is no CSV"),
        ("- room: a\n  adress: b\n  active: perhaps\n- room: {}", "link 1: there is no field “adress”"),
        ("- room: a\n  adress: b\n  active: perhaps\n- room: {}", "active: “perhaps”: give yes or no"),
        ("- room: a\n  adress: b\n  active: perhaps\n- room: {}", "link 2: room: give a single value"),
        ("- aliases: {a: b}", "aliases: give a list of addresses"),
        ("- operation: destroy", "operation: “destroy”: give link or remove"),
        ("[" * 5000, "can be read neither as YAML"),
        ("x" * (MAX_LENGTH + 1), "split it"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_links(text)
    assert words in str(refused.value)


@pytest.mark.parametrize("name", ["0123", "12:30", "1_000", "1.50", "2090-01-01", "No", "0x10"])
def test_the_name_of_a_room_is_taken_as_it_is_written(name: str) -> None:
    assert [request.room for request in read_links(f"- room: {name}\n- room: {name} # so")] == [name, name]


@pytest.mark.parametrize(("word", "wanted"), [("on", True), ("Off", False), ("TRUE", True), ("~", None), ("", None)])
def test_yes_and_no_may_be_said_as_in_yaml(word: str, wanted: bool | None) -> None:
    assert [request.active for request in read_links(f"- room: a\n  active: {word}")] == [wanted]


def test_the_fields_of_a_form_say_yes_by_ticks() -> None:
    assert read_link({"reinvite": True, "give_up": False}, where="fields") == LinkRequest(where="fields", reinvite=True)


@pytest.mark.parametrize("empty", [None, "", " ", "as it is"])
def test_an_empty_field_means_as_it_is(empty: str | None) -> None:
    assert read_link({"include_blocks": empty, "active": empty}, where="fields") == LinkRequest(where="fields")
