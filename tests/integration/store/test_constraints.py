"""What the database refuses."""

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import psycopg2.errors
import pytest

from raumpost.adapters.postgres import Database, connect
from tests.database import Campus, Databases
from tests.integration.store.moves import _IN, Ground


@pytest.fixture(scope="module")
def ground(databases: Databases) -> Iterator[Ground]:
    with databases.copy() as uri, closing(connect(dsn=uri)) as connection:
        yield Ground(Campus(connection), Database(connection, actor="test", dag_id="mailbox_test", dag_run="manual"))


_INVITATION = "UPDATE raumpost.invitation SET {} WHERE id = %(id)s"


_OUT = "INSERT INTO raumpost.mail (direction, raw, outcome, invitation_id, sequence, resend) VALUES ({})"


_NEW_LINK = (
    "INSERT INTO raumpost.room_mailbox (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id) VALUES ({})"
)


_JOURNAL = "INSERT INTO raumpost.journal (level, step, message, actor) VALUES ({})"


_PREVIEW_ITEM = (
    "WITH p AS (INSERT INTO raumpost.preview (verb, actor) VALUES ('reset', '') RETURNING id) "
    "INSERT INTO raumpost.preview_item (preview_id, room_mailbox_id, source_id, fingerprint, kind, outcome) "
    "SELECT id, 1, 1, '', v.* FROM p, (VALUES ({})) AS v (kind, outcome)"
)


_CHECK_RESULT = (
    "INSERT INTO raumpost.check_result (subject, position, what, why, remedy, checked_at, kind, status) "
    "VALUES ('s', 0, '', '', '', now(), {})"
)


_CANARY = (
    "INSERT INTO raumpost.canary (room_mailbox_id, uid, organizer, organizer_name, after_mail, created_at, answer_by, "
    "starts_at, ends_at, state) SELECT id, 'u', 'o', 'n', 0, now(), now(), v.* "
    "FROM raumpost.room_mailbox, (VALUES ({})) AS v (starts_at, ends_at, state) LIMIT 1"
)


_ALERT = (
    "INSERT INTO raumpost.alert (first_at, last_at, quiet_until, subject, run_id, kind, count) "
    "VALUES (now(), now(), now(), '', '', {})"
)


