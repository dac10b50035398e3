"""Texts of bookings, mails and servers are strangers' words: whatever they hold, they are shown as text."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from raumpost.services.previews.markdown import Preview
from raumpost.web.app import create_app
from sandbox.pages import EVERYONE, served
from tests.browser import looks
from tests.browser.airflow_answers import AirflowAnswers
from tests.browser.views import addresses
from tests.database import Campus
from tests.factories import reply
from tests.mail_pipeline import pipeline
from tests.servers.smtp import smtp
from tests.web.office import Office, office

__all__ = ["office", "pipeline", "smtp"]

SCRIPT = "<script>window.__hit=1</script>"
EVIL = (
    f"{SCRIPT}\"><img src=x onerror=\"window.__hit=1\">' onmouseover='window.__hit=1' </textarea></title>-->"
    "{{ 7777*7 }} ${7777*7} &lt;b&gt; [x](javascript:window.__hit=1) | * _ ` \\ "
    "\u202egpj.exe\u2066 \x01\x07\x1b[31m\x7f\u2028\u200f"
    "\N{WOMAN}\u200d\N{MICROSCOPE} Z" + "\u0351\u0334\u0319" * 9 + "W" * 300
)
ROOM = "room@rooms.example"
ADDRESS = f"x'&{{{{7777*7}}}}%22`|$-{'w' * 60}@{'rooms.' * 20}example"


def evil(field: str) -> str:
    return f"{field}: {EVIL}"


def short(field: str) -> str:
    """As long as Airflow lets its own ids be."""
    return evil(field)[:250]


class Stranger:
    """Puts hostile words wherever bookings, mails and servers have a say."""

    FIELDS = (
        "room", "group", "user", "title", "description", "booked_by", "reason", "comment", "subject", "body", "smtp",
        "imap", "error", "message", "detail", "actor", "what", "why", "remedy", "checked", "alerted", "status", "host",
        "connection",
    )  # fmt: skip

    def __init__(self, office: Office) -> None:
        self.office = office
        self.campus = office.campus

    def write(self) -> None:
        """Fill every field."""
        rooms = [self._linked(ROOM), self._linked(ADDRESS, smtp=evil("smtp"), imap=evil("imap"))]
        event = self.campus.event(
            *rooms, title=evil("title"), description=evil("description"), booked_by=evil("booked_by")
        )
        self.campus.block(rooms[0], reason=evil("reason"), starts=datetime(2091, 1, 1, tzinfo=UTC))
        self.office.pipeline.send_all()
        self._answer(event)
        self._fail()
        self._log()
        self._check()
        self.campus.sql(
            "UPDATE booking.status SET message_de = %(words)s, message_en = %(words)s", words=evil("status")
        )
        unlinked = self.campus.room(evil("room"))
        self.campus.sql("UPDATE booking.room SET time_zone = %(zone)s", zone=evil("zone"))
        self._group(*rooms, unlinked)

    def _linked(self, address: str, smtp: str = "smtp_one", imap: str = "imap_one") -> int:
        room = self.campus.room(evil("room"))
        self.campus.link(room, address=address, smtp_conn_id=smtp, imap_conn_id=imap, include_blocks=True)
        self.campus.sql("UPDATE booking.app_user SET name = %(name)s", name=evil("user"))
        return room

    def _group(self, *rooms: int) -> None:
        statement = "INSERT INTO booking.room_group (name) VALUES (%(name)s) RETURNING id"
        group = self.campus.value(statement, name=evil("group"))
        for room in rooms:
            self.campus.sql(
                "INSERT INTO booking.room_group_member VALUES (%(group)s, %(room)s)", group=group, room=room
            )

    def _answer(self, event: int) -> None:
        uid = self.campus.value(
            """SELECT i.uid FROM raumpost.invitation AS i JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
               WHERE i.kind = 'event' AND i.source_id = %(event)s AND m.address = %(address)s""",
            event=event,
            address=ROOM,
        )
        said = evil("comment").replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
        self.office.hear(reply(uid, room=ROOM, said="DECLINED", comment=said))
        html = f"<html><body onload='window.__hit=1'>{evil('body')}</body></html>"
        head = f'From: "{SCRIPT}" <stranger@example.org>\r\nSubject: {evil("subject")}\r\nContent-Type: text/html'
        self.office.hear(f"{head}; charset=utf-8\r\n\r\n{html}\r\n".encode())

    def _fail(self) -> None:
        self.campus.sql(
            """UPDATE raumpost.invitation AS i SET state = 'failed', attempts = 5, batch = NULL, lease_until = NULL,
                      last_error = %(error)s
               FROM raumpost.room_mailbox AS m WHERE m.id = i.room_mailbox_id AND m.address = %(address)s""",
            error=evil("error"),
            address=ADDRESS,
        )

    def _log(self) -> None:
        for dag in (short("dag"), "mailbox_initialise"):
            self.campus.sql(
                """INSERT INTO raumpost.journal
                       (level, step, message, detail, actor, dag_id, dag_run, invitation_id, room_mailbox_id)
                   SELECT 'error', %(step)s, %(message)s, %(detail)s, %(actor)s, %(dag)s, %(run)s, id, room_mailbox_id
                   FROM raumpost.invitation""",
                step=evil("step"), message=evil("message"), detail=evil("detail"), actor=evil("actor"), dag=dag,
                run=short("run"),
            )  # fmt: skip

    def _check(self) -> None:
        subjects = {"smtp": evil("smtp"), "imap": evil("imap"), "link": ADDRESS, "canary": evil("checked")}
        for kind, subject in subjects.items():
            self.campus.sql(
                """INSERT INTO raumpost.check_result VALUES
                       (%(kind)s, %(subject)s, 1, %(what)s, 'not ok', %(why)s, %(remedy)s, now(), %(run)s)""",
                kind=kind, subject=subject, what=evil("what"), why=evil("why"), remedy=evil("remedy"), run=short("run"),
            )  # fmt: skip
        self.campus.sql(
            """INSERT INTO raumpost.alert (kind, subject, run_id, first_at, last_at, count, quiet_until)
               VALUES ('task', %(subject)s, '', now(), now(), 1, now())""",
            subject=evil("alerted"),
        )


@pytest.fixture
def airflow() -> AirflowAnswers:
    """Return what Airflow says of connections and runs."""
    stored = [
        {
            "connection_id": name,
            "conn_type": "smtp",
            "host": evil("host"),
            "port": 25,
            "login": evil("login"),
            "description": evil("about"),
            "extra": json.dumps({"from_email": evil("sender")}),
        }
        for name in (evil("smtp"), evil("connection"))
    ]
    return AirflowAnswers(text=evil("airflow"), connections=stored)


@contextmanager
def watched(page: Page) -> Iterator[None]:
    """Fail where anything runs, asks or complains that came in as text."""
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.add_init_script("window.__hit = 0")
    yield
    assert page.evaluate("window.__hit") == 0
    assert heard == []


def text_of(page: Page) -> str:
    """Return every text of a page: what is shown, what stands in fields and what shows when hovering."""
    return str(
        page.evaluate(
            """() => [document.body.textContent, document.title, ...[...document.querySelectorAll("*")].flatMap(
                (one) => [one.value ?? "", one.title ?? "", one.ariaLabel ?? ""])].join("\\n")"""
        )
    )


def made_of_text(page: Page) -> int:
    """Count the elements that only hostile text could have made."""
    return page.locator("[onerror], [onload], [onmouseover], script:not([src]):not(#words), main img").count()


@pytest.fixture
def page(
    browser: Browser, database: str, office: Office, airflow: AirflowAnswers, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    """Return a browser at pages that are full of hostile words."""
    Stranger(office).write()
    monkeypatch.setenv("AIRFLOW_CONN_RAUMPOST_DB", database.replace("postgresql://", "postgres://"))
    with served(create_app(EVERYONE)) as address:
        context = browser.new_context(base_url=f"{address}/", locale="en-GB", viewport={"width": 1000, "height": 900})
        page = context.new_page()
        airflow.take_over(page)
        with watched(page):
            yield page
        context.close()


def test_every_view_shows_hostile_text_as_text(page: Page, campus: Campus) -> None:
    run, dag, task = (quote(short(name), safe="") for name in ("run", "dag", "task"))
    views = addresses(campus) | {
        "hostile-run": f"/runs?dag={dag}&run={run}",
        "hostile-task": f"/tasks?dag={dag}&run={run}&task={task}",
        "hostile-dag": f"/dag?dag={dag}",
        "hostile-search": f"/invitations?q={quote(SCRIPT)}&state={quote(SCRIPT)}",
        "hostile-log": f"/log?q={quote(SCRIPT)}&dag={dag}&run={run}",
        "hostile-failed": "/invitations?state=failed",
        "hostile-mailbox": f"/room-mailboxes/{campus.value('SELECT max(id) FROM raumpost.room_mailbox')}",
        "hostile-saved": f"/interfaces?saved={quote(short('saved'), safe='')}",
    }
    shown = {}
    wide = {}
    for width in (1000, 400):
        page.set_viewport_size({"width": width, "height": 900})
        for name, path in views.items():
            page.goto(path.removeprefix("/"))
            expect(page.get_by_text("Asking Airflow …")).to_have_count(0)  # the page of interfaces has its answer
            shown[name] = text_of(page)
            wide[f"{name}, {width}"] = looks.too_wide(page.main_frame)
            assert (name, made_of_text(page)) == (name, 0)
            assert page.evaluate("window.__hit") == 0, name
    assert {name: faults for name, faults in wide.items() if faults} == {}
    everything = "\n".join(shown.values())
    assert [field for field in Stranger.FIELDS if f"{field}: {SCRIPT}" not in everything] == []
    assert "54439" not in everything  # no template has been filled in


def test_nothing_runs_when_the_mouse_touches_it(page: Page) -> None:
    for path in ("", "room-mailboxes", "room-groups", "log"):
        page.goto(path)
        for one in page.locator("main .said").all()[:10]:
            one.hover(force=True)


def test_the_dialog_of_a_run_shows_hostile_text_as_text(page: Page, airflow: AirflowAnswers) -> None:
    cell = evil("cell")
    columns = ["room", "title"]
    airflow.body = Preview(
        headline=evil("headline"),
        per_room=Counter([evil("counted")]),
        findings=[(evil("finding"), 1)],
        remarks=[evil("remark")],
        columns=columns,
        rows=[[cell, cell]],
    ).as_markdown()
    airflow.result = {"troubles": [evil("trouble")]}
    page.goto("")
    page.get_by_role("button", name="Check again").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("cell").first).to_be_visible()
    for width in (1000, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert looks.too_wide(page.main_frame) == []
        assert dialog.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert made_of_text(page) == 0
    said = dialog.inner_text()
    for name in ("airflow", "headline", "counted", "finding", "remark", "cell"):
        assert f"{name}: {SCRIPT}" in said
    dialog.get_by_role("button", name="Approve").click()
    expect(dialog.get_by_text("Done.", exact=True)).to_be_visible()
    assert f"trouble: {SCRIPT}" in dialog.inner_text()


def test_suggestions_show_hostile_text_as_text(page: Page) -> None:
    page.goto("room-mailboxes/new")
    page.get_by_role("combobox", name="Room").press("ArrowDown")
    option = page.get_by_role("option").first
    expect(option).to_contain_text(f"room: {SCRIPT}")
    assert looks.too_wide(page.main_frame) == []
    option.click()
    page.get_by_role("button", name="Link the room").click()
