"""Automatic replies and receipts: never an answer, never a bounce, and never mistaken for either."""

import pytest

from raumpost.itip.parse import read
from raumpost.itip.reading import Kind, Reading
from tests.replies import ACCEPTED, ROOM, crlf, multipart, part, single


def mail(subject: str, text: str, *headers: str) -> Reading:
    lines = [f"From: Anna <{ROOM}>", "To: tech@booking.example", f"Subject: {subject}", *headers]
    return read(crlf("\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", text])))


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner=a@b.example",
        "X-Autoreply: yes",
        "X-Autorespond: x",
        "X-Apple-Action: VACATION",
        "Precedence: auto_reply",
        "X-MS-Exchange-Inbox-Rules-Loop: a@b.example",
    ],
)
def test_a_header_marks_an_automatic_reply(header: str) -> None:
    assert mail("Re: Vorlesung", "Bis bald.", header).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Vorlesung",
        "Automatische Antwort: Vorlesung",
        "Out of Office: Vorlesung",
        "Anna is out of the office",
        "Abwesenheitsnotiz: Vorlesung",
        "Auto-Reply: Vorlesung",
        "[extern] Automatic reply: Vorlesung",
        "Réponse automatique : Vorlesung",
        "=?utf-8?q?R=C3=A9ponse_automatique_=3A_x?=",
    ],
)
def test_a_subject_marks_an_automatic_reply(subject: str) -> None:
    assert mail(subject, "Bis bald.").kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "text",
    ["I am out of office until Monday.", "Ich bin zur Zeit nicht im Büro.", "Ich bin im Urlaub und lese keine Mail."],
)
def test_words_mark_an_automatic_reply(text: str) -> None:
    assert mail("Vorlesung", text).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize("header", ["Auto-Submitted: no", "Precedence: bulk", "X-Other: yes"])
def test_an_ordinary_mail_is_none(header: str) -> None:
    assert mail("Frage zur Vorlesung", "Wo ist der Beamer? Das Büro weiß es nicht.", header).kind is Kind.OTHER


def test_the_mail_that_was_replied_to_is_known() -> None:
    reading = mail("Automatic reply: x", "y", "In-Reply-To: <event-7.2.0@raumpost>")
    assert reading.original_message_id == "<event-7.2.0@raumpost>"


def test_a_genuine_answer_may_look_automatic() -> None:
    """Google marks its answers so."""
    for header in ("Auto-Submitted: auto-generated", "X-Autoreply: yes", "Precedence: auto_reply"):
        assert read(header.encode() + b"\r\n" + single(ACCEPTED)).kind is Kind.ACCEPTED


def test_an_absence_note_that_attaches_the_invitation_answers_nothing() -> None:
    request = part("text/calendar; method=REQUEST", ACCEPTED.replace("METHOD:REPLY", "METHOD:REQUEST"))
    reading = read(multipart("mixed", part("text/plain", "I am out of office."), request))
    assert reading.kind is Kind.REQUEST


DISPOSITION = part(
    "message/disposition-notification",
    f"Final-Recipient: rfc822;{ROOM}\nDisposition: manual-action/MDN-sent-manually; displayed\n",
)


def test_a_receipt_is_known_by_its_report() -> None:
    """RFC 8098."""
    text = part("text/plain", "Your message was displayed.")
    kind = "report; report-type=disposition-notification"
    assert read(multipart(kind, text, DISPOSITION)).kind is Kind.RECEIPT
    assert read(multipart("mixed", text, DISPOSITION)).kind is Kind.RECEIPT


@pytest.mark.parametrize(
    ("subject", "text", "kind"),
    [
        ("Read: Vorlesung", "Your message\n\n  To: Saal\n\nwas read on Monday.", Kind.RECEIPT),
        ("Gelesen: Vorlesung", "Ihre Nachricht wurde am Montag gelesen.", Kind.RECEIPT),
        ("Not read: Vorlesung", "Your message was deleted without being read.", Kind.RECEIPT),
        ("Read: a book", "It is worth it.", Kind.OTHER),
        ("Vorlesung", "Your message was read on Monday.", Kind.OTHER),
    ],
)
def test_a_receipt_in_words_needs_subject_and_text(subject: str, text: str, kind: Kind) -> None:
    assert mail(subject, text).kind is kind
