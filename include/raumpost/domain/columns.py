"""What a transition writes at an invitation, beside the state itself."""

from datetime import datetime
from typing import TypedDict

from raumpost.domain.model import Answer, Method


class Columns(TypedDict, total=False):
    """New values by name; a test holds the names against the statement `transition`, which writes them."""

    method: Method
    sequence: int
    summary: str
    description: str
    booked_by: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    time_zone: str | None
    confidential: bool
    first_message_id: str | None
    attempts: int
    last_error: str | None
    bounced: bool
    batch: int | None
    lease_until: datetime | None
    resend: int
    exposed_sequence: int
    sent_sequence: int
    sent_at: datetime
    answer: Answer
    answer_sequence: int
    answered_at: datetime
    answer_dtstamp: datetime | None
    answer_date: datetime | None
    answer_mail_id: int
    comment: str | None
    held_from: datetime | None
    held_until: datetime | None
