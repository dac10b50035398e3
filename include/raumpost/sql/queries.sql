-- Every statement of Raumpost, by name. Parameters are %(name)s; nothing is formatted in.

-- name: try_lock
-- Take a session-wide lock, or tell that somebody else has it.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0)) AS taken;

-- name: unlock
SELECT pg_advisory_unlock(hashtextextended(%(name)s, 0)) AS released;

-- name: invitations
-- Invitations with the address of their room mailbox.
SELECT i.id, i.room_mailbox_id, m.room_id, m.address, i.kind, i.source_id, i.uid, i.method, i.sequence,
    i.summary, i.description, i.organiser, i.starts_at, i.ends_at, i.all_day, i.time_zone, i.confidential,
    i.organizer, i.organizer_name, i.first_message_id, i.state, i.attempts, i.last_error, i.batch, i.dispatch,
    i.left_sequence, i.sent_sequence, i.message_id, i.dtstamp,
    i.answer, i.answer_sequence, i.answer_dtstamp, i.answer_date, i.answer_mail_id
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE i.id = ANY(%(ids)s::bigint[]);

-- ── gather ──────────────────────────────────────────────────────────────────────────────────────────────

-- name: newest_change
-- How far this pass reads; what is put back or arrives meanwhile waits for the next pass.
SELECT coalesce(max(id), 0) AS id FROM raumpost.booking_change;

-- name: take_changes
-- Consume changes in the transaction that plans them. Rows of open transactions are not visible yet and stay.
WITH taken AS (
    DELETE FROM raumpost.booking_change
    WHERE id IN (
        SELECT id FROM raumpost.booking_change WHERE id <= %(upto)s ORDER BY id LIMIT %(limit)s
    )
    RETURNING kind, source_id, changed_at
)
SELECT kind, source_id, max(changed_at) AS changed_at FROM taken GROUP BY kind, source_id;

-- name: drop_changes
-- Forget what has changed in a booking that cannot be planned.
DELETE FROM raumpost.booking_change WHERE kind = %(kind)s AND source_id = %(source_id)s AND id <= %(upto)s;

-- name: put_back_changes
-- Keep changes for the next pass: their invitations are being sent at this moment.
INSERT INTO raumpost.booking_change (kind, source_id, changed_at)
SELECT kind, source_id, changed_at
FROM unnest(%(kinds)s::text[], %(source_ids)s::bigint[], %(changed_ats)s::timestamptz[])
    AS c (kind, source_id, changed_at);

-- name: all_booking_keys
-- Everything that a full comparison looks at.
SELECT 'event' AS kind, er.event_id AS source_id
FROM booking.event_room AS er JOIN raumpost.room_mailbox AS m ON m.room_id = er.room_id
UNION
SELECT 'block', b.id
FROM booking.room_block AS b JOIN raumpost.room_mailbox AS m ON m.room_id = b.room_id
UNION
SELECT kind, source_id FROM raumpost.invitation
ORDER BY kind, source_id;

-- name: adopt_changed
-- What changed since the room was linked no longer counts as standing there before.
DELETE FROM raumpost.preexisting AS p
USING raumpost.room_mailbox AS m,
    unnest(%(kinds)s::text[], %(source_ids)s::bigint[], %(changed_ats)s::timestamptz[])
        AS c (kind, source_id, changed_at)
WHERE m.id = p.room_mailbox_id AND p.kind = c.kind AND p.source_id = c.source_id AND c.changed_at >= m.created_at;

-- name: bookings
-- The bookings with these keys, one row per room. Dates that no calendar can hold are cut to ones that are refused.
SELECT 'event' AS kind, e.id AS source_id, r.id AS room_id, r.name AS room_name, r.time_zone,
    e.title, e.description, e.organiser,
    greatest(least(e.starts_at, '3001-01-01Z'), '1800-01-01Z') AS starts_at,
    greatest(least(e.ends_at, '3002-01-01Z'), '1801-01-01Z') AS ends_at,
    e.ends_at <= e.starts_at AS reversed,
    e.all_day, e.confidential, e.cancelled
FROM booking.event AS e
JOIN booking.event_room AS er ON er.event_id = e.id
JOIN booking.room AS r ON r.id = er.room_id
WHERE e.id = ANY(%(event_ids)s::bigint[])
UNION ALL
SELECT 'block', b.id, r.id, r.name, r.time_zone,
    b.reason, NULL, NULL,
    greatest(least(b.starts_at, '3001-01-01Z'), '1800-01-01Z'),
    greatest(least(b.ends_at, '3002-01-01Z'), '1801-01-01Z'),
    b.ends_at <= b.starts_at,
    b.all_day, false, false
