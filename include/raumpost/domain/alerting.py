"""What operators are notified of by mail: the causes of trouble, and what is said about each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

HANDBOOK = "docs/operate/alerts.md"


class Kind(StrEnum):
    """What kind of thing is wrong; each is explained in the handbook under its own name."""

    DATABASE = "database"
    """The Raumpost database cannot be reached."""
    SENDING = "sending"
    """An SMTP interface does not take invitations."""
    READING = "reading"
    """Answers of an IMAP interface cannot be read."""
    TASK = "task"
    """Any other task failed."""
    UNFINISHED = "unfinished"
    """A run takes too long."""
    GUARD = "guard"
    """Cancellations are held back, because too many bookings vanished at once."""
    UNANSWERED = "unanswered"
    """Rooms do not answer."""
    DECLINED = "declined"
    """Rooms have declined bookings. Nothing is broken, so nothing recovers."""


class Cause(NamedTuple):
    """One reason for trouble, however many tasks fail of it."""

    kind: Kind
    subject: str = ""
    """The interface, the task or the DAG; empty where the kind says all."""
    run: str = ""
    """One late run of the DAG; empty: the cause as a whole."""

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


class Words(NamedTuple):
    """What is said about a kind of cause; `{}` is its subject."""

    subject: str
    german: str
    english: str
    remedy: str
    recovered: str


WORDS = {
    Kind.DATABASE: Words(
        "the Raumpost database cannot be reached",
        "Die Raumpost-Datenbank ist nicht erreichbar. Es wird nichts gesendet und nichts gelesen.",
        "The Raumpost database cannot be reached. Nothing is sent and nothing is read.",
        "Start the database, or correct the Airflow connection raumpost_db. Nothing is lost: the next run goes on.",
        "the Raumpost database can be reached again",
    ),
    Kind.SENDING: Words(
        "invitations cannot be sent by {}",
        "Über die Schnittstelle {} konnten Einladungen nicht gesendet werden.",
        "Invitations could not be sent by the interface {}, in all five attempts.",
        "Mend the cause that the last error names, then run mailbox_reset_failed, or clear the failed task.",
        "invitations are sent by {} again",
    ),
    Kind.READING: Words(
        "answers cannot be read from {}",
        "Über die Schnittstelle {} können keine Rückmeldungen gelesen werden.",
        "Answers cannot be read by the interface {}. Invitations are sent all the same.",
        "Mend the cause that the last error names. Nothing is lost: the next run reads what has come.",
        "answers are read from {} again",
    ),
    Kind.TASK: Words(
        "{} failed",
        "Der Task {} ist fehlgeschlagen.",
        "The task {} failed.",
        "See the task's log. Nothing is half done: run it again once the cause is mended.",
        "{} works again",
    ),
    Kind.UNFINISHED: Words(
        "a run of {} does not finish",
        "Ein Lauf von {} ist nicht rechtzeitig fertig geworden.",
        "A run of {} has not finished in time.",
        "See which of its tasks is running or queued. If none runs, see Airflow's health; if one hangs, its log.",
        "all runs of {} have ended",
    ),
    Kind.GUARD: Words(
        "cancellations are held back",
        "Zu viele Buchungen sind auf einmal verschwunden. Ihre Absagen werden zurückgehalten.",
        "Too many bookings vanished at once. Their cancellations are held back; everything else goes on.",
        "See whether the bookings should be gone. If not, bring them back; if so, run mailbox_approve_cancellations.",
        "no cancellations are held back any more",
    ),
    Kind.UNANSWERED: Words(
        "rooms do not answer",
        "Räume haben nicht rechtzeitig auf Einladungen geantwortet.",
        "Rooms have not answered their invitations in time.",
        "See whether these mailboxes answer by themselves and get the technical user's mails; run mailbox_check.",
        "all rooms have answered",
    ),
    Kind.DECLINED: Words(
        "rooms declined bookings",
        "Räume haben Buchungen abgelehnt.",
        "Rooms have declined bookings.",
        "Ask who booked to change the booking, or change the room's policy; mailbox_explain tells the whole story.",
        "",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Incident:
    """Trouble of one cause, from its first failure on."""

    cause: Cause
    first_at: datetime
    count: int
    notified_at: datetime | None
    """When operators were last notified; None: they do not know of it."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """How many invitations to future bookings a cause concerns."""

    failed: int
    waiting: int
    unanswered: int
    last_error: str | None


class AlertMail(NamedTuple):
    """A mail to operators, without its addresses."""

    subject: str
    text: str


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
            words.german.format(cause.subject),
            words.english.format(cause.subject),
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
