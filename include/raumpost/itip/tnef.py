"""Read the meeting message in a winmail.dat ([MS-OXTNEF], [MS-OXOCAL]).

Own code for the five facts that are needed: `tnefparse` 1.4 follows counts that the sender wrote, and 44 octets
keep it busy for as long as they like.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from raumpost.itip.calendar import bare_address, unwrapped_global_object_id
from raumpost.itip.charsets import decode, one_line
from raumpost.itip.reading import Attendee, MailKind, Reply

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_ATTRIBUTES = 5000
MAX_PROPERTIES = 5000

_MESSAGE_CLASS, _PROPERTIES = 0x8008, 0x9003
_PR_MESSAGE_CLASS, _PR_SENDER_SMTP, _PR_REPRESENTING_SMTP = 0x001A, 0x5D01, 0x5D02
_PR_BODY = 0x1000
_MEETING = bytes.fromhex("90dad86e0b451b1098da00aa003f1305")  # PSETID_Meeting
_APPOINTMENT = bytes.fromhex("0220060000000000c000000000000046")  # PSETID_Appointment
_ATTENDEE_CRITICAL_CHANGE, _GLOBAL_OBJECT_ID, _CLEAN_GLOBAL_OBJECT_ID = ((_MEETING, lid) for lid in (0x01, 0x03, 0x23))
_SEQUENCE, _PROPOSED_START, _COUNTER_PROPOSAL = ((_APPOINTMENT, lid) for lid in (0x8201, 0x8250, 0x8257))

# The classes of Exchange, and those of Microsoft Mail that TNEF writes instead ([MS-OXTNEF] 2.1.3.3.4).
_CLASSES = {
    "IPM.SCHEDULE.MEETING.RESP.POS": ("REPLY", MailKind.ACCEPTED),
    "IPM.SCHEDULE.MEETING.RESP.NEG": ("REPLY", MailKind.DECLINED),
    "IPM.SCHEDULE.MEETING.RESP.TENT": ("REPLY", MailKind.TENTATIVE),
    "IPM.SCHEDULE.MEETING.REQUEST": ("REQUEST", MailKind.REQUEST),
    "IPM.SCHEDULE.MEETING.CANCELED": ("CANCEL", MailKind.CANCEL),
    "IPM.MICROSOFT SCHEDULE.MTGRESPP": ("REPLY", MailKind.ACCEPTED),
    "IPM.MICROSOFT SCHEDULE.MTGRESPN": ("REPLY", MailKind.DECLINED),
    "IPM.MICROSOFT SCHEDULE.MTGRESPA": ("REPLY", MailKind.TENTATIVE),
    "IPM.MICROSOFT SCHEDULE.MTGREQ": ("REQUEST", MailKind.REQUEST),
    "IPM.MICROSOFT SCHEDULE.MTGCNCL": ("CANCEL", MailKind.CANCEL),
}
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset({0x00, 0x0D, 0x1E, 0x1F, 0x102})
_INTEGERS, _TIME, _STRING, _WIDE_STRING = frozenset({0x02, 0x03, 0x0B}), 0x40, 0x1E, 0x1F

Key = int | tuple[bytes, int]


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """A meeting message; `reply.attendee` has an address only where the message itself names one."""

    method: str
    reply: Reply


def read_tnef(octets: bytes) -> Meeting | None:
    """Read a TNEF stream; None: it is none, or holds no meeting message."""
    if not octets.startswith(SIGNATURE):
        return None
    message_class, properties = "", dict[Key, object]()
    for attribute, data in _attributes(octets):
        if attribute == _MESSAGE_CLASS:
            message_class = decode(data).rstrip("\0")
        elif attribute == _PROPERTIES:
            properties = dict(_properties(data))
    if not message_class:
        message_class = str(properties.get(_PR_MESSAGE_CLASS, ""))
    found = _CLASSES.get(message_class.strip().upper())
    if not found:
        return None
    method, kind = found
    if method == "REPLY" and properties.get(_COUNTER_PROPOSAL):
        method, kind = "COUNTER", MailKind.COUNTER
    sequence, stamp, start = (properties.get(key) for key in (_SEQUENCE, _ATTENDEE_CRITICAL_CHANGE, _PROPOSED_START))
    address = bare_address(str(properties.get(_PR_REPRESENTING_SMTP) or properties.get(_PR_SENDER_SMTP) or ""))
    attendee = Attendee(address=address, partstat=kind.name if method == "REPLY" else None)
    return Meeting(
        method=method,
        reply=Reply(
            kind=kind,
            uid=_uid(properties),
            sequence=sequence if isinstance(sequence, int) else None,
            dtstamp=stamp if isinstance(stamp, datetime) else None,
            recurrence_id=None,
            attendee=attendee,
            attendees=(attendee,),
            comment=None,
            description=one_line(str(properties.get(_PR_BODY, ""))),
            proposed_start=start if kind is MailKind.COUNTER and isinstance(start, datetime) else None,
        ),
    )


def _uid(properties: dict[Key, object]) -> str | None:
    identifier = properties.get(_CLEAN_GLOBAL_OBJECT_ID) or properties.get(_GLOBAL_OBJECT_ID)
    if not isinstance(identifier, bytes) or not identifier:
        return None
    if foreign := unwrapped_global_object_id(identifier):
        return foreign
    if identifier.isascii() and identifier.rstrip(b"\0").decode().isprintable():
        return one_line(identifier.rstrip(b"\0").decode())  # some servers put the UID itself there
    return identifier.hex().upper()


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the attributes of the message itself: a level, an identifier, a type, a length, the data, a checksum."""
    at = 6
    for _ in range(MAX_ATTRIBUTES):
        if at + 9 > len(octets):
            return
        level, attribute, _kind, length = struct.unpack_from("<BHHI", octets, at)
        if level == 1:
            yield attribute, octets[at + 9 : at + 9 + length]
        at += 9 + length + 2