FROM booking.room_block AS b
JOIN booking.room AS r ON r.id = b.room_id
WHERE b.id = ANY(%(block_ids)s::bigint[]);

-- name: lock_invitations_of_bookings
-- The invitations with these booking keys, locked until the plan is stored.
SELECT id FROM raumpost.invitation
WHERE (kind = 'event' AND source_id = ANY(%(event_ids)s::bigint[]))
   OR (kind = 'block' AND source_id = ANY(%(block_ids)s::bigint[]))
ORDER BY id
FOR UPDATE;

-- name: preexisting
SELECT room_mailbox_id, kind, source_id
FROM raumpost.preexisting
WHERE (kind = 'event' AND source_id = ANY(%(event_ids)s::bigint[]))
   OR (kind = 'block' AND source_id = ANY(%(block_ids)s::bigint[]));

-- name: room_mailboxes
SELECT id, room_id, address, include_blocks FROM raumpost.room_mailbox;

-- name: invite
-- Create invitations with their journal rows and the status at the booking.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(invitations)s::jsonb) AS w (
        room_mailbox_id bigint, kind text, source_id bigint, summary text, description text, organiser text,
        starts_at timestamptz, ends_at timestamptz, all_day boolean, time_zone text, confidential boolean,
        journal text, status text, message_de text, message_en text)
), created AS (
    INSERT INTO raumpost.invitation (room_mailbox_id, kind, source_id, uid, method, summary, description, organiser,
        starts_at, ends_at, all_day, time_zone, confidential)
    SELECT w.room_mailbox_id, w.kind, w.source_id,
        w.kind || '-' || w.source_id || '-mailbox-' || w.room_mailbox_id || '.' || n.id || '@raumpost',
        'REQUEST', w.summary, w.description, w.organiser, w.starts_at, w.ends_at, w.all_day, w.time_zone, w.confidential
    FROM wanted AS w CROSS JOIN raumpost.installation AS n
    RETURNING id, room_mailbox_id, kind, source_id
), written AS (
    INSERT INTO raumpost.journal (level, step, message, invitation_id, room_mailbox_id, kind, source_id, actor, dag_run)
    SELECT 'info', 'invite', w.journal, c.id, c.room_mailbox_id, c.kind, c.source_id, %(actor)s, %(dag_run)s
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
-- with its journal row and the status at the booking.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(moves)s::jsonb) AS w (
        id bigint, revision integer, in_batch bigint, mail_id bigint, columns jsonb,
        level text, journal text, status text, message_de text, message_en text)
), moved AS (
    UPDATE raumpost.invitation AS i
    SET (state, method, sequence, summary, description, organiser, starts_at, ends_at, all_day, time_zone, confidential,
         first_message_id, attempts, last_error, batch, lease_until, dispatch, left_sequence, sent_sequence, sent_at,
         answer, answer_sequence, answered_at, answer_dtstamp, answer_date, answer_mail_id, comment,
         held_from, held_until, updated_at)
      = (SELECT n.state, n.method, n.sequence, n.summary, n.description, n.organiser, n.starts_at, n.ends_at, n.all_day,
            n.time_zone, n.confidential,
            n.first_message_id, n.attempts, n.last_error, n.batch, n.lease_until, n.dispatch, n.left_sequence,
            n.sent_sequence, n.sent_at,
            n.answer, n.answer_sequence, n.answered_at, n.answer_dtstamp, n.answer_date, n.answer_mail_id, n.comment,
            n.held_from, n.held_until, clock_timestamp()
         FROM jsonb_populate_record(i, w.columns) AS n)
    FROM wanted AS w
    WHERE i.id = w.id AND i.sequence = w.revision AND i.state = ANY(%(sources)s::text[])
      AND (w.in_batch IS NULL OR i.batch = w.in_batch)
    RETURNING i.id, i.room_mailbox_id, i.kind, i.source_id
), written AS (
    INSERT INTO raumpost.journal
        (level, step, message, invitation_id, room_mailbox_id, kind, source_id, mail_id, actor, dag_run)
    SELECT w.level, %(step)s, w.journal, m.id, m.room_mailbox_id, m.kind, m.source_id, w.mail_id, %(actor)s, %(dag_run)s
    FROM moved AS m JOIN wanted AS w USING (id)
), told AS (
    INSERT INTO booking.status AS s (kind, id, room_id, status, message_de, message_en)
    SELECT m.kind, m.source_id, l.room_id, w.status, w.message_de, w.message_en
    FROM moved AS m
    JOIN wanted AS w USING (id)
    JOIN raumpost.room_mailbox AS l ON l.id = m.room_mailbox_id
    ON CONFLICT (kind, id, room_id) DO UPDATE
        SET status = excluded.status, message_de = excluded.message_de, message_en = excluded.message_en,
            updated_at = clock_timestamp()
        WHERE (s.status, s.message_de, s.message_en)
            IS DISTINCT FROM (excluded.status, excluded.message_de, excluded.message_en)
)
SELECT id FROM moved;

