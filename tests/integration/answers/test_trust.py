"""Whose answers count (INTEROP R3): the room's and its aliases', and where wanted only with proof of origin."""

import psycopg2.errors
import pytest

from tests.database import Campus
from tests.inbox_scenario import ROOM, InboxScenario


def test_an_answer_from_somebody_else_is_not_the_rooms(sent: InboxScenario) -> None:
    assert sent.hear(sent.answer(sender="Eve <eve@evil.example>")) == [
        ("not-the-room", f"comes from eve@evil.example, not from {ROOM}")
    ]
    assert sent.row()["state"] == "sent"


def test_an_answer_for_somebody_else_is_not_the_rooms(sent: InboxScenario) -> None:
    assert sent.hear(sent.answer(attendee="room-2@rooms.example")) == [
        ("not-the-room", f"answers for room-2@rooms.example, not for {ROOM}")
    ]
    assert sent.row()["state"] == "sent"


def test_the_room_may_also_be_the_sender_in_the_name_of_somebody_else(sent: InboxScenario) -> None:
    raw = sent.answer(sender="janitor@rooms.example", headers=[("Sender", ROOM.upper())], attendee=ROOM.title())
    assert sent.outcomes(raw) == ["applied"]


def test_a_mail_without_sender_is_not_the_rooms(sent: InboxScenario) -> None:
    assert sent.hear(sent.answer(headers=[("From", "")])) == [("not-the-room", f"comes from nobody, not from {ROOM}")]


def test_without_attendee_the_sender_decides_who_but_nobody_what(sent: InboxScenario) -> None:
    """R3, R6: without ATTENDEE there is no PARTSTAT either."""
    assert sent.outcomes(sent.answer(attendee=None)) == ["no-answer"]
    assert sent.outcomes(sent.answer(attendee=None, sender="eve@evil.example")) == ["not-the-room"]
    assert sent.row()["state"] == "sent"


# ── aliases ───────────────────────────────────────────────────────────────────────────────────────────────

ALIAS = "Hoersaal.1@old.example"


@pytest.fixture
def known(sent: InboxScenario) -> InboxScenario:
    """Return a scenario whose room has an alias."""
    sent.campus.sql(
        "INSERT INTO raumpost.room_mailbox_alias SELECT id, %(alias)s FROM raumpost.room_mailbox", alias=ALIAS
    )
    return sent


@pytest.mark.parametrize("sender", [ROOM, ALIAS, ALIAS.lower()])
@pytest.mark.parametrize("attendee", [ROOM, ALIAS.upper()])
def test_a_room_may_answer_under_any_of_its_addresses(known: InboxScenario, sender: str, attendee: str) -> None:
    assert known.outcomes(known.answer(sender=sender, attendee=attendee)) == ["applied"]


def test_an_alias_that_was_taken_away_counts_no_longer(known: InboxScenario) -> None:
    known.campus.sql("DELETE FROM raumpost.room_mailbox_alias")
    assert known.outcomes(known.answer(sender=ALIAS), known.answer(attendee=ALIAS)) == ["not-the-room"] * 2


def test_the_alias_of_another_room_is_not_this_room(known: InboxScenario) -> None:
    other = known.campus.link(known.campus.room("Hörsaal 2"), address="room-2@rooms.example")
    known.campus.sql("UPDATE raumpost.room_mailbox_alias SET room_mailbox_id = %(other)s", other=other)
    assert known.outcomes(known.answer(sender=ALIAS)) == ["not-the-room"]


def test_two_rooms_never_share_an_alias(known: InboxScenario, campus: Campus) -> None:
    other = campus.link(campus.room("Hörsaal 2"), address="room-2@rooms.example")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        campus.sql("INSERT INTO raumpost.room_mailbox_alias VALUES (%(id)s, upper(%(alias)s))", id=other, alias=ALIAS)


# ── Authentication-Results ────────────────────────────────────────────────────────────────────────────────

SERVER = "mx.booking.example"
PASSES = f"{SERVER}; dmarc=pass (p=reject) header.from=rooms.example"


@pytest.fixture
def wary(sent: InboxScenario) -> InboxScenario:
    """Return a scenario where a mail server must confirm who answers."""
    sent.authserv_id = SERVER
    return sent


def test_an_answer_that_the_mail_server_confirms_is_applied(wary: InboxScenario) -> None:
    assert wary.outcomes(wary.answer(headers=[("Authentication-Results", PASSES)])) == ["applied"]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ([], f"no Authentication-Results of {SERVER}"),
        (
            [("Authentication-Results", PASSES.replace(SERVER, "mx.evil.example"))],
            f"no Authentication-Results of {SERVER}",
        ),
        (
            [("Authentication-Results", f"{SERVER}; dmarc=fail header.from=rooms.example")],
            f"{SERVER} does not confirm rooms.example: {SERVER}; dmarc=fail header.from=rooms.example",
        ),
    ],
    ids=["no header", "of another server", "failed"],
)
def test_an_answer_without_proof_of_origin_is_kept_shown_and_never_applied(
    wary: InboxScenario, headers: list[tuple[str, str]], words: str
) -> None:
    before = (wary.row(), wary.status())
    assert wary.hear(wary.answer(headers=headers)) == [("untrusted", words)]
    assert (wary.row(), wary.status()) == before
    assert wary.noted() == ("warning", words)


def test_where_no_mail_server_is_named_nobody_is_asked(sent: InboxScenario) -> None:
    failed = [("Authentication-Results", f"{SERVER}; dmarc=fail header.from=rooms.example")]
    assert sent.outcomes(sent.answer(headers=failed)) == ["applied"]


def test_the_proof_must_be_about_the_room_and_not_about_whom_it_appears_beside(wary: InboxScenario) -> None:
    """A stranger proves who he is, and only claims to send for the room."""
    proof = ("Authentication-Results", f"{SERVER}; dmarc=pass header.from=evil.example")
    raw = wary.answer(sender="eve@evil.example", headers=[("Sender", ROOM), proof])
    assert wary.outcomes(raw) == ["untrusted"]


def test_a_proof_for_a_domain_below_that_of_the_room_is_none_for_the_room(wary: InboxScenario) -> None:
    below = "students.rooms.example"
    proof = ("Authentication-Results", f"{SERVER}; dkim=pass header.d={below}; dmarc=pass header.from={below}")
    raw = wary.answer(sender=f"eve@{below}", headers=[("Sender", ROOM), proof])
    assert wary.outcomes(raw) == ["untrusted"]


def test_where_two_addresses_of_the_room_send_the_proof_is_about_the_one_in_from(
    wary: InboxScenario, known: InboxScenario
) -> None:
    headers = [("Sender", ALIAS), ("Authentication-Results", PASSES)]
    assert wary.outcomes(known.answer(headers=headers)) == ["applied"]


def test_a_proposal_of_another_time_needs_proof_too(wary: InboxScenario) -> None:
    assert wary.outcomes(wary.answer(method="COUNTER", said="TENTATIVE")) == ["untrusted"]
    assert wary.status()[1] == "Gesendet, Rückmeldung offen"
