"""What a person starts by hand, with the configurations that `make demo` proposes: by REST and by the command line.

The runs that need nothing of one another are started together, and each test waits for its own.
"""

import json
import urllib.error
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection

from sandbox import try_this
from sandbox.world import SandboxWorld
from tests.database import Campus
from tests.scheduler.started import StartedRun, trigger, trigger_by_command, wait_for

TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
LIST = """
- room: Sternwarte
  address: sternwarte@rooms.example
  smtp_conn_id: smtp_campus
  imap_conn_id: imap_campus
  technical_user: Raumpost
"""
Runs = Mapping[str, StartedRun]


@pytest.fixture(scope="module")
def campus(world: SandboxWorld, connection: Connection) -> Campus:
    """What the demo has when it proposes what to try, as far as it is needed here."""
    campus = Campus(connection)
    rooms, events = world.bookings.rooms, world.bookings.events
    events["unreachable"] = campus.event(rooms["Container C1"], starts=TOMORROW)
    events["returned"] = campus.event(rooms["Pavillon"], starts=TOMORROW, title="Sommerfest")
    return campus


@pytest.fixture(scope="module")
def runs(world: SandboxWorld, campus: Campus) -> Runs:
    for dag_id in try_this.MANUAL_DAGS:
        world.airflow.unpause(dag_id)
    examples = try_this.examples(world.bookings)
    lecture_hall = {"room_mailboxes": ["hoersaal-2@rooms.example"]}
    by_rest = {
        "check": ("mailbox_check", examples["mailbox_check"]),
        "link": ("mailbox_link", examples["mailbox_link"]),
        "initialise": ("mailbox_initialise", examples["mailbox_initialise"]),
        "initialise, rejected": ("mailbox_initialise", lecture_hall),
        "housekeeping": ("mailbox_housekeeping", examples["mailbox_housekeeping"]),
        "approve cancellations": ("mailbox_approve_cancellations", examples["mailbox_approve_cancellations"]),
        "link, refused": ("mailbox_link", {"room": "Keller", "smtp_conn_id": "smtp_missing", "active": "no"}),
        "link, contradictory": ("mailbox_link", {"room": "Keller", "links": "- room: Keller"}),
        "initialise, refused": ("mailbox_initialise", {"until": "2020-01-01", "from": "2020-02-02", "rooms": "all"}),
        "initialise, unknown": ("mailbox_initialise", {"room_mailboxes": ["a@b.example"], "room_group": "None such"}),
        "reset, refused": ("mailbox_reset_failed", {"failed_since": "2999-01-01T00:00:00+00:00", "room": "x"}),
        "explain, refused": ("mailbox_explain", {"id": 1, "uid": "x"}),
    }
    by_command = {
        "link, a list": ("mailbox_link", {"links": LIST}),
        "check, refused": ("mailbox_check", {"canary": True, "connections": ["smtp_missing"], "rooms": ["x"]}),
        "explain, unknown": ("mailbox_explain", {"id": 987654321}),
        "housekeeping, refused": ("mailbox_housekeeping", {"days": 1}),
    }
    started = {name: trigger(world.airflow, *wanted) for name, wanted in by_rest.items()}
    with ThreadPoolExecutor(max_workers=2) as pool:
        commands = pool.map(lambda wanted: trigger_by_command(world.airflow, *wanted), by_command.values())
        return started | dict(zip(by_command, commands, strict=True))


def status(campus: Campus, event: int) -> str | None:
    rows = campus.sql("SELECT status FROM booking.status WHERE kind = 'event' AND id = %(id)s", id=event)
    return rows[0]["status"] if rows else None


def failed(world: SandboxWorld, campus: Campus, booking: str) -> int:
    """Wait until an invitation has failed; return its event."""
    event = world.bookings.events[booking]
    wait_for(lambda: status(campus, event) == "failed", f"failure of {booking}")
    return event


