"""Bounces with a report (RFC 3464)."""

from base64 import b64encode

import pytest

from raumpost.itip.parse import read
from raumpost.itip.reading import Failure, MailKind
from tests.replies import ACCEPTED, ROOM, UID, calendar, crlf, part
from tests.unit.bounce_reading import HEAD, OURS, report

TEXT = part("text/plain", "I could not deliver your message.")


REQUEST = f"""\
From: tech@booking.example
To: {ROOM}
Message-ID: {OURS}
Content-Type: text/calendar; method=REQUEST

{calendar(f"UID:{UID}", method="REQUEST")}"""


RETURNED = part("message/rfc822", REQUEST)


HEADERS = part("text/rfc822-headers", f"From: tech@booking.example\nTo: {ROOM}\nMessage-ID: {OURS}\n")


FAILED = f"""\
Final-Recipient: rfc822; {ROOM}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{ROOM}>: no such
    mailbox
"""


def status(*blocks: str) -> str:
    return part("message/delivery-status", "\n".join(["Reporting-MTA: dns; mx.example\n", *blocks]))


def test_a_report_says_who_did_not_get_which_mail_and_why() -> None:
    reading = report(TEXT, status(FAILED), RETURNED)
    assert reading.kind is MailKind.BOUNCE
    assert reading.failures == (Failure(recipient=ROOM, status="5.1.1", reason=f"550 5.1.1 <{ROOM}>: no such mailbox"),)
    assert (reading.original_message_id, reading.original_uid) == (OURS, UID)
    assert reading.replies == ()


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822-headers", "message/rfc822"])
def test_returned_headers_are_enough_to_know_the_mail(kind: str) -> None:
    headers = part(kind, f"From: tech@booking.example\nMessage-ID: {OURS}\nSubject: x\n")
    assert report(TEXT, status(FAILED), headers).original_message_id == OURS


def test_without_returned_headers_the_mail_answered_to_is_the_one() -> None:
    assert report(TEXT, status(FAILED), head=HEAD + f"In-Reply-To: {OURS}\n").original_message_id == OURS
    assert report(TEXT, status(FAILED)).original_message_id is None


def test_an_answer_in_a_returned_mail_is_no_answer() -> None:
    reading = report(TEXT, status(FAILED), part("message/rfc822", f"Content-Type: text/calendar\n\n{ACCEPTED}"))
    assert (reading.kind, reading.replies, reading.original_uid) == (MailKind.BOUNCE, (), UID)


@pytest.mark.parametrize(
    ("action", "code", "kind"),
    [
        ("failed", "5.1.1", MailKind.BOUNCE),
        ("failed", "4.2.2", MailKind.BOUNCE),
        ("Failed (given up)", "5.0.0", MailKind.BOUNCE),
        ("delayed", "4.4.1", MailKind.DELAY),
        ("delayed", "5.0.0", MailKind.DELAY),
        ("delivered", "2.1.5", MailKind.OTHER),
        ("relayed", "2.0.0", MailKind.OTHER),
        ("expanded", "2.0.0", MailKind.OTHER),
        ("hard failure", "5.1.1", MailKind.BOUNCE),
        ("expired", "4.4.7", MailKind.BOUNCE),
        ("given-up", "5.1.1", MailKind.BOUNCE),
        ("", "5.7.1", MailKind.BOUNCE),
        ("", "4.4.1", MailKind.DELAY),
        ("", "2.0.0", MailKind.OTHER),
    ],
)
def test_the_action_decides_and_the_code_only_where_there_is_none(action: str, code: str, kind: MailKind) -> None:
    line = f"Action: {action}\n" if action else ""
    reading = report(TEXT, status(f"Final-Recipient: rfc822; {ROOM}\n{line}Status: {code}\n"), HEADERS)
    assert reading.kind is kind
    assert [one.status for one in reading.failures] == ([] if kind is MailKind.OTHER else [code])


def test_of_several_recipients_only_those_who_failed_count() -> None:
    def block(address: str, action: str, code: str) -> str:
        return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {code}\n"

    reading = report(
        TEXT,
        status(
            block("a@x.example", "delivered", "2.1.5"),
            block("b@x.example", "failed", "5.1.2"),
            block("c@x.example", "delayed", "4.0.0"),
            block("d@x.example", "failed", "5.2.2"),
        ),
    )
    assert [(one.recipient, one.status) for one in reading.failures] == [
        ("b@x.example", "5.1.2"),
        ("d@x.example", "5.2.2"),
    ]


