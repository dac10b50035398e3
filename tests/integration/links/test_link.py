"""Create and change links."""

import psycopg2.errors
import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.address import is_address
from raumpost.domain.linking import LinkRequest, Verb
from raumpost.services.links.outcome_table import details
from tests.database import NOW, Campus
from tests.integration.links.link_world import apply, journal, links
from tests.link_scenario import add_user, invitations, request
from tests.main_job import deliver, run_pass


@pytest.fixture
def user(campus: Campus) -> int:
    return add_user(campus, "Raumpost")


# ── create ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_room_is_linked_with_all_that_a_link_says(campus: Campus, db: Database, user: int) -> None:
    room = campus.room("Hörsaal 1")
    campus.event(room)
    done = apply(db, request(room="Hörsaal", include_blocks=True, aliases=("h1@rooms.example",)))
    assert [outcome.verb for outcome in done.outcomes] == [Verb.CREATE]
    assert "1 booking ahead already: invite with mailbox_initialise" in details(done.outcomes[0])
    [row] = links(campus)
    assert row == {
        "room_id": room,
        "address": "hoersaal-1@rooms.example",
        "smtp_conn_id": "smtp_one",
        "imap_conn_id": "imap_one",
        "include_blocks": True,
        "active": True,
        "removal_requested_at": None,
        "removed_at": None,
    }
    assert done.created == {room: campus.value("SELECT id FROM raumpost.room_mailbox")}
    assert campus.value("SELECT technical_user_id FROM raumpost.room_mailbox") == user
    assert campus.value("SELECT address FROM raumpost.room_mailbox_alias") == "h1@rooms.example"
    assert campus.value("SELECT count(*) FROM raumpost.preexisting") == 1
    [entry] = journal(campus)
    assert (entry["level"], entry["actor"], entry["dag_run"]) == ("info", "test", "manual")
    assert entry["message"].startswith("room “Hörsaal 1”, hoersaal-1@rooms.example: linked: SMTP smtp_one")


def test_applying_twice_changes_nothing(campus: Campus, db: Database, user: int) -> None:
    campus.room("Hörsaal 1")
    requests = [request(room="Hörsaal 1", aliases=("b@rooms.example", "A@rooms.example"))]
    apply(db, *requests)
    before = (campus.sql("SELECT * FROM raumpost.room_mailbox"), journal(campus))
    again = apply(db, *requests)
    assert (again.counts["unchanged"], again.applied) == (1, True)
    assert (campus.sql("SELECT * FROM raumpost.room_mailbox"), journal(campus)) == before


def test_a_preview_changes_nothing(campus: Campus, db: Database, user: int) -> None:
    campus.room("Hörsaal 1")
    shown = apply(db, request(room="Hörsaal 1"), preview_only=True)
    assert (shown.counts["create"], shown.applied, links(campus), journal(campus)) == (1, False, [], [])


def test_creation_says_all_that_is_wrong_at_once(campus: Campus, db: Database, user: int) -> None:
    campus.room("Hörsaal 1")
    add_user(campus, "Gast", technical=False, email=None)
    wrong = request(
        room="Hörsaal 1", address="no address", smtp_conn_id="imap_one", imap_conn_id="missing", technical_user="Gast",
        aliases=("neither",),
    )  # fmt: skip
    [outcome] = apply(db, wrong).outcomes
    assert outcome.verb is Verb.REFUSED
    text = "\n".join(details(outcome))
    for part in (
        "smtp_conn_id: the Airflow connection “imap_one” has type imap; it needs smtp",
        "imap_conn_id: there is no Airflow connection “missing”; create it with type imap",
        "address: “no address” is no address",
        "aliases: “neither” is no address",
        "is no technical user",
        "has no e-mail address",
    ):
        assert part in text
    assert links(campus) == []


def test_one_refusal_holds_up_the_whole_list(campus: Campus, db: Database, user: int) -> None:
    campus.room("Hörsaal 1")
    done = apply(db, request(room="Hörsaal 1"), request(room="Gibt es nicht", address="x@rooms.example"))
    assert [outcome.verb for outcome in done.outcomes] == [Verb.CREATE, Verb.REFUSED]
    assert (done.applied, links(campus)) == (False, [])


@pytest.mark.parametrize("taken", ["main@rooms.example", "MAIN@rooms.example", "alias@rooms.example"])
@pytest.mark.parametrize("as_alias", [False, True])
def test_an_address_belongs_to_one_link_only(
    campus: Campus, db: Database, user: int, taken: str, as_alias: bool
) -> None:
    campus.room("Eins")
    campus.room("Zwei")
    apply(db, request(room="Eins", address="main@rooms.example", aliases=("alias@rooms.example",)))
    other = request(room="Zwei", address="zwei@rooms.example", aliases=(taken,)) if as_alias else request(
        room="Zwei", address=taken
    )  # fmt: skip
    [outcome] = apply(db, other).outcomes
    assert outcome.verb is Verb.REFUSED
    assert "belongs to the link of room “Eins”" in details(outcome)[0]


def test_an_unknown_room_and_a_taken_address_are_told_together(campus: Campus, db: Database, user: int) -> None:
    campus.room("Eins")
    apply(db, request(room="Eins", address="main@rooms.example"))
    [outcome] = apply(db, request(room="Drei", address="main@rooms.example")).outcomes
    assert len(details(outcome)) == 2