CHECKS = [
    ("invitation_kind_check", _INVITATION, "kind = 'party'"),
    ("invitation_uid_check", _INVITATION, "uid = 'ümlaut@raumpost'"),
    ("invitation_uid_check", _INVITATION, "uid = repeat('x', 200)"),
    ("invitation_uid_check", _INVITATION, "uid = E'a\\nb'"),
    ("invitation_method_check", _INVITATION, "method = 'REPLY'"),
    ("invitation_sequence_check", _INVITATION, "sequence = -1"),
    ("invitation_check", _INVITATION, "ends_at = starts_at"),
    ("invitation_check1", _INVITATION, "all_day = true"),
    ("invitation_check1", _INVITATION, "time_zone = 'Europe/Berlin'"),
    ("invitation_state_check", _INVITATION, "state = 'lost'"),
    ("invitation_attempts_check", _INVITATION, "attempts = -1"),
    ("invitation_attempts_check", _INVITATION, "attempts = 6, state = 'failed', last_error = 'x'"),
    ("invitation_resend_check", _INVITATION, "resend = -1"),
    ("invitation_answer_check", _INVITATION, "answer = 'MAYBE', answer_sequence = 0, answered_at = now()"),
    ("invitation_check2", _INVITATION, "held_from = now(), held_until = now()"),
    ("revisions_in_order", _INVITATION, "exposed_sequence = 1"),
    ("revisions_in_order", _INVITATION, "exposed_sequence = 0, sent_sequence = 1, sequence = 1"),
    ("sent_implies_left", _INVITATION, "sent_sequence = 0"),
    ("lease_with_batch", _INVITATION, "batch = NULL"),
    ("lease_with_batch", _INVITATION, "lease_until = NULL"),
    ("held_slot_whole", _INVITATION, "held_from = now()"),
    ("held_slot_whole", _INVITATION, "held_until = now()"),
    ("answer_whole", _INVITATION, "answer = 'ACCEPTED'"),
    ("answer_whole", _INVITATION, "answer = 'ACCEPTED', answer_sequence = 0"),
    ("answer_whole", _INVITATION, "answer_sequence = 0, answered_at = now()"),
    ("pending_can_be_tried", _INVITATION, "attempts = 5"),
    ("sending_is_claimed", _INVITATION, "state = 'sending'"),
    ("sending_is_claimed", _INVITATION, "state = 'sending', attempts = 1, batch = NULL, lease_until = NULL"),
    ("sent_was_sent", _INVITATION, "state = 'sent'"),
    ("sent_was_sent", _INVITATION, "state = 'sent', sequence = 1, exposed_sequence = 1, sent_sequence = 0"),
    ("sent_was_sent", _INVITATION, "state = 'sent', method = 'CANCEL', exposed_sequence = 0, sent_sequence = 0"),
    ("answered_has_answer", _INVITATION, "state = 'answered'"),
    (
        "answered_has_answer",
        _INVITATION,
        "state = 'answered', sequence = 1, answer = 'ACCEPTED', answer_sequence = 0, answered_at = now()",
    ),
    ("failed_has_error", _INVITATION, "state = 'failed'"),
    ("bounced_is_failed", _INVITATION, "bounced = true"),
    ("withdrawn_is_cancelled", _INVITATION, "state = 'withdrawn'"),
    ("invitation_generation_check", _INVITATION, "generation = -1"),
    ("invitation_replacement_check", _INVITATION, "replacement = 'maybe'"),
    ("installation_sequence_floor_check", "UPDATE raumpost.installation SET {}", "sequence_floor = -1"),
    ("withheld_state_check", "INSERT INTO raumpost.withheld VALUES ({})", "%(id)s, 'maybe', now()"),
    ("removed_after_request", "UPDATE raumpost.room_mailbox SET {}", "removed_at = now()"),
    ("address_is_an_address", _NEW_LINK, "0, 'hörsaal@rooms.example', 's', 'i', 0"),
    ("address_is_an_address", _NEW_LINK, "0, 'hoersaal', 's', 'i', 0"),
    ("address_is_an_address", _NEW_LINK, "0, E'a@rooms.example\\n', 's', 'i', 0"),
    ("address_is_an_address", _NEW_LINK, "0, 'a b@rooms.example', 's', 'i', 0"),
    ("address_is_an_address", _NEW_LINK, "0, repeat('a', 250) || '@b.example', 's', 'i', 0"),
    ("alias_is_an_address", "INSERT INTO raumpost.room_mailbox_alias VALUES (1, {})", "'hoersaal'"),
    ("room_mailbox_smtp_conn_id_check", _NEW_LINK, "0, 'a@rooms.example', '', 'i', 0"),
    ("room_mailbox_imap_conn_id_check", _NEW_LINK, "0, 'a@rooms.example', 's', '', 0"),
    ("installation_single_row_check", "INSERT INTO raumpost.installation (single_row) VALUES ({})", "false"),
    ("preexisting_kind_check", "INSERT INTO raumpost.preexisting VALUES (1, {})", "'x', 1"),
    ("booking_change_kind_check", "INSERT INTO raumpost.booking_change (kind, source_id) VALUES ({})", "'x', 1"),
    ("mail_direction_check", _IN, "'up', '', 'i', 'INBOX', 1, 1, now(), 1"),
    ("mail_outcome_check", _OUT, "'out', '', 'lost', %(id)s, 0, 0"),
    ("out_is_whole", _OUT, "'out', '', 'sent', NULL, 0, 0"),
    ("out_is_whole", _OUT, "'out', '', NULL, %(id)s, 0, 0"),
    ("out_is_whole", _OUT, "'out', '', 'sent', %(id)s, 0, NULL"),
    ("in_is_whole", _IN, "'in', '', NULL, 'INBOX', 1, 1, now(), 1"),
    ("in_is_whole", _IN, "'in', '', 'i', 'INBOX', 1, NULL, now(), 1"),
    (
        "only_received_is_filed",
        _OUT.replace("resend)", "resend, filed_at)"),
        "'out', '', 'sent', %(id)s, 0, 0, now()",
    ),
    ("reply_cursor_last_uid_check", "INSERT INTO raumpost.reply_cursor VALUES ({})", "'i', 'INBOX', 1, -1"),
    ("journal_level_check", _JOURNAL, "'x', '', '', ''"),
    ("preview_verb_check", "INSERT INTO raumpost.preview (verb, actor) VALUES ({})", "'x', ''"),
    ("preview_item_kind_check", _PREVIEW_ITEM, "'x', NULL"),
    ("preview_item_outcome_check", _PREVIEW_ITEM, "'event', 'lost'"),
    ("check_result_kind_check", _CHECK_RESULT, "'x', 'ok'"),
    ("check_result_status_check", _CHECK_RESULT, "'smtp', 'x'"),
    ("canary_check", _CANARY, "now(), now(), 'booked'"),
    ("canary_state_check", _CANARY, "now(), now() + interval '1 h', 'lost'"),
    ("alert_kind_check", _ALERT, "'', 1"),
    ("alert_count_check", _ALERT, "'task', 0"),
    ("status_kind_check", "INSERT INTO booking.status VALUES ({})", "'x', 1, 1, 'sent', '', ''"),
    ("status_status_check", "INSERT INTO booking.status VALUES ({})", "'event', 1, 1, 'lost', '', ''"),
]  # fmt: skip


