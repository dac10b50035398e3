"""Bounces that say it in words only."""

import pytest

from raumpost.itip.parse import read
from raumpost.itip.reading import Failure, MailKind, Reading
from tests.replies import ACCEPTED, ROOM, crlf, part, single
from tests.unit.bounce_reading import OURS, report


def said(text: str, *headers: str) -> Reading:
    """Read a notice in plain words from a mail server."""
    usual = ["From: Mail Delivery System <MAILER-DAEMON@mx.example>", "To: tech@booking.example", "Subject: your mail"]
    named = {line.partition(":")[0] for line in headers}
    lines = [line for line in usual if line.partition(":")[0] not in named] + list(headers)
    reading = read(crlf("\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", text])))
    assert reading.error is None
    return reading


COPY = f"\n\nFrom: tech@booking.example\nTo: somebody@x.example\nMessage-ID: {OURS}\nSubject: Vorlesung\n\nText\n"


WORDS = {
    "qmail": (
        f"Hi. This is the mail program at mx.example.\nI'm afraid I wasn't able to deliver your message to these\n"
        f"addresses. This is a permanent error; I've given up.\n\n<{ROOM}>:\nSorry, no mailbox here by that name."
        f" (#5.1.1)\n\n--- Below this line is a copy of the message.{COPY}",
        "5.1.1",
    ),
    "exim": (
        f"A message that you sent could not be delivered to one or more of its recipients.\nThe following address(es)"
        f" failed:\n\n  {ROOM}\n    SMTP error from remote mail server after RCPT TO:<{ROOM}>:\n    host mx.example:"
        f" 550 5.1.1 unknown\n\n------ This is a copy of the message, including all the headers. ------{COPY}",
        "5.1.1",
    ),
    "sendmail": (
        f"   ----- The following addresses had permanent fatal errors -----\n<{ROOM}>\n    (reason: 550 5.7.1 no)\n\n"
        f"   ----- Transcript of session follows -----\n... while talking to mx.example.:\n>>> DATA\n<<< 550 5.7.1 no\n"
        f"\n   ----- Original message follows -----{COPY}",
        "5.7.1",
    ),
    "Exchange, long ago": (
        f"Your message\n\n  To:      Saal 1; other@x.example\n  Subject: Vorlesung\n  Sent:    Mon, 4 May 2026\n\n"
        f"did not reach the following recipient(s):\n\n{ROOM} on Mon, 4 May 2026 14:30:20 +0200\n"
        f"    The recipient name is not recognized\n",
        None,
    ),
    "GMX": (
        f"This message was created automatically.\n\nThe following address failed:\n\n{ROOM}\n\nFor the following"
        f" reason:\n\nMail size limit exceeded.\n\n--- The header of the original message is following. ---{COPY}",
        None,
    ),
    "OpenSMTPD": (
        f"    Hi!\n\n    An error has occurred while attempting to deliver a message for\n    the following list of"
        f" recipients:\n\n{ROOM}: 550 5.1.1 unknown\n\n    Below is a copy of the original message:{COPY}",
        "5.1.1",
    ),
    "Yahoo": (
        f"Sorry, we were unable to deliver your message to the following address.\n\n<{ROOM}>:\n550: 5.1.1 user unknown"
        f"\n\n--- Below this line is a copy of the message.{COPY}",
        "5.1.1",
    ),
    "in a sentence": (
        f"Ihre Nachricht konnte nicht zugestellt werden.\nLocal mailbox {ROOM} is unavailable: user not found\n",
        None,
    ),
    "with stars": (f"The following addresses had delivery problems:\n\n   ***** {ROOM} *****\nUnknown User\n", None),
    "German": (
        f"Unzustellbar: Die folgende Adresse wurde nicht erreicht:\n\n{ROOM}\nGrund: Empfänger unbekannt\n\n"
        f"Ursprüngliche Nachrichtenkopfzeilen:{COPY}",
        None,
    ),
    "James": (
        f"Message details:\n  Subject: Vorlesung\n  Message-ID: {OURS}\n  MAIL FROM: tech@booking.example\n"
        f"  RCPT TO: {ROOM}\n\nError message below:\n550 - no such user here\n",
        None,
    ),
    "DragonFly": (
        f"There was an error delivering your mail to <{ROOM}>.\n\n550 5.7.1 blocked\n\nMessage headers follow.{COPY}",
        "5.7.1",
    ),
    "Chinese": (f"无法投递到以下地址。\n{ROOM}\n", None),
    "Russian": (f"Ваше сообщение не может быть доставлено:\n\n{ROOM}\n", None),
    "SMTP32": (f"Unknown user: {ROOM}\n\nOriginal message follows.{COPY}", None),
}


