"""What mail servers and mailboxes write beside answers: bounces, delays, automatic replies, receipts."""

from datetime import datetime
from email.utils import format_datetime

from tests.database import NOW

HOST = "mail.rooms.example"


def report(
    recipient: str,
    *,
    returned: bytes = b"",
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 User unknown",
    date: datetime = NOW,
    headers: str = "",
) -> bytes:
    """Write a delivery status notification (RFC 3464); `returned` is the mail that came back, or its headers."""
    head = f"""\
From: Mail Delivery System <MAILER-DAEMON@{HOST}>
To: tech@booking.example
Subject: Undelivered Mail Returned to Sender
Date: {format_datetime(date)}
{headers}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: text/plain

Your message to {recipient} could not be delivered.

--r
Content-Type: message/delivery-status

Reporting-MTA: dns; {HOST}

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

"""
    back = b"--r\r\nContent-Type: message/rfc822\r\n\r\n" + returned + b"\r\n" if returned else b""
    return _crlf(head) + back + b"--r--\r\n"


def in_words(recipient: str, *, date: datetime = NOW, headers: str = "") -> bytes:
    """Write a bounce of text alone, without a word about which mail came back."""
    return _crlf(f"""\
From: MAILER-DAEMON@{HOST}
To: tech@booking.example
Subject: failure notice
Date: {format_datetime(date)}
{headers}
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up.

<{recipient}>:
Sorry, no mailbox here by that name. (#5.1.1)
""")


def auto_reply(room: str, *, answers: str | None = None) -> bytes:
    """Write an out-of-office notice."""
    reference = f"In-Reply-To: {answers}\n" if answers else ""
    return _crlf(f"""\
From: {room}
To: tech@booking.example
Subject: =?utf-8?q?Au=C3=9Fer_Haus?=
Auto-Submitted: auto-replied
{reference}
Ich bin im Urlaub.
""")


def receipt(room: str, *, about: str) -> bytes:
    """Write a notification that a mail was read (RFC 8098)."""
    return _crlf(f"""\
From: {room}
To: tech@booking.example
Subject: Gelesen: Analysis
In-Reply-To: {about}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="r"

--r
Content-Type: text/plain

Ihre Nachricht wurde gelesen.

--r
Content-Type: message/disposition-notification

Final-Recipient: rfc822; {room}
Original-Message-ID: {about}
Disposition: automatic-action/MDN-sent-automatically; displayed

--r--
""")


def _crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()