def _properties(data: bytes) -> Iterator[tuple[Key, object]]:
    """Return the MAPI properties ([MS-OXTNEF] 2.1.3.4); the first that is damaged ends them."""
    try:
        yield from _walk(data)
    except struct.error:
        return


def _walk(data: bytes) -> Iterator[tuple[Key, object]]:
    (count,) = struct.unpack_from("<I", data)
    at = 4
    for _ in range(min(count, MAX_PROPERTIES)):
        kind, name = struct.unpack_from("<HH", data, at)
        at += 4
        key: Key = name
        if name >= 0x8000:  # a named property: a set, and a number or a name in it
            group = data[at : at + 16]
            named, number = struct.unpack_from("<II", data, at + 16)
            at += 24
            key = (group, number)
            if named == 1:
                at += _padded(number)
                key = (group, -1)
        several, kind = bool(kind & 0x1000), kind & 0x0FFF
        values = 1
        if several or kind in _VARIABLE:
            (values,) = struct.unpack_from("<I", data, at)
            at += 4
        value: object = None
        for _ in range(min(values, MAX_PROPERTIES)):
            if at > len(data):
                return
            if kind in _VARIABLE:
                (length,) = struct.unpack_from("<I", data, at)
                at += 4
                value = _value(kind, data[at : at + length])
                at += _padded(length)
            elif kind in _FIXED:
                value = _value(kind, data[at : at + _FIXED[kind]])
                at += _FIXED[kind]
            else:
                return
        yield key, value


def _value(kind: int, octets: bytes) -> object:
    if kind in _INTEGERS:
        return struct.unpack("<i", octets)[0]
    if kind == _TIME:
        ticks = struct.unpack("<Q", octets)[0]
        try:
            return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
        except OverflowError:
            return None
    if kind == _STRING:
        return decode(octets).rstrip("\0")
    if kind == _WIDE_STRING:
        return octets.decode("utf-16-le", "replace").rstrip("\0")
    return octets


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4