@pytest.mark.parametrize(("text", "code"), WORDS.values(), ids=WORDS)
def test_a_bounce_in_words_names_who_and_why(text: str, code: str | None) -> None:
    reading = said(text)
    assert reading.kind is MailKind.BOUNCE
    assert [(one.recipient, one.status) for one in reading.failures] == [(ROOM, code)]
    assert reading.original_message_id == (OURS if OURS in text else None)
    assert reading.reason


def test_a_bounce_from_nobody_known_is_one_by_its_null_sender_or_subject() -> None:
    text = f"Sorry:\n\n{ROOM}\nno such user here\n"
    unknown = "From: Gatekeeper <gate@mx.example>"
    assert said(text, unknown).kind is MailKind.OTHER
    assert said(text, unknown, "Return-Path: <>").kind is MailKind.BOUNCE
    assert said(text, unknown, "Subject: Mail delivery failed").kind is MailKind.BOUNCE
    assert said(text, unknown, f"X-Failed-Recipients: {ROOM}").failures[0].recipient == ROOM


def test_where_no_address_stands_in_the_words_it_is_the_one_the_mail_went_to() -> None:
    returned = f"----- Original message -----\n\nTo: {ROOM}\nMessage-ID: {OURS}\n\nText\n"
    [failure] = said(f"The message was undeliverable to:\n\tsaal1 (unknown user)\n\n{returned}").failures
    assert failure.recipient == ROOM


def test_a_mailer_that_returns_a_mail_bounced_it_in_whatever_language() -> None:
    returned = f"------ Original Message ------\n\nTo: {ROOM}\nMessage-ID: {OURS}\n\nText\n"
    assert said(f"申し訳ありません。\n\n{ROOM}\n\n{returned}").kind is MailKind.BOUNCE
    assert said(f"Delivered. Your message was successfully delivered to {ROOM}\n\n{returned}").kind is MailKind.OTHER
    assert said("Your weekly report of blocked mails.").kind is MailKind.OTHER


@pytest.mark.parametrize(
    "text",
    [
        "Your message could not be delivered for 4 hours. It will be retried until it is 5 days old.\n\n{room}: 451",
        "THIS IS A WARNING MESSAGE ONLY.\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\n{room}\n",
        "A message that you sent has not yet been delivered after more than 24 hours.\n"
        "No action is required on your part.\n\n  {room}\n    Delay reason: Connection timed out\n",
        "Die Zustellung an {room} ist verzögert; es wird weiterhin versucht.",
        "The address to which the message has not yet been delivered is:\n\n  {room}\n\n"
        "Delivery attempts will continue. Eventually the mail delivery software will give up,"
        " and the message will be returned to you.\n",
    ],
)
def test_a_delay_is_no_bounce(text: str) -> None:
    reading = said(text.format(room=ROOM))
    assert reading.kind is MailKind.DELAY
    assert reading.failures[0].recipient == ROOM


def test_google_names_failed_recipients_for_a_delay_too() -> None:
    headers = [f"X-Failed-Recipients: {ROOM}", "Subject: Delivery Status Notification (Delay)"]
    assert (
        said(f"Delivery to the following recipient has been delayed:\n\n     {ROOM}\n", *headers).kind is MailKind.DELAY
    )
    headers[1] = "Subject: Delivery Status Notification (Failure)"
    assert said(f"Delivery to the following recipient failed permanently:\n\n     {ROOM}\n", *headers).failures[
        0
    ] == Failure(recipient=ROOM, status=None, reason=f"Delivery to the following recipient failed permanently: {ROOM}")