def test_a_room_is_linked_and_its_older_bookings_follow(world: SandboxWorld, campus: Campus, runs: Runs) -> None:
    assert runs["link"].end() == "success"
    assert runs["link"].states() == {"preview": "success", "apply": "success"}
    assert "fields | create | Lehrwerkstatt | lehrwerkstatt@rooms.example" in runs["link"].log("apply")
    actor = "SELECT actor FROM raumpost.journal WHERE step = 'link' AND message LIKE '%%lehrwerkstatt@%%'"
    assert campus.value(actor) == "admin"

    conf = {"room_mailboxes": ["lehrwerkstatt@rooms.example"], "require_approval": False}
    initialise = trigger_by_command(world.airflow, "mailbox_initialise", conf)
    assert initialise.end() == "success"
    assert initialise.states()["approve"] == "skipped"
    assert "overlaps" in initialise.log("preview")
    events = world.bookings.events
    wait_for(lambda: status(campus, events["earlier-welding"]) == "accepted", "acceptance of an older booking")
    wait_for(lambda: status(campus, events["earlier-briefing"]) == "declined", "answer to the other")


def test_a_list_of_links_comes_from_the_command_line(campus: Campus, runs: Runs) -> None:
    assert runs["link, a list"].end() == "success"
    assert runs["link, a list"].result("apply") == {
        "create": 1, "change": 0, "unchanged": 0, "remove": 0, "refused": 0,
    }  # fmt: skip


def test_older_bookings_are_invited_once_somebody_approves(world: SandboxWorld, campus: Campus, runs: Runs) -> None:
    run = runs["initialise"]
    question = run.question()
    assert question["subject"] == "Invite 2 bookings in 1 room mailbox?"
    assert "Senatssitzung" in question["body"]
    assert "beyond 180 days" in question["body"]
    run.answer("Approve")
    assert run.end() == "success"
    assert set(run.states().values()) == {"success"}
    assert "was applied (approved by admin): 2 invited; the next run of mailbox_processor sends" in run.log("report")
    wait_for(lambda: status(campus, world.bookings.events["earlier-senate"]) is not None, "invitation")


def test_what_somebody_rejects_is_not_invited(world: SandboxWorld, campus: Campus, runs: Runs) -> None:
    run = runs["initialise, rejected"]
    run.answer("Reject")
    assert run.end() == "success"
    assert (run.states()["apply"], run.states()["report"]) == ("skipped", "success")
    assert "rejected, or not decided within 24 hours" in run.log("report")
    assert status(campus, world.bookings.events["earlier-lecture"]) is None


def test_what_failed_is_sent_again_after_a_person_has_mended_the_interface(
    world: SandboxWorld, campus: Campus, runs: Runs
) -> None:
    event = failed(world, campus, "unreachable")
    run = trigger(world.airflow, "mailbox_reset_failed", try_this.RESET)
    mended = {"connection_id": "smtp_container", "conn_type": "smtp", "port": world.mail.smtp_port}
    world.airflow.api("PATCH", "/connections/smtp_container?update_mask=port", mended)
    question = run.question()
    assert question["subject"] == "Send 1 failed invitation of 1 room mailbox again?"
    assert "cannot be reached" in question["body"]
    run.answer("Approve")
    assert run.end() == "success"
    assert "was applied (approved by admin): 1 reset" in run.log("report")
    wait_for(lambda: status(campus, event) == "accepted", "acceptance after the reset")


def test_what_failed_stays_so_where_somebody_rejects_or_only_looks(
    world: SandboxWorld, campus: Campus, runs: Runs
) -> None:
    event = failed(world, campus, "returned")
    pavilion = {"room_mailboxes": ["pavillon@rooms.example"]}
    run = trigger(world.airflow, "mailbox_reset_failed", pavilion)
    looked = trigger_by_command(world.airflow, "mailbox_reset_failed", {**pavilion, "preview_only": True})
    run.answer("Reject")
    assert run.end() == "success"
    assert "rejected, or not decided within 24 hours" in run.log("report")
    assert looked.end() == "success"
    assert "preview only: nothing was applied" in looked.log("report")
    assert status(campus, event) == "failed"


