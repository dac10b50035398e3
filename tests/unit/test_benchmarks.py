"""The benchmarks run, and say so when something costs too much."""

import re
from dataclasses import replace

import pytest

from benchmarks.__main__ import BENCHMARKS, INVITATIONS, REPLY, main
from raumpost.itip.parse import read

SHORT = ["--rounds", "2", "--mails", "3"]


def test_each_benchmark_has_a_line_with_its_cost_and_its_limit(capsys: pytest.CaptureFixture[str]) -> None:
    generous = [replace(benchmark, limit=1000) for benchmark in BENCHMARKS]
    assert main(SHORT, benchmarks=generous) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split()[-3:] == ["best", "median", "limit"]
    assert [re.sub(r"[\d.]+", "#", line).split() for line in lines] == [
        [*benchmark.name.split(), "#", "#", "#"] for benchmark in BENCHMARKS
    ]


def test_what_costs_more_than_it_may_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(SHORT, benchmarks=[BENCHMARKS[0], replace(BENCHMARKS[1], limit=0)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith("OVER THE LIMIT") for line in lines] == [False, False, True]


def test_the_reply_that_is_measured_is_an_ordinary_acceptance() -> None:
    [reply] = read(REPLY).replies
    assert (reply.uid, reply.sequence) == (INVITATIONS[6].uid, 0)
    [attendee] = reply.attendees
    assert (attendee.address, attendee.partstat) == (INVITATIONS[6].attendee.address, "ACCEPTED")
