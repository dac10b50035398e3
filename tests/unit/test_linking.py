"""What requests about links come to; pure."""

from dataclasses import replace

import pytest

from raumpost.domain.linking import (
    Link,
    LinkContext,
    LinkRequest,
    LinkSettings,
    Match,
    Outcome,
    Room,
    UpcomingBookings,
    User,
    Verb,
)
from raumpost.domain.linking_rules import compare
from raumpost.services.links.outcome_table import details, table
from raumpost.texts.wording import english, german

HALL, CELLAR = Room(7, "Hörsaal 1"), Room(8, "Keller")
TECH = User(1, "Raumpost", "tech@booking.example", True)
SECOND = User(2, "Zweiter", "second@booking.example", True)
GUEST = User(3, "Gast", None, False)
WISH = LinkRequest(
    where="line 1",
    room="Hörsaal 1",
    address="hall@rooms.example",
    smtp_conn_id="smtp_one",
    imap_conn_id="imap_one",
    technical_user="Raumpost",
)
TERMS = LinkSettings(
    room=HALL,
    address="hall@rooms.example",
    smtp_conn_id="smtp_one",
    imap_conn_id="imap_one",
    user=TECH,
    include_blocks=False,
    active=True,
    aliases=(),
)
LINK = Link(id=70, settings=TERMS)
OTHER = Link(id=80, settings=replace(TERMS, room=CELLAR, address="cellar@rooms.example", aliases=("c@rooms.example",)))


def known(*links: Link, rooms: dict[str, list[Match[Room]]] | None = None) -> LinkContext:
    return LinkContext(
        rooms={"Hörsaal 1": [Match(2, HALL)], "Keller": [Match(2, CELLAR)]} | (rooms or {}),
        users={
            "Raumpost": [Match(2, TECH)],
            "Zweiter": [Match(3, SECOND)],
            "Gast": [Match(2, GUEST)],
            "a": [Match(3, TECH), Match(3, GUEST)],
            "e": [Match(3, TECH), Match(3, SECOND)],
        },
        links=links,
        connection_types={"smtp_one": "smtp", "imap_one": "imap", "http": "http", "missing": None},
        upcoming={7: UpcomingBookings(events=2, blocks=3)},
    )


def one(request: LinkRequest, *links: Link) -> Outcome:
    [outcome] = compare([request], known(*links))
    return outcome


def reasons(request: LinkRequest, *links: Link) -> str:
    outcome = one(request, *links)
    assert outcome.verb is Verb.REFUSED
    return "\n".join(details(outcome))


def test_a_new_link_is_active_and_without_blocks_if_nothing_else_is_said() -> None:
    outcome = one(WISH)
    assert (outcome.verb, outcome.settings) == (Verb.CREATE, TERMS)
    assert details(outcome)[-1] == "2 bookings ahead already: invite with mailbox_initialise"


def test_an_unknown_room_hides_nothing_else_that_is_wrong() -> None:
    request = replace(WISH, room="Nirgends", address="no address", smtp_conn_id="missing", technical_user="Gast")
    said = reasons(request)
    assert "there is no room “Nirgends”" in said
    assert "“no address” is no address of a mailbox" in said
    assert "there is no Airflow connection “missing”" in said
    assert "technical_user: " in said


@pytest.mark.parametrize("field", ["address", "smtp_conn_id", "imap_conn_id", "technical_user"])
def test_a_new_link_needs_everything(field: str) -> None:
    assert reasons(replace(WISH, **{field: None})).startswith(f"{field}: missing")  # type: ignore[arg-type]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = replace(
        WISH, address="C@rooms.example", smtp_conn_id="http", imap_conn_id="missing", technical_user="Gast",
        aliases=("none",), give_up=True,
    )  # fmt: skip
    text = reasons(wrong, OTHER)
    for part in (
        "give_up: goes only with the operation remove",
        "smtp_conn_id: the Airflow connection “http” has type http; it needs smtp",
        "imap_conn_id: there is no Airflow connection “missing”; create it with type imap",
        "technical_user: Gast (#3) is no technical user",
        "technical_user: Gast (#3) has no e-mail address",
        "aliases: “none” is no address",
        "address: c@rooms.example belongs to the link of room “Keller” (#8)",
    ):
        assert part in text


