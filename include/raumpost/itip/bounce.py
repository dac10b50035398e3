"""Read what mail servers say about a mail that did not arrive (RFC 3464, RFC 3463; INTEROP R, bounces)."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from raumpost.itip import mime, phrases
from raumpost.itip.automatic import has_automatic_subject, sounds_automatic, submitted_by
from raumpost.itip.charsets import one_line
from raumpost.itip.delivery_status import (
    MAX_REASON,
    STATUS,
    Report,
    best_status,
    read_report,
    read_written_report,
)
from raumpost.itip.parsed_mail import ParsedMail
from raumpost.itip.reading import Failure, MailKind
from raumpost.itip.returned_mail import original_of

MAX_FAILURES = 50

_MAILER = phrases.pattern(phrases.MAILERS)
_FAILED = phrases.pattern(phrases.FAILED)
_DELAYED = phrases.pattern(phrases.DELAYED)
_STILL_TRYING = phrases.pattern(phrases.STILL_TRYING)
_GIVEN_UP = phrases.pattern(phrases.GIVEN_UP)
_DELIVERED = phrases.pattern(phrases.DELIVERED)
_SUBJECT = phrases.pattern(phrases.BOUNCE_SUBJECTS)
_ABOUT_ANOTHER = phrases.pattern((*phrases.FORWARDED_SUBJECTS, "re", "aw", "antw", "sv"), form=r"\s*{}\s*:")
_ORIGINAL = phrases.pattern(phrases.ORIGINAL_FOLLOWS, form=r"^[ \t>*]*{}", flags=re.MULTILINE)
_OF_THE_HEADER = re.compile(
    r"\s*[>|]?\s*(to|cc|bcc|from|an|von|subject|betreff|sent|gesendet|reply-to|sender|contact|message-?id|references"
    r"|in-reply-to|received|return-path)\s*:",
    re.IGNORECASE,
)
_RECIPIENT_LINE = re.compile(r"\s*[>|]?\s*(to|an)\s*:", re.IGNORECASE)
_SMTP_CODE = re.compile(r"(?<![\d.])5[05]\d[ -]")
_WORD = re.compile(r"\w")
_LINE_TAG = re.compile(r"</?(?:p|br|div|tr|table|li|h\d)\b[^<>]{0,1000}>", re.IGNORECASE)
_LINK = re.compile(r"<a\b[^<>]{0,200}\bmailto:([^<>\"'?\s]{3,300})[^<>]{0,1000}>", re.IGNORECASE)
_HUGE_ENTITY = re.compile(r"&#\w{8}\w+")
"""Python refuses to turn so many digits into a number."""
_TAG = re.compile(r"<[^<>]{0,1000}>")


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A bounce, a delay, or another notification of a mail server (MailKind.OTHER: delivered, relayed)."""

    kind: MailKind
    failures: Sequence[Failure]
    reason: str | None
    original_message_id: str | None
    original_uid: str | None
    original_sequence: int | None


def read_notice(mail: ParsedMail) -> Notice | None:
    """Read a notification of a mail server; None: the mail is none."""
    report = read_report(mail)
    if report.failed or report.delayed or report.others:
        return _notice_of_report(mail, report)
    kind = mail.report_type
    if kind not in ("", "delivery-status"):
        return None  # a report of something else, such as abuse (RFC 5965)
    return _notice_of_text(mail, is_report=kind == "delivery-status")


def _notice_of_report(mail: ParsedMail, report: Report) -> Notice:
    said = _text(mail)
    original = original_of(mail, said)
    if len(report.failed) == 1 and report.failed[0].status is None:
        report.failed[0] = replace(report.failed[0], status=best_status(said))
    if report.failed:
        kind, failures, reason = MailKind.BOUNCE, report.failed, report.failed[0].reason
    elif report.delayed:
        kind, failures, reason = MailKind.DELAY, report.delayed, report.delayed[0].reason
    else:
        kind, failures = MailKind.OTHER, []
        reason = f"delivery report: {', '.join(sorted(report.others)[:MAX_FAILURES])}"
    return Notice(
        kind=kind,
        failures=failures[:MAX_FAILURES],
        reason=reason,
        original_message_id=original.message_id,
        original_uid=original.uid,
        original_sequence=original.sequence,
    )