-- name: write_journal
INSERT INTO raumpost.journal
    (level, step, message, detail, invitation_id, room_mailbox_id, kind, source_id, mail_id, actor, dag_run)
SELECT level, step, message, detail, invitation_id, room_mailbox_id, kind, source_id, mail_id, %(actor)s, %(dag_run)s
FROM jsonb_to_recordset(%(entries)s::jsonb) AS e (
    level text, step text, message text, detail text, invitation_id bigint, room_mailbox_id bigint,
    kind text, source_id bigint, mail_id bigint);

-- name: lock_orphans
-- Invitations whose worker died between claim and outcome, as their lease has run out.
SELECT id FROM raumpost.invitation
WHERE state = 'sending' AND lease_until < %(now)s
ORDER BY id
FOR UPDATE SKIP LOCKED;

-- name: lock_orphans_of_batch
-- Invitations that a dead predecessor left claimed; for the holder of the batch's lock.
SELECT id FROM raumpost.invitation
WHERE state = 'sending' AND batch = %(batch)s
ORDER BY id
FOR UPDATE;

-- name: lock_past
-- Invitations that waited until their booking was over, and of which nothing ever left.
SELECT id FROM raumpost.invitation
WHERE state = 'pending' AND method = 'REQUEST' AND left_sequence IS NULL AND ends_at <= %(now)s
ORDER BY id
FOR UPDATE SKIP LOCKED;

-- name: lease
-- Put pending invitations of active mailboxes into one batch per SMTP interface. Releases come first (INTEROP W22),
-- and no claim passes a release of its room that still waits in another batch.
WITH live AS (
    SELECT DISTINCT i.room_mailbox_id
    FROM raumpost.invitation AS i
    WHERE i.state IN ('pending', 'sending') AND i.lease_until >= %(now)s AND i.left_sequence IS NOT NULL
), ready AS (
    SELECT i.id, i.room_mailbox_id, m.smtp_conn_id,
        row_number() OVER (
            PARTITION BY m.smtp_conn_id
            ORDER BY i.method = 'REQUEST', i.left_sequence IS NULL, i.updated_at, i.id) AS place
    FROM raumpost.invitation AS i
    JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
    WHERE i.state = 'pending' AND m.active AND (i.lease_until IS NULL OR i.lease_until < %(now)s)
      AND (i.left_sequence IS NOT NULL OR i.room_mailbox_id NOT IN (SELECT room_mailbox_id FROM live))
), batches AS MATERIALIZED (
    SELECT smtp_conn_id, nextval('raumpost.batch_id') AS batch
    FROM (SELECT DISTINCT smtp_conn_id FROM ready) AS interface
), leased AS (
    UPDATE raumpost.invitation AS i
    SET batch = b.batch, lease_until = %(lease_until)s
    FROM ready AS r JOIN batches AS b USING (smtp_conn_id)
    WHERE i.id = r.id AND r.place <= %(budget)s AND i.state = 'pending'
    RETURNING i.batch, i.room_mailbox_id, r.smtp_conn_id
)
SELECT batch, smtp_conn_id, count(*) AS invitations, count(DISTINCT room_mailbox_id) AS rooms
FROM leased GROUP BY batch, smtp_conn_id ORDER BY batch;

-- ── render and send ─────────────────────────────────────────────────────────────────────────────────────

-- name: lock_batch
-- The invitations of a batch, locked until their mails are stored; all, or those that have no mail yet.
SELECT i.id FROM raumpost.invitation AS i
WHERE i.batch = %(batch)s AND i.state = 'pending' AND (NOT %(only_missing)s OR NOT EXISTS (
    SELECT FROM raumpost.mail AS l
    WHERE l.invitation_id = i.id AND l.sequence = i.sequence AND l.dispatch = i.dispatch))
ORDER BY i.id
FOR UPDATE OF i;

