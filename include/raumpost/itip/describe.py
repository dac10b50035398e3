"""Put a reading into plain values, for `python -m raumpost inspect`.

`kind` is what the mail is by itself; `outcome` repeats it, for scripts that ask for that name.
"""

from datetime import datetime

from raumpost.itip.reading import Failure, MailKind, Reading, Reply

Description = dict[str, object]


def describe(reading: Reading) -> Description:
    """Return one object with all fields, absent ones None; `items` where a mail says several things."""
    items = [_reply(reading, one) for one in reading.replies] or [_failure(reading, one) for one in reading.failures]
    first = items[0] if items else _fields(reading)
    return {**first, **_kind(reading.kind)} | ({"items": items} if len(items) > 1 else {})


def _reply(reading: Reading, reply: Reply) -> Description:
    attendee = reply.attendee
    address = attendee.address if attendee else None
    return _fields(reading) | {
        **_kind(reply.kind),
        "uid": reply.uid,
        "answer": attendee.partstat if attendee and reading.method in ("REPLY", "COUNTER") else None,
        "sequence": reply.sequence,
        "dtstamp": _time(reply.dtstamp),
        "recurrence_id": reply.recurrence_id,
        "attendee": address,
        "comment": reply.comment or reply.description or (None if reply.kind is MailKind.ACCEPTED else reading.text),
        "proposed_start": _time(reply.proposed_start),
    }


def _failure(reading: Reading, failure: Failure) -> Description:
    return _fields(reading) | {
        "uid": reading.original_uid,
        "failed_recipient": failure.recipient,
        "status": failure.status,
        "reason": failure.reason or reading.reason,
    }


def _fields(reading: Reading) -> Description:
    return {
        **_kind(reading.kind),
        "method": reading.method,
        "uid": None,
        "answer": None,
        "sequence": None,
        "dtstamp": None,
        "recurrence_id": None,
        "attendee": None,
        "sender": reading.sender,
        "comment": None,
        "proposed_start": None,
        "failed_recipient": None,
        "status": None,
        "original_message_id": reading.original_message_id,
        "reason": reading.reason,
    }


def _kind(kind: MailKind) -> Description:
    return {"kind": kind, "outcome": kind}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
