"""The SMTP adapter against servers that refuse, break off and fall silent: what has left, and what has not."""

import smtplib
from collections.abc import Callable, Iterator

import pytest

from raumpost.adapters.smtp import SmtpMailer
from raumpost.domain.errors import InterfaceUnavailable, MaybeSent, NotSent
from sandbox.ports import HOST, free_port
from tests.servers.smtp import Fault, Mail, Smtp

TECH, ROOM = "tech@booking.example", "room-1@rooms.example"
RAW = b"Subject: x\r\n\r\nbody\r\n"
NAME = "SMTP interface smtp_one"

Mailers = Callable[[Callable[[], smtplib.SMTP]], SmtpMailer]


@pytest.fixture
def make() -> Iterator[Mailers]:
    """Return a function that makes a mailer, which is closed at the end."""
    made: list[SmtpMailer] = []

    def mailer(connect: Callable[[], smtplib.SMTP]) -> SmtpMailer:
        made.append(SmtpMailer(connect, name=NAME))
        return made[-1]

    yield mailer
    for one in made:
        one.close()


@pytest.fixture
def mailer(make: Mailers, smtp: Smtp) -> SmtpMailer:
    return make(lambda: smtp.connect(timeout=1 if silent(smtp.faults) else 10))


def silent(faults: list[tuple[str, str | Fault] | None]) -> bool:
    return any(fault and fault[1] is Fault.SILENCE for fault in faults)


def send(mailer: SmtpMailer, raw: bytes = RAW) -> None:
    mailer.send(raw, sender=TECH, recipient=ROOM)


# ── what arrives ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(RAW, id="a mail"),
        pytest.param(b"Subject: x\r\n\r\n.\r\n..\r\n.dot\r\n \r\n\r\n.\r\n", id="lines that begin with dots"),
        pytest.param(b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 20_000, id="a long mail"),
        pytest.param(b"Subject: x\r\n\r\nblanks at the end  \t\r\n\r\n\r\n", id="blanks and empty lines at the end"),
    ],
)
def test_a_mail_arrives_octet_by_octet(mailer: SmtpMailer, smtp: Smtp, raw: bytes) -> None:
    send(mailer, raw)
    assert smtp.mails == [Mail(TECH, ROOM, raw)]


def test_several_mails_share_one_connection(mailer: SmtpMailer, smtp: Smtp) -> None:
    for _ in range(3):
        send(mailer)
    assert len(smtp.mails) == 3
    assert smtp.connections == 1


def test_nothing_connects_before_the_first_mail(mailer: SmtpMailer, smtp: Smtp) -> None:
    mailer.close()
    assert smtp.connections == 0


def test_it_connects_anew_after_it_was_closed(mailer: SmtpMailer, smtp: Smtp) -> None:
    send(mailer)
    mailer.close()
    mailer.close()
    send(mailer)
    assert smtp.connections == 2


# ── refused: it has certainly not left ────────────────────────────────────────────────────────────────────

REFUSALS = [
    ("MAIL", "550 5.7.1 no such sender", "refused the sender tech@booking.example: 550 5.7.1 no such sender"),
    ("MAIL", "421 4.3.2 closing down", "refused the sender tech@booking.example: 421 4.3.2 closing down"),
    ("RCPT", "550 5.1.1 unknown", "refused the recipient room-1@rooms.example: 550 5.1.1 unknown"),
    ("RCPT", "450 4.2.0 greylisted", "refused the recipient room-1@rooms.example: 450 4.2.0 greylisted"),
    ("RCPT", "421 4.7.0 too many", "refused the recipient room-1@rooms.example: 421 4.7.0 too many"),
    ("DATA", "451 4.3.0 not now", "refused the mail to room-1@rooms.example: 451 4.3.0 not now"),
    ("CONTENT", "451 4.3.0 disk full", "refused the mail to room-1@rooms.example: 451 4.3.0 disk full"),
    ("CONTENT", "554 5.7.1 spam", "refused the mail to room-1@rooms.example: 554 5.7.1 spam"),
    ("CONTENT", "421 4.3.2 closing down", "refused the mail to room-1@rooms.example: 421 4.3.2 closing down"),
]