def test_what_was_delayed_and_then_given_up_is_a_bounce() -> None:
    assert (
        said(f"<{ROOM}>: (#4.4.3)\nThis message has been in the queue too long. Delayed mail.\n").kind
        is MailKind.BOUNCE
    )


def test_an_absence_note_with_a_null_sender_is_no_bounce() -> None:
    text = "I am out of the office. Mail to my old address is not delivered any more: write to b@x.example."
    reading = said(text, "Return-Path: <>", "From: Anna <anna@x.example>", "Subject: Automatic reply: Vorlesung")
    assert reading.kind is MailKind.AUTO_REPLY


def test_an_answer_from_a_mailer_is_an_answer() -> None:
    assert (
        read(b"Return-Path: <>\r\n" + single(ACCEPTED).replace(b"Accepted:", b"Undeliverable:")).kind
        is MailKind.ACCEPTED
    )


def test_a_temporary_failure_under_the_subject_of_a_bounce_is_one() -> None:
    """Postfix gives up after days, and repeats what it met last."""
    subject = "Subject: Undelivered Mail Returned to Sender"
    assert said(f"<{ROOM}>: temporary failure. Command output: x\n", subject).kind is MailKind.BOUNCE


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Your mailbox is almost full", "Your mailbox exceeds its quota: soon mail will be rejected."),
        ("Mail system maintenance", "On Saturday mails may be delayed or rejected.\nQuestions: desk@x.example"),
        ("Re: your question", "Yes, the relay was unavailable and some mail was rejected on Monday."),
    ],
)
def test_a_postmaster_who_writes_about_mail_bounces_none(subject: str, text: str) -> None:
    headers = [f"Subject: {subject}", "From: Postmaster <postmaster@x.example>", f"In-Reply-To: {OURS}"]
    assert said(text, *headers).kind is MailKind.OTHER


def test_a_postmaster_who_is_away_bounces_none() -> None:
    text = "I am on vacation; mail could not be delivered to me.\n\nhelp@x.example\n"
    assert said(text, "Subject: Automatic reply: Undeliverable: Vorlesung").kind is MailKind.AUTO_REPLY


@pytest.mark.parametrize("prefix", ["Re:", "AW:", "Fwd:", "WG:"])
def test_a_person_who_asks_about_a_bounce_bounces_nothing(prefix: str) -> None:
    headers = [f"Subject: {prefix} Mail delivery failed", "From: Anna <anna@x.example>"]
    assert said(f"What is this?\n> <{ROOM}>: 550 5.1.1 unknown user", *headers).kind is MailKind.OTHER


def test_what_a_mailbox_answers_by_itself_is_no_bounce_without_a_code() -> None:
    headers = ["From: Anna <anna@x.example>", "Return-Path: <>", "Auto-Submitted: auto-replied (moved)"]
    assert said("The address anna@x.example is no longer valid.", *headers).kind is MailKind.AUTO_REPLY
    assert said(f"{ROOM}: 550 5.1.1 no longer valid.", *headers).kind is MailKind.BOUNCE


def test_identifiers_of_mails_are_no_recipients() -> None:
    [failure] = said(f"Your mail\n\n  Message-ID: {OURS}\n\ncould not be delivered to:\n\n  {ROOM}\n").failures
    assert failure.recipient == ROOM


@pytest.mark.parametrize(
    "markup",
    [
        f"<p>It could not be delivered.</p><p>&lt;{ROOM}&gt;: user unknown</p>",
        f'<div>It could not be delivered to:</div><div><a href="mailto:{ROOM}">Saal 1</a></div>',
    ],
)
def test_a_bounce_in_markup_names_who(markup: str) -> None:
    reading = report(part("text/html", markup), kind="mixed")
    assert [one.recipient for one in reading.failures] == [ROOM]