def test_the_technical_user_is_no_alias_of_the_room() -> None:
    request = LinkRequest(where="line 1", room="Hörsaal 1", aliases=("Tech@booking.example",))
    assert "aliases: tech@booking.example is the address of the technical user" in reasons(request, LINK)


def test_nobody_invites_himself() -> None:
    itself = replace(WISH, address="TECH@booking.example")
    assert "has the address of the room mailbox itself" in reasons(itself)
    assert "has the address of the room mailbox itself" in reasons(replace(WISH, aliases=("tech@booking.example",)))
    assert "is the address of the room mailbox itself" in reasons(replace(WISH, aliases=("HALL@rooms.example",)))


def test_a_part_of_a_name_must_fit_one_technical_user_only() -> None:
    assert one(replace(WISH, technical_user="a")).settings == TERMS
    text = reasons(replace(WISH, technical_user="e"))
    assert "“e” fits several users: Raumpost (#1), Zweiter (#2); give one of the ids, such as #1" in text
    assert "there is no user “nobody”" in reasons(replace(WISH, technical_user="nobody"))


def test_a_whole_name_beats_a_part_and_an_explicit_id_beats_both() -> None:
    hit = known(rooms={"Hörsaal 1": [Match(2, HALL), Match(3, Room(9, "Hörsaal 10"))]})
    assert compare([WISH], hit)[0].verb is Verb.CREATE
    twins = known(rooms={"8": [Match(2, Room(8, "Keller")), Match(2, Room(9, "8"))], "#8": [Match(1, CELLAR)]})
    ambiguous, exact = compare([replace(WISH, room="8"), replace(WISH, room="#8", address="k@rooms.example")], twins)
    assert ambiguous.verb is Verb.REFUSED
    assert exact.verb is Verb.CREATE


def test_what_stands_twice_in_a_list_is_refused() -> None:
    twice = compare([WISH, replace(WISH, where="line 2", address="b@rooms.example")], known())
    assert {outcome.verb for outcome in twice} == {Verb.REFUSED}
    same = compare([WISH, replace(WISH, where="line 2", room="Keller")], known())
    assert "is in this list 2 times" in details(same[1])[0]


def test_what_is_left_empty_stays_as_it_is() -> None:
    outcome = one(LinkRequest(where="1", room="Hörsaal 1"), replace(LINK, settings=replace(TERMS, aliases=("a@b.de",))))
    assert (outcome.verb, details(outcome)) == (Verb.UNCHANGED, [])


def test_a_link_whose_connection_is_gone_is_unchanged_nevertheless() -> None:
    gone = replace(TERMS, smtp_conn_id="missing")
    assert one(replace(WISH, smtp_conn_id="missing"), replace(LINK, settings=gone)).verb is Verb.UNCHANGED


def test_the_difference_is_told() -> None:
    told = replace(LINK, organizers={"tech@booking.example": 4}, blocks=5)
    outcome = one(replace(WISH, technical_user="Zweiter", include_blocks=True, active=False, aliases=("a@b.de",)), told)
    assert details(outcome) == [
        "technical user Raumpost (#1) → Zweiter (#2)",
        "4 future invitations under the old organizer (reinvite: again under the new one)",
        "room blocks no → yes: 3 future blocks to invite with the next run",
        "active yes → no: sending pauses",
        "aliases none → a@b.de",
    ]


def test_inviting_anew_is_also_possible_later_and_only_where_somebody_else_invited() -> None:
    later = replace(WISH, reinvite=True)
    assert one(later, replace(LINK, organizers={"old@booking.example": 1})).reinvite
    assert one(later, replace(LINK, organizers={"tech@booking.example": 1})).verb is Verb.UNCHANGED