@pytest.mark.parametrize(("point", "said", "words"), REFUSALS, ids=[f"{at}: {said[:3]}" for at, said, _ in REFUSALS])
def test_a_refused_mail_has_not_left_and_the_next_one_works(
    mailer: SmtpMailer, smtp: Smtp, point: str, said: str, words: str
) -> None:
    send(mailer)
    smtp.faults = [(point, said)]
    with pytest.raises(NotSent) as refusal:
        send(mailer)
    assert str(refusal.value) == f"{NAME} {words}"
    send(mailer, RAW + b"next\r\n")
    assert [mail.octets for mail in smtp.mails] == [RAW, RAW + b"next\r\n"]
    assert smtp.connections == (2 if said.startswith("421") else 1)


def test_a_reply_of_several_lines_becomes_one(mailer: SmtpMailer, smtp: Smtp) -> None:
    smtp.faults = [("RCPT", "550-5.1.1 unknown;\r\n550 5.1.1 ask the  postmaster")]
    with pytest.raises(NotSent, match=r"550 5\.1\.1 unknown; 5\.1\.1 ask the postmaster$"):
        send(mailer)


# ── the connection breaks ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("point", ["MAIL", "RCPT"])
def test_a_connection_that_breaks_before_the_content_has_not_sent_it(
    mailer: SmtpMailer, smtp: Smtp, point: str, fault: Fault
) -> None:
    smtp.faults = [(point, fault)]
    with pytest.raises(NotSent, match=f"^{NAME} broke off before it took the mail: "):
        send(mailer)
    send(mailer)
    assert smtp.mails == [Mail(TECH, ROOM, RAW)]
    assert smtp.connections == 2


@pytest.mark.parametrize("fault", Fault)
def test_a_connection_that_breaks_after_the_content_may_have_sent_it(
    mailer: SmtpMailer, smtp: Smtp, fault: Fault
) -> None:
    smtp.faults = [("CONTENT", fault)]
    with pytest.raises(MaybeSent, match=f"^{NAME} broke off while it took the mail, so it may have arrived: "):
        send(mailer)
    assert smtp.mails == [Mail(TECH, ROOM, RAW)]
    send(mailer)
    assert len(smtp.mails) == 2
    assert smtp.connections == 2


@pytest.mark.parametrize("fault", Fault)
def test_in_doubt_about_the_content_it_may_have_left(mailer: SmtpMailer, smtp: Smtp, fault: Fault) -> None:
    smtp.faults = [("DATA", fault)]
    with pytest.raises(MaybeSent):
        send(mailer)
    send(mailer)
    assert len(smtp.mails) == 1


def test_a_connection_that_was_dropped_between_two_mails_costs_one_attempt_only(mailer: SmtpMailer, smtp: Smtp) -> None:
    send(mailer)
    smtp.faults = [("MAIL", Fault.HANG_UP)]
    with pytest.raises(NotSent):
        send(mailer)
    send(mailer)
    assert smtp.connections == 2


# ── no connection to be had ───────────────────────────────────────────────────────────────────────────────


def test_a_server_that_is_gone_makes_the_interface_unavailable(make: Mailers) -> None:
    mailer = make(lambda: smtplib.SMTP(HOST, free_port(), timeout=10))
    for _ in range(2):
        with pytest.raises(InterfaceUnavailable, match=f"^{NAME} cannot be reached: .*refused"):
            send(mailer)


def test_a_server_that_comes_back_is_used_again(make: Mailers, smtp: Smtp) -> None:
    ports = iter([free_port(), smtp.port])
    mailer = make(lambda: smtplib.SMTP(HOST, next(ports), timeout=10))
    with pytest.raises(InterfaceUnavailable):
        send(mailer)
    send(mailer)
    assert len(smtp.mails) == 1


def test_closing_a_broken_connection_is_no_error(mailer: SmtpMailer, smtp: Smtp) -> None:
    send(mailer)
    smtp.__exit__()
    mailer.close()