-- name: rooms_and_users
-- What a mail needs beside the invitation itself.
SELECT i.id, r.name AS room_name, r.time_zone, u.name AS user_name, u.email AS user_email, m.technical_user_id
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
LEFT JOIN booking.app_user AS u ON u.id = m.technical_user_id
WHERE i.id = ANY(%(ids)s::bigint[]);

-- name: store_rendered
-- Keep one mail per revision and dispatch; rendering again before it is sent rewrites it.
WITH rendered AS (
    SELECT * FROM unnest(
        %(ids)s::bigint[], %(sequences)s::integer[], %(dispatches)s::integer[], %(message_ids)s::text[],
        %(dtstamps)s::timestamptz[], %(organizers)s::text[], %(organizer_names)s::text[], %(raws)s::bytea[])
        AS r (id, sequence, dispatch, message_id, dtstamp, organizer, organizer_name, raw)
), noted AS (
    UPDATE raumpost.invitation AS i
    SET message_id = r.message_id, dtstamp = r.dtstamp, organizer = r.organizer, organizer_name = r.organizer_name
    FROM rendered AS r WHERE i.id = r.id
)
INSERT INTO raumpost.mail (direction, invitation_id, sequence, dispatch, message_id, raw, outcome)
SELECT 'out', id, sequence, dispatch, message_id, raw, 'rendered' FROM rendered
ON CONFLICT (invitation_id, sequence, dispatch) DO UPDATE
    SET message_id = excluded.message_id, raw = excluded.raw, outcome = 'rendered', detail = NULL,
        created_at = clock_timestamp();

-- name: drop_rendered
-- An invitation that cannot be rendered must not be sent with an older text.
DELETE FROM raumpost.mail AS l USING raumpost.invitation AS i
WHERE i.id = ANY(%(ids)s::bigint[]) AND l.invitation_id = i.id AND l.sequence = i.sequence AND l.dispatch = i.dispatch
  AND l.outcome <> 'sent';

-- name: note_render_error
UPDATE raumpost.invitation SET last_error = %(error)s WHERE id = %(id)s AND state = 'pending';

-- name: batch_in_state
-- What is in a batch, releases first (INTEROP W22); what a link that was switched off meanwhile wants waits.
SELECT i.id FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE i.batch = %(batch)s AND i.state = ANY(%(states)s::text[]) AND m.active
ORDER BY i.method = 'REQUEST', i.left_sequence IS NULL, i.starts_at, i.id;

-- name: extend_lease
UPDATE raumpost.invitation SET lease_until = %(lease_until)s WHERE batch = %(batch)s AND state IN ('pending', 'sending');

-- name: rendered_mail
SELECT raw FROM raumpost.mail
WHERE invitation_id = %(id)s AND sequence = %(sequence)s AND dispatch = %(dispatch)s AND direction = 'out';

-- name: note_mail_outcome
UPDATE raumpost.mail SET outcome = %(outcome)s, detail = %(detail)s
WHERE invitation_id = %(id)s AND sequence = %(sequence)s AND dispatch = %(dispatch)s AND direction = 'out';

-- ── fetch and update_status ─────────────────────────────────────────────────────────────────────────────

-- name: inboxes
-- The IMAP interfaces on which answers may arrive, also those of inactive links.
SELECT DISTINCT imap_conn_id FROM raumpost.room_mailbox ORDER BY imap_conn_id;

-- name: reply_cursor
SELECT uid_validity, last_uid FROM raumpost.reply_cursor WHERE imap_conn_id = %(imap_conn_id)s AND folder = %(folder)s;

-- name: move_reply_cursor
INSERT INTO raumpost.reply_cursor (imap_conn_id, folder, uid_validity, last_uid)
VALUES (%(imap_conn_id)s, %(folder)s, %(uid_validity)s, %(last_uid)s)
ON CONFLICT (imap_conn_id, folder) DO UPDATE SET uid_validity = excluded.uid_validity, last_uid = excluded.last_uid;

-- name: store_received
-- Keep raw mails before anything is made of them; a mail that is there already stays as it is.
-- One that the server cannot give has its outcome at once.
INSERT INTO raumpost.mail (direction, imap_conn_id, folder, uid_validity, imap_uid, received_at, size, raw, outcome, detail)
SELECT 'in', %(imap_conn_id)s, %(folder)s, %(uid_validity)s,
    r.imap_uid, r.received_at, r.size, r.raw, r.outcome, r.detail