def test_the_story_of_a_booking_is_told(world: SandboxWorld, campus: Campus, runs: Runs) -> None:
    event = failed(world, campus, "returned")
    run = trigger(world.airflow, "mailbox_explain", {"kind": "event", "id": event})
    assert run.end() == "success"
    assert run.result("explain")["booking"] == f"event {event}"
    assert "550 5.1.1 <pavillon@rooms.example>" in run.result("explain")["story"]
    assert "BEGIN:VCALENDAR" in run.log("explain")


def test_a_check_books_on_trial_cancels_again_and_is_red_for_what_is_not_ok(campus: Campus, runs: Runs) -> None:
    run = runs["check"]
    assert run.end() == "failed"
    states = run.states()
    assert {name for name, state in states.items() if state != "success"} == {"verdict", "watcher"}
    shown = {line["what"]: line for line in run.result("report")["lines"]}
    assert "accepted after" in json.dumps(
        [line for what, line in shown.items() if what.startswith("canary in audimax@rooms.example")]
    )
    assert "recipient container-c2@rooms.example: refused: 550" in run.log("verdict")
    assert [row["state"] for row in campus.sql("SELECT state FROM raumpost.canary")] == ["cancelled"]


def test_where_nothing_is_held_back_there_is_nothing_to_approve(runs: Runs) -> None:
    assert runs["approve cancellations"].end() == "success"
    assert runs["approve cancellations"].result("report") == "there is nothing to do"


def test_nothing_is_old_enough_for_housekeeping(runs: Runs) -> None:
    assert runs["housekeeping"].end() == "success"
    assert set(runs["housekeeping"].result("remove_old").values()) == {0}


@pytest.mark.parametrize(
    ("name", "task", "words"),
    [
        ("link, refused", "preview", ["there is no Airflow connection “smtp_missing”", "there is no room “Keller”"]),
        ("link, contradictory", "preview", ["both a list of links and the fields room are given"]),
        (
            "initialise, refused",
            "preview",
            ["there is no parameter “rooms”", "until 2020-01-01 lies in the past", "is later than until 2020-01-01"],
        ),
        (
            "initialise, unknown",
            "preview",
            ["there is no room mailbox “a@b.example”", "there is no room group “None such”"],
        ),
        ("reset, refused", "preview", ["there is no parameter “room”", "lies in the future"]),
        (
            "check, refused",
            "find_interfaces",
            ["there is no parameter “rooms”", "“smtp_missing”", "canary needs room_mailboxes"],
        ),
        ("explain, refused", "explain", ["id and uid are both given"]),
        ("explain, unknown", "explain", ["event 987654321"]),
        ("housekeeping, refused", "remove_old", ["there is no parameter “days”; there are none"]),
    ],
)
def test_what_makes_no_sense_turns_the_run_red_and_is_said(runs: Runs, name: str, task: str, words: list[str]) -> None:
    assert runs[name].end() == "failed"
    assert runs[name].states()[task] == "failed"
    said = runs[name].log(task)
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    ("dag_id", "conf"),
    [
        ("mailbox_link", {"operation": "destroy"}),
        ("mailbox_initialise", {"from": "tomorrow"}),
        ("mailbox_reset_failed", {"preview_only": "yes"}),
        ("mailbox_check", {"canary_minutes": 0}),
        ("mailbox_explain", {"id": "4711"}),
    ],
)
def test_values_of_the_wrong_kind_start_no_run(world: SandboxWorld, dag_id: str, conf: dict[str, object]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        trigger(world.airflow, dag_id, conf)
    with refused.value as answer:
        assert answer.code == 400
        assert f"Invalid input for param {next(iter(conf))}" in json.loads(answer.read())["detail"]
