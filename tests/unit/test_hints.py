"""Refusals by known policies of rooms, as systems of both languages word them."""

import pytest

from raumpost.domain.hints import (
    CONFLICT,
    DURATION,
    NOT_PERMITTED,
    RECURRING,
    WINDOW,
    WORKING_HOURS,
    Hint,
    hint_for,
)
from raumpost.texts.wording import wording

REFUSALS = [
    (WINDOW, "The room can only be reserved up to 180 days in advance. The end should be before 12/31/2026."),
    (WINDOW, "Your request was declined because it lies outside the booking window of this room."),
    (WINDOW, "Meetings that end too far in the future are not accepted."),
    (WINDOW, "Diese Ressource kann nur bis zu 180 Tage im Voraus gebucht werden."),
    (WINDOW, "Der Termin liegt außerhalb des Buchungszeitraums dieses Raums."),
    (WINDOW, "Überschneidet sich nicht, liegt aber zu weit in der Zukunft."),
    (DURATION, "The length of the meeting exceeds the maximum of 1440 minutes."),
    (DURATION, "This resource cannot be booked for longer than 24 hours."),
    (DURATION, "Your booking is longer than the allowed duration."),
    (DURATION, "Die maximale Dauer einer Buchung beträgt 1440 Minuten."),
    (DURATION, "Die Besprechung ist länger als 24 Stunden."),
    (DURATION, "Die Dauer der Besprechung überschreitet den Grenzwert."),
    (WORKING_HOURS, "The meeting is not within the working hours of this room."),
    (WORKING_HOURS, "Der Termin liegt außerhalb der Arbeitszeiten."),
    (RECURRING, "This room does not accept recurring appointments."),
    (RECURRING, "A series without an end date cannot be booked."),
    (RECURRING, "Serientermine werden von dieser Ressource nicht angenommen."),
    (RECURRING, "Wiederkehrende Besprechungen sind hier nicht erlaubt."),
    (NOT_PERMITTED, "You do not have permission to book this resource."),
    (NOT_PERMITTED, "You are not authorized to reserve this room."),
    (NOT_PERMITTED, "Requests from external senders are declined."),
    (NOT_PERMITTED, "Only people inside may book; you are outside of your organization."),
    (NOT_PERMITTED, "Sie sind nicht berechtigt, diesen Raum zu buchen."),
    (NOT_PERMITTED, "Für diesen Raum fehlt Ihnen die Berechtigung."),
    (NOT_PERMITTED, "Externe Absender dürfen diesen Raum nicht buchen."),
    (CONFLICT, "Your request was declined because there are conflicts."),
    (CONFLICT, "The room is already booked at that time."),
    (CONFLICT, "The requested time overlaps with another booking."),
    (CONFLICT, "The resource is not available."),
    (CONFLICT, "Ihre Anfrage wurde wegen eines Konflikts abgelehnt."),
    (CONFLICT, "Der Raum ist zu dieser Zeit bereits belegt."),
    (CONFLICT, "Ihre Buchung überschneidet sich mit einer anderen."),
    (CONFLICT, "Leider schon anderweitig vergeben."),
]


@pytest.mark.parametrize(("hint", "comment"), REFUSALS, ids=[comment for _, comment in REFUSALS])
def test_a_refusal_by_a_policy_is_recognised(hint: Hint, comment: str) -> None:
    assert hint_for(comment) is hint
    assert hint_for(comment.upper()) is hint


@pytest.mark.parametrize(
    "comment", [None, "", "Wasserschaden", "Leider nein.", "We are closed for renovation.", "Bitte rufen Sie an."]
)
def test_any_other_reason_has_no_hint(comment: str | None) -> None:
    assert hint_for(comment) is None


def test_a_rule_counts_more_than_the_conflicts_that_are_told_with_it() -> None:
    assert hint_for("Declined: conflicts, and it is more than 180 days in advance.") is WINDOW


def test_every_hint_says_in_both_languages_what_to_do_and_where() -> None:
    hints = {hint for hint, _ in REFUSALS}
    assert len(hints) == 6
    assert all(len(text) > 20 for hint in hints for text in wording(hint.what))
    assert all("Exchange: " in text for hint in hints for text in wording(hint.setting))
