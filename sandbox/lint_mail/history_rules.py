"""Rules that only all mails of a UID together can break."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sandbox.lint_mail.reading import CalendarMail, NotACalendar, read_mail


def findings_across(raws: Sequence[bytes]) -> list[str]:
    """Return what is wrong between mails, given in the order of sending; each line names rule and UID."""
    histories: dict[str, list[CalendarMail]] = {}
    found = []
    for raw in raws:
        try:
            mail = read_mail(raw, envelope_from=None, envelope_to=None, now=None)
        except NotACalendar as exc:
            found.append(f"{exc.rule}: {exc}")
        else:
            histories.setdefault(mail.event.value("UID"), []).append(mail)
    for uid, history in histories.items():
        found += [f"{finding} ({uid})" for finding in _broken(history)]
    return found


def _broken(history: list[CalendarMail]) -> Iterator[str]:
    first = history[0]
    if first.message["References"] is None and first.event.value("SEQUENCE") != "0":
        yield f"W9: the first mail has SEQUENCE {first.event.value('SEQUENCE')}"
    for mail in history[1:]:
        if mail.organizer != first.organizer:
            yield f"W6: ORGANIZER was {first.organizer} and is {mail.organizer}"
        if mail.room != first.room:
            yield f"W8: the room was {first.room} and is {mail.room}"
        if mail.calendar.value("PRODID") != first.calendar.value("PRODID"):
            yield "W14: PRODID changes"
    for before, after in pairwise(history):
        if after.raw != before.raw:
            yield from _steps(before, after)
    yield from _references(history)


def _steps(before: CalendarMail, after: CalendarMail) -> Iterator[str]:
    was, now = _number(before), _number(after)
    if now < was:
        yield f"W9: SEQUENCE goes back from {was} to {now}"
    if now == was and _revision(before) != _revision(after):
        cancels = after.calendar.value("METHOD") == "CANCEL" != before.calendar.value("METHOD")
        yield f"{'W15' if cancels else 'W9'}: SEQUENCE {now} is used again for something else"
    # Both in UTC and in the same shape, so they order as text
    if after.event.value("DTSTAMP") < before.event.value("DTSTAMP"):
        yield f"W10: DTSTAMP goes back to {after.event.value('DTSTAMP')}"


def _references(history: list[CalendarMail]) -> Iterator[str]:
    first = history[0]
    to = str(first.message.get("References", first.message["Message-ID"]))
    revisions: dict[str, tuple[str, str]] = {}
    for mail in history:
        name = str(mail.message["Message-ID"])
        if name != to and mail.message["References"] != to:
            yield f"W20: {name} does not refer to the first mail {to}"
        revision = revisions.setdefault(name, (mail.calendar.value("METHOD"), mail.event.value("SEQUENCE")))
        if revision != (mail.calendar.value("METHOD"), mail.event.value("SEQUENCE")):
            yield f"W20: two revisions share {name}"


def _number(mail: CalendarMail) -> int:
    sequence = mail.event.value("SEQUENCE")
    return int(sequence) if sequence.isdecimal() else -1


def _revision(mail: CalendarMail) -> tuple[str, dict[str, str]]:
    """Return what must not change while SEQUENCE stays."""
    values = {line.name: line.value for line in mail.event.lines if line.name != "DTSTAMP"}
    return mail.calendar.value("METHOD"), values
