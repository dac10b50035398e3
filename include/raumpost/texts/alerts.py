"""What mails to operators say about each kind of trouble."""

from collections.abc import Mapping
from typing import NamedTuple

from raumpost.domain.alerting import Kind
from raumpost.texts.text import Text


class Words(NamedTuple):
    """What is said about a kind of cause; `{}` is its subject."""

    subject: str
    what: Text
    remedy: str
    recovered: str


WORDS: Mapping[Kind, Words] = {
    Kind.DATABASE: Words(
        "the Raumpost database cannot be reached",
        Text(
            "Die Raumpost-Datenbank ist nicht erreichbar. Es wird nichts gesendet und nichts gelesen.",
            "The Raumpost database cannot be reached. Nothing is sent and nothing is read.",
        ),
        "Start the database, or correct the Airflow connection raumpost_db. Nothing is lost: the next run goes on.",
        "the Raumpost database can be reached again",
    ),
    Kind.SENDING: Words(
        "invitations cannot be sent by {}",
        Text(
            "Über die Schnittstelle {} konnten Einladungen nicht gesendet werden.",
            "Invitations could not be sent by the interface {}, in all five attempts.",
        ),
        "Fix the cause that the last error names, then run mailbox_reset_failed, or clear the failed task.",
        "invitations are sent by {} again",
    ),
    Kind.READING: Words(
        "answers cannot be read from {}",
        Text(
            "Über die Schnittstelle {} können keine Rückmeldungen gelesen werden.",
            "Answers cannot be read by the interface {}. Invitations are sent all the same.",
        ),
        "Fix the cause that the last error names. Nothing is lost: the next run reads what has come.",
        "answers are read from {} again",
    ),
    Kind.TASK: Words(
        "{} failed",
        Text(
            "Der Task {} ist fehlgeschlagen.",
            "The task {} failed.",
        ),
        "See the task's log. Nothing is half done: run it again once the cause is fixed.",
        "{} works again",
    ),
    Kind.UNFINISHED: Words(
        "a run of {} does not finish",
        Text(
            "Ein Lauf von {} ist nicht rechtzeitig fertig geworden.",
            "A run of {} has not finished in time.",
        ),
        "See which of its tasks is running or queued. If none runs, see Airflow's health; if one hangs, its log.",
        "all runs of {} have ended",
    ),
    Kind.GUARD: Words(
        "cancellations are held back",
        Text(
            "Zu viele Buchungen sind auf einmal verschwunden. Ihre Absagen werden zurückgehalten.",
            "Too many bookings vanished at once. Their cancellations are held back; everything else goes on.",
        ),
        "See whether the bookings should be gone. If not, bring them back; if so, run mailbox_approve_cancellations.",
        "no cancellations are held back any more",
    ),
    Kind.UNANSWERED: Words(
        "rooms do not answer",
        Text(
            "Räume haben nicht rechtzeitig auf Einladungen geantwortet.",
            "Rooms have not answered their invitations in time.",
        ),
        "See whether these mailboxes answer by themselves and get the technical user's mails; run mailbox_check.",
        "all rooms have answered",
    ),
    Kind.DECLINED: Words(
        "rooms declined bookings",
        Text(
            "Räume haben Buchungen abgelehnt.",
            "Rooms have declined bookings.",
        ),
        "Ask who booked to change the booking, or change the room's policy; mailbox_explain shows the whole history.",
        "",
    ),
}
