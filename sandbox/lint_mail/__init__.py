"""Check calendar mails against the rules of INTEROP W, with other eyes than the writer's.

Shares no code with `raumpost.itip`: a mistake made there must not be made here again. Of one mail `findings` sees
W1 to W5, W7 to W15 and W17 to W21; of all mails of a UID `findings_across` sees W6, W8 to W10, W14, W15 and W20.
W16 and W22 to W24 are about sending, which no mail shows.

To add a rule, write a check that yields what is wrong, add it to the table of its module, and break a mail for it in
tests/unit/test_lint_mail.py.
"""

from collections.abc import Iterator
from datetime import datetime

from sandbox.lint_mail.event_rules import EVENT_RULES
from sandbox.lint_mail.history_rules import findings_across
from sandbox.lint_mail.mail_rules import MAIL_RULES
from sandbox.lint_mail.reading import CalendarMail, NotACalendar, read_mail

__all__ = ["RULES", "findings", "findings_across"]

RULES = sorted({rule for rule, _ in (*MAIL_RULES, *EVENT_RULES)}, key=lambda rule: int(rule[1:]))
"""Rules that one mail can break."""


def findings(
    raw: bytes, *, envelope_from: str | None = None, envelope_to: str | None = None, now: datetime | None = None
) -> list[str]:
    """Return what is wrong with a mail, each line with its rule in front: “W7: RSVP is missing, not TRUE”.

    The envelope and the clock are compared where they are given.
    """
    try:
        mail = read_mail(raw, envelope_from=envelope_from, envelope_to=envelope_to, now=now)
    except NotACalendar as exc:
        return [f"{exc.rule}: {exc}"]
    return list(_broken(mail))


def _broken(mail: CalendarMail) -> Iterator[str]:
    for rule, check in (*MAIL_RULES, *EVENT_RULES):
        for finding in check(mail):
            yield f"{rule}: {finding}"