def _notice_of_text(mail: ParsedMail, *, is_report: bool) -> Notice | None:
    said = _text(mail)
    separator = _ORIGINAL.search(said)
    if separator and not _WORD.search(said[: separator.start()]):
        separator = None  # a headline
    own, returned = (said[: separator.start()], said[separator.end() :]) if separator else (said, "")
    words = f"{mail.subject}\n{own}"
    named = [one for value in mime.headers(mail.message, "X-Failed-Recipients") for one in mime.addresses_in(value)]
    if not (named or is_report or _may_come_from_a_mailer(mail, words, own)):
        return None
    report = read_written_report(mail)
    if report.failed or report.delayed:
        return _notice_of_report(mail, report)
    original = original_of(mail, returned or own)
    kind = _kind(mail, words, is_known=bool(named or is_report), returns=original.came_back)
    if kind is None:
        return None
    recipients = named or _recipients(mail, own)
    status = best_status(own)
    if not (recipients or status or is_report or original.came_back or _is_marked(mail)):
        return None  # a person at the mail server writes, about mail
    recipients = recipients or list(original.recipients)
    reason = _reason(own)
    return Notice(
        kind=kind,
        failures=[Failure(recipient=one, status=status, reason=reason) for one in recipients[:MAX_FAILURES]]
        or [Failure(recipient=None, status=status, reason=reason)],
        reason=reason,
        original_message_id=original.message_id,
        original_uid=original.uid,
        original_sequence=original.sequence,
    )


def _kind(mail: ParsedMail, words: str, *, is_known: bool, returns: bool) -> MailKind | None:
    """Decide by the words of a notice; None: it says nothing of a mail that did not arrive."""
    if _STILL_TRYING.search(words):
        return MailKind.DELAY
    has_failed = bool(_FAILED.search(words) or _GIVEN_UP.search(words))
    if _DELAYED.search(words) and not (_GIVEN_UP.search(words) or _SUBJECT.search(mail.subject)):
        return MailKind.DELAY
    if has_failed:
        return MailKind.BOUNCE
    # In a language that is not known here; but a mailer returns what did not arrive.
    return MailKind.BOUNCE if (is_known or returns) and not _DELIVERED.search(words) else None


def _text(mail: ParsedMail) -> str:
    """Return what the mail server says in words; markup only where there is nothing else."""
    for kind in ("text/plain", "text/html"):
        for part in mail.all_parts:
            if part.content_type == kind and (said := part.text[: mime.MAX_TEXT].strip()):
                if kind == "text/html":
                    # An address may be written nowhere but in the link behind a name.
                    said = _LINE_TAG.sub("\n", _LINK.sub(r" \1 ", said))
                    said = html.unescape(_HUGE_ENTITY.sub(" ", _TAG.sub(" ", said)))
                return said.replace("\r\n", "\n")
    return ""


def _may_come_from_a_mailer(mail: ParsedMail, words: str, own: str) -> bool:
    if "X-MS-Embedded-Report" in mail:
        return True
    if _MAILER.search(mail.header("From")):
        return not has_automatic_subject(mail)  # a person reads mail there, and is away
    # The null sender alone is no proof: automatic replies have it too, and some servers do not show it.
    is_clear = bool(_clear_subject(mail) and _FAILED.search(own))
    if submitted_by(mail) == "auto-replied" and not (is_clear or _has_code(own)):
        return False
    return (is_clear or (_has_null_sender(mail) and bool(_FAILED.search(words)))) and not sounds_automatic(mail, own)


def _has_code(said: str) -> bool:
    return bool(STATUS.search(said) or _SMTP_CODE.search(said))


def _is_marked(mail: ParsedMail) -> bool:
    return _has_null_sender(mail) or bool(_clear_subject(mail)) or "X-MS-Embedded-Report" in mail


def _has_null_sender(mail: ParsedMail) -> bool:
    return any(value.replace(" ", "") == "<>" for value in mime.headers(mail.message, "Return-Path"))


def _clear_subject(mail: ParsedMail) -> bool:
    """Return whether the subject is that of a bounce itself, and not of a person's mail about one."""
    return bool(_SUBJECT.search(mail.subject)) and not _ABOUT_ANOTHER.match(mail.subject)


def _recipients(mail: ParsedMail, said: str) -> list[str]:
    """Return the addresses that a text says were not reached: not those of its own header."""
    ours = {*mime.addresses(mail.message, "To", "Cc", "From", "Sender")}
    is_marked = _is_marked(mail) or bool(_FAILED.search(mail.subject) or _has_code(said))
    leading: list[str] = []
    mentioned: list[str] = []
    of_header: list[str] = []
    for line in said.splitlines():
        addresses = [one for one in mime.addresses_in(line) if one not in ours and not _MAILER.search(one)]
        if not addresses:
            continue
        if _OF_THE_HEADER.match(line):
            of_header += addresses if _RECIPIENT_LINE.match(line) else []
        elif not _WORD.search(line.lower().partition(addresses[0])[0]):
            leading.append(addresses[0])  # stands at the beginning of its line, as in a list
        elif is_marked or _FAILED.search(line) or _DELAYED.search(line) or STATUS.search(line):
            mentioned += addresses
    return list(dict.fromkeys(leading or mentioned[:1] or of_header))


def _reason(said: str) -> str | None:
    """Return the lines that say why: the one with a status code, else those from the first words of failure on."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for pattern in (STATUS, _FAILED, _DELAYED, _STILL_TRYING):
        for at, line in enumerate(lines):
            if pattern.search(line):
                return one_line(" ".join(lines[at : at + 3])[:MAX_REASON])
    return one_line(said[:MAX_REASON])
