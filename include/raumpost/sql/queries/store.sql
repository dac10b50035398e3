-- Invitations, bookings, links and the journal as domain objects read and write them, and named locks.

-- name: try_lock
-- Take a session-wide lock, or tell that somebody else has it.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0)) AS taken;

-- name: unlock
-- Release a lock of this session.
SELECT pg_advisory_unlock(hashtextextended(%(name)s, 0)) AS released;

-- name: invitations
-- Invitations with the address of their room mailbox.
SELECT i.id, i.room_mailbox_id, m.room_id, m.address, i.kind, i.source_id, i.uid, i.method, i.sequence,
    i.summary, i.description, i.booked_by, i.starts_at, i.ends_at, i.all_day, i.time_zone, i.confidential,
    i.organizer, i.organizer_name, i.first_message_id, i.state, i.attempts, i.last_error, i.bounced, i.batch, i.resend,
    i.exposed_sequence, i.sent_sequence, i.message_id, i.dtstamp,
    i.answer, i.answer_sequence, i.answer_dtstamp, i.answer_date, i.answer_mail_id, i.comment, n.sequence_floor
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
CROSS JOIN raumpost.installation AS n
WHERE i.id = ANY(%(ids)s::bigint[]);

-- name: bookings
-- The bookings with these keys, one row per room. Dates that no calendar can hold are cut to ones that are refused.
-- One whose invitation is to be replaced counts as gone until the cancellation of that has been sent (INTEROP W6, W22),
-- unless `replaced` asks for it too.
SELECT o.kind, o.source_id, r.id AS room_id, r.name AS room_name, r.time_zone, o.title, o.description, o.booked_by,
    raumpost.cut_start(o.starts_at) AS starts_at, raumpost.cut_end(o.ends_at) AS ends_at,
    o.ends_at <= o.starts_at AS reversed, o.all_day, o.confidential, o.cancelled
FROM raumpost.occupancy() AS o
JOIN booking.room AS r ON r.id = o.room_id
WHERE ((o.kind = 'event' AND o.source_id = ANY(%(event_ids)s::bigint[]))
    OR (o.kind = 'block' AND o.source_id = ANY(%(block_ids)s::bigint[])))
  AND (%(replaced)s OR NOT EXISTS (
    SELECT FROM raumpost.invitation AS i JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
    WHERE i.kind = o.kind AND i.source_id = o.source_id AND i.replacement = 'wanted' AND i.state <> 'withdrawn'
      AND m.room_id = o.room_id AND m.removal_requested_at IS NULL))
ORDER BY o.kind DESC, o.source_id, o.room_id;

-- name: room_mailboxes
-- The links to plan for. What was told to the others is withdrawn.
SELECT id, room_id, address, include_blocks FROM raumpost.room_mailbox WHERE removal_requested_at IS NULL;

-- name: invite
-- Create invitations with their journal rows and the status at the booking.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(invitations)s::jsonb) AS w (
        room_mailbox_id bigint, kind text, source_id bigint, summary text, description text, booked_by text,
        starts_at timestamptz, ends_at timestamptz, all_day boolean, time_zone text, confidential boolean,
        journal text, status text, message_de text, message_en text)
), created AS (
    INSERT INTO raumpost.invitation (room_mailbox_id, kind, source_id, generation, uid, method, sequence, summary,
        description, booked_by, starts_at, ends_at, all_day, time_zone, confidential)
    SELECT w.room_mailbox_id, w.kind, w.source_id, g.generation,
        w.kind || '-' || w.source_id || '-mailbox-' || w.room_mailbox_id
            || CASE WHEN g.generation > 0 THEN '-' || g.generation ELSE '' END || '.' || n.id || '@raumpost',
        'REQUEST', n.sequence_floor, w.summary, w.description, w.booked_by, w.starts_at, w.ends_at, w.all_day,
        w.time_zone, w.confidential
    FROM wanted AS w CROSS JOIN raumpost.installation AS n CROSS JOIN LATERAL (
        SELECT coalesce(max(o.generation) + 1, 0) AS generation FROM raumpost.invitation AS o
        WHERE o.room_mailbox_id = w.room_mailbox_id AND o.kind = w.kind AND o.source_id = w.source_id
          AND o.replacement = 'wanted' AND o.state = 'withdrawn') AS g
    RETURNING id, room_mailbox_id, kind, source_id
), written AS (
    INSERT INTO raumpost.journal
        (level, step, message, invitation_id, room_mailbox_id, kind, source_id, actor, dag_id, dag_run)
    SELECT 'info', 'invite', w.journal, c.id, c.room_mailbox_id, c.kind, c.source_id,
        %(actor)s, %(dag_id)s, %(dag_run)s
    FROM created AS c JOIN wanted AS w USING (room_mailbox_id, kind, source_id)
), told AS (
    INSERT INTO booking.status AS s (kind, id, room_id, status, message_de, message_en)
    SELECT c.kind, c.source_id, m.room_id, w.status, w.message_de, w.message_en
    FROM created AS c
    JOIN wanted AS w USING (room_mailbox_id, kind, source_id)
    JOIN raumpost.room_mailbox AS m ON m.id = c.room_mailbox_id
    ON CONFLICT (kind, id, room_id) DO UPDATE
        SET status = excluded.status, message_de = excluded.message_de, message_en = excluded.message_en,
            updated_at = clock_timestamp()
)
SELECT id FROM created;

