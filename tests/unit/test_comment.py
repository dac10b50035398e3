"""Where the comment of an answer stands (INTEROP R7)."""

from dataclasses import replace

import pytest

from raumpost.domain.model import Answer
from raumpost.itip.comment import comment_of
from raumpost.itip.reading import Attendee, Reply
from tests.replies import EXPECTED

ROOM = Attendee(address="room@x.example", partstat="DECLINED")
OURS = "Bitte zwanzig Stühle\nund eine Tafel."


def comment(
    reply: Reply,
    *,
    attendee: Attendee = ROOM,
    said: Answer = Answer.DECLINED,
    text: str | None = None,
    sent: str = OURS,
) -> str | None:
    return comment_of(reply, attendee, said=said, text=text, sent=sent)


def test_what_is_called_a_comment_counts_most() -> None:
    everywhere = replace(EXPECTED, comment="one", description="three")
    at_attendee = replace(ROOM, comment="two")
    assert comment(everywhere, attendee=at_attendee, text="four") == "one"
    assert comment(replace(everywhere, comment=None), attendee=at_attendee, text="four") == "two"
    assert comment(replace(everywhere, comment=None), text="four") == "three"
    assert comment(EXPECTED, text="four") == "four"
    assert comment(EXPECTED) is None


def test_the_text_around_an_acceptance_is_no_reason() -> None:
    assert comment(EXPECTED, said=Answer.ACCEPTED, text="Your request was accepted.") is None
    assert comment(EXPECTED, said=Answer.TENTATIVE, text="A person must approve it.") == "A person must approve it."


@pytest.mark.parametrize(
    "returned",
    [
        "Bitte zwanzig Stühle und eine Tafel.",
        "  Bitte zwanzig  Stühle und eine Tafel. ",
        "Bitte zwanzig Stühle und",
        "",
        " ",
    ],
)
def test_what_we_wrote_ourselves_is_no_comment(returned: str) -> None:
    assert comment(replace(EXPECTED, description=returned)) is None
    assert comment(EXPECTED, text=returned) is None


def test_what_stands_before_our_own_words_is_a_comment() -> None:
    assert comment(replace(EXPECTED, description=f"Leider nein. {OURS} -- Raumpost")) == "Leider nein."


def test_a_short_word_of_ours_in_a_comment_is_an_accident() -> None:
    assert comment(replace(EXPECTED, description="Umbau im Saal"), sent="Umbau") == "Umbau im Saal"
    assert comment(replace(EXPECTED, description="Umbau"), sent="Umbau im Saal, bitte beachten") == "Umbau"


def test_nobody_writes_a_novel_into_the_database() -> None:
    assert comment(replace(EXPECTED, comment="x" * 9999)) == "x" * 2000
