"""Write the mails to operators."""

from datetime import datetime

from raumpost.domain.alerting import AlertMail, Cause, Kind, Trouble
from raumpost.texts.alerts import WORDS

HANDBOOK = "docs/operate/alerts.md"


def failure(
    cause: Cause,
    *,
    since: datetime,
    count: int,
    trouble: Trouble | None,
    error: str | None,
    where: str,
    link: str | None,
) -> AlertMail:
    """Report something that failed; `where` names task and run, `link` leads to its log."""
    facts = [
        ("Since", f"{_time(since)}, {count} failure{'s' if count > 1 else ''}"),
        ("Invitations", _invitations(trouble)),
        (
            "Found" if cause.kind is Kind.GUARD else "Last error",
            _short(trouble.last_error if trouble and trouble.last_error else error),
        ),
        ("The task", _short(error) if trouble and trouble.last_error else None),
        ("What to do", WORDS[cause.kind].remedy),
        ("Where", where),
        ("Log", link),
    ]
    return _alert_mail(cause, [one for one in facts if one[1]])


def recovery(cause: Cause, *, since: datetime, count: int, now: datetime) -> AlertMail:
    """Report that something works again."""
    what = WORDS[cause.kind].recovered.format(cause.subject)
    text = (
        f"Wieder in Ordnung / works again: {what}.\n\nTrouble since {_time(since)}, {count} "
        f"failure{'s' if count > 1 else ''}; over since {_time(now)}.\n"
    )
    return AlertMail(f"[Raumpost] OK: {what}", text)


def digest(cause: Cause, *, rooms: dict[str, list[str]], total: int) -> AlertMail:
    """Report bookings, room by room; `total` is how many there are, of which not all need be listed."""
    lines = []
    for room, bookings in rooms.items():
        lines += ["", room, *(f"  {booking}" for booking in bookings)]
    listed = sum(map(len, rooms.values()))
    if listed < total:
        lines += ["", f"… and {total - listed} more"]
    mail = _alert_mail(cause, [("Bookings", str(total)), ("What to do", WORDS[cause.kind].remedy)])
    return mail._replace(text=mail.text + "\n".join([*lines, ""]))


def _alert_mail(cause: Cause, facts: list[tuple[str, str | None]]) -> AlertMail:
    words = WORDS[cause.kind]
    listed = [*facts, ("Handbook", f"{HANDBOOK}#{cause.kind}")]
    text = "\n".join(
        [
            words.what.de.format(cause.subject),
            words.what.en.format(cause.subject),
            "",
            *(f"{name + ':':13}{value}" for name, value in listed),
            "",
        ]
    )
    return AlertMail(f"[Raumpost] {words.subject.format(cause.subject)}", text)


def _invitations(trouble: Trouble | None) -> str:
    if trouble is None:
        return "unknown, as the database cannot be asked"
    return (
        f"{trouble.failed} failed, {trouble.waiting} waiting to be sent, {trouble.unanswered} without an answer, "
        "of those to future bookings"
    )


def _short(text: str | None) -> str | None:
    """Make one bounded line of an error."""
    flat = " ".join((text or "").split())
    return flat if len(flat) <= 1000 else f"{flat[:999]}…"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