REMOVAL = LinkRequest(where="1", room="Hörsaal 1", remove=True)


@pytest.mark.parametrize(
    ("link", "wanted", "verb", "words"),
    [
        (replace(LINK, open=2, to_cancel=1), REMOVAL, Verb.REMOVE, "2 invitations"),
        (replace(LINK, removed=True), REMOVAL, Verb.UNCHANGED, "removed already"),
        (replace(LINK, removed=True), replace(REMOVAL, room=None, address=TERMS.address), Verb.UNCHANGED, "already"),
        (
            replace(LINK, being_removed=True, open=2, failed=1),
            REMOVAL,
            Verb.UNCHANGED,
            "1 invitation still to withdraw; 1 cancellation failed",
        ),
        (replace(LINK, being_removed=True), WISH, Verb.REFUSED, "is being removed"),
        (OTHER, REMOVAL, Verb.REFUSED, "is not linked"),
    ],
)
def test_removals(link: Link, wanted: LinkRequest, verb: Verb, words: str) -> None:
    outcome = one(wanted, link)
    assert outcome.verb is verb
    assert words in details(outcome)[0]


def test_a_removed_link_frees_its_room_and_its_address() -> None:
    assert one(WISH, replace(LINK, removed=True)).verb is Verb.CREATE


def test_the_table_names_every_outcome() -> None:
    lines = table([one(WISH), one(replace(WISH, room="nowhere"))]).splitlines()
    assert lines[0].split(" | ")[0].strip() == "where"
    assert "create" in lines[1]
    assert "there is no room “nowhere”" in lines[2]


def problems(request: LinkRequest, *links: Link) -> dict[str | None, list[str]]:
    """Return the German reasons of a refusal by their fields."""
    outcome = one(request, *links)
    assert outcome.verb is Verb.REFUSED
    assert details(outcome) == [
        f"{one.field}: {english(one.message)}" if one.field else english(one.message) for one in outcome.problems
    ]
    found: dict[str | None, list[str]] = {}
    for problem in outcome.problems:
        found.setdefault(problem.field, []).append(german(problem.message))
    return found


def test_every_refusal_names_its_field_in_both_languages() -> None:
    wrong = replace(
        WISH, room="Nirgends", address="not one", smtp_conn_id="http", imap_conn_id="missing", technical_user="Gast",
        aliases=("none", "C@rooms.example"), give_up=True, new=True,
    )  # fmt: skip
    found = problems(wrong, OTHER)
    assert set(found) == {
        "room", "address", "smtp_conn_id", "imap_conn_id", "technical_user", "aliases", "give_up",
    }  # fmt: skip
    assert found["room"] == [
        "Es gibt keinen Raum „Nirgends“; geben Sie die Id, den Namen oder einen Teil des Namens an"
    ]
    assert len(found["technical_user"]) == 2
    assert [text.partition(" ")[0] for text in found["aliases"]] == ["„none“", "c@rooms.example"]


def test_a_new_link_names_all_that_is_missing() -> None:
    assert set(problems(LinkRequest(where="form", new=True))) == {
        "room", "address", "smtp_conn_id", "imap_conn_id", "technical_user",
    }  # fmt: skip


def test_a_new_link_is_refused_where_the_room_has_one() -> None:
    assert "schon verknüpft, mit hall@rooms.example" in problems(replace(WISH, new=True), LINK)["room"][0]
    leaving = replace(LINK, being_removed=True)
    assert "wird gerade entfernt" in problems(replace(WISH, new=True, address="n@rooms.example"), leaving)["room"][0]
    assert one(replace(WISH, new=True), replace(LINK, removed=True)).verb is Verb.CREATE


def test_a_new_link_does_not_find_its_room_by_the_address_of_another() -> None:
    found = problems(replace(WISH, new=True, room=None, address="cellar@rooms.example"), OTHER)
    assert "Er fehlt" in found["room"][0]
    assert "Keller" in found["address"][0]
