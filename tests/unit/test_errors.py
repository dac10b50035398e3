"""Errors keep apart what is wrong, which others may have said, from what to do, which only we say."""

import pickle

import pytest

from raumpost.adapters.endpoint import Endpoint, Security
from raumpost.domain.check import SEE_WHY, CheckStatus, failed
from raumpost.domain.errors import ConfigurationError, InterfaceUnavailable, RaumpostError

SERVER = Endpoint(
    name="SMTP interface smtp_one",
    host="mail.example",
    port=587,
    security=Security.STARTTLS,
    verify=True,
    ca_file=None,
    timeout=1,
    user="tech@booking.example",
    password="secret",
    token=None,
)
CLOSING = "421 Server shutting down for maintenance; back at 18:00"


def test_words_of_a_mail_server_never_become_the_remedy() -> None:
    finding = failed("connect", SERVER.unreachable(OSError(CLOSING)))
    assert finding.status is CheckStatus.NOT_OK
    assert finding.why == f"SMTP interface smtp_one cannot be reached: {CLOSING}"
    assert finding.remedy == SEE_WHY


def test_a_refused_login_keeps_the_words_of_the_server_and_our_remedy_apart() -> None:
    finding = failed("log in", SERVER.refused("535 no; go away", permission="SMTP.SendAsApp"))
    assert finding.why == "SMTP interface smtp_one refused the login: 535 no; go away"
    assert finding.remedy == "correct user and password of this connection"


def test_a_message_ends_with_the_remedy() -> None:
    error = ConfigurationError("this is wrong", "that too", remedy="correct both")
    assert (error.why, str(error)) == ("this is wrong; that too", "this is wrong; that too; correct both")
    assert str(ConfigurationError("this is wrong")) == "this is wrong"


def test_errors_together_name_each_problem_and_each_remedy_once() -> None:
    first = InterfaceUnavailable("a is away", remedy="wait")
    second = InterfaceUnavailable("b is away", remedy="wait")
    together = InterfaceUnavailable.together([first, first, second])
    assert (together.args, together.remedy) == (("a is away", "b is away"), "wait")


@pytest.mark.parametrize("kind", [RaumpostError, ConfigurationError, InterfaceUnavailable])
def test_an_error_keeps_its_remedy_on_its_way_to_another_process(kind: type[RaumpostError]) -> None:
    copied = pickle.loads(pickle.dumps(kind("a", "b", remedy="c")))
    assert (copied.args, copied.remedy) == (("a", "b"), "c")
