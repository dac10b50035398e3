"""Settings from the environment."""

import re
from datetime import timedelta

import pytest

from raumpost.domain.errors import ConfigurationError
from raumpost.wiring.settings import read_settings


def test_without_any_variable_the_defaults_hold() -> None:
    found = read_settings({})
    assert found.interval == timedelta(minutes=1)
    assert found.retry_delay == timedelta(minutes=1)
    assert found.send_budget == 500
    assert found.time_zone == "Europe/Berlin"
    assert found.full_gather is False
    assert found.guard_percent == 30


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read_settings({"RAUMPOST_INTERVAL": ""}) == read_settings({})


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("RAUMPOST_INTERVAL", "every minute", "whole number of at least 5"),
        ("RAUMPOST_INTERVAL", "1", "whole number of at least 5"),
        ("RAUMPOST_RETRY_DELAY", "-1", "whole number of at least 1"),
        ("RAUMPOST_SEND_BUDGET", "0", "whole number of at least 1"),
        ("RAUMPOST_SEND_BUDGET", "²", "whole number of at least 1"),
        ("RAUMPOST_GUARD_PERCENT", "0", "whole number of at least 1"),
        ("RAUMPOST_GUARD_PERCENT", "101", "whole number of at most 100"),
        ("RAUMPOST_TIME_ZONE", "Europe/Berlni", "such as Europe/Berlin"),
        ("RAUMPOST_TIME_ZONE", "Europe", "such as Europe/Berlin"),
        ("RAUMPOST_FULL_GATHER", "maybe", "true or false"),
    ],
)
def test_a_wrong_value_is_named_with_the_remedy(name: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"{name}={value}")) as caught:
        read_settings({name: value})
    assert remedy in str(caught.value)


def test_the_lease_outlasts_the_longest_wait_between_two_attempts() -> None:
    found = read_settings({"RAUMPOST_RETRY_DELAY": "300"})
    assert found.lease > found.max_retry_delay


def test_shorter_intervals_allow_more_runs_at_a_time() -> None:
    assert read_settings({"RAUMPOST_INTERVAL": "10"}).max_active_runs > read_settings({}).max_active_runs