-- name: transition
-- The one statement that changes a state: guarded by the allowed sources and the revision it was decided for,
-- with its journal row and the status at the booking, of which an invitation no longer speaks that another one follows.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(moves)s::jsonb) AS w (
        id bigint, revision integer, in_batch bigint, mail_id bigint, columns jsonb,
        level text, journal text, status text, message_de text, message_en text)
), moved AS (
    UPDATE raumpost.invitation AS i
    SET (state, method, sequence, summary, description, booked_by, starts_at, ends_at, all_day, time_zone, confidential,
         first_message_id, attempts, last_error, bounced, batch, lease_until, resend, exposed_sequence, sent_sequence, sent_at,
         answer, answer_sequence, answered_at, answer_dtstamp, answer_date, answer_mail_id, comment,
         held_from, held_until, updated_at)
      = (SELECT n.state, n.method, n.sequence, n.summary, n.description, n.booked_by, n.starts_at, n.ends_at, n.all_day,
            n.time_zone, n.confidential,
            n.first_message_id, n.attempts, n.last_error, n.bounced, n.batch, n.lease_until, n.resend, n.exposed_sequence,
            n.sent_sequence, n.sent_at,
            n.answer, n.answer_sequence, n.answered_at, n.answer_dtstamp, n.answer_date, n.answer_mail_id, n.comment,
            n.held_from, n.held_until, clock_timestamp()
         FROM jsonb_populate_record(i, w.columns) AS n)
    FROM wanted AS w
    WHERE i.id = w.id AND i.sequence = w.revision AND i.state = ANY(%(sources)s::text[])
      AND (w.in_batch IS NULL OR i.batch = w.in_batch)
    RETURNING i.id, i.room_mailbox_id, i.kind, i.source_id, i.batch, i.replacement
), written AS (
    INSERT INTO raumpost.journal
        (level, step, message, invitation_id, room_mailbox_id, kind, source_id, mail_id, batch, actor, dag_id, dag_run)
    SELECT w.level, %(step)s, w.journal, m.id, m.room_mailbox_id, m.kind, m.source_id, w.mail_id, m.batch,
        %(actor)s, %(dag_id)s, %(dag_run)s
    FROM moved AS m JOIN wanted AS w USING (id)
), told AS (
    INSERT INTO booking.status AS s (kind, id, room_id, status, message_de, message_en)
    SELECT m.kind, m.source_id, l.room_id, w.status, w.message_de, w.message_en
    FROM moved AS m
    JOIN wanted AS w USING (id)
    JOIN raumpost.room_mailbox AS l ON l.id = m.room_mailbox_id
    WHERE m.replacement IS DISTINCT FROM 'made' AND (l.removed_at IS NULL OR NOT EXISTS (
        SELECT FROM raumpost.room_mailbox AS next WHERE next.room_id = l.room_id AND next.removed_at IS NULL))
    ON CONFLICT (kind, id, room_id) DO UPDATE
        SET status = excluded.status, message_de = excluded.message_de, message_en = excluded.message_en,
            updated_at = clock_timestamp()
        WHERE (s.status, s.message_de, s.message_en)
            IS DISTINCT FROM (excluded.status, excluded.message_de, excluded.message_en)
)
SELECT id FROM moved;

-- name: write_journal
-- Write lines of the journal that belong to no change of state.
INSERT INTO raumpost.journal
    (level, step, message, detail, invitation_id, room_mailbox_id, kind, source_id, mail_id, actor, dag_id, dag_run)
SELECT level, step, message, detail, invitation_id, room_mailbox_id, kind, source_id, mail_id,
    %(actor)s, %(dag_id)s, %(dag_run)s
FROM jsonb_to_recordset(%(entries)s::jsonb) AS e (
    level text, step text, message text, detail text, invitation_id bigint, room_mailbox_id bigint,
    kind text, source_id bigint, mail_id bigint);

-- name: set_status
-- Change the words at bookings where the state of their invitations stays.
UPDATE booking.status AS s
SET status = w.status, message_de = w.message_de, message_en = w.message_en, updated_at = clock_timestamp()
FROM jsonb_to_recordset(%(words)s::jsonb) AS w (
    kind text, source_id bigint, room_id bigint, status text, message_de text, message_en text)
WHERE s.kind = w.kind AND s.id = w.source_id AND s.room_id = w.room_id
  AND (s.status, s.message_de, s.message_en) IS DISTINCT FROM (w.status, w.message_de, w.message_en);
