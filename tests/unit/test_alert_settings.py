"""Whom to tell, of what, and how long things are kept: from the environment."""

import re
from datetime import timedelta

import pytest

from raumpost.domain.errors import ConfigurationError
from raumpost.wiring.settings import RETRIES, TASK_TIMEOUT, read_settings


def test_nobody_is_told_unless_somebody_is_named() -> None:
    assert read_settings({}).alert_email == read_settings({"RAUMPOST_ALERT_EMAIL": "none"}).alert_email == ()


def test_several_are_told_each_once() -> None:
    found = read_settings({"RAUMPOST_ALERT_EMAIL": " it@a.example,desk@a.example , it@a.example,"})
    assert found.alert_email == ("it@a.example", "desk@a.example")


def test_by_default_things_are_kept_for_a_year_and_those_of_strangers_for_a_month() -> None:
    found = read_settings({})
    assert (found.retention, found.foreign_retention) == (timedelta(days=365), timedelta(days=30))
    assert found.alert_unanswered == timedelta(days=1)
    assert found.alert_smtp == "smtp_default"
    assert found.alert_declined is False


@pytest.mark.parametrize("delay", [1, 60, 3600])
def test_a_run_is_late_after_all_that_retries_may_take_and_before_it_is_ended(delay: int) -> None:
    found = read_settings({"RAUMPOST_RETRY_DELAY": str(delay)})
    waits = [min(2 ** (n + 1) * found.retry_delay, found.max_retry_delay) for n in range(RETRIES)]
    attempts = (RETRIES + 1) * TASK_TIMEOUT
    assert sum(waits, attempts) < found.overdue < 5 * found.lease


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("RAUMPOST_ALERT_EMAIL", "it@a.example; desk", "it@a.example; desk is no address; give none, or such as"),
        ("RAUMPOST_ALERT_EMAIL", "it@a.example\nBcc: x@a.example", "is no address"),
        ("RAUMPOST_ALERT_UNANSWERED_HOURS", "0", "whole number of at least 1"),
        ("RAUMPOST_ALERT_DECLINED", "yes", "true or false"),
        ("RAUMPOST_RETENTION_DAYS", "29", "whole number of at least 30"),
        ("RAUMPOST_RETENTION_DAYS", "99999999999", "whole number of at most 100000"),
        ("RAUMPOST_FOREIGN_MAIL_DAYS", "0", "whole number of at least 1"),
    ],
)
def test_a_wrong_value_is_named_with_the_remedy(name: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"{name}={value}")) as caught:
        read_settings({name: value})
    assert remedy in str(caught.value)
