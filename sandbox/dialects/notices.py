"""Addresses that send notices instead of answers: out of office, and undeliverable."""

from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime

from sandbox.rooms import Mail, RoomRobot, message_id, to_bytes


class OutOfOfficeRoom(RoomRobot):
    """A mailbox with an out-of-office notice and nothing else; `marked` says in headers what it is (RFC 3834).

    Exchange marks its notices with Auto-Submitted or, in older versions, not at all.
    """

    leaves_open = True

    def __init__(self, address: str, name: str, *, marked: bool = True) -> None:
        super().__init__(address, name)
        self.marked = marked

    def receive(self, raw: bytes, now: datetime, *, sender: str = "") -> Mail | None:
        """Notify the envelope sender that nobody is there; never answer a notice."""
        if not sender:
            return None
        theirs = message_from_bytes(raw)
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"] = Address(self.name, addr_spec=self.address)
        mail["To"] = Address(addr_spec=sender)
        mail["Subject"] = f"Automatische Antwort: {_subject(theirs)}"
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = message_id(self.address, now, raw)
        if self.marked:
            mail["Auto-Submitted"] = "auto-replied"
            mail["X-Auto-Response-Suppress"] = "All"
            mail["In-Reply-To"] = _header(theirs, "Message-ID")
        mail.set_content(
            "Ich bin bis Ende des Monats nicht im Haus.\nI am out of the office until the end of the month."
        )
        return Mail("", sender, to_bytes(mail))


class BouncingRoom(RoomRobot):
    """An address whose mail comes back after it was taken: as a delivery status notification (RFC 3464).

    With `in_words` it comes back as text alone, as qmail does it.
    """

    def __init__(self, address: str, name: str, *, in_words: bool = False) -> None:
        super().__init__(address, name)
        self.in_words = in_words

    def receive(self, raw: bytes, now: datetime, *, sender: str = "") -> Mail | None:
        """Return the mail to its envelope sender; never return a notice."""
        if not sender:
            return None
        write = self._qmail if self.in_words else self._postfix
        return Mail("", sender, write(raw, sender, now))

    def _postfix(self, raw: bytes, sender: str, now: datetime) -> bytes:
        host = f"mail.{self.address.rpartition('@')[2]}"
        boundary = f"{message_id(self.address, now, raw)[1:13]}/{host}"
        head = (
            f"Date: {format_datetime(now)}",
            f"From: MAILER-DAEMON@{host} (Mail Delivery System)",
            "Subject: Undelivered Mail Returned to Sender",
            f"To: {sender}",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            "Content-Type: multipart/report; report-type=delivery-status;",
            f'\tboundary="{boundary}"',
            f"Message-Id: {message_id(self.address, now, raw)}",
            "",
            "This is a MIME-encapsulated message.",
            "",
            f"--{boundary}",
            "Content-Description: Notification",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            f"This is the mail system at host {host}.",
            "",
            "Your message could not be delivered to one or more recipients.",
            "",
            f"<{self.address}>: host store.{host} said: 550 5.1.1",
            f"    <{self.address}> User doesn't exist (in reply to RCPT TO command)",
            "",
            f"--{boundary}",
            "Content-Description: Delivery report",
            "Content-Type: message/delivery-status",
            "",
            f"Reporting-MTA: dns; {host}",
            f"X-Postfix-Sender: rfc822; {sender}",
            f"Arrival-Date: {format_datetime(now)}",
            "",
            f"Final-Recipient: rfc822; {self.address}",
            f"Original-Recipient: rfc822;{self.address}",
            "Action: failed",
            "Status: 5.1.1",
            f"Remote-MTA: dns; store.{host}",
            f"Diagnostic-Code: smtp; 550 5.1.1 <{self.address}> User doesn't exist",
            "",
            f"--{boundary}",
            "Content-Description: Undelivered Message",
            "Content-Type: message/rfc822",
            "",
            "",
        )
        return "\r\n".join(head).encode() + raw + f"\r\n--{boundary}--\r\n".encode()

    def _qmail(self, raw: bytes, sender: str, now: datetime) -> bytes:
        host = f"mail.{self.address.rpartition('@')[2]}"
        head = (
            f"Date: {format_datetime(now)}",
            f"From: MAILER-DAEMON@{host}",
            f"To: {sender}",
            "Subject: failure notice",
            f"Message-Id: {message_id(self.address, now, raw)}",
            "",
            f"Hi. This is the qmail-send program at {host}.",
            "I'm afraid I wasn't able to deliver your message to the following addresses.",
            "This is a permanent error; I've given up. Sorry it didn't work out.",
            "",
            f"<{self.address}>:",
            "Sorry, no mailbox here by that name. (#5.1.1)",
            "",
            "--- Below this line is a copy of the message.",
            "",
            f"Return-Path: <{sender}>",
            "",
        )
        return "\r\n".join(head).encode() + raw


def _subject(mail: Message) -> str:
    return " ".join(str(make_header(decode_header(_header(mail, "Subject")))).split())


def _header(mail: Message, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())
