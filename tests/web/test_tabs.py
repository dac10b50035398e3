"""The tabs of a DAG, a run and a task instance inside Airflow."""

import re
from pathlib import Path

import httpx
import pytest

from raumpost.adapters.postgres import Database
from tests.database import Campus
from tests.web.office import DAG, RUN, Office

MAIN = "mailbox_processor"


@pytest.fixture
def db(campus: Campus) -> Database:
    """Give the database to a run of the main DAG."""
    return Database(campus.connection, actor=MAIN, dag_id=MAIN, dag_run=RUN)


def ids(page: httpx.Response) -> list[int]:
    """Return the invitations listed on a page, in their order."""
    assert page.status_code == 200
    table = page.text.partition("In this run</th>")[2].partition("</table>")[0]
    return [int(id_) for id_ in re.findall(r'href="/raumpost/invitations/(\d+)"', table)]


def test_the_tab_of_the_main_dag_is_the_overview(site: httpx.Client, campus: Campus) -> None:
    answer = site.get("/dag", params={"dag": MAIN})
    assert (answer.status_code, answer.headers["location"]) == (307, "/raumpost/")


def test_another_dag_shows_what_it_has_done(site: httpx.Client, campus: Campus) -> None:
    assert "has not written anything" in site.get("/dag", params={"dag": "mailbox_link"}).text
    by_hand = Database(campus.connection, actor="anna", dag_id="mailbox_link", dag_run=RUN)
    by_hand.run("write_journal", entries='[{"level": "info", "step": "link", "message": "linked <Aula>"}]')
    page = site.get("/dag", params={"dag": "mailbox_link"}).text
    assert "linked &lt;Aula&gt;" in page
    assert "Aula" not in site.get("/dag", params={"dag": "mailbox_check"}).text


@pytest.mark.parametrize("dag", sorted(path.stem for path in Path("dags").glob("*.py")))
def test_every_dag_of_ours_is_known(site: httpx.Client, campus: Campus, dag: str) -> None:
    answer = site.get("/dag", params={"dag": dag}, follow_redirects=True)
    assert answer.status_code == 200
    assert "is not part of Raumpost" not in answer.text


@pytest.mark.parametrize("dag", ["something", "<script>alert(1)</script>", ""])
def test_a_foreign_dag_is_told_apart(site: httpx.Client, campus: Campus, dag: str) -> None:
    page = site.get("/dag", params={"dag": dag}).text
    assert "is not part of Raumpost" in page
    assert "<script>alert" not in page


def test_a_run_shows_what_it_sent_and_read(site: httpx.Client, office: Office) -> None:
    one, two = office.answered(), office.sent()
    page = site.get("/runs", params={"dag": MAIN, "run": RUN})
    assert ids(page) == [one, two]
    assert "invited, sending started, sent, reply" in page.text
    assert "1 × the room&#39;s reply, recorded" in page.text
    assert ids(site.get("/runs", params={"dag": MAIN, "run": RUN, "step": "answer"})) == [one]
    other = site.get("/runs", params={"dag": MAIN, "run": "another"})
    assert "nothing and read nothing" in other.text
    assert "nothing and read nothing" in site.get("/runs", params={"dag": DAG, "run": RUN}).text


def test_a_task_that_sends_shows_its_batch(site: httpx.Client, office: Office) -> None:
    one, two = office.sent(), office.sent()
    batches = [
        row["batch"] for row in office.campus.sql("SELECT batch FROM raumpost.journal WHERE step = 'claim' ORDER BY id")
    ]
    asked = {"dag": MAIN, "run": RUN, "task": "deliver.send", "map_index": "0"}
    undecided = site.get("/tasks", params=asked)
    assert ids(undecided) == [one, two]
    assert 'data-asks="batch" data-source="gather_pending"' in undecided.text
    for batch, id_ in zip(batches, (one, two), strict=True):
        page = site.get("/tasks", params=asked | {"batch": batch})
        assert ids(page) == [id_]
        assert "data-source" not in page.text


def test_a_batch_shows_what_still_waits_in_it(site: httpx.Client, office: Office) -> None:
    id_ = office.planned()
    batch = office.campus.value("SELECT batch FROM raumpost.invitation")
    page = site.get(
        "/tasks", params={"dag": MAIN, "run": "later", "task": "deliver.render", "map_index": 0, "batch": batch}
    )
    assert ids(page) == [id_]


def test_a_task_that_reads_shows_its_inbox(site: httpx.Client, office: Office) -> None:
    office.answered()
    asked = {"dag": MAIN, "run": RUN, "map_index": "0"}
    for group, source in (("answers", "find_inboxes"), ("answers_again", "sent_something")):
        page = site.get("/tasks", params=asked | {"task": f"{group}.update_status"}).text
        assert f'data-asks="inbox" data-source="{source}"' in page
        assert "/raumpost/mails/" in page
    page = site.get("/tasks", params=asked | {"task": "answers.fetch_replies", "inbox": "imap_one"}).text
    assert "Mails read from imap_one" in page
    assert "data-source" not in page
    other = site.get("/tasks", params=asked | {"task": "answers.fetch_replies", "inbox": "imap_two"}).text
    assert "/raw" not in other


@pytest.mark.parametrize("map_index", ["-1", "{MAP_INDEX}", "", None])
def test_a_task_that_is_not_mapped_shows_the_run(site: httpx.Client, office: Office, map_index: str | None) -> None:
    id_ = office.planned()
    asked = {"dag": MAIN, "run": RUN, "task": "gather_pending"}
    page = site.get("/tasks", params=asked | ({} if map_index is None else {"map_index": map_index}))
    assert ids(page) == [id_]
    assert "data-source" not in page.text


def test_many_invitations_of_a_run_are_paged(site: httpx.Client, office: Office) -> None:
    room = office.campus.linked_room()
    for _ in range(60):
        office.campus.event(room)
    office.pipeline.gather()
    first = site.get("/runs", params={"dag": MAIN, "run": RUN})
    second = site.get("/runs", params={"dag": MAIN, "run": RUN, "offset": 50})
    assert "1–50 of 60" in first.text
    assert len({*ids(first), *ids(second)}) == 60
