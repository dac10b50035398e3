"""What the person who booked reads."""

import pytest

from raumpost.domain.feedback import Feedback, feedback
from raumpost.domain.model import Answer, Method, State


@pytest.mark.parametrize(
    ("state", "method", "sequence", "expected"),
    [
        (State.PENDING, Method.REQUEST, 0, Feedback("pending", "Einladung ausstehend", "Invitation pending")),
        (State.PENDING, Method.REQUEST, 2, Feedback("pending", "Änderung ausstehend", "Update pending")),
        (State.PENDING, Method.CANCEL, 0, Feedback("pending", "Absage ausstehend", "Cancellation pending")),
        (State.SENDING, Method.REQUEST, 0, Feedback("pending", "Einladung ausstehend", "Invitation pending")),
        (State.SENT, Method.REQUEST, 0, Feedback("sent", "Gesendet, Rückmeldung offen", "Sent, reply outstanding")),
        (State.WITHDRAWN, Method.CANCEL, 1, Feedback("cancelled", "Storniert", "Cancelled")),
    ],
)
def test_each_state_has_its_words(state: State, method: Method, sequence: int, expected: Feedback) -> None:
    assert feedback(state, method=method, sequence=sequence) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer.ACCEPTED, Feedback("accepted", "Angenommen: gern", "Accepted: gern")),
        (Answer.TENTATIVE, Feedback("tentative", "Vorläufig angenommen: gern", "Tentatively accepted: gern")),
        (Answer.DECLINED, Feedback("declined", "Abgelehnt: gern", "Declined: gern")),
    ],
)
def test_an_answer_carries_the_room_s_comment(answer: Answer, expected: Feedback) -> None:
    said = feedback(State.ANSWERED, method=Method.REQUEST, sequence=0, answer=answer, comment="gern")
    assert said == expected


def test_an_answer_without_a_comment_ends_without_a_colon() -> None:
    said = feedback(State.ANSWERED, method=Method.REQUEST, sequence=0, answer=Answer.ACCEPTED)
    assert said == Feedback("accepted", "Angenommen", "Accepted")


def test_an_answered_invitation_without_an_answer_is_a_defect() -> None:
    with pytest.raises(ValueError, match="has an answer"):
        feedback(State.ANSWERED, method=Method.REQUEST, sequence=0)


def test_a_failure_names_its_reason() -> None:
    said = feedback(State.FAILED, method=Method.REQUEST, sequence=0, error="550 unknown")
    assert said == Feedback("failed", "Fehler: 550 unknown", "Error: 550 unknown")


def test_waiting_for_another_attempt_names_the_last_error() -> None:
    assert feedback(State.PENDING, method=Method.CANCEL, sequence=1, error="421 busy") == Feedback(
        "pending", "Absage ausstehend; letzter Versuch: 421 busy", "Cancellation pending; last attempt: 421 busy"
    )
