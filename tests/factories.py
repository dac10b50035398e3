"""What many tests need one of: a reply."""

from collections.abc import Sequence
from datetime import datetime
from email.message import Message
from email.utils import format_datetime

from tests.database import NOW


def reply(
    uid: str | None,
    *,
    room: str,
    said: str | None = "ACCEPTED",
    sequence: object = 0,
    dtstamp: datetime | None = NOW,
    date: datetime | None = NOW,
    comment: str | None = None,
    attendee: str | None = "",
    sender: str = "",
    method: str = "REPLY",
    headers: Sequence[tuple[str, str]] = (),
    extra: Sequence[str] = (),
) -> bytes:
    """Write an answer. None leaves a property out; `attendee` and `sender` are the room if nothing is said."""
    partstat = f";PARTSTAT={said}" if said else ""
    properties = [
        ("UID:", uid),
        ("SEQUENCE:", sequence),
        ("DTSTAMP:", dtstamp and f"{dtstamp:%Y%m%dT%H%M%SZ}"),
        (f"ATTENDEE;CUTYPE=ROOM{partstat}:mailto:", room if attendee == "" else attendee),
        ("COMMENT:", comment),
    ]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT"]
    lines += [f"{name}{value}" for name, value in properties if value is not None]
    lines += [*extra, "END:VEVENT", "END:VCALENDAR", ""]
    mail = Message()
    mail["From"] = sender or room
    mail["Subject"] = "Re: Raum"
    if date is not None:
        mail["Date"] = format_datetime(date)
    mail["Content-Type"] = f"text/calendar; charset=UTF-8; method={method}"
    mail["Content-Transfer-Encoding"] = "8bit"
    for name, text in headers:
        del mail[name]
        mail[name] = text
    return mail.as_bytes().replace(b"\n", b"\r\n") + "\r\n".join(lines).encode()
