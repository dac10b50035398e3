"""Read a mail: which part of it counts, and what it is (RFC 5546, RFC 6047; INTEROP R)."""

import re
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace

from raumpost.itip import automatic, bounce, mime, phrases
from raumpost.itip.calendar import CalendarText, read_calendar, replies
from raumpost.itip.charsets import decode, is_wide, one_line
from raumpost.itip.parsed_mail import ParsedMail, Part, take_apart
from raumpost.itip.reading import ANSWERS, MailKind, Reading, Reply
from raumpost.itip.tnef import SIGNATURE, Meeting, read_tnef

MAX_COMMENT = 2000
"""Characters of a mail's text that are kept as a comment."""

_ANSWERING = frozenset({"REPLY", "COUNTER"})
_CALENDAR_FILES = frozenset({"application/ics", "text/x-vcalendar", "application/x-ics"})
_TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_BARE_CALENDAR = re.compile(rb"\A(\xef\xbb\xbf)?(\s*[#;][^\r\n]*[\r\n])*\s*BEGIN:VCALENDAR\b", re.IGNORECASE)
_FORWARDED = phrases.pattern(phrases.FORWARDED_SUBJECTS, form=phrases.PREFIXES + r"{}\s*:")


def read(raw: bytes) -> Reading:
    """Read a mail, a bare calendar file or a winmail.dat. Never raises: what goes wrong is the reading's `error`."""
    try:
        if is_wide(raw):
            raw = decode(raw[: mime.MAX_OCTETS]).encode("utf-8", "replace")
        if _BARE_CALENDAR.match(raw):
            return _of_file(raw)
        if raw.startswith(SIGNATURE):
            meeting = read_tnef(mime.bounded(raw))
            nothing = Reading(kind=MailKind.OTHER, reason="a TNEF file without a meeting")
            return _of_meeting(nothing, meeting) if meeting else nothing
        return _of_mail(take_apart(mime.parse_mail(raw)))
    except Exception as exc:  # noqa: BLE001 # around a single mail: it is kept and shown, and the next one is read
        return Reading(
            kind=MailKind.UNREADABLE,
            reason=f"reading it met {type(exc).__name__}",
            error=traceback.format_exc(),
        )


def _of_file(raw: bytes) -> Reading:
    nothing = Reading(kind=MailKind.OTHER, reason="no calendar object")
    calendar = read_calendar(raw[: mime.MAX_OCTETS])
    return _of_calendar(nothing, calendar, calendar.method) if calendar else nothing


def _of_mail(mail: ParsedMail) -> Reading:
    """Decide what a mail is: an answer before all else, because genuine ones look automatic too."""
    envelope = _envelope(mail)
    calendars = []
    for calendar, method in _calendars(mail, envelope):
        if method in _ANSWERING and calendar.events:
            return replace(_of_calendar(envelope, calendar, method), text=_comment(mail))
        calendars.append((calendar, method))
    meeting = _meeting(mail)
    if meeting and meeting.method in _ANSWERING:
        return replace(_of_meeting(envelope, meeting), text=_comment(mail))
    for calendar, method in calendars:
        if method in _ANSWERING:  # an empty one, where nothing else says more
            return replace(_of_calendar(envelope, calendar, method), text=_comment(mail))
    if automatic.is_receipt(mail):
        return replace(envelope, kind=MailKind.RECEIPT, original_message_id=automatic.receipt_for(mail))
    if notice := bounce.read_notice(mail):
        return replace(
            envelope,
            kind=notice.kind,
            failures=tuple(notice.failures),
            original_message_id=notice.original_message_id,
            original_uid=notice.original_uid,
            original_sequence=notice.original_sequence,
            reason=notice.reason,
        )
    for calendar, method in calendars:
        if method is not None or calendar.events:
            return _of_calendar(envelope, calendar, method)
    if meeting:
        return _of_meeting(envelope, meeting)
    if automatic.is_auto_reply(mail):
        return replace(envelope, kind=MailKind.AUTO_REPLY, original_message_id=mail.in_reply_to)
    return replace(envelope, reason="no calendar, no report of a mail server")


