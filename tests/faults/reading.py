"""Read calendar mails with nothing but the standard library, so that no reader of Raumpost judges Raumpost."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message


@dataclass(frozen=True, kw_only=True)
class Event:
    """What a calendar mail says."""

    method: str
    uid: str
    sequence: int
    starts: datetime
    ends: datetime
    summary: str
    resend: int
    """From the Message-ID: which sending of this revision a person has asked for."""
    text: str
    """Everything but DTSTAMP: must stay while SEQUENCE stays."""


def read_event(raw: bytes) -> Event:
    """Read the only event of a calendar mail."""
    message = message_from_bytes(raw)
    [part] = [one for one in message.walk() if one.get_content_type() == "text/calendar"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    lines = re.sub(r"\r\n[ \t]", "", payload.decode("utf-8")).split("\r\n")
    values: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        values.setdefault(name.partition(";")[0].upper(), value)
    return Event(
        method=values["METHOD"],
        uid=values["UID"],
        sequence=int(values["SEQUENCE"]),
        starts=_moment(values["DTSTART"]),
        ends=_moment(values["DTEND"]),
        summary=re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], values["SUMMARY"]),
        resend=int(message_id(message).partition("@")[0].rpartition(".")[2]),
        text="\n".join(line for line in lines if not line.startswith("DTSTAMP")),
    )


def message_id(message: Message) -> str:
    """Return the Message-ID of a mail, or nothing."""
    return str(message.get("Message-ID") or message.get("Message-Id") or "").strip()


def message_id_of(raw: bytes) -> str:
    """Return the Message-ID of a raw mail, or nothing."""
    return message_id(message_from_bytes(raw))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
