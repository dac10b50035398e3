"""Send a mail to operators."""

import logging
from collections.abc import Sequence
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from raumpost.domain.alerting import AlertMail
from raumpost.domain.errors import MaybeSent, NotSent, RaumpostError
from raumpost.domain.text import clean_line
from raumpost.services.ports import Mailer

log = logging.getLogger(__name__)


def notify_operators(
    mailer: Mailer, alert: AlertMail, *, sender: str, recipients: Sequence[str], now: datetime
) -> None:
    """Send a mail to each of them; a refusal keeps it from none of the others.

    Raises NotSent when nobody got it, InterfaceUnavailable when no mail can be sent at all.
    """
    raw = _mail(alert, sender=sender, recipients=recipients, now=now)
    refused: list[RaumpostError] = []
    for recipient in recipients:
        try:
            mailer.send(raw, sender=sender, recipient=recipient)
        except (NotSent, MaybeSent) as exc:
            log.warning("%s", exc)
            refused.append(exc)
    if len(refused) == len(recipients):
        raise NotSent.together(refused)


def _mail(alert: AlertMail, *, sender: str, recipients: Sequence[str], now: datetime) -> bytes:
    mail = EmailMessage(policy.SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = clean_line(alert.subject)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    # no out-of-office note shall answer it (RFC 3834), and none of our own readers take it for an answer
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(alert.text)
    return mail.as_bytes()
