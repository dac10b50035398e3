"""`python -m raumpost inspect`: for an engineer with a puzzling mail."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from raumpost.__main__ import main
from tests.replies import ACCEPTED, PROPERTIES, ROOM, UID, calendar, multipart, part, single

FIELDS = {
    "file", "kind", "outcome", "method", "uid", "answer", "sequence", "dtstamp", "recurrence_id", "attendee", "sender",
    "comment", "proposed_start", "failed_recipient", "status", "original_message_id", "reason",
}  # fmt: skip


@pytest.fixture
def inspect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Inspect one mail; return the object that was printed."""

    def run(raw: bytes) -> dict[str, Any]:
        file = tmp_path / "mail.eml"
        file.write_bytes(raw)
        assert main(["inspect", str(file)]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert found["file"] == str(file)
        return found

    return run


def test_every_field_is_there_absent_ones_null(inspect: Any) -> None:
    assert set(inspect(b"")) == FIELDS
    assert inspect(b"") | {"file": None, "reason": None} == dict.fromkeys(FIELDS) | {
        "kind": "other",
        "outcome": "other",
    }


def test_an_answer(inspect: Any) -> None:
    found = inspect(single(calendar(*PROPERTIES, "COMMENT:Größe passt")))
    assert found | {"file": None} == dict.fromkeys(FIELDS) | {
        "kind": "accepted",
        "outcome": "accepted",
        "method": "REPLY",
        "uid": UID,
        "answer": "ACCEPTED",
        "sequence": 2,
        "dtstamp": "2026-05-04T12:30:15+00:00",
        "attendee": ROOM,
        "sender": ROOM,
        "comment": "Größe passt",
    }


def test_a_counter_proposal(inspect: Any) -> None:
    found = inspect(single(calendar(*PROPERTIES, "DTSTART:20260706T081500Z", method="COUNTER")))
    assert (found["kind"], found["method"]) == ("counter", "COUNTER")
    assert found["proposed_start"] == "2026-07-06T08:15:00+00:00"


def test_several_answers_in_one_mail(inspect: Any) -> None:
    event = "\n".join(["BEGIN:VEVENT", *PROPERTIES, "RECURRENCE-ID:20260706T081500Z", "END:VEVENT"])
    found = inspect(
        single(ACCEPTED.replace("END:VCALENDAR", f"{event.replace('ACCEPTED', 'DECLINED')}\nEND:VCALENDAR"))
    )
    assert (found["kind"], found["recurrence_id"]) == ("accepted", None)
    assert [(one["kind"], one["recurrence_id"]) for one in found["items"]] == [
        ("accepted", None),
        ("declined", "20260706T081500Z"),
    ]


def test_a_bounce(inspect: Any) -> None:
    status = f"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; {ROOM}\nAction: failed\nStatus: 5.1.1\n"
    returned = part("message/rfc822", f"Message-ID: <ours@raumpost>\nContent-Type: text/calendar\n\n{ACCEPTED}")
    found = inspect(multipart("report; report-type=delivery-status", part("message/delivery-status", status), returned))
    assert found["kind"] == "bounce"
    assert (found["failed_recipient"], found["status"]) == (ROOM, "5.1.1")
    assert (found["original_message_id"], found["uid"]) == ("<ours@raumpost>", UID)


def test_the_text_is_a_reason_but_not_for_an_acceptance(inspect: Any) -> None:
    text = part("text/plain", "The room is taken.")
    assert inspect(multipart("alternative", text, part("text/calendar", ACCEPTED)))["comment"] is None
    declined = ACCEPTED.replace("ACCEPTED", "DECLINED")
    assert inspect(multipart("alternative", text, part("text/calendar", declined)))["comment"] == "The room is taken."


def test_a_file_that_cannot_be_opened_is_named_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "good.ics"
    good.write_text(ACCEPTED)
    assert main(["inspect", str(tmp_path / "missing.eml"), str(good)]) == 1
    printed = capsys.readouterr()
    assert "missing.eml: No such file" in printed.err
    assert json.loads(printed.out)["outcome"] == "accepted"


def test_it_needs_neither_airflow_nor_a_database(tmp_path: Path) -> None:
    """And no patience: Airflow takes seconds to import."""
    file = tmp_path / "a.eml"
    file.write_bytes(single(ACCEPTED))
    code = (
        "import sys, raumpost.__main__ as m; status = m.main(sys.argv[1:]);"
        "sys.exit(status or bool({'airflow', 'psycopg2', 'icalendar'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, "inspect", str(file)], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["outcome"] == "accepted"
