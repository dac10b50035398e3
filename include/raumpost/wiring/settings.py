"""Settings of Raumpost, from environment variables RAUMPOST_…; docs/operate/settings.md explains each."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from raumpost.domain.address import is_address
from raumpost.domain.errors import ConfigurationError
from raumpost.domain.model import MAX_ATTEMPTS
from raumpost.domain.time_zones import is_time_zone

FETCH_LIMIT = 2000
"""Most mails read from one folder in one pass; the others wait for the next."""
NETWORK_TIMEOUT = timedelta(seconds=30)
"""For each single step of a dialogue with a mail server or a token issuer, unless the connection says otherwise."""
TASK_TIMEOUT = timedelta(minutes=10)
"""For a whole task instance; a batch of 500 mails takes seconds on a healthy server."""
RETRIES = MAX_ATTEMPTS - 1
"""Airflow counts the attempts after the first."""
LARGEST = 100_000
"""Upper limit for any number; beyond it, dates leave the calendar."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator can configure."""

    interval: timedelta
    """Time between two runs of mailbox_processor."""
    retry_delay: timedelta
    """Wait before the second attempt to send a batch; it doubles with each further one."""
    send_budget: int
    """Most invitations sent through one SMTP interface in one run."""
    time_zone: str
    """IANA name, for rooms whose own time zone is not one."""
    full_gather: bool
    """Compare every booking in every run, for sources whose changes do not fire triggers."""
    guard_percent: int
    """Most of a link's future invitations that one pass may cancel, in percent; 100 means any number."""
    alert_email: tuple[str, ...]
    """Who gets alerts; if empty, no alerts are sent."""
    alert_smtp: str
    """The Airflow connection that alerts are sent through."""
    alert_unanswered: timedelta
    """How long a room may take to reply before operators get a mail about it."""
    alert_declined: bool
    """Whether to send a daily mail about declined bookings."""
    retention: timedelta
    """How long the mails and journal of a booking are kept after it is over."""
    foreign_retention: timedelta
    """How long mails are kept that belong to no invitation."""

    @property
    def max_retry_delay(self) -> timedelta:
        """Longest single wait: ten times the first."""
        return 10 * self.retry_delay

    @property
    def lease(self) -> timedelta:
        """How long a batch keeps its invitations without a sign of life: the longest wait plus two tasks."""
        return self.max_retry_delay + 2 * TASK_TIMEOUT

    @property
    def overdue(self) -> timedelta:
        """When a run is late: longer than all waits, plus five attempts that each take as long as a task may."""
        return 3 * self.lease

    @property
    def max_active_runs(self) -> int:
        """Runs that may overlap: a batch that waits for its retries keeps its run open all the time.

        Airflow waits between one and two times the delay 1, 2, 4, 8 (capped); the next runs must not be held up.
        """
        longest = sum((min(2 ** (n + 1) * self.retry_delay, self.max_retry_delay) for n in range(RETRIES)), timedelta())
        return math.ceil(longest / self.interval) + 4


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises ConfigurationError, which names the variable and its valid values."""
    time_zone = environment.get("RAUMPOST_TIME_ZONE", "").strip() or "Europe/Berlin"
    if not is_time_zone(time_zone):
        raise ConfigurationError(
            f"RAUMPOST_TIME_ZONE={time_zone}: no such time zone; give a name such as Europe/Berlin"
        )
    return Settings(
        interval=timedelta(seconds=_number(environment, "RAUMPOST_INTERVAL", 60, lowest=5)),
        retry_delay=timedelta(seconds=_number(environment, "RAUMPOST_RETRY_DELAY", 60, lowest=1)),
        send_budget=_number(environment, "RAUMPOST_SEND_BUDGET", 500, lowest=1),
        time_zone=time_zone,
        full_gather=_yes_or_no(environment, "RAUMPOST_FULL_GATHER"),
        guard_percent=_number(environment, "RAUMPOST_GUARD_PERCENT", 30, lowest=1, highest=100),
        alert_email=_addresses(environment, "RAUMPOST_ALERT_EMAIL"),
        alert_smtp=environment.get("RAUMPOST_ALERT_SMTP", "").strip() or "smtp_default",
        alert_unanswered=timedelta(hours=_number(environment, "RAUMPOST_ALERT_UNANSWERED_HOURS", 24, lowest=1)),
        alert_declined=_yes_or_no(environment, "RAUMPOST_ALERT_DECLINED"),
        retention=timedelta(days=_number(environment, "RAUMPOST_RETENTION_DAYS", 365, lowest=30)),
        foreign_retention=timedelta(days=_number(environment, "RAUMPOST_FOREIGN_MAIL_DAYS", 30, lowest=1)),
    )


def _number(environment: Mapping[str, str], name: str, default: int, *, lowest: int, highest: int = LARGEST) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not text.isascii() or not text.isdigit() or int(text) < lowest:
        raise ConfigurationError(f"{name}={text}", remedy=f"give a whole number of at least {lowest}")
    if int(text) > highest:
        raise ConfigurationError(f"{name}={text}", remedy=f"give a whole number of at most {highest}")
    return int(text)


def _addresses(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    text = environment.get(name, "").strip()
    if text.lower() == "none":
        return ()
    found = tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
    if wrong := [one for one in found if not is_address(one)]:
        raise ConfigurationError(
            f"{name}={text}: {', '.join(wrong)} is no address",
            remedy="give none, or such as a@example.org, b@example.org",
        )
    return found


def _yes_or_no(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name, "").strip().lower() or "false"
    if text not in {"true", "false"}:
        raise ConfigurationError(f"{name}={text}", remedy="give true or false")
    return text == "true"