def _envelope(mail: ParsedMail) -> Reading:
    senders = mail.senders
    return Reading(
        kind=MailKind.OTHER,
        message_id=mail.message_id,
        senders=frozenset(senders),
        sender=senders[0] if senders else None,
        date=mail.date,
        subject=mail.subject,
        authentication=mime.headers(mail.message, "Authentication-Results"),
    )


def _of_calendar(envelope: Reading, calendar: CalendarText, method: str | None) -> Reading:
    found = tuple(replies(calendar, method, _senders(envelope)))
    kinds = [one.kind for one in found]
    if method == "REPLY":
        # The event itself rather than its exceptions; a verdict rather than none.
        whole = [one.kind for one in found if one.recurrence_id is None] or kinds
        kind = next((one for one in whole if one in ANSWERS), whole[0] if whole else MailKind.NEEDS_ACTION)
    else:
        kind = kinds[0] if kinds else _empty(method)
    return replace(envelope, kind=kind, method=method, replies=found, reason=_doubt(found, method))


def _senders(envelope: Reading) -> Sequence[str]:
    return (envelope.sender, *envelope.senders) if envelope.sender else ()


def _of_meeting(envelope: Reading, meeting: Meeting) -> Reading:
    return replace(envelope, kind=meeting.reply.kind, method=meeting.method, replies=(meeting.reply,))


def _empty(method: str | None) -> MailKind:
    """Return the kind of a calendar object without an event."""
    return (
        MailKind(method.lower()) if method in {"COUNTER", "REFRESH", "REQUEST", "CANCEL", "PUBLISH"} else MailKind.OTHER
    )


def _doubt(found: Sequence[Reply], method: str | None) -> str | None:
    """Say what keeps a calendar object from being acted upon."""
    if method is None:
        return "the calendar object has no METHOD"
    if not found:
        return f"METHOD:{method} without an event"
    first = found[0]
    if first.kind is MailKind.DELEGATED and first.attendee and first.attendee.delegated_to:
        return f"delegated to {first.attendee.delegated_to}"
    if first.uid is None:
        return "the event has no UID"
    if first.kind is MailKind.NEEDS_ACTION:
        said = first.attendee.partstat if first.attendee else None
        return f"PARTSTAT says {said}" if said else "nobody's PARTSTAT"
    return None


def _calendars(mail: ParsedMail, envelope: Reading) -> Iterator[tuple[CalendarText, str | None]]:
    """Return the calendar objects with their methods; announced calendar text before attached files (INTEROP R1)."""
    announced = [part for part in mail.own_parts if part.content_type == "text/calendar"]
    attached = [part for part in mail.own_parts if _is_calendar_file(part)]
    for part in (*announced, *attached):
        claimed = part.method or None
        if not (calendar := read_calendar(part.octets, part.charset)):
            continue
        method = calendar.method or one_line(claimed)  # the body wins over the parameter
        is_shown = part.is_attachment and method in _ANSWERING and _FORWARDED.match(envelope.subject)
        if is_shown and not (claimed == method and _is_by_sender(calendar, method, envelope)):
            continue  # somebody shows an answer; he does not give one
        yield calendar, method


def _is_by_sender(calendar: CalendarText, method: str | None, envelope: Reading) -> bool:
    found = replies(calendar, method, _senders(envelope))
    return any(one.attendee and one.attendee.address in envelope.senders for one in found)


def _is_calendar_file(part: Part) -> bool:
    if part.content_type == "text/calendar":
        return False
    return part.content_type in _CALENDAR_FILES or part.file_name.endswith(".ics")


def _meeting(mail: ParsedMail) -> Meeting | None:
    for part in mail.own_parts:
        is_tnef = part.file_name == "winmail.dat" or part.content_type in _TNEF_TYPES
        if is_tnef and (found := read_tnef(part.octets)):
            return found
    return None


def _comment(mail: ParsedMail) -> str | None:
    return one_line(mail.own_text[:MAX_COMMENT])
