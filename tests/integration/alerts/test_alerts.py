"""Every mail to operators, through a real mail server."""

import asyncio
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.alert_files import FileAlertStore
from raumpost.adapters.postgres import Database
from raumpost.domain.alerting import Cause, Incident, Kind
from raumpost.domain.errors import InterfaceUnavailable
from raumpost.services.alerts.incidents import DatabaseAlertStore
from raumpost.services.alerts.throttle import alert, recover
from raumpost.services.planning.gather import gather
from raumpost.services.ports import AlertStore
from raumpost.wiring import alerts, late_runs
from raumpost.wiring.settings import read_settings
from raumpost.wiring.tasks import mailbox_housekeeping
from sandbox.mailserver import MailServer
from tests.database import NOW, Campus

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
IT, DESK = "it@booking.example", "desk@booking.example"
CAUSE = Cause(Kind.TASK, "nightly")


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer({IT: "secret", DESK: "secret"}) as server:
        yield server


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock of callbacks and tasks."""
    clock = SimpleNamespace(now=NOW)
    monkeypatch.setattr(alerts, "now", lambda: clock.now)
    monkeypatch.setattr(mailbox_housekeeping, "now", lambda: clock.now)
    monkeypatch.setattr(late_runs, "now", lambda: clock.now)
    return clock


@pytest.fixture
def inbox(
    server: MailServer, database: str, moment: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[], list[EmailMessage]]:
    """Set everything up for alerts; return a function that reads the mails that came since the last time."""
    server.refuse(None)
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "raumpost@booking.example"}
    smtp = {"conn_type": "smtp", "host": "127.0.0.1", "port": server.smtp_port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp))
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    monkeypatch.setenv("RAUMPOST_ALERT_EMAIL", IT)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = len(server.received)

    def new() -> list[EmailMessage]:
        nonlocal seen
        mails = [message_from_bytes(raw, policy=policy.default) for _, _, raw in server.received[seen:]]
        seen = len(server.received)
        return mails  # type: ignore[return-value] # policy.default makes them

    return new


def context(task_id: str = "gather_pending", error: str | Exception = "no luck", **arguments: object) -> dict[str, Any]:
    """Return what Airflow hands to a callback."""
    ti = SimpleNamespace(
        dag_id="mailbox_processor", task_id=task_id, map_index=-1, run_id="scheduled__1", try_number=5,
        log_url="http://airflow.example/dags/mailbox_processor/runs/scheduled__1/tasks/t?try_number=5",
    )  # fmt: skip

    def function(batch: object = None, inbox: object = None, run_id: object = None) -> None: ...

    task = SimpleNamespace(python_callable=function, op_args=(), op_kwargs=arguments)
    return {"ti": ti, "task": task, "exception": error if isinstance(error, Exception) else RuntimeError(error)}


def sending() -> dict[str, Any]:
    return context("deliver.send", "batch 7: 0 sent, 1 failed for good", batch={"id": 7, "smtp_conn_id": "smtp_one"})


def planned(campus: Campus, db: Database, **columns: object) -> int:
    """Invite one booking of tomorrow; its invitation gets these columns."""
    event = campus.event(campus.linked_room("Hörsaal 1"), title="Analysis")
    gather(db, now=NOW, lease=HOUR, budget=0, default_time_zone="Europe/Berlin")
    put(campus, **columns)
    return event


def put(campus: Campus, **columns: object) -> None:
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    campus.sql(f"UPDATE raumpost.invitation SET {assignments}", **columns)


def body(mail: EmailMessage) -> str:
    return " ".join(str(mail.get_content()).split())


Inbox = Callable[[], list[EmailMessage]]


def test_a_failure_to_send_says_all_that_an_operator_needs(inbox: Inbox, campus: Campus, db: Database) -> None:
    planned(campus, db, state="failed", attempts=5, last_error="550 5.1.1 no such room")
    alerts.failed(sending())
    [mail] = inbox()
    assert (mail["From"], mail["To"]) == ("raumpost@booking.example", IT)
    assert mail["Subject"] == "[Raumpost] invitations cannot be sent by smtp_one"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = body(mail)
    assert text.startswith("Über die Schnittstelle smtp_one konnten Einladungen nicht gesendet werden.")
    for part in (
        "Since: 2090-05-02 12:00 UTC, 1 failure",
        "Invitations: 1 failed, 0 waiting to be sent, 0 without an answer",
        "Last error: 550 5.1.1 no such room",
        "What to do: Fix the cause",
        "Where: mailbox_processor, deliver.send, run scheduled__1, attempt 5",
        "Log: http://airflow.example/dags/mailbox_processor/runs/scheduled__1/tasks/t?try_number=5",
        "Handbook: docs/operate/alerts.md#sending",
    ):
        assert part in text


def test_one_mail_per_cause_and_hour(inbox: Inbox, moment: SimpleNamespace) -> None:
    for _ in range(3):
        alerts.failed(sending())
    alerts.failed(context("answers.fetch_replies", inbox="imap_one"))
    assert len(inbox()) == 2
    moment.now = NOW + 59 * MINUTE
    alerts.failed(sending())
    assert inbox() == []
    moment.now = NOW + HOUR
    alerts.failed(sending())
    [again] = inbox()
    assert "Since: 2090-05-02 12:00 UTC, 5 failures" in body(again)


def test_recovery_is_told_once_and_only_of_the_same_cause(inbox: Inbox, moment: SimpleNamespace) -> None:
    alerts.failed(sending())
    inbox()
    moment.now = NOW + 10 * MINUTE
    alerts.worked(context("deliver.send", batch={"smtp_conn_id": "smtp_two"}))
    alerts.worked(context("gather_pending"))
    assert inbox() == []
    alerts.worked(sending())
    alerts.worked(sending())
    [mail] = inbox()
    assert mail["Subject"] == "[Raumpost] OK: invitations are sent by smtp_one again"
    assert "Trouble since 2090-05-02 12:00 UTC, 1 failure; over since 2090-05-02 12:10 UTC" in body(mail)


def test_only_what_used_the_interface_tells_that_it_works_again(inbox: Inbox) -> None:
    alerts.failed(sending())
    alerts.failed(context("answers.fetch_replies", inbox="imap_one"))
    assert len(inbox()) == 2
    alerts.worked(context("deliver.render", batch={"smtp_conn_id": "smtp_one"}))
    alerts.worked(context("answers.update_status", inbox="imap_one"))  # nothing waited to be read
    assert inbox() == []
    alerts.worked(context("answers_again.fetch_replies", inbox="imap_one"))
    [mail] = inbox()
    assert mail["Subject"] == "[Raumpost] OK: answers are read from imap_one again"


def test_an_inbox_that_fails_both_its_tasks_is_told_once(inbox: Inbox) -> None:
    for task in ("answers.fetch_replies", "answers.update_status"):
        alerts.failed(context(task, InterfaceUnavailable("connection refused"), inbox="imap_one"))
    [mail] = inbox()
    assert mail["Subject"] == "[Raumpost] answers cannot be read from imap_one"


def test_reading_that_fails_beside_a_healthy_inbox_recovers_by_itself_only(inbox: Inbox) -> None:
    alerts.failed(context("answers.update_status", "disk full", inbox="imap_one"))
    [mail] = inbox()
    assert mail["Subject"] == "[Raumpost] mailbox_processor.answers.update_status imap_one failed"
    alerts.worked(context("answers.fetch_replies", inbox="imap_one"))
    alerts.worked(context("answers.update_status", inbox="imap_two"))
    assert inbox() == []
    alerts.worked(context("answers.update_status", inbox="imap_one"))
    assert len(inbox()) == 1


def test_what_comes_and_goes_is_told_once_an_hour_too(inbox: Inbox, moment: SimpleNamespace) -> None:
    for minute in range(0, 60, 10):
        moment.now = NOW + minute * MINUTE
        alerts.failed(sending())
        alerts.worked(sending())
    assert len(inbox()) == 2
    moment.now = NOW + 70 * MINUTE
    alerts.failed(sending())
    [mail] = inbox()
    assert "Since: 2090-05-02 13:10 UTC, 1 failure" in body(mail)


def test_each_cause_is_told_with_its_own_words(inbox: Inbox) -> None:
    alerts.failed(context("answers_again.update_status", InterfaceUnavailable("login refused"), inbox="imap_one"))
    alerts.failed(context("gather_pending", "planning broke"))
    reading, other = inbox()
    assert reading["Subject"] == "[Raumpost] answers cannot be read from imap_one"
    assert "Last error: login refused" in body(reading)
    assert "docs/operate/alerts.md#reading" in body(reading)
    assert other["Subject"] == "[Raumpost] mailbox_processor.gather_pending failed"
    assert "Last error: planning broke" in body(other)


def test_a_database_that_is_away_is_told_once_whatever_fails_of_it(
    inbox: Inbox, moment: SimpleNamespace, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", "postgres://nobody:geheim@127.0.0.1:1/none")
    alerts.failed(sending())
    alerts.failed(context("answers.fetch_replies", inbox="imap_one"))
    alerts.failed(context("gather_pending"))
    [mail] = inbox()
    assert mail["Subject"] == "[Raumpost] the Raumpost database cannot be reached"
    text = body(mail)
    assert "Invitations: unknown" in text
    assert "Airflow connection “raumpost_db”: cannot connect" in text
    assert "geheim" not in text
    moment.now = NOW + HOUR
    alerts.failed(context("gather_pending"))
    [again] = inbox()
    assert "4 failures" in body(again)

    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    alerts.worked(context("gather_pending"))
    alerts.worked(context("gather_pending"))
    [over] = inbox()
    assert over["Subject"] == "[Raumpost] OK: the Raumpost database can be reached again"


def late(run_id: str, **columns: object) -> dict[str, Any]:
    """Return what Airflow hands to the callback of a deadline, two hours after the run was to begin."""
    queued_at = (NOW - 2 * HOUR).isoformat().replace("+00:00", "Z")
    return {
        "dag_run": {"dag_id": "mailbox_processor", "dag_run_id": run_id, "state": "running", "queued_at": queued_at}
        | columns
    }


def overdue(context: dict[str, Any]) -> None:
    asyncio.run(late_runs.overdue(context))


def later_run(*still_open: str) -> dict[str, Any]:
    """Return the context of a task that succeeded while these late runs are still open."""
    found = context()

    def get_dr_count(*, dag_id: str, run_ids: list[str], states: list[str]) -> int:
        assert (dag_id, states) == ("mailbox_processor", ["queued", "running"])
        return len(set(run_ids) & set(still_open))

    found["ti"].get_dr_count = get_dr_count
    return found


def test_a_run_that_does_not_finish_in_time_is_told_with_a_link_to_it(inbox: Inbox) -> None:
    overdue(late("scheduled__2090-05-02T10:00:00+00:00"))
    [mail] = inbox()
    assert mail["Subject"] == "[Raumpost] a run of mailbox_processor does not finish"
    text = body(mail)
    assert "Ein Lauf von mailbox_processor ist nicht rechtzeitig fertig geworden." in text
    assert "/dags/mailbox_processor/runs/scheduled__2090-05-02T10%3A00%3A00%2B00%3A00" in text
    assert "Handbook: docs/operate/alerts.md#unfinished" in text


def test_late_runs_are_told_once_an_hour_and_are_over_when_all_have_ended(
    inbox: Inbox, moment: SimpleNamespace
) -> None:
    for name in ("one", "two"):
        overdue(late(name))
    assert len(inbox()) == 1
    moment.now = NOW + HOUR
    overdue(late("three"))
    [again] = inbox()
    assert "Since: 2090-05-02 12:00 UTC, 3 failures" in body(again)
    late_runs.ended(later_run("two"))
    assert inbox() == []
    late_runs.ended(later_run())
    [over] = inbox()
    assert over["Subject"] == "[Raumpost] OK: all runs of mailbox_processor have ended"
    late_runs.ended(later_run())
    assert inbox() == []


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"state": "failed"}, id="it failed before, and that was told"),
        pytest.param({"state": "success"}, id="it ended just now"),
        pytest.param({"queued_at": (NOW - 10 * MINUTE).isoformat()}, id="a task was cleared ten minutes ago"),
    ],
)
def test_a_run_that_has_ended_or_was_cleared_is_not_late(inbox: Inbox, columns: dict[str, object]) -> None:
    overdue(late("one", **columns))
    assert inbox() == []


def test_rooms_that_do_not_answer_are_told_together_and_again_only_with_new_ones(
    inbox: Inbox, moment: SimpleNamespace, campus: Campus, db: Database
) -> None:
    sent = {"state": "sent", "sent_at": NOW - 23 * HOUR, "exposed_sequence": 0, "sent_sequence": 0}
    first = planned(campus, db, **sent)
    campus.sql("UPDATE raumpost.invitation SET starts_at = %(t)s, ends_at = %(t)s + interval '1 h'", t=NOW + 900 * HOUR)
    assert mailbox_housekeeping.report_unanswered(read_settings(), "run") == 0
    assert inbox() == []
    moment.now = NOW + 2 * HOUR
    assert mailbox_housekeeping.report_unanswered(read_settings(), "run") == 1
    [mail] = inbox()
    assert mail["Subject"] == "[Raumpost] rooms do not answer"
    assert "Hörsaal 1 (room-" in body(mail)
    assert f"event {first} “Analysis”, 2090-06-09 00:00 UTC: sent 2090-05-01 13:00 UTC, new" in body(mail)

    moment.now = NOW + 26 * HOUR
    assert mailbox_housekeeping.report_unanswered(read_settings(), "run") == 1
    assert inbox() == []

    second = campus.event(campus.linked_room("Aula"), starts=NOW + 950 * HOUR, title="Ball")
    gather(db, now=NOW, lease=HOUR, budget=0, default_time_zone="Europe/Berlin")
    campus.sql(
        "UPDATE raumpost.invitation SET state = 'sent', sent_at = %(t)s, exposed_sequence = 0, sent_sequence = 0 "
        "WHERE source_id = %(second)s", t=NOW + 10 * HOUR, second=second,
    )  # fmt: skip
    moment.now = NOW + 50 * HOUR
    assert mailbox_housekeeping.report_unanswered(read_settings(), "run") == 2
    [both] = inbox()
    assert body(both).count(", new") == 1
    assert body(both).index("Aula") < body(both).index("Hörsaal 1")

    put(campus, state="answered", answer="ACCEPTED", answer_sequence=0, answered_at=NOW)
    moment.now = NOW + 74 * HOUR
    assert mailbox_housekeeping.report_unanswered(read_settings(), "run") == 0
    [over] = inbox()
    assert over["Subject"] == "[Raumpost] OK: all rooms have answered"


def test_declined_bookings_are_told_once_with_the_rooms_reason_if_that_is_wanted(
    inbox: Inbox, moment: SimpleNamespace, campus: Campus, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = {"state": "answered", "answer": "DECLINED", "answer_sequence": 0, "answered_at": NOW}
    event = planned(campus, db, **answered, comment="bereits\nbelegt", exposed_sequence=0, sent_sequence=0)
    moment.now = NOW + HOUR
    assert mailbox_housekeeping.report_declined(read_settings(), "run") == 0
    monkeypatch.setenv("RAUMPOST_ALERT_DECLINED", "true")
    assert mailbox_housekeeping.report_declined(read_settings(), "run") == 1
    [mail] = inbox()
    assert mail["Subject"] == "[Raumpost] rooms declined bookings"
    assert f"event {event} “Analysis”, 2090-05-03 12:00 UTC: bereits belegt" in body(mail)
    moment.now = NOW + 3 * HOUR
    assert mailbox_housekeeping.report_declined(read_settings(), "run") == 0
    assert inbox() == []


def test_nobody_is_told_unless_an_address_is_set(inbox: Inbox, monkeypatch: pytest.MonkeyPatch, campus: Campus) -> None:
    monkeypatch.delenv("RAUMPOST_ALERT_EMAIL")
    alerts.failed(sending())
    assert mailbox_housekeeping.report_unanswered(read_settings(), "run") == 0
    assert inbox() == []
    assert campus.sql("SELECT * FROM raumpost.alert") == []


def test_all_recipients_get_it_though_one_is_refused(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAUMPOST_ALERT_EMAIL", f"gone@booking.example, {IT}, {DESK}")
    alerts.failed(sending())
    assert len(inbox()) == 2


def test_a_mail_server_that_refuses_is_tried_again_after_some_minutes_and_never_harms_the_task(
    inbox: Inbox, server: MailServer, moment: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    server.refuse("greylisted")
    alerts.failed(sending())
    assert "No alert could be sent" in caplog.text
    assert "greylisted" in caplog.text
    server.refuse(None)
    moment.now = NOW + 4 * MINUTE
    alerts.failed(sending())
    assert inbox() == []
    moment.now = NOW + 5 * MINUTE
    alerts.failed(sending())
    [mail] = inbox()
    assert "Since: 2090-05-02 12:00 UTC, 3 failures" in body(mail)


def test_what_was_never_told_does_not_recover_aloud(inbox: Inbox, server: MailServer) -> None:
    server.refuse("greylisted")
    alerts.failed(sending())
    server.refuse(None)
    alerts.worked(sending())
    assert inbox() == []


@pytest.mark.parametrize("broken", [{}, {"ti": None}, {"ti": SimpleNamespace()}])
def test_a_callback_never_raises(inbox: Inbox, broken: dict[str, Any]) -> None:
    alerts.failed(broken)
    alerts.worked(broken)
    overdue(broken)
    late_runs.ended(broken)
    assert inbox() == []


def test_a_missing_connection_is_named_in_the_log(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RAUMPOST_ALERT_SMTP", "smtp_nowhere")
    alerts.failed(sending())
    assert "there is no Airflow connection “smtp_nowhere”; create it with type smtp" in caplog.text


def test_a_hostile_error_cannot_add_headers_or_lines(inbox: Inbox) -> None:
    alerts.failed(context("gather_pending", "x\r\nBcc: all@booking.example\r\n\r\n{{ 7 * 7 }}" + "y" * 5000))
    [mail] = inbox()
    assert mail["Bcc"] is None
    assert "Last error: x Bcc: all@booking.example {{ 7 * 7 }}yyy" in body(mail)
    assert len(body(mail)) < 2500


@contextmanager
def a_book(kind: str, connect: Callable[[], Connection], directory: Path) -> Iterator[Callable[[], AlertStore]]:
    yield lambda: DatabaseAlertStore(Database(connect())) if kind == "database" else FileAlertStore(directory)


@pytest.mark.parametrize("kind", ["database", "files"])
def test_of_many_at_the_same_moment_one_tells(kind: str, connect: Callable[[], Connection], tmp_path: Path) -> None:
    notified: list[Incident] = []
    with a_book(kind, connect, tmp_path) as book:
        books = [book() for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda one: alert(one, CAUSE, now=NOW, notify=notified.append), books))
        assert results.count(True) == len(notified) == 1
        with ThreadPoolExecutor(8) as pool:
            over = list(pool.map(lambda one: recover(one, [CAUSE], now=NOW, notify=notified.append), books))
        assert sum(over) == 1
        assert notified[-1].count == 8


@pytest.mark.parametrize("kind", ["database", "files"])
def test_a_book_survives_the_process(kind: str, connect: Callable[[], Connection], tmp_path: Path) -> None:
    def refuse(_: Incident) -> None:
        raise InterfaceUnavailable("away")

    with a_book(kind, connect, tmp_path) as book:
        with pytest.raises(InterfaceUnavailable):
            alert(book(), CAUSE, now=NOW, notify=refuse)
        notified: list[Incident] = []
        assert not alert(book(), CAUSE, now=NOW, notify=notified.append)
        assert alert(book(), CAUSE, now=NOW + 5 * MINUTE, notify=notified.append)
        [incident] = notified
        assert (incident.first_at, incident.count) == (NOW.astimezone(UTC), 3)


def test_a_damaged_file_is_as_none(tmp_path: Path) -> None:
    book = FileAlertStore(tmp_path)
    book.claim(Cause(Kind.DATABASE), now=NOW, quiet_until=NOW)
    (tmp_path / "database.json").write_text('{"open": tr')
    assert book.claim(Cause(Kind.DATABASE), now=NOW, quiet_until=NOW)


def test_every_kind_of_alert_is_explained_in_the_handbook() -> None:
    handbook = (Path(__file__).parents[3] / "docs" / "operate" / "alerts.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (\w+)$", handbook, flags=re.MULTILINE)
    assert sections == list(Kind)
    assert re.findall(r"^\| \[(\w+)\]", handbook, flags=re.MULTILINE) == list(Kind)
