"""What a room's answer does: at the invitation, in the journal, at the booking."""

from datetime import datetime, timedelta

import pytest

from tests.database import NOW
from tests.factories import reply
from tests.inbox_scenario import MINUTE, ROOM, InboxScenario


@pytest.mark.parametrize(
    ("said", "status", "german", "english"),
    [
        ("ACCEPTED", "accepted", "Angenommen", "Accepted"),
        ("TENTATIVE", "tentative", "Vorläufig angenommen", "Tentatively accepted"),
        ("DECLINED", "declined", "Abgelehnt", "Declined"),
        ("accepted", "accepted", "Angenommen", "Accepted"),
    ],
)
def test_an_answer_is_stored_and_told_at_the_booking_in_both_languages(
    sent: InboxScenario, said: str, status: str, german: str, english: str
) -> None:
    assert sent.status()[0] == "sent"
    assert sent.hear(sent.answer(said=said, comment="siehe Aushang")) == [("applied", said.upper())]
    row = sent.row()
    assert (row["state"], row["answer"], row["answer_sequence"]) == ("answered", said.upper(), 0)
    assert (row["answered_at"], row["comment"]) == (NOW, "siehe Aushang")
    assert sent.status() == (status, f"{german}: siehe Aushang", f"{english}: siehe Aushang")
    assert "the room answered REQUEST 0 with" in sent.journal("answer")[-1]


def test_a_comment_at_the_attendee_is_told_too(sent: InboxScenario) -> None:
    line = f'ATTENDEE;PARTSTAT=DECLINED;X-RESPONSE-COMMENT="Wasserschaden":mailto:{ROOM}'
    assert sent.outcomes(sent.answer(attendee=None, extra=[line])) == ["applied"]
    assert sent.status() == ("declined", "Abgelehnt: Wasserschaden", "Declined: Wasserschaden")


def test_answer_mail_and_status_are_written_in_one_transaction(sent: InboxScenario) -> None:
    sent.hear(sent.answer())
    transactions = sent.campus.sql(
        """SELECT i.xmin::text AS invitation, m.xmin::text AS mail, s.xmin::text AS status, j.xmin::text AS journal
           FROM raumpost.invitation AS i
           JOIN raumpost.mail AS m ON m.invitation_id = i.id AND m.outcome = 'applied'
           JOIN raumpost.journal AS j ON j.invitation_id = i.id AND j.step = 'answer'
           CROSS JOIN booking.status AS s"""
    )
    assert len(transactions) == 1
    assert len(set(transactions[0].values())) == 1


def test_the_journal_names_booking_room_and_reason(sent: InboxScenario) -> None:
    sent.hear(sent.answer(said="DECLINED", comment="Wasserschaden"))
    [entry] = sent.entries("answer")
    assert entry["message"] == (
        f"event {sent.event} “Analysis” in {ROOM}: the room answered REQUEST 0 with DECLINED: Wasserschaden"
    )
    assert (entry["level"], entry["actor"], entry["dag_run"]) == ("warning", "test", "manual")


def test_the_journal_leads_to_the_raw_mail(sent: InboxScenario) -> None:
    raw = sent.answer()
    sent.hear(raw)
    [entry] = sent.entries("answer")
    assert bytes(sent.campus.value("SELECT raw FROM raumpost.mail WHERE id = %(id)s", id=entry["mail_id"])) == raw


# ── why ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refusal_by_a_known_policy_says_what_to_change_at_the_room(sent: InboxScenario) -> None:
    reason = "Diese Ressource kann nur 180 Tage im Voraus gebucht werden."
    sent.hear(sent.answer(said="DECLINED", comment=reason))
    status, german, english = sent.status()
    assert status == "declined"
    assert german.startswith(f"Abgelehnt: {reason} (Hinweis: Der Raum nimmt Buchungen nur bis zu einer Frist")
    assert english.startswith(f"Declined: {reason} (hint: the room accepts bookings only a limited time ahead")
    assert sent.row()["comment"] == reason
    assert "BookingWindowInDays" in sent.journal("answer")[-1]


def test_an_acceptance_needs_no_hint(sent: InboxScenario) -> None:
    sent.hear(sent.answer(comment="No conflicts."))
    assert sent.status() == ("accepted", "Angenommen: No conflicts.", "Accepted: No conflicts.")


def test_a_comment_in_the_description_is_told(sent: InboxScenario) -> None:
    sent.hear(sent.answer(said="DECLINED", extra=["DESCRIPTION:Wasserschaden"]))
    assert sent.status()[1] == "Abgelehnt: Wasserschaden"


def test_our_own_description_is_no_comment(scenario: InboxScenario) -> None:
    scenario.change(description="Bitte zwanzig Stühle\nund eine Tafel.")
    scenario.pipeline.send_all()
    scenario.hear(scenario.answer(said="DECLINED", extra=["DESCRIPTION:Bitte zwanzig Stühle\\nund eine Tafel."]))
    assert scenario.status()[1] == "Abgelehnt"
    assert scenario.row()["comment"] is None


def test_the_text_of_the_mail_is_a_comment_where_there_is_no_other(sent: InboxScenario) -> None:
    for said, expected in [("ACCEPTED", "Angenommen"), ("DECLINED", "Abgelehnt: Die Heizung ist aus.")]:
        calendar = sent.answer(said=said, dtstamp=NOW + MINUTE).partition(b"\r\n\r\n")[2]
        head = f"From: {ROOM}\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
        between = "Die Heizung ist aus.\n--b\nContent-Type: text/calendar; method=REPLY\n\n"
        raw = (head + between).replace("\n", "\r\n").encode() + calendar + b"--b--\r\n"
        assert sent.outcomes(raw) == ["applied"]
        assert sent.status()[1] == expected


