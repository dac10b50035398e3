"""Read the fields of a delivery status notification, recipient by recipient (RFC 3464, RFC 3463)."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from itertools import islice

from raumpost.itip import mime
from raumpost.itip.calendar import bare_address
from raumpost.itip.charsets import one_line
from raumpost.itip.parsed_mail import ParsedMail
from raumpost.itip.reading import Failure
from raumpost.itip.returned_mail import RETURNED

MAX_REASON = 500
MAX_WRITTEN_BLOCKS = 200

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_FIELDS = re.compile(r"^[ \t>|]*(original|final)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(r"[ \t>|]*[A-Za-z-]+:")
_SETTLED = frozenset({"delivered", "relayed", "expanded"})


@dataclass(kw_only=True)
class Report:
    """The recipients of message/delivery-status parts by what was done for them."""

    failed: list[Failure] = field(default_factory=list)
    delayed: list[Failure] = field(default_factory=list)
    others: set[str] = field(default_factory=set)


def read_report(mail: ParsedMail) -> Report:
    """Read the message/delivery-status parts."""
    report = Report()
    for part in mail.all_parts:
        if part.content_type in ("message/delivery-status", "message/global-delivery-status"):
            for block in part.enclosed:
                _read_recipient(report, block)
    return report


def _read_recipient(report: Report, block: Message) -> None:
    """Read the fields of one recipient (RFC 3464 section 2.3)."""
    final, original = _typed(block, "Final-Recipient"), _typed(block, "Original-Recipient")
    action = mime.header(block, "Action").lower()
    diagnostic = _typed(block, "Diagnostic-Code")
    if not (final or original or action):
        return  # the fields about the mail as a whole
    status = best_status(mime.header(block, "Status"))
    is_delay = action.startswith("delay")
    if not is_delay and not (status or "").startswith("5"):
        # "failed" with a code of success or delay: words may know more
        status = next((one for one in STATUS.findall(diagnostic) if one.startswith("5")), status)
    failure = Failure(
        recipient=_recipient(original) or _recipient(final),
        status=status,
        reason=one_line(diagnostic[:MAX_REASON]),
    )
    if action.partition(" ")[0].strip(";,") in _SETTLED:
        report.others.add(action.partition(" ")[0][:40])
    elif "fail" in action or action == "expired" or (not is_delay and status and status.startswith("5")):
        report.failed.append(failure)
    elif is_delay or (status and status.startswith("4")):
        report.delayed.append(failure)
    else:
        report.others.add(action[:40] or "no action")


def read_written_report(mail: ParsedMail) -> Report:
    """Read the fields that are written in a text instead of in a part of their own."""
    report = Report()
    for block in islice(_written_blocks(mail), MAX_WRITTEN_BLOCKS):
        _read_recipient(report, block)
    return report


def _written_blocks(mail: ParsedMail) -> Iterator[Message]:
    for part in mail.all_parts:
        if not part.content_type.startswith("text/") or part.content_type in RETURNED:
            continue
        for paragraph in part.text[: mime.MAX_TEXT].replace("\r\n", "\n").split("\n\n"):
            if _FIELDS.search(paragraph):
                lines = textwrap.dedent(paragraph).splitlines()
                first = next((at for at, line in enumerate(lines) if _FIELD.match(line)), 0)
                yield mime.parse_mail("\n".join(lines[first:]).encode("utf-8", "replace"))


def _typed(block: Message, name: str) -> str:
    """Return the value of a field that begins with its type, as in "rfc822; room@example.org"."""
    value = mime.header(block, name)
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and "@" not in kind else value


def _recipient(value: str) -> str | None:
    return bare_address(value) or next(iter(mime.addresses_in(value)), None)


def best_status(words: str) -> str | None:
    """Return the first code of a failure, else the first code."""
    found = STATUS.findall(words)
    return next((one for one in found if one[0] in "45"), found[0] if found else None)
