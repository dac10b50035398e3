"""Rows and mails that make something break, every time: they are set aside and told, and never stop the others."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from raumpost.domain.errors import BatchIncomplete, DatabaseUnavailable
from raumpost.services.answers import update_status
from raumpost.services.answers.update_status import IN_A_ROW, MOST_READINGS
from raumpost.services.sending import render as render_service
from raumpost.services.store.rows import as_json
from tests.database import Campus
from tests.inbox_scenario import PLAIN, InboxScenario
from tests.mail_pipeline import MailPipeline
from tests.servers.smtp import Smtp

NASTY = "a\0b \ud800 \\u0000"
"""What no text in Postgres can hold, and what looks like it in JSON."""
STORED = "a\ufffdb ? \\u0000"


def arrive(scenario: InboxScenario, *mails: bytes) -> None:
    for raw in mails:
        scenario.mailbox.put(raw)
    assert scenario.pipeline.fetch(scenario.mailbox.open()) == len(mails)


def outcomes(campus: Campus) -> list[tuple[str | None, int]]:
    rows = campus.sql("SELECT outcome, readings FROM raumpost.mail WHERE direction = 'in' ORDER BY id")
    return [(row["outcome"], row["readings"]) for row in rows]


# ── mails ─────────────────────────────────────────────────────────────────────────────────────────────────


class Killed(BaseException):
    """What ends a process, as far as a test can be ended by it."""


def test_a_mail_that_ends_its_reader_again_and_again_is_set_aside_and_told(
    sent: InboxScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = update_status.read

    def deadly(raw: bytes) -> object:
        if raw == PLAIN:
            raise Killed
        return reads(raw)

    monkeypatch.setattr(update_status, "read", deadly)
    arrive(sent, PLAIN, sent.answer())
    for number in range(MOST_READINGS):
        with pytest.raises(Killed):
            sent.pipeline.read()
        assert outcomes(sent.campus) == [(None, number + 1), (None, 0)]
    assert sent.pipeline.read() == {"unreadable": 1, "applied": 1}
    [entry] = sent.entries()
    assert (entry["level"], entry["mail_id"]) == ("error", 2)
    assert "reading it has ended the program 5 times; the raw mail is kept" in entry["message"]
    assert bytes(sent.campus.value("SELECT raw FROM raumpost.mail WHERE outcome = 'unreadable'")) == PLAIN


def test_a_reader_that_was_killed_by_something_else_reads_the_same_mail_next_time(
    sent: InboxScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(sent, sent.answer())
    with monkeypatch.context() as patched:
        patched.setattr(update_status, "decide", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            sent.pipeline.read()
    assert sent.pipeline.read() == {"applied": 1}


@contextmanager
def locked_away(campus: Campus, condition: str) -> Iterator[None]:
    """Let the database give up at these mails, as it does when somebody holds a lock for too long."""
    campus.sql(
        """CREATE FUNCTION pg_temp.give_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           RAISE EXCEPTION 'canceling statement due to lock timeout' USING ERRCODE = 'lock_not_available'; END $$"""
    )
    campus.sql(
        f"""CREATE TRIGGER give_up BEFORE UPDATE OF outcome ON raumpost.mail FOR EACH ROW
            WHEN (NEW.outcome IS NOT NULL AND {condition}) EXECUTE FUNCTION pg_temp.give_up()"""
    )
    try:
        yield
    finally:
        campus.sql("DROP FUNCTION pg_temp.give_up CASCADE")


def test_a_mail_whose_transaction_fails_every_time_does_not_stop_the_next_and_is_not_given_up(
    sent: InboxScenario,
) -> None:
    arrive(sent, PLAIN, sent.answer())
    with locked_away(
        sent.campus, f"NEW.raw = '{PLAIN.decode()}'::bytea".replace("\r\n", "\\r\\n").replace("'S", "E'S")
    ):
        for _ in range(MOST_READINGS + 2):
            with pytest.raises(DatabaseUnavailable, match="lock timeout"):
                sent.pipeline.read()
    assert outcomes(sent.campus) == [(None, 0), ("applied", 1)]
    assert sent.pipeline.read() == {"other": 1}


def test_a_database_that_gives_up_at_every_mail_is_not_asked_about_all_of_them(sent: InboxScenario) -> None:
    arrive(sent, *[PLAIN] * (IN_A_ROW + 2))
    with locked_away(sent.campus, "true"), pytest.raises(DatabaseUnavailable, match="lock timeout"):
        sent.pipeline.read()
    assert outcomes(sent.campus) == [(None, 0)] * (IN_A_ROW + 2)
    assert sent.pipeline.read() == {"other": IN_A_ROW + 2}


def test_an_error_whose_words_cannot_be_stored_does_not_stop_the_next_mail(
    sent: InboxScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    judges = update_status.decide

    def broken(db: object, mail: object, now: object) -> object:
        if mail.reading.subject == "hello":  # type: ignore[attr-defined] # an UnreadMail
            raise ValueError(NASTY)
        return judges(db, mail, now)  # type: ignore[arg-type] # handed on

    monkeypatch.setattr(update_status, "decide", broken)
    assert sent.outcomes(PLAIN, sent.answer()) == ["unreadable", "applied"]
    [entry] = sent.entries()
    assert f"ValueError: {STORED}" in entry["detail"]


# ── invitations ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def two(scenario: InboxScenario, campus: Campus) -> InboxScenario:
    """A scenario with one more booking, in a room of its own."""
    campus.event(campus.linked_room("Hörsaal 2"), title="Algebra")
    return scenario


def found(campus: Campus) -> list[tuple[str, int, str | None]]:
    rows = campus.sql("SELECT state, attempts, last_error FROM raumpost.invitation ORDER BY id")
    return [(row["state"], row["attempts"], row["last_error"]) for row in rows]


def attempt(pipeline: MailPipeline, batch: object) -> None:
    with pytest.raises(BatchIncomplete):
        pipeline.send(batch)  # type: ignore[arg-type] # a Batch


def test_an_invitation_that_cannot_be_rendered_fails_alone_after_five_attempts(
    two: InboxScenario, campus: Campus, pipeline: MailPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    renders = render_service.render

    def broken(invitation: object, **around: object) -> object:
        if invitation.content.summary == "Analysis":  # type: ignore[attr-defined] # an Invitation
            raise RecursionError(NASTY)
        return renders(invitation, **around)  # type: ignore[arg-type] # handed on

    monkeypatch.setattr(render_service, "render", broken)
    batch = pipeline.prepare()
    for number in range(1, 6):
        attempt(pipeline, batch)
        assert found(campus) == [("failed" if number == 5 else "pending", number, STORED), ("sent", 1, None)]
    levels = campus.sql("SELECT DISTINCT level FROM raumpost.journal WHERE step = 'render'")
    assert levels == [{"level": "error"}]


def test_words_of_a_mail_server_that_cannot_be_stored_are_stored_all_the_same(
    two: InboxScenario, campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    smtp.refused = {"room-1@rooms.example": "550 a\0b"}
    batch = pipeline.prepare()
    for _ in range(5):
        attempt(pipeline, batch)
    (state, attempts, error), second = found(campus)
    assert (state, attempts) == ("failed", 5)
    assert error
    assert error.endswith("refused the recipient room-1@rooms.example: 550 a\ufffdb")
    assert second == ("sent", 1, None)


def test_a_mail_whose_sending_breaks_in_a_way_nobody_foresaw_fails_alone_after_five_attempts(
    two: InboxScenario, campus: Campus, pipeline: MailPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends = pipeline.mailer.send

    def broken(raw: bytes, *, sender: str, recipient: str) -> None:
        if recipient == "room-1@rooms.example":
            raise ValueError(NASTY)
        sends(raw, sender=sender, recipient=recipient)

    monkeypatch.setattr(pipeline.mailer, "send", broken)
    batch = pipeline.prepare()
    for _ in range(5):
        attempt(pipeline, batch)
    assert found(campus) == [("failed", 5, f"ValueError: {STORED}"), ("sent", 1, None)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\0b", '"a\\ufffdb"'),
        ("\\u0000", '"\\\\u0000"'),
        ("\\\0", '"\\\\\\ufffd"'),
        ("\0\0", '"\\ufffd\\ufffd"'),
        ("🎓 ä", '"🎓 ä"'),
    ],
)
def test_json_holds_no_nul_and_leaves_what_only_looks_like_it(text: str, written: str) -> None:
    assert as_json(text) == written