def test_a_long_comment_is_kept_whole_and_told_in_short(sent: InboxScenario) -> None:
    sent.hear(sent.answer(said="DECLINED", comment="Umbau! " * 150))
    assert len(sent.row()["comment"]) > 1000
    assert len(sent.status()[1]) < 520
    assert sent.status()[1].endswith("…")


# ── several events ────────────────────────────────────────────────────────────────────────────────────────


def with_more_events(raw: bytes, *others: bytes) -> bytes:
    """Put the events of other answers into one."""
    events = b"".join(other[other.index(b"BEGIN:VEVENT") : other.index(b"END:VCALENDAR")] for other in others)
    return raw.replace(b"END:VCALENDAR", events + b"END:VCALENDAR")


def test_of_several_events_the_known_one_counts(sent: InboxScenario) -> None:
    raw = with_more_events(sent.answer(uid="other@elsewhere", said="DECLINED"), sent.answer())
    assert sent.hear(raw) == [("applied", "ACCEPTED")]


def test_an_answer_to_several_invitations_moves_each_of_them(sent: InboxScenario) -> None:
    other = sent.campus.event(sent.campus.value("SELECT room_id FROM raumpost.room_mailbox"), title="Algebra")
    sent.pipeline.send_all()
    first, second = [row["uid"] for row in sent.campus.sql("SELECT uid FROM raumpost.invitation ORDER BY id")]
    raw = with_more_events(reply(first, room=ROOM), reply(second, room=ROOM, said="DECLINED"))
    assert sent.outcomes(raw) == ["applied"]
    rows = sent.campus.sql("SELECT id, status FROM booking.status ORDER BY id")
    assert [(row["id"], row["status"]) for row in rows] == [(sent.event, "accepted"), (other, "declined")]
    assert len({entry["mail_id"] for entry in sent.entries("answer")}) == 1


def test_an_answer_to_an_occurrence_is_one_to_the_only_event_there_is(sent: InboxScenario) -> None:
    assert sent.outcomes(sent.answer(extra=["RECURRENCE-ID:20900503T120000Z"])) == ["applied"]


def test_the_event_itself_counts_more_than_its_occurrences(sent: InboxScenario) -> None:
    occurrence = sent.answer(said="DECLINED", sequence=0, extra=["RECURRENCE-ID:20900503T120000Z"])
    assert sent.hear(with_more_events(occurrence, sent.answer())) == [("applied", "ACCEPTED")]


def test_answers_to_several_occurrences_are_none_to_a_single_event(sent: InboxScenario) -> None:
    first, second = (sent.answer(extra=[f"RECURRENCE-ID:209005{day}T120000Z"]) for day in ("03", "04"))
    words = "answers 2 occurrences of an event that has only one"
    assert sent.hear(with_more_events(first, second)) == [("no-answer", words)]
    assert (sent.row()["state"], sent.noted()) == ("sent", ("info", words))


def test_an_answer_proves_that_a_mail_has_left_that_was_counted_as_failed(scenario: InboxScenario) -> None:
    scenario.smtp.refused[ROOM] = "450 4.2.0 greylisted"
    batch = scenario.pipeline.prepare()
    for _ in range(5):
        with pytest.raises(Exception, match="batch"):
            scenario.pipeline.send(batch)
    assert scenario.row()["state"] == "failed"
    assert scenario.outcomes(scenario.answer()) == ["applied"]
    row = scenario.row()
    assert (row["state"], row["exposed_sequence"], row["sent_sequence"], row["last_error"]) == ("answered", 0, 0, None)
    assert (row["batch"], row["lease_until"]) == (None, None)


# ── the slot that the room holds ──────────────────────────────────────────────────────────────────────────


def held(scenario: InboxScenario) -> tuple[datetime, datetime] | None:
    row = scenario.row()
    return (row["held_from"], row["held_until"]) if row["held_from"] else None


def test_an_accepted_slot_is_held_until_an_update_is_answered(sent: InboxScenario) -> None:
    slot = (NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2))
    assert held(sent) is None
    sent.hear(sent.answer())
    assert held(sent) == slot
    sent.change()
    sent.pipeline.send_all()
    assert held(sent) == slot
    sent.hear(sent.answer(sequence=1))
    assert held(sent) == (slot[0] + timedelta(hours=1), slot[1] + timedelta(hours=1))


@pytest.mark.parametrize("said", ["DECLINED", "TENTATIVE"])
def test_a_declined_update_gives_the_old_slot_away_too(sent: InboxScenario, said: str) -> None:
    sent.hear(sent.answer())
    sent.change()
    sent.pipeline.send_all()
    sent.hear(sent.answer(sequence=1, said=said))
    assert held(sent) is None


def test_a_stale_answer_does_not_touch_the_slot(sent: InboxScenario) -> None:
    sent.hear(sent.answer())
    sent.change()
    sent.pipeline.send_all()
    before = held(sent)
    assert before
    assert sent.outcomes(sent.answer(said="DECLINED", dtstamp=NOW + MINUTE)) == ["stale"]
    assert held(sent) == before


def test_a_cancellation_gives_the_slot_back(sent: InboxScenario) -> None:
    sent.hear(sent.answer())
    sent.campus.delete("booking.event", sent.event)
    sent.pipeline.send_all()
    assert held(sent) is None
