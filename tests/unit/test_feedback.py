"""What the person who booked reads."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from raumpost.domain.feedback import Feedback, delegation, feedback, hint_of, proposal, remarked
from raumpost.domain.hints import CONFLICT, WINDOW, Hint
from raumpost.domain.model import Answer, Method, State
from raumpost.domain.text import shortened
from raumpost.services.store.rows import status_columns
from raumpost.texts.wording import english, german
from tests.rendering import BERLIN, FIRST


class Written(NamedTuple):
    """What is written at a booking."""

    status: str
    message_de: str
    message_en: str


def written(said: Feedback) -> Written:
    """Put it into words."""
    return Written(**status_columns(said))


@pytest.mark.parametrize(
    ("state", "method", "sequence", "expected"),
    [
        (State.PENDING, Method.REQUEST, 0, Written("pending", "Einladung ausstehend", "Invitation pending")),
        (State.PENDING, Method.REQUEST, 2, Written("pending", "Änderung ausstehend", "Update pending")),
        (State.PENDING, Method.CANCEL, 0, Written("pending", "Absage ausstehend", "Cancellation pending")),
        (State.SENDING, Method.REQUEST, 0, Written("pending", "Einladung ausstehend", "Invitation pending")),
        (State.SENT, Method.REQUEST, 0, Written("sent", "Gesendet, Rückmeldung offen", "Sent, reply outstanding")),
        (State.WITHDRAWN, Method.CANCEL, 1, Written("cancelled", "Storniert", "Cancelled")),
    ],
)
def test_each_state_has_its_words(state: State, method: Method, sequence: int, expected: Written) -> None:
    assert written(feedback(state, method=method, sequence=sequence)) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer.ACCEPTED, Written("accepted", "Angenommen: gern", "Accepted: gern")),
        (Answer.TENTATIVE, Written("tentative", "Vorläufig angenommen: gern", "Tentatively accepted: gern")),
        (Answer.DECLINED, Written("declined", "Abgelehnt: gern", "Declined: gern")),
    ],
)
def test_an_answer_carries_the_room_s_comment(answer: Answer, expected: Written) -> None:
    said = written(feedback(State.ANSWERED, method=Method.REQUEST, sequence=0, answer=answer, comment="gern"))
    assert said == expected


def test_an_answer_without_a_comment_ends_without_a_colon() -> None:
    said = written(feedback(State.ANSWERED, method=Method.REQUEST, sequence=0, answer=Answer.ACCEPTED))
    assert said == Written("accepted", "Angenommen", "Accepted")


def test_an_answered_invitation_without_an_answer_is_a_defect() -> None:
    with pytest.raises(ValueError, match="has an answer"):
        feedback(State.ANSWERED, method=Method.REQUEST, sequence=0)


def test_a_failure_names_its_reason() -> None:
    said = written(feedback(State.FAILED, method=Method.REQUEST, sequence=0, error="550 unknown"))
    assert said == Written("failed", "Fehler: 550 unknown", "Error: 550 unknown")


def test_waiting_for_another_attempt_names_the_last_error() -> None:
    assert written(feedback(State.PENDING, method=Method.CANCEL, sequence=1, error="421 busy")) == Written(
        "pending", "Absage ausstehend; letzter Versuch: 421 busy", "Cancellation pending; last attempt: 421 busy"
    )


@pytest.mark.parametrize(
    ("method", "german", "english"),
    [
        (Method.REQUEST, "Fehler: unzustellbar: 550", "Error: undeliverable: 550"),
        (
            Method.CANCEL,
            "Fehler: Absage unzustellbar, der Raum hält die Zeit vielleicht noch: 550",
            "Error: cancellation undeliverable, the room may still hold the time: 550",
        ),
    ],
)
def test_what_came_back_is_undeliverable(method: Method, german: str, english: str) -> None:
    said = written(feedback(State.FAILED, method=method, sequence=0, error="550", undeliverable=True))
    assert said == Written("failed", german, english)


def test_a_hint_stands_behind_the_reason_in_each_language() -> None:
    said = written(
        feedback(
            State.ANSWERED, method=Method.REQUEST, sequence=0, answer=Answer.DECLINED, comment="zu früh", hint=WINDOW
        )
    )
    assert said.message_de == f"Abgelehnt: zu früh (Hinweis: {german(WINDOW.what)})"
    assert said.message_en == f"Declined: zu früh (hint: {english(WINDOW.what)})"


def test_a_long_reason_is_cut_where_it_is_told() -> None:
    assert shortened("x" * 500) == "x" * 500
    assert shortened("x" * 501) == "x" * 499 + "…"
    said = written(feedback(State.FAILED, method=Method.REQUEST, sequence=0, error="x" * 9999))
    assert len(said.message_de) == len("Fehler: ") + 500


# ── remarks ───────────────────────────────────────────────────────────────────────────────────────────────

SENT = replace(FIRST, state=State.SENT)
START = datetime(2026, 7, 6, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "german", "english"),
    [
        (START, ": 06.07.2026 10:15", ": 2026-07-06 10:15"),
        (START.replace(tzinfo=None), ": 06.07.2026 08:15", ": 2026-07-06 08:15"),
        (None, "", ""),
    ],
    ids=["in the time zone of the room", "as the room wrote it", "unknown"],
)
def test_a_proposal_names_the_time(start: datetime | None, german: str, english: str) -> None:
    said = written(remarked(SENT, proposal(start, zone=BERLIN, comment=None)))
    assert said == Written(
        "sent",
        f"Gesendet, Rückmeldung offen; der Raum schlägt eine andere Zeit vor{german}",
        f"Sent, reply outstanding; the room proposes another time{english}",
    )


def test_where_the_room_has_no_time_zone_it_is_utc_and_says_so() -> None:
    assert german(proposal(START, zone=UTC, comment="gern")).endswith(": 06.07.2026 08:15 UTC (gern)")


def test_a_delegation_names_who_has_it_now() -> None:
    assert german(delegation("desk@x.example", comment="frei?")).endswith("an desk@x.example weitergegeben (frei?)")
    assert english(delegation(None, comment=None)) == "the room handed the request on to somebody else"


@pytest.mark.parametrize(
    ("title", "comment", "expected"),
    [
        ("Belegt", "Der Raum hat diese Einladung abgelehnt: Belegt", None),
        ("Konfliktmanagement", "Declined: Konfliktmanagement", None),
        ("Belegt", "Belegt", CONFLICT),
        ("Belegt", "Der Raum ist belegt", CONFLICT),
        ("Konflikt", "Konfliktmanagement ist schon dort", CONFLICT),
        ("", "Der Raum ist belegt", CONFLICT),
        ("C++ (Konflikt", "abgelehnt: C++ (Konflikt", None),
    ],
)
def test_the_title_in_a_refusal_is_no_reason(title: str, comment: str, expected: Hint | None) -> None:
    invitation = replace(SENT, content=replace(SENT.content, summary=title))
    assert hint_of(invitation, said=Answer.DECLINED, comment=comment) == expected


@pytest.mark.parametrize(("said", "comment"), [(Answer.ACCEPTED, "belegt"), (None, "belegt"), (Answer.DECLINED, None)])
def test_only_a_refusal_with_a_reason_gets_a_hint(said: Answer | None, comment: str | None) -> None:
    assert hint_of(SENT, said=said, comment=comment) is None


def test_a_remark_keeps_the_answer_that_is_known() -> None:
    answered = replace(SENT, state=State.ANSWERED, answer=Answer.TENTATIVE)
    assert written(remarked(answered, delegation(None, comment=None))).message_en.startswith(
        "Tentatively accepted; the room"
    )