@pytest.mark.parametrize(("constraint", "statement", "impossible"), CHECKS, ids=[f"{c[0]}: {c[2]}" for c in CHECKS])
def test_the_database_refuses_what_is_impossible(
    ground: Ground, constraint: str, statement: str, impossible: str
) -> None:
    invitation = ground.invitation()
    with pytest.raises(psycopg2.errors.CheckViolation) as refusal:
        ground.campus.sql(statement.format(impossible), id=invitation.id)
    assert refusal.value.diag.constraint_name == constraint


def test_every_check_of_the_database_is_tried(ground: Ground) -> None:
    rows = ground.campus.sql(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace::regnamespace::text IN "
        "('booking', 'raumpost')"
    )
    assert {row["conname"] for row in rows} == {constraint for constraint, _, _ in CHECKS}


@pytest.mark.parametrize(
    ("index", "statement"),
    [
        (
            "invitation_room_mailbox_id_kind_source_id_key",
            "INSERT INTO raumpost.invitation (room_mailbox_id, kind, source_id, uid, method, summary, description, "
            "booked_by, starts_at, ends_at, all_day, confidential) SELECT room_mailbox_id, kind, source_id, 'other', "
            "method, '', '', '', starts_at, ends_at, false, false FROM raumpost.invitation WHERE id = %(id)s",
        ),
        (
            "invitation_uid_key",
            "INSERT INTO raumpost.invitation (room_mailbox_id, kind, source_id, uid, method, summary, description, "
            "booked_by, starts_at, ends_at, all_day, confidential) SELECT room_mailbox_id, 'block', source_id, uid, "
            "method, '', '', '', starts_at, ends_at, false, false FROM raumpost.invitation WHERE id = %(id)s",
        ),
        (
            "room_mailbox_room_id_key",
            "INSERT INTO raumpost.room_mailbox (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id) "
            "SELECT room_id, 'other@rooms.example', 's', 'i', 1 FROM raumpost.room_mailbox LIMIT 1",
        ),
        (
            "room_mailbox_address",
            "INSERT INTO raumpost.room_mailbox (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id) "
            "SELECT 0, upper(address), 's', 'i', 1 FROM raumpost.room_mailbox LIMIT 1",
        ),
        (
            "mail_invitation_id_sequence_resend_key",
            "INSERT INTO raumpost.mail (direction, raw, outcome, invitation_id, sequence, resend) "
            "SELECT 'out', '', 'sent', %(id)s, 0, 0 FROM generate_series(1, 2)",
        ),
        (
            "mail_imap_conn_id_folder_uid_validity_imap_uid_key",
            _IN.format("'in', '', 'i', 'INBOX', 1, 1, now(), 1), ('in', '', 'i', 'INBOX', 1, 1, now(), 1"),
        ),
        (
            "room_mailbox_alias_address",
            "INSERT INTO raumpost.room_mailbox_alias SELECT m.id, n FROM raumpost.room_mailbox AS m, "
            "unnest(ARRAY['a@x.example', 'A@x.example']) AS n",
        ),
        ("installation_pkey", "INSERT INTO raumpost.installation DEFAULT VALUES"),
    ],
    ids=lambda value: value if " " not in value else "",
)
def test_the_database_refuses_a_second_one(ground: Ground, index: str, statement: str) -> None:
    invitation = ground.invitation()
    with pytest.raises(psycopg2.errors.UniqueViolation) as refusal:
        ground.campus.sql(statement, id=invitation.id)
    assert refusal.value.diag.constraint_name == index