FROM unnest(%(imap_uids)s::bigint[], %(received_ats)s::timestamptz[], %(sizes)s::bigint[], %(raws)s::bytea[],
        %(outcomes)s::text[], %(details)s::text[])
    AS r (imap_uid, received_at, size, raw, outcome, detail)
ON CONFLICT (imap_conn_id, folder, uid_validity, imap_uid) DO NOTHING;

-- name: mails_to_read
SELECT id FROM raumpost.mail WHERE imap_conn_id = %(imap_conn_id)s AND outcome IS NULL ORDER BY id LIMIT %(limit)s;

-- name: received_mail
SELECT id, raw, received_at FROM raumpost.mail WHERE id = %(id)s;

-- name: lock_invitation_by_uid
-- The invitation that a mail is about, locked until its outcome is stored.
SELECT id FROM raumpost.invitation WHERE uid = %(uid)s FOR UPDATE;

-- name: lock_invitations_by_uid
-- The invitations that a mail is about, locked until its outcome is stored.
SELECT id FROM raumpost.invitation WHERE uid = ANY(%(uids)s::text[]) ORDER BY id FOR UPDATE;

-- name: lock_invitation_by_message_id
-- The invitation of a mail that we sent, with the revision and dispatch of that mail.
SELECT i.id, l.sequence, l.dispatch
FROM raumpost.mail AS l
JOIN raumpost.invitation AS i ON i.id = l.invitation_id
WHERE l.direction = 'out' AND l.message_id = %(message_id)s
ORDER BY i.id
FOR UPDATE OF i;

-- name: lock_invitations_by_recipient
-- Invitations whose newest mail went to one of these addresses in this time and is still without an answer.
SELECT i.id FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE i.state IN ('sent', 'withdrawn') AND i.sent_sequence = i.sequence
  AND i.sent_at BETWEEN %(earliest)s AND %(latest)s
  AND (lower(m.address) = ANY(%(recipients)s::text[]) OR EXISTS (
      SELECT FROM raumpost.room_mailbox_alias AS a
      WHERE a.room_mailbox_id = m.id AND lower(a.address) = ANY(%(recipients)s::text[])))
ORDER BY i.id
FOR UPDATE OF i;

-- name: room_behind
-- Who may answer for a room mailbox, and the time zone of its room.
SELECT r.time_zone, ARRAY(
    SELECT lower(m.address)
    UNION
    SELECT lower(a.address) FROM raumpost.room_mailbox_alias AS a WHERE a.room_mailbox_id = m.id) AS addresses
FROM raumpost.room_mailbox AS m
LEFT JOIN booking.room AS r ON r.id = m.room_id
WHERE m.id = %(room_mailbox_id)s;

-- name: tell
-- Change the words at a booking where the state of its invitation stays.
UPDATE booking.status
SET status = %(status)s, message_de = %(message_de)s, message_en = %(message_en)s, updated_at = clock_timestamp()
WHERE kind = %(kind)s AND id = %(source_id)s AND room_id = %(room_id)s
  AND (status, message_de, message_en) IS DISTINCT FROM (%(status)s, %(message_de)s, %(message_en)s);

-- name: note_read
UPDATE raumpost.mail SET outcome = %(outcome)s, detail = %(detail)s, invitation_id = %(invitation_id)s, message_id = %(message_id)s
WHERE id = %(id)s;

-- ── file_away ───────────────────────────────────────────────────────────────────────────────────────────

-- name: is_inbox_idle
-- Whether no mail of an inbox waits to be read or, being ours, still lies where it arrived.
SELECT NOT EXISTS (
        SELECT FROM raumpost.mail WHERE imap_conn_id = %(imap_conn_id)s AND outcome IS NULL)
    AND NOT EXISTS (
        SELECT FROM raumpost.mail
        WHERE direction = 'in' AND imap_conn_id = %(imap_conn_id)s AND invitation_id IS NOT NULL AND filed_at IS NULL)
    AS idle;

-- name: mails_to_file
-- Our own mails that still lie where they arrived, each folder's in the order of their arrival there.
SELECT id, folder, uid_validity, imap_uid FROM raumpost.mail
WHERE direction = 'in' AND imap_conn_id = %(imap_conn_id)s AND folder = ANY(%(folders)s::text[])
  AND invitation_id IS NOT NULL AND outcome <> ALL(%(left_alone)s::text[]) AND filed_at IS NULL
ORDER BY folder, id
LIMIT %(limit)s;

-- name: note_filed
UPDATE raumpost.mail SET filed_at = clock_timestamp() WHERE id = ANY(%(ids)s::bigint[]);
