"""What links and migrations do to noted changes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection

from raumpost.adapters.postgres import Database
from raumpost.sql.migrate import migrate
from tests.database import NOW, Campus
from tests.integration.planning.change_scenario import gather_now, invited, queued

# ── links ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("before", [True, False])
def test_switching_the_block_choice_queues_the_blocks_of_the_room(campus: Campus, before: bool) -> None:
    room, other = campus.room(), campus.linked_room()
    link = campus.link(room, include_blocks=before)
    blocks = [campus.block(room), campus.block(room)]
    campus.block(other)
    campus.event(room)
    queued(campus)
    campus.update("raumpost.room_mailbox", link, include_blocks=before, active=False, technical_user_id=0)
    assert queued(campus) == []
    campus.update("raumpost.room_mailbox", link, include_blocks=not before)
    assert queued(campus) == [("block", block) for block in blocks]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", 99),
        ("room_id", 99),
        ("address", "other@rooms.example"),
        ("smtp_conn_id", "smtp_other"),
        ("imap_conn_id", "imap_other"),
        ("created_at", NOW),
    ],
)
def test_a_link_keeps_what_its_invitations_were_sent_under(campus: Campus, column: str, value: object) -> None:
    link = campus.link(campus.room())
    with pytest.raises(psycopg2.errors.IntegrityConstraintViolation, match="may change") as refusal:
        campus.update("raumpost.room_mailbox", link, **{column: value})
    assert refusal.value.diag.message_hint == (
        "Every invitation was sent under them; they are fixed when the link is made."
    )


def test_what_stands_in_a_room_when_it_is_linked_is_remembered(campus: Campus) -> None:
    room, other = campus.room(), campus.room()
    event, block = campus.event(room, other), campus.block(room)
    over = datetime(2020, 1, 1, tzinfo=UTC)
    for write in (campus.event, campus.block):
        write(room, starts=over)
        write(other)
    link = campus.link(room)
    campus.event(room)
    campus.block(room)
    rows = campus.sql("SELECT room_mailbox_id, kind, source_id FROM raumpost.preexisting ORDER BY kind")
    assert [tuple(row.values()) for row in rows] == [(link, "block", block), (link, "event", event)]


def test_what_stood_there_is_invited_once_it_changes_and_not_for_changes_before_the_link(
    campus: Campus, db: Database
) -> None:
    room = campus.room()
    changes, stays = campus.event(room), campus.event(room)
    campus.update("booking.event", stays, title="noch vor der Verknüpfung")
    campus.link(room)
    gather_now(db)
    assert invited(campus) == set()
    campus.update("booking.event", changes, title="Analysis")
    gather_now(db)
    assert invited(campus) == {("event", changes)}


# ── migrations ─────────────────────────────────────────────────────────────────────────────────────────


_CATALOG = """
WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('booking', 'raumpost'))
SELECT 'schema' AS what, oid::text, nspname AS name, '' AS definition FROM ours
UNION ALL
SELECT 'relation', c.oid::text, c.oid::regclass::text,
    concat_ws(' ', c.relkind, c.relowner, c.relacl, c.xmin, obj_description(c.oid, 'pg_class'),
        pg_get_indexdef(i.indexrelid))
FROM pg_class AS c JOIN ours AS o ON o.oid = c.relnamespace LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
UNION ALL
SELECT 'column', a.attrelid::text, a.attrelid::regclass || '.' || a.attname,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid),
        col_description(a.attrelid, a.attnum), a.xmin)
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN ours AS o ON o.oid = c.relnamespace
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT 'constraint', k.oid::text, k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint AS k JOIN ours AS o ON o.oid = k.connamespace
UNION ALL
SELECT 'function', p.oid::text, p.proname, pg_get_functiondef(p.oid) || p.xmin::text
FROM pg_proc AS p JOIN ours AS o ON o.oid = p.pronamespace
UNION ALL
SELECT 'trigger', t.oid::text, t.tgname, pg_get_triggerdef(t.oid) || t.xmin::text
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN ours AS o ON o.oid = c.relnamespace
UNION ALL
SELECT 'installation', '', id::text, '' FROM raumpost.installation
UNION ALL
SELECT 'revision', '', version_num, '' FROM raumpost.alembic_version
ORDER BY 1, 3, 2
"""


def test_migrating_again_changes_nothing(campus: Campus, connect: Callable[[], Connection]) -> None:
    def catalog() -> list[dict[str, Any]]:
        return campus.sql(_CATALOG)

    campus.event(campus.linked_room())
    before = catalog()
    assert len(before) > 100
    migrate(connect)
    assert catalog() == before
    assert campus.value("SELECT count(*) FROM raumpost.booking_change") > 0


def test_a_column_of_the_booking_systems_own_changes_nothing(campus: Campus) -> None:
    event = campus.event(campus.room())
    campus.sql("ALTER TABLE booking.event ADD COLUMN extras json DEFAULT '{}'")
    campus.sql("DELETE FROM raumpost.booking_change")
    campus.sql("UPDATE booking.event SET extras = '{\"projector\": true}'")
    assert campus.value("SELECT count(*) FROM raumpost.booking_change") == 0
    campus.update("booking.event", event, title="Analysis")
    assert campus.value("SELECT count(*) FROM raumpost.booking_change") == 1