@pytest.mark.parametrize(
    ("fields", "recipient"),
    [
        (f"Original-Recipient: rfc822;{ROOM}\nFinal-Recipient: rfc822; inner@store.example\n", ROOM),
        (f"Final-Recipient: RFC822; <{ROOM.upper()}>\n", ROOM),
        (f"Final-Recipient: {ROOM}\n", ROOM),
        (f"Final-Recipient: x-local; room 1 ({ROOM})\n", ROOM),
        ("Final-Recipient: rfc822; room\n", None),
        ("", None),
    ],
)
def test_the_recipient_is_the_address_that_was_written_to(fields: str, recipient: str | None) -> None:
    [failure] = report(TEXT, status(f"{fields}Action: failed\nStatus: 5.1.1\n")).failures
    assert failure.recipient == recipient


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("Status: 5.2.2 (mailbox full)\n", "5.2.2"),
        ("Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.7.1 denied\n", "5.1.1"),
        ("Status: 4.0.0\nDiagnostic-Code: smtp; 550 5.7.1 denied\n", "5.7.1"),
        ("Status: 2.0.0\nDiagnostic-Code: smtp; 550 #5.1.1 unknown\n", "5.1.1"),
        ("Diagnostic-Code: smtp; 550-5.7.606 Access denied from 10.5.1.2\n", "5.7.606"),
        ("Diagnostic-Code: smtp; 550 refused by 5.6.7.8\n", None),
        ("Status: unknown\n", None),
    ],
)
def test_the_code_is_the_best_that_is_known(fields: str, code: str | None) -> None:
    [failure] = report(TEXT, status(f"Final-Recipient: rfc822; {ROOM}\nAction: failed\n{fields}")).failures
    assert failure.status == code


def test_a_report_that_is_only_the_status_itself_is_read() -> None:
    head = "Subject: failure\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
    assert read(crlf(head + FAILED)).failures[0].recipient == ROOM


@pytest.mark.parametrize(
    "fields",
    [
        part("message/delivery-status", b64encode(FAILED.encode()).decode(), "Content-Transfer-Encoding: base64"),
        part("message/global-delivery-status", f"Reporting-MTA: dns; mx.example\n\n{FAILED}"),
        part("text/delivery-status", f"Reporting-MTA: dns; mx.example\n\n{FAILED}"),
        part("text/plain; name=details.txt", f"Reporting-MTA: dns; mx.example\n\n{FAILED}"),
    ],
    ids=["encoded", "of international mail", "as text of its own type", "as a text"],
)
def test_the_fields_of_a_report_are_found_in_other_shapes(fields: str) -> None:
    [failure] = report(TEXT, fields).failures
    assert (failure.recipient, failure.status) == (ROOM, "5.1.1")
    assert failure.reason
    assert "no such mailbox" in failure.reason


def test_a_mail_that_came_back_encoded_is_known() -> None:
    returned = part("message/rfc822", b64encode(REQUEST.encode()).decode(), "Content-Transfer-Encoding: base64")
    reading = report(TEXT, status(FAILED), returned)
    assert (reading.original_message_id, reading.original_uid) == (OURS, UID)


def test_a_delay_keeps_its_own_code() -> None:
    fields = f"Final-Recipient: rfc822; {ROOM}\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; 550 5.1.1 x\n"
    [failure] = report(TEXT, status(fields)).failures
    assert failure.status == "4.4.1"


def test_a_code_that_only_the_words_name_is_taken() -> None:
    fields = status(f"Final-Recipient: rfc822; {ROOM}\nAction: failed\n")
    [failure] = report(part("text/plain", "It said: 550 5.1.1 no"), fields).failures
    assert failure.status == "5.1.1"


def test_a_report_of_success_without_status_is_no_bounce() -> None:
    text = part("text/plain", f"Your message has been successfully delivered to the following:\n\n{ROOM}\n")
    head = HEAD.replace("Undelivered Mail Returned to Sender", "Delivered: Vorlesung")
    assert report(text, head=head).kind is MailKind.OTHER


def test_a_report_without_status_is_read_by_its_words() -> None:
    words = part(
        "text/plain",
        f"Delivery has failed to these recipients or groups:\n\n{ROOM}\nThe address was not found.\n\n"
        f"{ROOM}\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n\n"
        f"Original message headers:\n\nMessage-ID: {OURS}\nTo: other@x.example\n",
    )
    reading = report(words)
    assert [(one.recipient, one.status) for one in reading.failures] == [(ROOM, "5.1.10")]
    assert reading.original_message_id == OURS


def test_an_empty_status_leaves_the_failed_recipients_of_the_header() -> None:
    reading = report(TEXT, status(), head=HEAD + f"X-Failed-Recipients: {ROOM}\n")
    assert (reading.kind, reading.failures[0].recipient) == (MailKind.BOUNCE, ROOM)


@pytest.mark.parametrize("kind", ["feedback-report", "x-own"])
def test_a_report_of_something_else_is_no_bounce(kind: str) -> None:
    text = part("text/plain", f"This is an abuse report for a mail to {ROOM}: user unknown")
    assert report(text, RETURNED, kind=f"report; report-type={kind}").kind is MailKind.OTHER
