"""What a check says of interfaces and room mailboxes, against real servers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from raumpost.adapters.postgres import Database
from raumpost.domain.check import CheckStatus, Finding, Subject
from raumpost.services.checks import results as check_results
from raumpost.services.checks.interface import check_interface
from raumpost.services.checks.links import check_links
from raumpost.wiring import probes
from sandbox.dovecot import Dovecot, self_signed_certificate
from sandbox.ports import free_port
from tests.airflow_connections import SetConnection
from tests.database import NOW, Campus
from tests.mail_pipeline import MailPipeline
from tests.servers.imap import Mailbox
from tests.servers.needs import need_openssl
from tests.servers.scripted_imap import ScriptedImap
from tests.servers.smtp import Fault, Smtp, smtps

TECH = "tech@booking.example"
TODAY = datetime.now(UTC)
PLAIN = {"disable_ssl": True, "disable_tls": True}

Check = Callable[..., dict[str, Finding]]


@pytest.fixture
def check(db: Database) -> Check:
    """Return a function that checks an interface and returns its findings by name, as they were stored."""

    def check_one(conn_id: str, *, certificate_days: int = 1, now: datetime = TODAY) -> dict[str, Finding]:
        kind = probes.kind_of(conn_id)
        asked = probes.probe(conn_id, kind, now=now, certificate_days=certificate_days)
        found = check_interface(db, kind=kind, conn_id=conn_id, probe=asked, now=now)
        stored = {one.what: one for of, subject, one in check_results.load(db) if (of, subject) == (kind, conn_id)}
        assert stored == {one.what: one for one in found}
        return stored

    return check_one


def statuses(found: dict[str, Finding]) -> dict[str, str]:
    return {what: str(one.status) for what, one in found.items()}


def links(db: Database, now: datetime = NOW) -> dict[str, dict[str, Finding]]:
    """Check all links, with connections that are all well; return the stored findings by address."""
    check_links(db, describe=lambda conn_id, kind: None, now=now)
    found: dict[str, dict[str, Finding]] = {}
    for kind, subject, one in check_results.load(db):
        if kind is Subject.LINK:
            found.setdefault(subject, {})[one.what] = one
    return found


# ── SMTP ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_good_smtp_interface_is_asked_for_every_room_and_sends_nothing(
    check: Check, smtp: Smtp, campus: Campus, set_connection: SetConnection
) -> None:
    for _ in range(45):
        campus.linked_room()
    conn_id = set_connection("smtp", smtp.port, login=TECH, password="secret", **PLAIN)
    smtp.login = (TECH, "secret")
    found = check(conn_id)
    assert set(statuses(found).values()) == {"ok"}
    assert list(found)[:6] == ["connection", "resolve", "connect", "TLS", "log in", f"sender {TECH}"]
    assert sum(what.startswith("recipient ") for what in found) == 45
    assert smtp.mails == []


def test_a_host_without_an_address_is_told_from_a_port_where_nobody_listens(
    check: Check, set_connection: SetConnection
) -> None:
    found = check(set_connection("smtp", 25, host="mail.invalid", **PLAIN))
    assert statuses(found) == {"connection": "ok", "resolve": "not ok"}
    assert "mail.invalid" in found["resolve"].why
    assert "correct the host" in found["resolve"].remedy
    found = check(set_connection("smtp", free_port(), **PLAIN))
    assert statuses(found) == {"connection": "ok", "resolve": "ok", "connect": "not ok"}
    assert "refused" in found["connect"].why
    assert "firewalls" in found["connect"].remedy


def test_a_wrong_password_is_told_with_what_to_do(check: Check, smtp: Smtp, set_connection: SetConnection) -> None:
    smtp.login = (TECH, "secret")
    found = check(set_connection("smtp", smtp.port, login=TECH, password="another", **PLAIN))
    assert statuses(found)["log in"] == "not ok"
    assert "535 5.7.8 wrong password" in found["log in"].why
    assert found["log in"].remedy == "correct user and password of this connection"


def test_a_refused_sender_and_a_refused_room_are_named(
    check: Check, smtp: Smtp, campus: Campus, set_connection: SetConnection
) -> None:
    good, bad, later = (campus.linked_room() for _ in range(3))
    smtp.refused = {
        f"room-{bad}@rooms.example": "550 5.1.1 no such user",
        f"room-{later}@rooms.example": "450 greylisted",
    }
    conn_id = set_connection("smtp", smtp.port, **PLAIN)
    found = check(conn_id)
    assert [found[f"recipient room-{room}@rooms.example"].status for room in (good, bad, later)] == [
        CheckStatus.OK, CheckStatus.NOT_OK, CheckStatus.WARNING,
    ]  # fmt: skip
    assert found[f"recipient room-{bad}@rooms.example"].why == "refused: 550 5.1.1 no such user"
    smtp.faults = [("MAIL", "553 5.7.1 sender not owned by user")]
    found = check(conn_id)
    assert found[f"sender {TECH}"].status is CheckStatus.NOT_OK
    assert not any(what.startswith("recipient") for what in found)


def test_a_server_that_hangs_up_says_so_at_the_step_where_it_did(
    check: Check, smtp: Smtp, campus: Campus, set_connection: SetConnection
) -> None:
    campus.linked_room()
    smtp.faults = [("MAIL", Fault.HANG_UP)]
    found = check(set_connection("smtp", smtp.port, **PLAIN))
    assert found[f"sender {TECH}"].status is CheckStatus.NOT_OK
    assert "cannot be reached" in found[f"sender {TECH}"].why


def test_a_server_that_says_nothing_costs_its_timeout_and_no_more(
    check: Check, silent_port: int, set_connection: SetConnection
) -> None:
    before = datetime.now(UTC)
    found = check(set_connection("smtp", silent_port, timeout=1, **PLAIN))
    assert statuses(found) == {"connection": "ok", "resolve": "ok", "connect": "ok", "TLS": "not ok"}
    assert datetime.now(UTC) - before < timedelta(seconds=5)


# ── TLS ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    need_openssl()
    return self_signed_certificate(tmp_path)


@pytest.fixture
def smtps_port(smtp: Smtp, certificate: Path) -> Iterator[int]:
    """Return a port where the SMTP server speaks TLS from the first octet; its certificate is good for two days."""
    with smtps(smtp, certificate) as port:
        yield port


def test_a_certificate_that_ends_soon_is_a_warning(
    check: Check, smtps_port: int, certificate: Path, set_connection: SetConnection
) -> None:
    conn_id = set_connection("smtp", smtps_port, ca_file=str(certificate))
    assert check(conn_id)["TLS"].status is CheckStatus.OK
    found = check(conn_id, certificate_days=21)["TLS"]
    assert found.status is CheckStatus.WARNING
    assert "days more" in found.why
    assert f"{TODAY + timedelta(days=2):%Y-%m-%d}" in found.why


def test_a_certificate_of_an_unknown_authority_is_not_ok_and_one_that_nobody_checks_a_warning(
    check: Check, smtps_port: int, set_connection: SetConnection
) -> None:
    found = check(set_connection("smtp", smtps_port))
    assert found["TLS"].status is CheckStatus.NOT_OK
    assert "CERTIFICATE_VERIFY_FAILED" in found["TLS"].why
    assert "give the host by the name in its certificate" in found["TLS"].remedy
    found = check(set_connection("smtp", smtps_port, ssl_context="none"))
    assert found["TLS"].status is CheckStatus.WARNING


# ── IMAP ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_good_imap_interface_tells_what_waits_and_leaves_no_trace(
    check: Check, dovecot: Dovecot, mailbox: Mailbox, set_connection: SetConnection
) -> None:
    mailbox.put(b"Subject: x\r\n\r\nbody\r\n")
    login = {"login": mailbox.address, "password": mailbox.password, "ca_file": str(dovecot.certificate)}
    conn_id = set_connection("imap", dovecot.imaps_port, processed_folder="Done", **login)
    found = check(conn_id)
    assert set(statuses(found).values()) == {"ok"}, found
    assert found["folder INBOX"].why == "can be read; waiting for the next run of mailbox_processor: 1"
    assert found["processed_folder Done"].why == "MOVE and UIDPLUS; the folder will be created when needed"
    assert set(mailbox.flags().values()) == {frozenset()}
    assert mailbox.owner.status("Done", "(UIDVALIDITY)")[0] == "NO"


def test_mails_that_were_fetched_do_not_wait(
    check: Check,
    pipeline: MailPipeline,
    campus: Campus,
    dovecot: Dovecot,
    mailbox: Mailbox,
    set_connection: SetConnection,
) -> None:
    mailbox.put(b"Subject: x\r\n\r\nbody\r\n")
    pipeline.fetch_folders(mailbox.mailbox())
    conn_id = set_connection("imap", dovecot.imap_port, login=mailbox.address, password="secret", use_ssl=False)
    assert check(conn_id)["folder INBOX"].why == "can be read"
    late = check(conn_id, now=TODAY + timedelta(hours=2))["reading"]
    assert late.status is CheckStatus.NOT_OK
    assert "1 mails are stored and not read" in late.why


def test_a_missing_folder_hides_no_other(
    check: Check, dovecot: Dovecot, mailbox: Mailbox, set_connection: SetConnection
) -> None:
    extra = {"use_ssl": False, "folders": ["Missing", "INBOX"]}
    conn_id = set_connection("imap", dovecot.imap_port, login=mailbox.address, password=mailbox.password, **extra)
    found = check(conn_id)
    assert found["folder Missing"].status is CheckStatus.NOT_OK
    assert found["folder Missing"].remedy == "check that it exists, and the extra folders"
    assert found["folder INBOX"].status is CheckStatus.OK


def test_a_server_that_cannot_move_mails_is_a_warning(check: Check, set_connection: SetConnection) -> None:
    with ScriptedImap({}) as server:
        conn_id = set_connection(
            "imap", server.port, login=TECH, password="secret", use_ssl=False, processed_folder="Done"
        )
        found = check(conn_id)
    assert found["processed_folder Done"].status is CheckStatus.WARNING
    assert "neither MOVE nor UIDPLUS" in found["processed_folder Done"].why


def test_a_wrong_imap_password_is_told(
    check: Check, dovecot: Dovecot, mailbox: Mailbox, set_connection: SetConnection
) -> None:
    found = check(set_connection("imap", dovecot.imap_port, login=mailbox.address, password="x", use_ssl=False))
    assert statuses(found) == {"connection": "ok", "resolve": "ok", "connect": "ok", "TLS": "ok", "log in": "not ok"}


def test_an_inbox_without_a_login_cannot_be_read(check: Check, dovecot: Dovecot, set_connection: SetConnection) -> None:
    found = check(set_connection("imap", dovecot.imap_port, use_ssl=False))
    assert found["log in"].status is CheckStatus.NOT_OK
    assert found["log in"].remedy == "set login and password of this connection, or extra auth_type oauth2"


# ── connections ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_connection_that_is_missing_or_makes_no_sense_is_a_finding(
    db: Database, smtp: Smtp, check: Check, set_connection: SetConnection
) -> None:
    asked = probes.probe("smtp_missing", Subject.SMTP, now=TODAY, certificate_days=1)
    [found] = check_interface(db, kind=Subject.SMTP, conn_id="smtp_missing", probe=asked, now=TODAY)
    assert found.status is CheckStatus.NOT_OK
    assert "there is no Airflow connection “smtp_missing”" in found.why
    assert found.remedy.startswith("create it with type smtp")
    nonsense = check(set_connection("smtp", smtp.port, timeout=1000, **PLAIN))
    assert statuses(nonsense) == {"connection": "not ok"}
    assert "extra timeout" in nonsense["connection"].why


def test_a_newer_result_replaces_the_older_one_as_a_whole(
    check: Check, smtp: Smtp, set_connection: SetConnection
) -> None:
    assert "log in" in check(set_connection("smtp", smtp.port, **PLAIN))
    assert "log in" not in check(set_connection("smtp", free_port(), **PLAIN))


# ── links ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_without_troubles_is_ok(db: Database, campus: Campus) -> None:
    room = campus.linked_room()
    found = links(db)[f"room-{room}@rooms.example"]
    assert list(found) == [
        "interfaces", "room", "technical user", "failures", "pending", "cancellations", "unanswered",
    ]  # fmt: skip
    assert set(statuses(found).values()) == {"ok"}


def test_everything_that_is_wrong_with_a_link_is_said_at_once(
    db: Database, campus: Campus, set_connection: SetConnection
) -> None:
    room = campus.linked_room(active=False, imap_conn_id="smtp_one", smtp_conn_id="smtp_missing")
    set_connection("smtp", 25)
    campus.sql("UPDATE booking.app_user SET technical = false")
    campus.sql("DELETE FROM booking.room WHERE id = %(room)s", room=room)
    counted = check_links(db, describe=probes.describe, now=NOW)
    assert counted == {CheckStatus.NOT_OK: 1}
    said = [
        (one.what, f"{one.why}; {one.remedy}")
        for _, _, one in check_results.load(db)
        if one.status is not CheckStatus.OK
    ]
    assert [what for what, _ in said] == ["interfaces", "interfaces", "room", "technical user", "active"]
    assert "there is no Airflow connection “smtp_missing”" in said[0][1]
    assert "has type smtp; it needs imap" in " ".join(why for _, why in said)


@pytest.mark.parametrize(
    ("email", "words"),
    [
        (None, "has no valid e-mail address"),
        ("nonsense", "(“nonsense”)"),
        ("ROOM-1@rooms.example", "address of the room mailbox itself"),
    ],
)
def test_a_technical_user_who_cannot_write_is_named(
    db: Database, campus: Campus, email: str | None, words: str
) -> None:
    campus.linked_room(address="room-1@rooms.example")
    campus.sql("UPDATE booking.app_user SET email = %(email)s", email=email)
    found = links(db)["room-1@rooms.example"]["technical user"]
    assert found.status is CheckStatus.NOT_OK
    assert words in found.why


def test_invitations_that_do_not_get_through_are_counted(
    db: Database, campus: Campus, pipeline: MailPipeline, smtp: Smtp
) -> None:
    room = campus.linked_room(address="room-1@rooms.example")
    campus.event(room)
    campus.event(room, starts=NOW + timedelta(days=2))
    pipeline.send_all()
    assert links(db)["room-1@rooms.example"]["unanswered"].status is CheckStatus.OK
    late = links(db, NOW + timedelta(hours=27))["room-1@rooms.example"]["unanswered"]
    assert late.status is CheckStatus.WARNING
    assert late.why.startswith("1 invitation, the oldest since 2090-05-02 12:00 UTC")  # the other booking is over
    campus.sql("UPDATE raumpost.invitation SET state = 'failed', last_error = '550 no such user'")
    failed = links(db)["room-1@rooms.example"]["failures"]
    assert failed.status is CheckStatus.NOT_OK
    assert "2 invitations" in failed.why
    assert "last error: 550 no such user" in failed.why
    campus.sql("UPDATE raumpost.invitation SET bounced = true")
    assert "last error: undeliverable: 550 no such user" in links(db)["room-1@rooms.example"]["failures"].why


def test_what_waits_longer_than_an_hour_is_not_ok_unless_the_link_is_switched_off(
    db: Database, campus: Campus, pipeline: MailPipeline
) -> None:
    room = campus.linked_room(address="room-1@rooms.example")
    campus.event(room)
    pipeline.gather()
    assert links(db, TODAY + timedelta(minutes=50))["room-1@rooms.example"]["pending"].status is CheckStatus.OK
    assert links(db, TODAY + timedelta(minutes=70))["room-1@rooms.example"]["pending"].status is CheckStatus.NOT_OK
    campus.sql("UPDATE raumpost.room_mailbox SET active = false")
    found = links(db, TODAY + timedelta(minutes=70))["room-1@rooms.example"]
    assert found["pending"].status is CheckStatus.OK
    assert found["active"].status is CheckStatus.WARNING


def test_a_link_that_is_gone_is_forgotten(db: Database, campus: Campus) -> None:
    campus.linked_room()
    assert len(links(db)) == 1
    campus.sql("DELETE FROM raumpost.room_mailbox")
    assert links(db) == {}