def test_the_technical_user_is_found_by_part_of_the_name(campus: Campus, db: Database, user: int) -> None:
    campus.room("Hörsaal 1")
    add_user(campus, "Raumpostmeister", technical=False)
    assert apply(db, request(room="Hörsaal 1", technical_user="AUMPO")).counts["create"] == 1
    assert campus.value("SELECT technical_user_id FROM raumpost.room_mailbox") == user


@pytest.mark.parametrize(
    "address",
    ["a@b", "a.b+c@d-e.example", "ä@b", "a@b.", "@b", "a@", "a b@c", "a@-b", "x" * 250 + "@b.de", "a\n@b", "a@b\n"],
)
def test_the_database_and_the_rules_agree_on_addresses(campus: Campus, address: str) -> None:
    room = campus.room()
    try:
        campus.link(room, address=address)
    except psycopg2.errors.CheckViolation:
        accepted = False
    else:
        accepted = True
    assert is_address(address) is accepted


# ── change ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_may_change_changes_and_is_in_the_journal(campus: Campus, db: Database) -> None:
    campus.linked_room("Hörsaal 1", address="hoersaal-1@rooms.example")
    add_user(campus, "Zweiter", email="second@booking.example")
    changed = LinkRequest(
        where="1", room="Hörsaal 1", technical_user="Zweiter", include_blocks=True, active=False, aliases=("a@b.de",)
    )
    done = apply(db, changed)
    assert done.counts["change"] == 1
    [row] = campus.sql(
        "SELECT m.include_blocks, m.active, u.name FROM raumpost.room_mailbox AS m "
        "JOIN booking.app_user AS u ON u.id = m.technical_user_id"
    )
    assert (row["name"], row["include_blocks"], row["active"]) == ("Zweiter", True, False)
    message = journal(campus)[0]["message"]
    for part in ("changed: technical user Raumpost", "room blocks no → yes", "active yes → no", "none → a@b.de"):
        assert part in message
    assert apply(db, changed).counts["unchanged"] == 1
    assert apply(db, LinkRequest(where="1", room="Hörsaal 1", aliases=())).counts["change"] == 1
    assert campus.sql("SELECT * FROM raumpost.room_mailbox_alias") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("address", "new@rooms.example"), ("smtp_conn_id", "smtp_two"), ("imap_conn_id", "imap_two")],
)
def test_what_never_changes_is_refused_with_the_remedy(campus: Campus, db: Database, field: str, value: str) -> None:
    campus.linked_room("Hörsaal 1")
    [outcome] = apply(db, LinkRequest(where="1", room="Hörsaal 1", **{field: value})).outcomes  # type: ignore[arg-type]
    assert outcome.verb is Verb.REFUSED
    assert details(outcome)[0].startswith(f"{field}: ")
    assert "remove the link, and link the room again" in details(outcome)[0]


def test_a_link_is_found_by_its_address_alone(campus: Campus, db: Database) -> None:
    campus.linked_room("Hörsaal 1", address="Eins@rooms.example")
    assert apply(db, LinkRequest(where="1", address="eins@ROOMS.example", active=False)).counts["change"] == 1
    assert links(campus)[0]["active"] is False


def test_switching_blocks_on_invites_all_future_blocks_and_off_cancels_them(campus: Campus, db: Database) -> None:
    room = campus.room("Hörsaal 1")
    before = campus.block(room)
    campus.link(room)
    after = campus.block(room)
    over = campus.block(room, starts=NOW.replace(year=2089))
    run_pass(db)
    assert invitations(campus) == []
    [outcome] = apply(db, LinkRequest(where="1", room="Hörsaal 1", include_blocks=True)).outcomes
    assert "room blocks no → yes: 2 future blocks to invite with the next run" in details(outcome)
    assert len(deliver(db, run_pass(db))) == 2
    assert {row["source_id"] for row in invitations(campus)} == {before, after}
    assert over not in {row["source_id"] for row in invitations(campus)}
    [outcome] = apply(db, LinkRequest(where="1", room="Hörsaal 1", include_blocks=False)).outcomes
    assert "room blocks yes → no: 2 to withdraw with the next run" in details(outcome)
    assert len(deliver(db, run_pass(db))) == 2
    assert {(row["method"], row["state"]) for row in invitations(campus)} == {("CANCEL", "withdrawn")}


def test_deactivating_pauses_sending_and_activating_catches_up(campus: Campus, db: Database) -> None:
    room = campus.linked_room("Hörsaal 1")
    apply(db, LinkRequest(where="1", room="Hörsaal 1", active=False))
    campus.event(room)
    assert run_pass(db) == []
    apply(db, LinkRequest(where="1", room="Hörsaal 1", active=True))
    assert len(deliver(db, run_pass(db))) == 1


def test_activating_catches_up_with_what_was_in_a_batch_when_the_link_was_switched_off(
    campus: Campus, db: Database
) -> None:
    campus.event(campus.linked_room("Hörsaal 1"))
    batches = run_pass(db)
    apply(db, LinkRequest(where="1", room="Hörsaal 1", active=False))
    assert deliver(db, batches) == []
    apply(db, LinkRequest(where="1", room="Hörsaal 1", active=True))
    assert len(deliver(db, run_pass(db))) == 1  # though the lease of that batch has not ended


def test_another_change_of_a_link_leaves_its_batches_alone(campus: Campus, db: Database) -> None:
    campus.event(campus.linked_room("Hörsaal 1"))
    batches = run_pass(db)
    apply(db, LinkRequest(where="1", room="Hörsaal 1", include_blocks=True))
    assert run_pass(db) == []
    assert len(deliver(db, batches)) == 1
