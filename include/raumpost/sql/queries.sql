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
    i.answer, i.answer_sequence, i.answer_dtstamp, i.answer_date, i.answer_mail_id, i.comment, n.sequence_floor
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
CROSS JOIN raumpost.installation AS n
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
-- One whose invitation is to be replaced counts as gone until the cancellation of that has been sent (INTEROP W6, W22),
-- unless `replaced` asks for it too.
SELECT 'event' AS kind, e.id AS source_id, r.id AS room_id, r.name AS room_name, r.time_zone,
    e.title, e.description, e.organiser,
    greatest(least(e.starts_at, '3001-01-01Z'), '1800-01-01Z') AS starts_at,
    greatest(least(e.ends_at, '3002-01-01Z'), '1801-01-01Z') AS ends_at,
    e.ends_at <= e.starts_at AS reversed,
    e.all_day, e.confidential, e.cancelled
FROM booking.event AS e
JOIN booking.event_room AS er ON er.event_id = e.id
JOIN booking.room AS r ON r.id = er.room_id
WHERE e.id = ANY(%(event_ids)s::bigint[]) AND (%(replaced)s OR NOT EXISTS (
    SELECT FROM raumpost.invitation AS i JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
    WHERE i.kind = 'event' AND i.source_id = e.id AND i.replacement = 'wanted' AND i.state <> 'withdrawn'
      AND m.room_id = r.id AND m.removal_requested_at IS NULL))
UNION ALL
SELECT 'block', b.id, r.id, r.name, r.time_zone,
    b.reason, NULL, NULL,
    greatest(least(b.starts_at, '3001-01-01Z'), '1800-01-01Z'),
    greatest(least(b.ends_at, '3002-01-01Z'), '1801-01-01Z'),
    b.ends_at <= b.starts_at,
    b.all_day, false, false
FROM booking.room_block AS b
JOIN booking.room AS r ON r.id = b.room_id
WHERE b.id = ANY(%(block_ids)s::bigint[]) AND (%(replaced)s OR NOT EXISTS (
    SELECT FROM raumpost.invitation AS i JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
    WHERE i.kind = 'block' AND i.source_id = b.id AND i.replacement = 'wanted' AND i.state <> 'withdrawn'
      AND m.room_id = r.id AND m.removal_requested_at IS NULL));

-- name: lock_invitations_of_bookings
-- The invitations with these booking keys, locked until the plan is stored; not those that a next generation follows.
SELECT id, replacement IS NOT NULL AS replaced FROM raumpost.invitation
WHERE ((kind = 'event' AND source_id = ANY(%(event_ids)s::bigint[]))
    OR (kind = 'block' AND source_id = ANY(%(block_ids)s::bigint[])))
  AND (replacement IS NULL OR (replacement = 'wanted' AND state <> 'withdrawn'))
ORDER BY id
FOR UPDATE;

-- name: preexisting
SELECT room_mailbox_id, kind, source_id
FROM raumpost.preexisting
WHERE (kind = 'event' AND source_id = ANY(%(event_ids)s::bigint[]))
   OR (kind = 'block' AND source_id = ANY(%(block_ids)s::bigint[]));

-- name: room_mailboxes
-- The links to plan for. What was told to the others is withdrawn.
SELECT id, room_id, address, include_blocks FROM raumpost.room_mailbox WHERE removal_requested_at IS NULL;

-- name: invite
-- Create invitations with their journal rows and the status at the booking.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(invitations)s::jsonb) AS w (
        room_mailbox_id bigint, kind text, source_id bigint, summary text, description text, organiser text,
        starts_at timestamptz, ends_at timestamptz, all_day boolean, time_zone text, confidential boolean,
        journal text, status text, message_de text, message_en text)
), created AS (
    INSERT INTO raumpost.invitation (room_mailbox_id, kind, source_id, generation, uid, method, sequence, summary,
        description, organiser, starts_at, ends_at, all_day, time_zone, confidential)
    SELECT w.room_mailbox_id, w.kind, w.source_id, g.generation,
        w.kind || '-' || w.source_id || '-mailbox-' || w.room_mailbox_id
            || CASE WHEN g.generation > 0 THEN '-' || g.generation ELSE '' END || '.' || n.id || '@raumpost',
        'REQUEST', n.sequence_floor, w.summary, w.description, w.organiser, w.starts_at, w.ends_at, w.all_day,
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
INSERT INTO raumpost.journal
    (level, step, message, detail, invitation_id, room_mailbox_id, kind, source_id, mail_id, actor, dag_id, dag_run)
SELECT level, step, message, detail, invitation_id, room_mailbox_id, kind, source_id, mail_id,
    %(actor)s, %(dag_id)s, %(dag_run)s
FROM jsonb_to_recordset(%(entries)s::jsonb) AS e (
    level text, step text, message text, detail text, invitation_id bigint, room_mailbox_id bigint,
    kind text, source_id bigint, mail_id bigint);

-- name: lock_orphans
-- Invitations whose worker died between claim and outcome: their lease has run out, and no session holds the lock of
-- their batch (its name: services/sending/send.py). Clocks differ and step back; a living session is certain.
SELECT id FROM raumpost.invitation AS i
WHERE state = 'sending' AND lease_until < %(now)s AND NOT EXISTS (
    SELECT FROM pg_locks AS l
    WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
      AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
      AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('raumpost.batch.' || i.batch, 0))
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
ORDER BY id LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: keep_past
-- An invitation that was to be replaced when its booking ended stays: nothing of it is withdrawn any more.
UPDATE raumpost.invitation SET replacement = NULL
WHERE replacement = 'wanted' AND method = 'REQUEST' AND ends_at <= %(now)s;

-- ── guard ───────────────────────────────────────────────────────────────────────────────────────────────

-- name: withheld_among
-- What is noted of these invitations.
SELECT invitation_id, state FROM raumpost.withheld WHERE invitation_id = ANY(%(ids)s::bigint[]);

-- name: note_cancellations
-- Note cancellations that are to be counted before they are carried out.
INSERT INTO raumpost.withheld (invitation_id, noted_at)
SELECT id, %(now)s FROM unnest(%(ids)s::bigint[]) AS n (id)
ON CONFLICT (invitation_id) DO NOTHING;

-- name: forget_cancellations
-- Drop what is noted of these invitations: not wanted any more, or being carried out now.
DELETE FROM raumpost.withheld WHERE invitation_id = ANY(%(ids)s::bigint[]);

-- name: pointless_cancellations
-- Noted cancellations of slots that are over by now; not where a change that never left hides which slot the room knows.
SELECT i.id FROM raumpost.withheld AS w JOIN raumpost.invitation AS i ON i.id = w.invitation_id
WHERE i.ends_at <= %(now)s AND i.left_sequence = i.sequence ORDER BY i.id FOR UPDATE;

-- name: cancellations_by_link
-- How many cancellations of each link are noted or withheld, beside the future invitations that its room knows.
SELECT m.id AS room_mailbox_id, m.address, coalesce(r.name, m.address) AS room_name,
    count(*) FILTER (WHERE w.state = 'noted') AS noted, count(*) FILTER (WHERE w.state = 'withheld') AS withheld,
    min(w.noted_at) AS since, (
        SELECT count(*) FROM raumpost.invitation AS k
        WHERE k.room_mailbox_id = m.id AND k.method = 'REQUEST' AND k.left_sequence IS NOT NULL AND k.ends_at > %(now)s
    ) AS known
FROM raumpost.withheld AS w
JOIN raumpost.invitation AS i ON i.id = w.invitation_id
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
GROUP BY m.id, m.address, r.name
ORDER BY m.id;

-- name: withhold
-- Keep what is noted of these links for an approval; give the invitations.
UPDATE raumpost.withheld AS w SET state = 'withheld'
FROM raumpost.invitation AS i
WHERE i.id = w.invitation_id AND w.state = 'noted' AND i.room_mailbox_id = ANY(%(room_mailbox_ids)s::bigint[])
RETURNING w.invitation_id;

-- name: release_others
-- Let through what is noted of all links but these, and blocks of links that leave blocks out by now.
UPDATE raumpost.withheld AS w SET state = 'released'
FROM raumpost.invitation AS i JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE i.id = w.invitation_id AND w.state <> 'released'
  AND (m.id <> ALL(%(room_mailbox_ids)s::bigint[]) OR (i.kind = 'block' AND NOT m.include_blocks));

-- name: released_bookings
-- The bookings of which something may be cancelled.
SELECT DISTINCT i.kind, i.source_id
FROM raumpost.withheld AS w JOIN raumpost.invitation AS i ON i.id = w.invitation_id
WHERE w.state = 'released'
ORDER BY i.kind, i.source_id;

-- name: withheld_cancellations
-- What waits for an approval, in these room mailboxes (NULL: in all).
SELECT i.id, i.generation, w.noted_at, coalesce(r.name, m.address) AS room_name, coalesce(r.time_zone, '') AS time_zone
FROM raumpost.withheld AS w
JOIN raumpost.invitation AS i ON i.id = w.invitation_id
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
WHERE w.state = 'withheld'
  AND (%(room_mailbox_ids)s::bigint[] IS NULL OR m.id = ANY(%(room_mailbox_ids)s::bigint[]))
ORDER BY i.starts_at, i.id;

-- name: approve_cancellations
-- Let through what was shown and has waited without a break since; give the invitations.
UPDATE raumpost.withheld AS w SET state = 'released'
FROM raumpost.invitation AS i
JOIN unnest(%(room_mailbox_ids)s::bigint[], %(kinds)s::text[], %(source_ids)s::bigint[], %(generations)s::integer[],
        %(noted_ats)s::timestamptz[])
    AS n (room_mailbox_id, kind, source_id, generation, noted_at) USING (room_mailbox_id, kind, source_id, generation)
WHERE i.id = w.invitation_id AND w.state = 'withheld' AND w.noted_at = n.noted_at
RETURNING i.id, i.room_mailbox_id, i.kind, i.source_id, i.generation;

-- ── lease ───────────────────────────────────────────────────────────────────────────────────────────────

-- name: lease
-- Put pending invitations of active mailboxes into one batch per SMTP interface. Releases come first (INTEROP W22),
-- and no claim passes a release of its room that still waits in another batch, or overlaps a slot whose release is
-- withheld: the room would decline it.
-- IS NOT DISTINCT FROM keeps the planner from walking all that is open once for each row, when much has just become so.
WITH live AS (
    SELECT DISTINCT i.room_mailbox_id
    FROM raumpost.invitation AS i
    WHERE i.state IN ('pending', 'sending') AND i.lease_until >= %(now)s AND i.left_sequence IS NOT NULL
), withheld AS (
    SELECT o.room_mailbox_id, range_agg(s.slot) AS slots
    FROM raumpost.withheld AS w JOIN raumpost.invitation AS o ON o.id = w.invitation_id
    CROSS JOIN LATERAL (VALUES (tstzrange(o.starts_at, o.ends_at)),
        (CASE WHEN o.held_from IS NOT NULL THEN tstzrange(o.held_from, o.held_until) END)) AS s (slot)
    WHERE w.state = 'withheld'
    GROUP BY o.room_mailbox_id
), ready AS (
    SELECT i.id, i.room_mailbox_id, m.smtp_conn_id,
        row_number() OVER (
            PARTITION BY m.smtp_conn_id
            ORDER BY i.method = 'REQUEST', i.left_sequence IS NULL, i.updated_at, i.id) AS place
    FROM raumpost.invitation AS i
    JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
    LEFT JOIN withheld AS w ON w.room_mailbox_id = i.room_mailbox_id
    WHERE i.state = 'pending' AND m.active AND (i.lease_until IS NULL OR i.lease_until < %(now)s)
      AND (i.left_sequence IS NOT NULL OR i.room_mailbox_id NOT IN (SELECT room_mailbox_id FROM live))
      AND (i.method = 'CANCEL' OR w.slots IS NULL OR NOT w.slots && tstzrange(i.starts_at, i.ends_at))
), batches AS MATERIALIZED (
    SELECT smtp_conn_id, nextval('raumpost.batch_id') AS batch
    FROM (SELECT DISTINCT smtp_conn_id FROM ready) AS interface
), leased AS (
    UPDATE raumpost.invitation AS i
    SET batch = b.batch, lease_until = %(lease_until)s
    FROM ready AS r JOIN batches AS b USING (smtp_conn_id)
    WHERE i.id = r.id AND r.place <= %(budget)s AND i.state IS NOT DISTINCT FROM 'pending'
    RETURNING i.batch, i.room_mailbox_id, r.smtp_conn_id
)
SELECT batch, smtp_conn_id, count(*) AS invitations, count(DISTINCT room_mailbox_id) AS rooms
FROM leased GROUP BY batch, smtp_conn_id ORDER BY batch;

-- ── render and send ─────────────────────────────────────────────────────────────────────────────────────

-- name: lock_batch
-- The invitations of a batch, locked until their mails are stored.
SELECT id FROM raumpost.invitation WHERE batch = %(batch)s AND state = 'pending' ORDER BY id FOR UPDATE;

-- name: to_render
-- Of what is locked, all, or those that have no mail yet: a statement of its own, which sees what others wrote until then.
-- A mail that may have left stays as it is: what is known of it holds, and whoever gets it twice gets the same octets.
SELECT i.id FROM raumpost.invitation AS i
WHERE i.id = ANY(%(ids)s::bigint[]) AND NOT EXISTS (
    SELECT FROM raumpost.mail AS l
    WHERE l.invitation_id = i.id AND l.sequence = i.sequence AND l.dispatch = i.dispatch
      AND (%(only_missing)s OR l.outcome IN ('sent', 'uncertain')))
ORDER BY i.id;

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
        created_at = clock_timestamp()
    WHERE mail.outcome NOT IN ('sent', 'uncertain');

-- name: drop_rendered
-- An invitation that cannot be rendered must not be sent with an older text.
DELETE FROM raumpost.mail AS l USING raumpost.invitation AS i
WHERE i.id = ANY(%(ids)s::bigint[]) AND l.invitation_id = i.id AND l.sequence = i.sequence AND l.dispatch = i.dispatch
  AND l.outcome NOT IN ('sent', 'uncertain');

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

-- name: still_claimed
-- Whether a sender still has what it claimed, also after it slept.
SELECT id FROM raumpost.invitation
WHERE id = %(id)s AND state = 'sending' AND batch = %(batch)s AND sequence = %(sequence)s;

-- name: note_mail_outcome
-- What left, or may have left, at one attempt has not stayed here because of another.
UPDATE raumpost.mail SET outcome = %(outcome)s, detail = %(detail)s
WHERE invitation_id = %(id)s AND sequence = %(sequence)s AND dispatch = %(dispatch)s AND direction = 'out'
  AND outcome <> 'sent' AND NOT (outcome = 'uncertain' AND %(outcome)s = 'not-sent');

-- name: note_claimed_mails
-- Give an outcome to the mails that workers were sending when they stopped.
UPDATE raumpost.mail AS l SET outcome = %(outcome)s, detail = i.last_error
FROM raumpost.invitation AS i
WHERE i.id = ANY(%(ids)s::bigint[]) AND l.direction = 'out'
  AND l.invitation_id = i.id AND l.sequence = i.sequence AND l.dispatch = i.dispatch AND l.outcome <> 'sent';

-- ── fetch and update_status ─────────────────────────────────────────────────────────────────────────────

-- name: inboxes
-- The IMAP interfaces on which answers may arrive, also those of inactive links, but not of removed ones.
SELECT DISTINCT imap_conn_id FROM raumpost.room_mailbox WHERE removed_at IS NULL ORDER BY imap_conn_id;

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
SELECT id FROM raumpost.mail
WHERE imap_conn_id = %(imap_conn_id)s AND outcome IS NULL AND id > %(after)s ORDER BY id LIMIT %(limit)s;

-- name: received_mail
SELECT id, raw, received_at FROM raumpost.mail WHERE id = %(id)s;

-- name: begin_reading
-- Count a reading before it begins, as it may end the process.
UPDATE raumpost.mail SET readings = readings + 1 WHERE id = %(id)s RETURNING id, raw, received_at, readings;

-- name: take_back_reading
-- A reading that ended for a reason which does not lie in the mail does not count.
UPDATE raumpost.mail SET readings = readings - 1 WHERE id = %(id)s;

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
-- Invitations whose newest mail went to one of these addresses in this time and is still without an answer, or may
-- just be on its way there.
SELECT i.id FROM raumpost.invitation AS i
WHERE ((i.state IN ('sent', 'withdrawn') AND i.sent_sequence = i.sequence
        AND i.sent_at BETWEEN %(earliest)s AND %(latest)s)
    OR i.state = 'sending' OR (i.state = 'pending' AND i.left_sequence = i.sequence))
  AND i.room_mailbox_id IN (
      SELECT m.id FROM raumpost.room_mailbox AS m WHERE lower(m.address) = ANY(%(recipients)s::text[])
      UNION
      SELECT a.room_mailbox_id FROM raumpost.room_mailbox_alias AS a
      WHERE lower(a.address) = ANY(%(recipients)s::text[]))
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
-- Change the words at bookings where the state of their invitations stays.
UPDATE booking.status AS s
SET status = w.status, message_de = w.message_de, message_en = w.message_en, updated_at = clock_timestamp()
FROM jsonb_to_recordset(%(words)s::jsonb) AS w (
    kind text, source_id bigint, room_id bigint, status text, message_de text, message_en text)
WHERE s.kind = w.kind AND s.id = w.source_id AND s.room_id = w.room_id
  AND (s.status, s.message_de, s.message_en) IS DISTINCT FROM (w.status, w.message_de, w.message_en);

-- name: note_read
UPDATE raumpost.mail SET outcome = %(outcome)s, detail = %(detail)s, invitation_id = %(invitation_id)s, message_id = %(message_id)s
WHERE id = %(id)s;

-- name: note_left
-- What answers or returns a revision proves that its mail had left, whatever was known: the last one that was tried,
-- if possible one that was not refused.
UPDATE raumpost.mail AS l SET outcome = %(outcome)s, detail = %(detail)s
WHERE l.outcome <> %(outcome)s AND l.id = (
    SELECT tried.id FROM raumpost.mail AS tried
    JOIN raumpost.invitation AS i ON i.id = tried.invitation_id AND i.sequence = tried.sequence
    WHERE i.id = %(id)s AND tried.direction = 'out'
      AND tried.dispatch <= CASE WHEN i.attempts = 0 THEN i.dispatch - 1 ELSE i.dispatch END
    ORDER BY tried.outcome = 'not-sent', tried.dispatch DESC
    LIMIT 1);

-- ── file_away ───────────────────────────────────────────────────────────────────────────────────────────

-- name: is_inbox_idle
-- Whether no mail of an inbox waits to be read or, being ours, still lies where it arrived.
-- With an order, because NOT EXISTS looks for the latter through the whole table.
SELECT NOT EXISTS (
        SELECT FROM raumpost.mail WHERE imap_conn_id = %(imap_conn_id)s AND outcome IS NULL)
    AND (
        SELECT id FROM raumpost.mail
        WHERE direction = 'in' AND imap_conn_id = %(imap_conn_id)s AND invitation_id IS NOT NULL AND filed_at IS NULL
        ORDER BY folder, id LIMIT 1) IS NULL
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

-- ── check ───────────────────────────────────────────────────────────────────────────────────────────────

-- name: interfaces_in_use
-- Every connection that a room mailbox names.
SELECT 'smtp' AS kind, smtp_conn_id AS conn_id FROM raumpost.room_mailbox WHERE removed_at IS NULL
UNION
SELECT 'imap', imap_conn_id FROM raumpost.room_mailbox WHERE removed_at IS NULL
ORDER BY kind DESC, conn_id;

-- name: recipients_of_interface
-- What an SMTP interface is used for: room mailboxes by the technical user who writes to them.
SELECT u.email AS sender, array_agg(m.address ORDER BY m.address) AS recipients
FROM raumpost.room_mailbox AS m
JOIN booking.app_user AS u ON u.id = m.technical_user_id
WHERE m.smtp_conn_id = %(smtp_conn_id)s AND m.active AND m.removed_at IS NULL AND u.email IS NOT NULL
GROUP BY u.email ORDER BY u.email;

-- name: reading_of_inbox
-- How far the folders of an inbox have been read.
SELECT folder, uid_validity, last_uid FROM raumpost.reply_cursor WHERE imap_conn_id = %(imap_conn_id)s ORDER BY folder;

-- name: unread_of_inbox
-- Mails that were stored and, since that long, not read.
SELECT count(*) AS mails, min(created_at) AS oldest FROM raumpost.mail
WHERE imap_conn_id = %(imap_conn_id)s AND outcome IS NULL AND created_at < %(before)s;

-- name: links_to_check
-- Every room mailbox with what it needs, and how its invitations to bookings that are not over are doing.
SELECT m.address, m.smtp_conn_id, m.imap_conn_id, m.active, m.room_id, r.name AS room_name, r.time_zone,
    m.technical_user_id, u.id IS NOT NULL AS user_exists, u.name AS user_name, u.email AS user_email, u.technical,
    coalesce(i.unanswered, 0) AS unanswered, i.oldest_unanswered,
    coalesce(i.failed, 0) AS failed, i.oldest_failed, i.last_error,
    coalesce(i.overdue, 0) AS overdue, i.oldest_overdue,
    coalesce(w.withheld, 0) AS withheld, w.oldest_withheld
FROM raumpost.room_mailbox AS m
LEFT JOIN booking.room AS r ON r.id = m.room_id
LEFT JOIN booking.app_user AS u ON u.id = m.technical_user_id
LEFT JOIN (
    SELECT room_mailbox_id,
        count(*) FILTER (WHERE state = 'sent') AS unanswered,
        min(sent_at) FILTER (WHERE state = 'sent') AS oldest_unanswered,
        count(*) FILTER (WHERE state = 'failed') AS failed,
        min(updated_at) FILTER (WHERE state = 'failed') AS oldest_failed,
        (array_agg(last_error ORDER BY updated_at DESC) FILTER (WHERE state = 'failed'))[1] AS last_error,
        count(*) FILTER (WHERE state IN ('pending', 'sending') AND updated_at < %(pending_since)s) AS overdue,
        min(updated_at) FILTER (WHERE state IN ('pending', 'sending')) AS oldest_overdue
    FROM raumpost.invitation
    WHERE ends_at > %(now)s AND state IN ('sent', 'failed', 'pending', 'sending')
    GROUP BY room_mailbox_id
) AS i ON i.room_mailbox_id = m.id
LEFT JOIN (
    SELECT v.room_mailbox_id, count(*) AS withheld, min(h.noted_at) AS oldest_withheld
    FROM raumpost.withheld AS h JOIN raumpost.invitation AS v ON v.id = h.invitation_id
    WHERE h.state = 'withheld'
    GROUP BY v.room_mailbox_id
) AS w ON w.room_mailbox_id = m.id
WHERE m.removed_at IS NULL
ORDER BY m.address;

-- name: forget_checks
-- Results of a subject are replaced as a whole; of a kind without subjects, all that are not among these.
DELETE FROM raumpost.check_result
WHERE kind = %(kind)s AND (subject = ANY(%(subjects)s::text[])) = %(among)s;

-- name: store_checks
INSERT INTO raumpost.check_result (kind, subject, position, what, verdict, why, remedy, checked_at, dag_run)
SELECT %(kind)s, f.subject, f.position, f.what, f.verdict, f.why, f.remedy, %(now)s, %(dag_run)s
FROM jsonb_to_recordset(%(findings)s::jsonb) AS f (
    subject text, position integer, what text, verdict text, why text, remedy text);

-- name: check_results
-- What the latest checks found, or only those of this run; troubles first.
SELECT kind, subject, what, verdict, why, remedy, checked_at, dag_run FROM raumpost.check_result
WHERE NOT %(of_this_run)s OR dag_run = %(dag_run)s
ORDER BY array_position(ARRAY['not ok', 'warning', 'ok'], verdict),
    array_position(ARRAY['smtp', 'imap', 'link', 'canary'], kind), subject, position;

-- name: canary_rooms
-- The room mailboxes with these addresses, and what a canary needs.
SELECT m.id, m.address, m.room_id, m.smtp_conn_id, m.imap_conn_id, r.name AS room_name, r.time_zone,
    u.name AS user_name, u.email AS user_email
FROM raumpost.room_mailbox AS m
LEFT JOIN booking.room AS r ON r.id = m.room_id
LEFT JOIN booking.app_user AS u ON u.id = m.technical_user_id
WHERE m.removed_at IS NULL AND lower(m.address) = ANY(%(addresses)s::text[])
ORDER BY m.address;

-- name: taken_slots
-- What takes a room within a time: bookings, blocks, what the room may still hold for them, other canaries.
SELECT starts_at, ends_at FROM (
    SELECT e.starts_at, e.ends_at
    FROM booking.event AS e JOIN booking.event_room AS er ON er.event_id = e.id
    WHERE er.room_id = %(room_id)s AND NOT e.cancelled
    UNION ALL
    SELECT b.starts_at, b.ends_at FROM booking.room_block AS b WHERE b.room_id = %(room_id)s
    UNION ALL
    SELECT i.starts_at, i.ends_at FROM raumpost.invitation AS i
    WHERE i.room_mailbox_id = %(room_mailbox_id)s AND i.left_sequence IS NOT NULL AND i.state <> 'withdrawn'
    UNION ALL
    SELECT i.held_from, i.held_until FROM raumpost.invitation AS i
    WHERE i.room_mailbox_id = %(room_mailbox_id)s AND i.held_from IS NOT NULL
    UNION ALL
    SELECT c.starts_at, c.ends_at FROM raumpost.canary AS c
    WHERE c.room_mailbox_id = %(room_mailbox_id)s AND c.state IN ('booking', 'booked')
) AS taken
WHERE starts_at < %(ends_at)s AND ends_at > %(starts_at)s;

-- name: create_canary
-- Nothing where another canary of the room is still open.
INSERT INTO raumpost.canary (room_mailbox_id, uid, organizer, organizer_name, starts_at, ends_at, state, created_at,
    answer_by, after_mail, dag_run)
SELECT %(room_mailbox_id)s, 'canary-' || gen_random_uuid() || '@raumpost', %(organizer)s, %(organizer_name)s,
    %(starts_at)s, %(ends_at)s, 'booking', %(now)s, %(answer_by)s,
    (SELECT coalesce(max(id), 0) FROM raumpost.mail), %(dag_run)s
ON CONFLICT (room_mailbox_id) WHERE state IN ('booking', 'booked') DO NOTHING
RETURNING id;

-- name: canaries
SELECT c.id, c.room_mailbox_id, m.address, m.smtp_conn_id, m.imap_conn_id,
    coalesce(r.name, m.address) AS room_name, r.time_zone, c.uid, c.organizer, c.organizer_name,
    c.starts_at, c.ends_at, c.state, c.sent_at, c.created_at, c.answer_by, c.answered_at, c.after_mail, c.error
FROM raumpost.canary AS c
JOIN raumpost.room_mailbox AS m ON m.id = c.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
WHERE c.id = ANY(%(ids)s::bigint[])
ORDER BY c.id;

-- name: canaries_of_run
-- The canaries that a run booked in a room.
SELECT c.id FROM raumpost.canary AS c
JOIN raumpost.room_mailbox AS m ON m.id = c.room_mailbox_id
WHERE c.dag_run = %(dag_run)s AND lower(m.address) = lower(%(address)s)
ORDER BY c.id;

-- name: forgotten_canaries
-- Canaries that nobody waits for any more, and that were not cancelled.
SELECT id FROM raumpost.canary WHERE state IN ('booking', 'booked') AND answer_by < %(before)s ORDER BY id;

-- name: move_canary
-- The one statement that changes the state of a canary, guarded by the states it may come from.
UPDATE raumpost.canary
SET state = %(state)s, sent_at = coalesce(%(sent_at)s, sent_at), cancelled_at = coalesce(%(cancelled_at)s, cancelled_at),
    error = %(error)s
WHERE id = %(id)s AND state = ANY(%(sources)s::text[]);

-- name: note_canary_answer
UPDATE raumpost.canary SET answered_at = %(answered_at)s WHERE id = %(id)s AND answered_at IS NULL;

-- name: mails_after
-- The mails of an inbox that were stored since.
SELECT id FROM raumpost.mail
WHERE direction = 'in' AND imap_conn_id = %(imap_conn_id)s AND id > %(after)s
ORDER BY id LIMIT %(limit)s;

-- name: canary_behind
-- The canary that a mail is about: by UID, by the Message-ID of our mail, which begins like the UID, or by recipient,
-- if one sent in this time is without an answer.
SELECT c.id, m.address
FROM raumpost.canary AS c JOIN raumpost.room_mailbox AS m ON m.id = c.room_mailbox_id
WHERE c.uid = ANY(%(uids)s::text[])
   OR starts_with(%(message_id)s::text, '<' || split_part(c.uid, '@', 1) || '.')
   OR (lower(m.address) = ANY(%(recipients)s::text[]) AND c.answered_at IS NULL
       AND c.sent_at BETWEEN %(earliest)s AND %(latest)s)
ORDER BY c.id DESC LIMIT 1;

-- ── initialise and reset ────────────────────────────────────────────────────────────────────────────────

-- name: links
-- The links that there are, with the names of their rooms.
SELECT m.id, m.room_id, m.address, m.include_blocks, m.active, coalesce(r.name, m.address) AS room_name,
    m.removal_requested_at IS NOT NULL AS being_removed
FROM raumpost.room_mailbox AS m
LEFT JOIN booking.room AS r ON r.id = m.room_id
WHERE m.removed_at IS NULL
ORDER BY m.id;

-- name: room_groups
-- The room groups of this name or id, with their rooms.
SELECT g.id, g.name, ARRAY(
    SELECT b.room_id FROM booking.room_group_member AS b WHERE b.room_group_id = g.id) AS room_ids
FROM booking.room_group AS g
WHERE g.id::text = %(name)s OR lower(g.name) = lower(%(name)s)
ORDER BY g.id;

-- name: uninvited
-- Bookings of these room mailboxes that have no invitation, among them what stood there before the link.
-- Columns as in `bookings`.
SELECT 'event' AS kind, e.id AS source_id, r.id AS room_id, r.name AS room_name, r.time_zone,
    e.title, e.description, e.organiser,
    greatest(least(e.starts_at, '3001-01-01Z'), '1800-01-01Z') AS starts_at,
    greatest(least(e.ends_at, '3002-01-01Z'), '1801-01-01Z') AS ends_at,
    e.ends_at <= e.starts_at AS reversed,
    e.all_day, e.confidential, e.cancelled
FROM raumpost.room_mailbox AS m
JOIN booking.room AS r ON r.id = m.room_id
JOIN booking.event_room AS er ON er.room_id = m.room_id
JOIN booking.event AS e ON e.id = er.event_id
WHERE m.id = ANY(%(room_mailbox_ids)s::bigint[]) AND NOT e.cancelled
  AND e.ends_at > %(earliest)s AND (%(latest)s::timestamptz IS NULL OR e.starts_at < %(latest)s)
  AND NOT EXISTS (
      SELECT FROM raumpost.invitation AS i
      WHERE i.room_mailbox_id = m.id AND i.kind = 'event' AND i.source_id = e.id)
UNION ALL
SELECT 'block', b.id, r.id, r.name, r.time_zone,
    b.reason, NULL, NULL,
    greatest(least(b.starts_at, '3001-01-01Z'), '1800-01-01Z'),
    greatest(least(b.ends_at, '3002-01-01Z'), '1801-01-01Z'),
    b.ends_at <= b.starts_at,
    b.all_day, false, false
FROM raumpost.room_mailbox AS m
JOIN booking.room AS r ON r.id = m.room_id
JOIN booking.room_block AS b ON b.room_id = m.room_id
WHERE m.id = ANY(%(room_mailbox_ids)s::bigint[]) AND m.include_blocks
  AND b.ends_at > %(earliest)s AND (%(latest)s::timestamptz IS NULL OR b.starts_at < %(latest)s)
  AND NOT EXISTS (
      SELECT FROM raumpost.invitation AS i
      WHERE i.room_mailbox_id = m.id AND i.kind = 'block' AND i.source_id = b.id);

-- name: slots
-- All that these room mailboxes should hold from now on, to find what overlaps.
SELECT m.room_id, 'event' AS kind, e.id AS source_id, e.starts_at, e.ends_at
FROM raumpost.room_mailbox AS m
JOIN booking.event_room AS er ON er.room_id = m.room_id
JOIN booking.event AS e ON e.id = er.event_id
WHERE m.id = ANY(%(room_mailbox_ids)s::bigint[]) AND NOT e.cancelled AND e.ends_at > %(now)s
  AND e.ends_at > e.starts_at AND e.starts_at >= '1900-01-01Z' AND e.ends_at < '3000-01-01Z'
UNION ALL
SELECT m.room_id, 'block', b.id, b.starts_at, b.ends_at
FROM raumpost.room_mailbox AS m
JOIN booking.room_block AS b ON b.room_id = m.room_id
WHERE m.id = ANY(%(room_mailbox_ids)s::bigint[]) AND m.include_blocks AND b.ends_at > %(now)s
  AND b.ends_at > b.starts_at AND b.starts_at >= '1900-01-01Z' AND b.ends_at < '3000-01-01Z';

-- name: store_preview
-- Keep what a person is shown; its items follow.
INSERT INTO raumpost.preview (verb, actor, dag_run) VALUES (%(verb)s, %(actor)s, %(dag_run)s) RETURNING id;

-- name: store_preview_items
INSERT INTO raumpost.preview_item (preview_id, room_mailbox_id, kind, source_id, generation, fingerprint)
SELECT %(preview)s, n.room_mailbox_id, n.kind, n.source_id, n.generation, n.fingerprint
FROM unnest(%(room_mailbox_ids)s::bigint[], %(kinds)s::text[], %(source_ids)s::bigint[], %(generations)s::integer[],
        %(fingerprints)s::text[])
    AS n (room_mailbox_id, kind, source_id, generation, fingerprint);

-- name: lock_preview
-- What of a preview waits to be applied, locked until its outcome is stored; one who applies it too waits meanwhile.
SELECT n.room_mailbox_id, n.kind, n.source_id, n.generation, n.fingerprint
FROM raumpost.preview_item AS n
JOIN raumpost.preview AS p ON p.id = n.preview_id
WHERE p.id = %(preview)s AND p.verb = %(verb)s AND n.outcome IS NULL
ORDER BY n.room_mailbox_id, n.kind, n.source_id, n.generation
LIMIT %(limit)s
FOR UPDATE;

-- name: settle_preview
-- Note what became of shown items.
UPDATE raumpost.preview_item AS n
SET outcome = s.outcome
FROM unnest(%(room_mailbox_ids)s::bigint[], %(kinds)s::text[], %(source_ids)s::bigint[], %(generations)s::integer[],
        %(outcomes)s::text[])
    AS s (room_mailbox_id, kind, source_id, generation, outcome)
WHERE n.preview_id = %(preview)s
  AND (n.room_mailbox_id, n.kind, n.source_id, n.generation) = (s.room_mailbox_id, s.kind, s.source_id, s.generation);

-- name: preview_outcomes
SELECT outcome, count(*) AS items FROM raumpost.preview_item
WHERE preview_id = %(preview)s AND outcome IS NOT NULL
GROUP BY outcome ORDER BY outcome;

-- name: wait_for_gatherer
-- Plan beside no gatherer, until the end of this transaction (the lock's name: services/planning/gather.py).
SELECT pg_advisory_xact_lock(hashtextextended('raumpost.gather', 0));

-- name: lock_invitations_of_items
-- The invitations of these bookings in these room mailboxes, of whatever generation, locked.
SELECT i.id, i.room_mailbox_id, i.kind, i.source_id, i.generation
FROM raumpost.invitation AS i
JOIN unnest(%(room_mailbox_ids)s::bigint[], %(kinds)s::text[], %(source_ids)s::bigint[])
    AS n (room_mailbox_id, kind, source_id) USING (room_mailbox_id, kind, source_id)
ORDER BY i.id
FOR UPDATE OF i;

-- name: adopt_items
-- Once initialised, bookings no longer count as standing there before the link.
DELETE FROM raumpost.preexisting AS p
USING unnest(%(room_mailbox_ids)s::bigint[], %(kinds)s::text[], %(source_ids)s::bigint[])
    AS n (room_mailbox_id, kind, source_id)
WHERE (p.room_mailbox_id, p.kind, p.source_id) = (n.room_mailbox_id, n.kind, n.source_id);

-- name: failed_invitations
-- Failed invitations of these room mailboxes (NULL: of all), not of removed ones, where nothing is sent any more; a
-- portion of them. One that failed is not touched until it moves on.
SELECT i.id, i.generation, i.updated_at AS failed_at, m.active, coalesce(r.name, m.address) AS room_name,
    coalesce(r.time_zone, '') AS time_zone
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
WHERE i.state = 'failed' AND m.removed_at IS NULL
  AND (%(room_mailbox_ids)s::bigint[] IS NULL OR m.id = ANY(%(room_mailbox_ids)s::bigint[]))
  AND position(lower(%(error_contains)s) IN lower(i.last_error)) > 0
  AND (%(since)s::timestamptz IS NULL OR i.updated_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR i.updated_at < %(until)s)
  AND (%(after_at)s::timestamptz IS NULL OR (i.updated_at, i.id) > (%(after_at)s, %(after_id)s))
ORDER BY i.updated_at, i.id LIMIT %(limit)s;

-- ── link ────────────────────────────────────────────────────────────────────────────────────────────────

-- name: all_links
-- Every link, removed ones too.
SELECT m.id, m.room_id, coalesce(r.name, 'room ' || m.room_id) AS room_name, m.address, m.smtp_conn_id, m.imap_conn_id,
    m.technical_user_id, u.name, u.email, u.technical, m.include_blocks, m.active,
    m.removal_requested_at, m.removed_at,
    ARRAY(SELECT a.address FROM raumpost.room_mailbox_alias AS a
          WHERE a.room_mailbox_id = m.id ORDER BY lower(a.address)) AS aliases
FROM raumpost.room_mailbox AS m
LEFT JOIN booking.room AS r ON r.id = m.room_id
LEFT JOIN booking.app_user AS u ON u.id = m.technical_user_id
ORDER BY m.id;

-- name: find_rooms
-- Rooms for each typed text, best first: 1 by #id, 2 by id or whole name, 3 by a part of the name.
SELECT t.text, r.id, r.name, r.rank
FROM unnest(%(texts)s::text[]) AS t (text)
CROSS JOIN LATERAL (
    SELECT r.id, r.name, CASE
        WHEN '#' || r.id = t.text THEN 1
        WHEN r.id::text = t.text OR lower(r.name) = lower(t.text) THEN 2
        WHEN strpos(lower(r.name), lower(t.text)) > 0 THEN 3 END AS rank
    FROM booking.room AS r
) AS r
WHERE r.rank IS NOT NULL
ORDER BY t.text, r.rank, r.name, r.id;

-- name: find_users
-- Users for each typed text, best first: 1 by #id, 2 by id, whole name or address, 3 by a part of the name.
SELECT t.text, u.id, u.name, u.email, u.technical, u.rank
FROM unnest(%(texts)s::text[]) AS t (text)
CROSS JOIN LATERAL (
    SELECT u.id, u.name, u.email, u.technical, CASE
        WHEN '#' || u.id = t.text THEN 1
        WHEN u.id::text = t.text OR lower(u.name) = lower(t.text) OR lower(u.email) = lower(t.text) THEN 2
        WHEN strpos(lower(u.name), lower(t.text)) > 0 THEN 3 END AS rank
    FROM booking.app_user AS u
    ORDER BY rank, u.technical DESC, u.name, u.id
    LIMIT 50
) AS u
WHERE u.rank IS NOT NULL
ORDER BY t.text, u.rank, u.technical DESC, u.name, u.id;

-- name: open_invitations
-- What removing links would withdraw: all; what needs a cancellation, as something may have left; cancellations given up.
SELECT i.room_mailbox_id,
    count(*) AS open,
    count(*) FILTER (WHERE i.left_sequence IS NOT NULL OR i.state = 'sending') AS to_cancel,
    count(*) FILTER (WHERE i.state = 'failed' AND i.method = 'CANCEL') AS failed,
    count(*) FILTER (WHERE i.kind = 'block' AND i.method = 'REQUEST') AS blocks
FROM raumpost.invitation AS i
WHERE i.state IN ('pending', 'sending') OR (i.state <> 'withdrawn' AND i.ends_at > %(now)s)
GROUP BY i.room_mailbox_id;

-- name: future_organizers
-- Under whom the future invitations of each link stand; what is being withdrawn or replaced is not counted.
SELECT room_mailbox_id, lower(organizer) AS organizer, count(*) AS invitations
FROM raumpost.invitation
WHERE method = 'REQUEST' AND ends_at > %(now)s AND replacement IS NULL AND organizer IS NOT NULL
GROUP BY room_mailbox_id, lower(organizer);

-- name: future_bookings
-- What stands ahead in rooms.
SELECT r.id AS room_id,
    (SELECT count(*) FROM booking.event_room AS er JOIN booking.event AS e ON e.id = er.event_id
     WHERE er.room_id = r.id AND e.ends_at > %(now)s AND NOT e.cancelled) AS events,
    (SELECT count(*) FROM booking.room_block AS b WHERE b.room_id = r.id AND b.ends_at > %(now)s) AS blocks
FROM booking.room AS r
WHERE r.id = ANY(%(room_ids)s::bigint[]);

-- name: create_links
INSERT INTO raumpost.room_mailbox
    (room_id, address, smtp_conn_id, imap_conn_id, technical_user_id, include_blocks, active)
SELECT room_id, address, smtp_conn_id, imap_conn_id, technical_user_id, include_blocks, active
FROM jsonb_to_recordset(%(links)s::jsonb) AS l (
    room_id bigint, address text, smtp_conn_id text, imap_conn_id text, technical_user_id bigint,
    include_blocks boolean, active boolean)
RETURNING id, room_id;

-- name: change_links
-- Only what may change; switching the blocks makes every block of the room a change to plan (a trigger does).
-- What waits in a batch for a link that is switched on leaves it: the batch's task may be over, its lease is not.
WITH changed AS (
    UPDATE raumpost.room_mailbox AS m
    SET technical_user_id = l.technical_user_id, include_blocks = l.include_blocks, active = l.active
    FROM jsonb_to_recordset(%(links)s::jsonb) AS l (
        id bigint, technical_user_id bigint, include_blocks boolean, active boolean)
    JOIN raumpost.room_mailbox AS old ON old.id = l.id
    WHERE m.id = l.id AND (m.technical_user_id, m.include_blocks, m.active)
        IS DISTINCT FROM (l.technical_user_id, l.include_blocks, l.active)
    RETURNING m.id, m.active AND NOT old.active AS switched_on
)
UPDATE raumpost.invitation AS i SET batch = NULL, lease_until = NULL
FROM changed AS c
WHERE c.switched_on AND i.room_mailbox_id = c.id AND i.state = 'pending' AND i.batch IS NOT NULL;

-- name: drop_aliases
-- Take out the aliases of these links that are no longer wanted.
DELETE FROM raumpost.room_mailbox_alias AS a
WHERE a.room_mailbox_id = ANY(%(ids)s::bigint[]) AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(%(aliases)s::jsonb) AS w (id bigint, address text)
    WHERE w.id = a.room_mailbox_id AND w.address = a.address);

-- name: add_aliases
INSERT INTO raumpost.room_mailbox_alias (room_mailbox_id, address)
SELECT id, address FROM jsonb_to_recordset(%(aliases)s::jsonb) AS w (id bigint, address text)
ON CONFLICT (room_mailbox_id, address) DO NOTHING;

-- name: reinvite
-- Have future invitations under another organizer cancelled, and replaced by ones of the next generation (INTEROP W6).
WITH marked AS (
    UPDATE raumpost.invitation AS i SET replacement = 'wanted'
    FROM unnest(%(ids)s::bigint[], %(emails)s::text[]) AS l (id, email)
    WHERE l.id = i.room_mailbox_id AND i.method = 'REQUEST' AND i.ends_at > %(now)s AND i.replacement IS NULL
      AND i.organizer IS NOT NULL AND lower(i.organizer) <> lower(l.email)
    RETURNING i.kind, i.source_id
)
INSERT INTO raumpost.booking_change (kind, source_id) SELECT DISTINCT kind, source_id FROM marked;

-- name: request_removal
-- Nothing new is planned for these links, and what their rooms were told of the future is to be withdrawn.
WITH requested AS (
    UPDATE raumpost.room_mailbox SET removal_requested_at = %(now)s
    WHERE id = ANY(%(ids)s::bigint[]) AND removal_requested_at IS NULL
    RETURNING id
), forgotten AS (
    DELETE FROM raumpost.preexisting AS p USING requested AS r WHERE p.room_mailbox_id = r.id
)
INSERT INTO raumpost.booking_change (kind, source_id)
SELECT DISTINCT i.kind, i.source_id
FROM raumpost.invitation AS i JOIN requested AS r ON r.id = i.room_mailbox_id
WHERE i.state <> 'withdrawn';

-- name: lock_removable
-- Links that are being removed and have nothing left to withdraw; `ids`: failed cancellations of these are given up.
SELECT m.id, m.address, (
    SELECT count(*) FROM raumpost.invitation AS i
    WHERE i.room_mailbox_id = m.id AND i.state = 'failed' AND i.ends_at > %(now)s) AS given_up
FROM raumpost.room_mailbox AS m
WHERE m.removal_requested_at IS NOT NULL AND m.removed_at IS NULL AND NOT EXISTS (
    SELECT FROM raumpost.invitation AS i
    WHERE i.room_mailbox_id = m.id
      AND (i.state IN ('pending', 'sending') OR (i.state <> 'withdrawn' AND i.ends_at > %(now)s))
      AND NOT (i.state = 'failed' AND i.method = 'CANCEL' AND m.id = ANY(%(ids)s::bigint[])))
ORDER BY m.id
FOR UPDATE OF m;

-- name: finish_removal
-- Make links history: room, address and aliases are free again.
WITH freed AS (
    DELETE FROM raumpost.room_mailbox_alias WHERE room_mailbox_id = ANY(%(ids)s::bigint[])
)
UPDATE raumpost.room_mailbox SET removed_at = %(now)s, active = false WHERE id = ANY(%(ids)s::bigint[]);

-- ── explain ─────────────────────────────────────────────────────────────────────────────────────────────

-- name: read_journal
-- Lines of the journal, newest first; NULL: whatever it is.
SELECT j.id, j.at, j.level, j.step, j.message, j.detail, j.invitation_id, j.room_mailbox_id, j.kind, j.source_id,
    j.mail_id, j.actor, j.dag_id, j.dag_run
FROM raumpost.journal AS j
LEFT JOIN raumpost.room_mailbox AS m ON m.id = j.room_mailbox_id
LEFT JOIN raumpost.invitation AS i ON i.id = j.invitation_id
WHERE (%(room_id)s::bigint IS NULL OR m.room_id = %(room_id)s)
  AND (%(kind)s::text IS NULL OR j.kind = %(kind)s)
  AND (%(source_id)s::bigint IS NULL OR j.source_id = %(source_id)s)
  AND (%(states)s::text[] IS NULL OR i.state = ANY(%(states)s::text[]))
  AND (%(levels)s::text[] IS NULL OR j.level = ANY(%(levels)s::text[]))
  AND (%(since)s::timestamptz IS NULL OR j.at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR j.at < %(until)s)
ORDER BY j.id DESC
LIMIT %(limit)s;

-- name: booking_of_uid
SELECT kind, source_id FROM raumpost.invitation WHERE uid = %(uid)s;

-- name: links_of_rooms
-- What stands between a booking's rooms and an invitation.
SELECT m.id, m.room_id, m.address, m.include_blocks, m.active, m.removal_requested_at,
    EXISTS (
        SELECT FROM raumpost.preexisting AS p
        WHERE p.room_mailbox_id = m.id AND p.kind = %(kind)s AND p.source_id = %(source_id)s) AS preexisting
FROM raumpost.room_mailbox AS m
WHERE m.room_id = ANY(%(room_ids)s::bigint[]) AND m.removed_at IS NULL;

-- name: is_change_waiting
SELECT EXISTS (
    SELECT FROM raumpost.booking_change WHERE kind = %(kind)s AND source_id = %(source_id)s) AS waiting;

-- name: invitations_of_booking
-- The invitations of a booking, with what is said about them and what its room mailbox may do.
SELECT i.id, i.generation, i.sent_at, i.answered_at, i.comment, i.held_from, i.held_until, i.lease_until,
    r.name AS room_name, m.active, m.removed_at IS NOT NULL AS link_removed, s.message_de, s.message_en,
    EXISTS (SELECT FROM raumpost.withheld AS w WHERE w.invitation_id = i.id AND w.state = 'withheld') AS withheld
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
LEFT JOIN booking.status AS s ON s.kind = i.kind AND s.id = i.source_id AND s.room_id = m.room_id
WHERE i.kind = %(kind)s AND i.source_id = %(source_id)s
ORDER BY m.room_id, m.id, i.generation;

-- name: mails_of_booking
-- The newest mails that were sent about a booking or received about it, the latter also where they speak of several.
WITH own AS (
    SELECT id FROM raumpost.invitation WHERE kind = %(kind)s AND source_id = %(source_id)s
), newest AS (
    SELECT l.id, l.direction, l.invitation_id, l.outcome, l.detail, l.created_at, l.received_at, l.sequence, l.dispatch,
        l.imap_conn_id, l.folder, coalesce(l.size, octet_length(l.raw)) AS size,
        substring(l.raw FROM 1 FOR %(octets)s) AS raw
    FROM raumpost.mail AS l
    WHERE l.invitation_id IN (SELECT id FROM own) OR l.id IN (
        SELECT j.mail_id FROM raumpost.journal AS j
        WHERE j.kind = %(kind)s AND j.source_id = %(source_id)s AND j.mail_id IS NOT NULL)
    ORDER BY l.id DESC
    LIMIT %(limit)s
)
SELECT id, direction, invitation_id, outcome, detail, created_at, received_at, sequence, dispatch, imap_conn_id, folder,
    size, raw
FROM newest ORDER BY id;

-- ── restore ─────────────────────────────────────────────────────────────────────────────────────────────

-- name: highest_sequence
SELECT coalesce(max(sequence), 0) AS sequence FROM raumpost.invitation;

-- name: count_ahead
-- How many invitations of each room mailbox `lock_ahead` would give.
SELECT m.address, count(*) AS invitations FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE m.removed_at IS NULL AND (i.ends_at > %(now)s OR i.held_until > %(now)s)
GROUP BY m.address;

-- name: lock_ahead
-- A portion of the invitations whose room may hold a slot that is not over, whatever became of them.
SELECT i.id FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE i.id > %(after)s AND m.removed_at IS NULL AND (i.ends_at > %(now)s OR i.held_until > %(now)s)
ORDER BY i.id
LIMIT %(limit)s
FOR UPDATE OF i;

-- name: note_restored
UPDATE raumpost.installation SET sequence_floor = %(floor)s, restored_at = clock_timestamp();

-- name: compare_everything
-- Have every booking compared by the next pass. The time is that of no change, so that what stood in a room before its
-- link still counts as that.
INSERT INTO raumpost.booking_change (kind, source_id, changed_at)
SELECT 'event', er.event_id, timestamptz 'epoch'
FROM booking.event_room AS er JOIN raumpost.room_mailbox AS m ON m.room_id = er.room_id
UNION
SELECT 'block', b.id, 'epoch'
FROM booking.room_block AS b JOIN raumpost.room_mailbox AS m ON m.room_id = b.room_id
UNION
SELECT kind, source_id, 'epoch' FROM raumpost.invitation WHERE ends_at > %(now)s;

-- name: answers_beyond
-- Answers of an inbox to what this database never sent, since it was last put right: to later revisions, and under
-- UIDs of this installation that it does not know.
SELECT count(*) FILTER (WHERE l.outcome = 'future') AS later,
    count(*) FILTER (WHERE l.outcome = 'unknown') AS unknown,
    max(l.received_at) AS newest,
    (array_agg(l.detail ORDER BY l.id DESC))[1:5] AS details,
    bool_or(n.restored_at IS NOT NULL) AS restored
FROM raumpost.mail AS l CROSS JOIN raumpost.installation AS n
WHERE l.direction = 'in' AND l.imap_conn_id = %(imap_conn_id)s AND l.created_at > %(after)s
  AND l.created_at > coalesce(n.restored_at, '-infinity')
  AND (l.outcome = 'future' OR (l.outcome = 'unknown' AND strpos(l.detail, '.' || n.id || '@raumpost,') > 0
    AND NOT EXISTS (
        SELECT FROM raumpost.invitation AS i WHERE i.uid = substring(l.detail FROM 'UID ([^ ,]+),'))));

-- ── housekeeping ────────────────────────────────────────────────────────────────────────────────────────

-- name: lock_bygone
-- Invitations with which nothing can happen any more and whose booking is long over; what failed for a link that was
-- removed is never reset.
SELECT id FROM raumpost.invitation
WHERE ends_at < %(before)s AND (state IN ('sent', 'answered', 'withdrawn') OR state = 'failed' AND room_mailbox_id IN (
        SELECT m.id FROM raumpost.room_mailbox AS m WHERE m.removed_at IS NOT NULL))
  AND (forgotten_at IS NULL OR forgotten_at < updated_at)
ORDER BY ends_at
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: forget
-- Remove mails, journal and words of bygone invitations. A mail that speaks of others too stays until they go; a status
-- stays while its booking exists, because the booking system owns that. What remains keeps UIDs from being used twice.
WITH bygone AS (
    UPDATE raumpost.invitation
    SET summary = '', description = '', organiser = '', comment = NULL,
        last_error = CASE state WHEN 'failed' THEN '' END, forgotten_at = clock_timestamp()
    WHERE id = ANY(%(ids)s::bigint[])
    RETURNING id, room_mailbox_id, kind, source_id
), journal AS (
    DELETE FROM raumpost.journal WHERE invitation_id = ANY(%(ids)s::bigint[]) RETURNING mail_id
), mail AS (
    DELETE FROM raumpost.mail AS l
    WHERE (l.invitation_id = ANY(%(ids)s::bigint[])
        OR l.invitation_id IS NULL AND l.id IN (SELECT mail_id FROM journal WHERE mail_id IS NOT NULL))
      AND NOT EXISTS (
        SELECT FROM raumpost.journal AS other
        WHERE other.mail_id = l.id AND other.invitation_id <> ALL(%(ids)s::bigint[]))
    RETURNING l.id
), status AS (
    DELETE FROM booking.status AS s
    USING bygone AS b JOIN raumpost.room_mailbox AS m ON m.id = b.room_mailbox_id
    WHERE s.kind = b.kind AND s.id = b.source_id AND s.room_id = m.room_id
      AND NOT EXISTS (SELECT FROM booking.event AS e WHERE b.kind = 'event' AND e.id = b.source_id)
      AND NOT EXISTS (SELECT FROM booking.room_block AS r WHERE b.kind = 'block' AND r.id = b.source_id)
      AND NOT EXISTS (
        SELECT FROM raumpost.invitation AS i
        WHERE i.kind = b.kind AND i.source_id = b.source_id AND i.id <> ALL(%(ids)s::bigint[])
          AND (i.forgotten_at IS NULL OR i.forgotten_at < i.updated_at))
    RETURNING 1
)
SELECT (SELECT count(*) FROM bygone) AS invitations, (SELECT count(*) FROM mail) AS mails,
    (SELECT count(*) FROM journal) AS journal, (SELECT count(*) FROM status) AS statuses;

-- name: forget_loose_journal
-- Old lines that belong to no invitation.
DELETE FROM raumpost.journal WHERE id IN (
    SELECT id FROM raumpost.journal WHERE invitation_id IS NULL AND at < %(before)s ORDER BY id LIMIT %(limit)s);

-- name: forget_late_journal
-- Old lines about invitations that were forgotten before: an answer that came long after, say. Their mails follow below.
DELETE FROM raumpost.journal WHERE id IN (
    SELECT j.id FROM raumpost.journal AS j
    JOIN raumpost.invitation AS i ON i.id = j.invitation_id
    WHERE i.forgotten_at >= i.updated_at AND j.at < %(before)s
    LIMIT %(limit)s);

-- name: forget_shared_mails
-- Mails that stayed because they spoke of an invitation that was still live, and whose last line in the journal is gone.
DELETE FROM raumpost.mail WHERE id IN (
    SELECT l.id FROM raumpost.mail AS l
    JOIN raumpost.invitation AS i ON i.id = l.invitation_id
    WHERE i.forgotten_at >= i.updated_at AND l.outcome IS NOT NULL
      AND NOT EXISTS (SELECT FROM raumpost.journal AS j WHERE j.mail_id = l.id AND j.invitation_id IS NOT NULL)
    LIMIT %(limit)s);

-- name: forget_foreign_mails
-- Old mails that have been read and belong to no invitation.
DELETE FROM raumpost.mail WHERE id IN (
    SELECT l.id FROM raumpost.mail AS l
    WHERE l.direction = 'in' AND l.invitation_id IS NULL AND l.outcome IS NOT NULL AND l.received_at < %(before)s
      AND NOT EXISTS (SELECT FROM raumpost.journal AS j WHERE j.mail_id = l.id AND j.invitation_id IS NOT NULL)
    LIMIT %(limit)s);

-- name: forget_previews
-- With their items; nobody applies them any more.
DELETE FROM raumpost.preview WHERE created_at < %(before)s;

-- name: forget_canaries
DELETE FROM raumpost.canary WHERE ends_at < %(before)s AND state NOT IN ('booking', 'booked');

-- name: forget_alerts
DELETE FROM raumpost.alert WHERE last_at < %(before)s;

-- ── alerts ──────────────────────────────────────────────────────────────────────────────────────────────

-- name: note_failure
-- Count a failure; after a recovery it is the first of a new trouble.
INSERT INTO raumpost.alert AS a (cause, first_at, last_at, count, quiet_until)
VALUES (%(cause)s, %(now)s, %(now)s, 1, %(now)s)
ON CONFLICT (cause) DO UPDATE
    SET first_at = CASE WHEN a.recovered_at IS NULL THEN a.first_at ELSE excluded.first_at END,
        count = CASE WHEN a.recovered_at IS NULL THEN a.count + 1 ELSE 1 END,
        last_at = excluded.last_at,
        recovered_at = NULL;

-- name: claim_alert
-- Take the right to tell of a cause; nobody else gets it before `quiet_until`.
UPDATE raumpost.alert SET quiet_until = %(quiet_until)s
WHERE cause = %(cause)s AND quiet_until <= %(now)s AND recovered_at IS NULL
RETURNING cause, first_at, count, told_at;

-- name: note_told
UPDATE raumpost.alert SET told_at = %(now)s WHERE cause = %(cause)s;

-- name: put_back_alert
UPDATE raumpost.alert SET quiet_until = %(quiet_until)s WHERE cause = %(cause)s;

-- name: recover
-- Note that causes are over; give those whose trouble had been told.
UPDATE raumpost.alert SET recovered_at = %(now)s
WHERE cause = ANY(%(causes)s::text[]) AND recovered_at IS NULL
RETURNING cause, first_at, count, CASE WHEN told_at >= first_at THEN told_at END AS told_at;

-- name: open_causes
-- Which causes are not over, of those that begin so.
SELECT cause FROM raumpost.alert WHERE starts_with(cause, %(beginning)s) AND recovered_at IS NULL ORDER BY cause;

-- name: alert
SELECT cause, first_at, last_at, count, told_at FROM raumpost.alert WHERE cause = %(cause)s;

-- name: trouble
-- How many invitations a fault concerns: of an SMTP interface, of an IMAP interface, or all.
SELECT count(*) FILTER (WHERE i.state = 'failed') AS failed,
    count(*) FILTER (WHERE i.state IN ('pending', 'sending')) AS waiting,
    count(*) FILTER (WHERE i.state = 'sent') AS unanswered,
    (array_agg(i.last_error ORDER BY i.updated_at DESC)
        FILTER (WHERE i.last_error IS NOT NULL AND i.state IN ('failed', 'pending', 'sending')))[1] AS last_error
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE i.ends_at > %(now)s AND m.removed_at IS NULL
  AND (%(smtp_conn_id)s::text IS NULL OR m.smtp_conn_id = %(smtp_conn_id)s)
  AND (%(imap_conn_id)s::text IS NULL OR m.imap_conn_id = %(imap_conn_id)s);

-- name: unanswered
-- Invitations to future bookings that have waited too long for their answer, oldest first; those that would not have
-- been told at `told_at` are new.
SELECT i.id, i.kind, i.source_id, i.summary, i.starts_at, i.sent_at, m.address, coalesce(r.name, m.address) AS room_name,
    count(*) OVER () AS total, %(told_before)s::timestamptz IS NULL OR i.sent_at > %(told_before)s AS new
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
WHERE i.state = 'sent' AND i.sent_at <= %(sent_before)s AND i.ends_at > %(now)s AND m.removal_requested_at IS NULL
ORDER BY new DESC, i.sent_at, i.id
LIMIT %(limit)s;

-- name: declined
-- Future bookings that their rooms have declined since they were last told.
SELECT i.id, i.kind, i.source_id, i.summary, i.starts_at, i.answered_at, i.comment, m.address,
    coalesce(r.name, m.address) AS room_name, count(*) OVER () AS total
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
WHERE i.state = 'answered' AND i.answer = 'DECLINED' AND i.ends_at > %(now)s AND m.removal_requested_at IS NULL
  AND (%(after)s::timestamptz IS NULL OR i.answered_at > %(after)s) AND i.answered_at <= %(until)s
ORDER BY room_name, i.starts_at, i.id
LIMIT %(limit)s;

-- ── pages ───────────────────────────────────────────────────────────────────────────────────────────────

-- ── overview

-- name: count_by_state
-- How many invitations of live links are in each state, and what was answered.
SELECT i.state, CASE WHEN i.state = 'answered' THEN i.answer END AS answer, count(*) AS invitations
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE m.removed_at IS NULL
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: installed
-- What there is to work with.
SELECT (SELECT count(*) FROM booking.room) AS rooms,
    (SELECT count(*) FROM raumpost.room_mailbox WHERE removed_at IS NULL) AS links,
    (SELECT max(checked_at) FROM raumpost.check_result) AS checked_at,
    (SELECT at FROM raumpost.journal WHERE actor = 'mailbox_processor' ORDER BY id DESC LIMIT 1) AS worked_at;

-- name: failed_by_cause
-- What failed for bookings that are not over, by interface and error, most first.
SELECT m.smtp_conn_id, i.last_error, count(*) AS invitations, min(i.updated_at) AS since,
    (sum(count(*)) OVER ())::bigint AS total, count(*) OVER () AS causes
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE i.state = 'failed' AND i.ends_at > %(now)s AND m.removed_at IS NULL
GROUP BY m.smtp_conn_id, i.last_error
ORDER BY invitations DESC, m.smtp_conn_id, i.last_error
LIMIT %(limit)s;

-- name: late_rooms
-- Rooms that have not answered invitations to future bookings in time, most first.
SELECT m.id, coalesce(r.name, m.address) AS room_name, count(*) AS invitations, min(i.sent_at) AS since,
    (sum(count(*)) OVER ())::bigint AS total, count(*) OVER () AS rooms
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
WHERE i.state = 'sent' AND i.sent_at <= %(sent_before)s AND i.ends_at > %(now)s AND m.removal_requested_at IS NULL
GROUP BY m.id, r.name
ORDER BY invitations DESC, room_name, m.id
LIMIT %(limit)s;

-- name: declining_rooms
-- Rooms that have declined future bookings, most first.
SELECT m.id, coalesce(r.name, m.address) AS room_name, count(*) AS invitations, min(i.starts_at) AS first_at,
    (sum(count(*)) OVER ())::bigint AS total, count(*) OVER () AS rooms
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
WHERE i.state = 'answered' AND i.answer = 'DECLINED' AND i.ends_at > %(now)s AND m.removal_requested_at IS NULL
GROUP BY m.id, r.name
ORDER BY invitations DESC, room_name, m.id
LIMIT %(limit)s;

-- name: overdue
-- What should have been sent or planned by now.
SELECT w.invitations, w.invitations_since, c.changes, c.changes_since
FROM (
    SELECT count(*) AS invitations, min(i.updated_at) AS invitations_since
    FROM raumpost.invitation AS i
    JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
    WHERE i.state IN ('pending', 'sending') AND i.updated_at < %(pending_since)s AND i.ends_at > %(now)s AND m.active
) AS w CROSS JOIN (
    SELECT count(*) AS changes, min(changed_at) AS changes_since
    FROM raumpost.booking_change WHERE changed_at < %(changed_before)s
) AS c;

-- name: open_alerts
-- Troubles that are not over; late runs are told together, not one by one. That rooms are late or decline, and what is
-- held back, is counted afresh instead.
SELECT cause, first_at, last_at, count FROM raumpost.alert
WHERE recovered_at IS NULL AND cause NOT IN ('unanswered', 'declined', 'guard') AND cause NOT LIKE 'unfinished %% %%'
ORDER BY first_at, cause;

-- name: check_troubles
-- What the latest checks found not to work.
SELECT kind, subject, what, why, remedy, checked_at, count(*) OVER () AS total FROM raumpost.check_result
WHERE verdict = 'not ok'
ORDER BY array_position(ARRAY['smtp', 'imap', 'link', 'canary'], kind), subject, position
LIMIT %(limit)s;

-- name: done_per_day
-- What was sent and answered on each day from the first on, in the operators' time zone; days without either are left out.
SELECT (at AT TIME ZONE %(zone)s)::date AS day,
    count(*) FILTER (WHERE step = 'confirm') AS sent, count(*) FILTER (WHERE step = 'answer') AS answered
FROM raumpost.journal
WHERE step IN ('confirm', 'answer') AND at >= %(since)s
GROUP BY day;

-- name: answer_times
-- How long rooms took to answer: how many up to each limit, in seconds, beyond the one before; NULL: all of them.
SELECT width_bucket(took.seconds, %(limits)s::float8[]) AS place, count(*) AS invitations,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY took.seconds) AS median,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY took.seconds) AS slow
FROM (
    SELECT greatest(extract(epoch FROM answered_at - sent_at), 0)::float8 AS seconds
    FROM raumpost.invitation WHERE state = 'answered' AND answered_at >= %(since)s AND sent_at IS NOT NULL
) AS took
GROUP BY GROUPING SETS ((1), ())
ORDER BY place;

-- ── interfaces

-- name: interfaces
-- The connections that room mailboxes name, with the number of rooms and what the last check found.
WITH used AS (
    SELECT 'smtp' AS kind, smtp_conn_id AS conn_id, active FROM raumpost.room_mailbox WHERE removed_at IS NULL
    UNION ALL
    SELECT 'imap', imap_conn_id, active FROM raumpost.room_mailbox WHERE removed_at IS NULL
)
SELECT u.kind, u.conn_id, count(*) AS rooms, count(*) FILTER (WHERE u.active) AS active
FROM used AS u GROUP BY u.kind, u.conn_id
ORDER BY u.kind DESC, u.conn_id;

-- name: interface_checks
-- What the latest check of each interface found, in its order.
SELECT kind, subject, what, verdict, why, remedy, checked_at FROM raumpost.check_result
WHERE kind IN ('smtp', 'imap') ORDER BY kind, subject, position;

-- ── room groups and badges

-- name: rooms_by_group
-- Rooms in their groups, each as often as it is in one; those in none come last. `text`: part of a name or address.
SELECT g.id AS group_id, g.name AS group_name, r.id AS room_id, r.name AS room_name,
    m.id AS room_mailbox_id, m.address, m.active, m.removal_requested_at IS NOT NULL AS leaving,
    count(*) OVER () AS total
FROM booking.room AS r
LEFT JOIN booking.room_group_member AS b ON b.room_id = r.id
LEFT JOIN booking.room_group AS g ON g.id = b.room_group_id
LEFT JOIN raumpost.room_mailbox AS m ON m.room_id = r.id AND m.removed_at IS NULL
WHERE %(text)s::text IS NULL
   OR position(lower(%(text)s) IN lower(r.name)) > 0
   OR position(lower(%(text)s) IN lower(g.name)) > 0
   OR position(lower(%(text)s) IN lower(m.address)) > 0
ORDER BY g.name NULLS LAST, g.id, r.name, r.id
LIMIT %(limit)s OFFSET %(offset)s;

-- name: empty_groups
-- Groups without a room.
SELECT g.name FROM booking.room_group AS g
WHERE NOT EXISTS (SELECT FROM booking.room_group_member AS b WHERE b.room_group_id = g.id)
  AND (%(text)s::text IS NULL OR position(lower(%(text)s) IN lower(g.name)) > 0)
ORDER BY g.name, g.id;

-- name: room_badge
-- Whether a room is linked, and whether its mailbox is active.
SELECT r.name, m.active FROM booking.room AS r
LEFT JOIN raumpost.room_mailbox AS m ON m.room_id = r.id AND m.removed_at IS NULL
WHERE r.id = %(room_id)s;

-- ·· room mailboxes ··

-- name: list_room_mailboxes
-- Room mailboxes with counts of their invitations to bookings that are not over. `id` gives one, whatever its status;
-- empty texts filter nothing; `sort` is a column of the page.
WITH counted AS (
    SELECT room_mailbox_id,
        count(*) FILTER (WHERE state IN ('pending', 'sending')) AS pending,
        count(*) FILTER (WHERE state = 'sent') AS unanswered,
        count(*) FILTER (WHERE state = 'answered' AND answer <> 'DECLINED') AS accepted,
        count(*) FILTER (WHERE state = 'answered' AND answer = 'DECLINED') AS declined,
        count(*) FILTER (WHERE state = 'failed') AS failed
    FROM raumpost.invitation
    WHERE ends_at > %(now)s AND (%(id)s::bigint IS NULL OR room_mailbox_id = %(id)s)
    GROUP BY room_mailbox_id
), listed AS (
    SELECT m.id, m.room_id, r.name AS room_name, r.time_zone, m.address, m.smtp_conn_id, m.imap_conn_id,
        m.technical_user_id, u.name AS user_name, u.email AS user_email, m.include_blocks, m.active, m.created_at,
        m.removal_requested_at, m.removed_at,
        ARRAY(SELECT a.address FROM raumpost.room_mailbox_alias AS a
              WHERE a.room_mailbox_id = m.id ORDER BY lower(a.address)) AS aliases,
        coalesce(c.pending, 0) AS pending, coalesce(c.unanswered, 0) AS unanswered,
        coalesce(c.accepted, 0) AS accepted, coalesce(c.declined, 0) AS declined, coalesce(c.failed, 0) AS failed
    FROM raumpost.room_mailbox AS m
    LEFT JOIN booking.room AS r ON r.id = m.room_id
    LEFT JOIN booking.app_user AS u ON u.id = m.technical_user_id
    LEFT JOIN counted AS c ON c.room_mailbox_id = m.id
    WHERE (%(id)s::bigint IS NULL OR m.id = %(id)s)
)
SELECT id, room_id, room_name, time_zone, address, aliases, smtp_conn_id, imap_conn_id, technical_user_id, user_name,
    user_email, include_blocks, active, created_at, removal_requested_at, removed_at,
    pending, unanswered, accepted, declined, failed, count(*) OVER () AS total
FROM listed AS l CROSS JOIN LATERAL (
    SELECT CASE %(sort)s
            WHEN 'room' THEN lower(room_name) WHEN 'address' THEN lower(address) WHEN 'user' THEN lower(user_name)
            WHEN 'smtp' THEN smtp_conn_id WHEN 'imap' THEN imap_conn_id END AS words,
        CASE %(sort)s
            WHEN 'blocks' THEN include_blocks::int WHEN 'active' THEN active::int WHEN 'pending' THEN pending
            WHEN 'unanswered' THEN unanswered WHEN 'accepted' THEN accepted WHEN 'declined' THEN declined
            WHEN 'failed' THEN failed END AS number) AS key
WHERE (%(id)s::bigint IS NOT NULL OR CASE %(status)s
        WHEN 'active' THEN active AND removal_requested_at IS NULL
        WHEN 'inactive' THEN NOT active AND removal_requested_at IS NULL
        WHEN 'leaving' THEN removal_requested_at IS NOT NULL AND removed_at IS NULL
        WHEN 'removed' THEN removed_at IS NOT NULL
        ELSE removed_at IS NULL END)
  AND (%(text)s = '' OR strpos(lower(concat_ws(E'\n', room_name, address, user_name, array_to_string(aliases, E'\n'))),
        lower(%(text)s)) > 0)
  AND CASE %(trouble)s
        WHEN 'failed' THEN failed > 0 WHEN 'declined' THEN declined > 0 WHEN 'unanswered' THEN unanswered > 0
        ELSE true END
  AND (%(interface)s = '' OR %(interface)s IN (smtp_conn_id, imap_conn_id))
  AND (%(room_group)s = '' OR EXISTS (
        SELECT FROM booking.room_group_member AS g
        WHERE g.room_id = l.room_id AND g.room_group_id::text = %(room_group)s))
ORDER BY CASE WHEN NOT %(descending)s THEN words END, CASE WHEN %(descending)s THEN words END DESC NULLS LAST,
    CASE WHEN NOT %(descending)s THEN number END, CASE WHEN %(descending)s THEN number END DESC NULLS LAST,
    lower(room_name), id
LIMIT %(limit)s OFFSET %(offset)s;

-- name: room_groups_to_choose
-- Every room group that has a room with a mailbox.
SELECT g.id, g.name FROM booking.room_group AS g
WHERE EXISTS (
    SELECT FROM booking.room_group_member AS b JOIN raumpost.room_mailbox AS m ON m.room_id = b.room_id
    WHERE b.room_group_id = g.id AND m.removed_at IS NULL)
ORDER BY lower(g.name), g.id;

-- name: ahead_of_mailbox
-- What removing one link would withdraw, what of it needs a cancellation, cancellations given up, future invitations under
-- another organizer than `email`, and future bookings from before the link that are not invited.
SELECT count(*) AS open,
    count(*) FILTER (WHERE i.left_sequence IS NOT NULL OR i.state = 'sending') AS to_cancel,
    count(*) FILTER (WHERE i.state = 'failed' AND i.method = 'CANCEL') AS failed,
    count(*) FILTER (WHERE i.method = 'REQUEST' AND i.ends_at > %(now)s AND i.replacement IS NULL
        AND lower(i.organizer) <> lower(%(email)s)) AS under_others,
    (SELECT count(*) FROM raumpost.preexisting AS p JOIN booking.event AS e ON p.kind = 'event' AND e.id = p.source_id
     WHERE p.room_mailbox_id = %(id)s AND e.ends_at > %(now)s AND NOT e.cancelled)
    + (SELECT count(*) FROM raumpost.preexisting AS p JOIN booking.room_block AS b ON p.kind = 'block' AND b.id = p.source_id
       WHERE p.room_mailbox_id = %(id)s AND b.ends_at > %(now)s AND %(include_blocks)s) AS uninvited
FROM raumpost.invitation AS i
WHERE i.room_mailbox_id = %(id)s
  AND (i.state IN ('pending', 'sending') OR (i.state <> 'withdrawn' AND i.ends_at > %(now)s));

-- name: checks_of_mailbox
-- What the latest checks found of a room mailbox and of its interfaces.
SELECT kind, subject, what, verdict, why, remedy, checked_at, dag_run FROM raumpost.check_result
WHERE (kind IN ('link', 'canary') AND subject = %(address)s)
   OR (kind = 'smtp' AND subject = %(smtp_conn_id)s) OR (kind = 'imap' AND subject = %(imap_conn_id)s)
ORDER BY array_position(ARRAY['link', 'canary', 'smtp', 'imap'], kind), position;

-- ·· invitations ··

-- name: mailbox_choices
-- Every room mailbox by the name of its room, for filters; removed ones last.
SELECT m.id, m.address, m.removed_at IS NOT NULL AS removed, coalesce(r.name, m.address) AS room_name
FROM raumpost.room_mailbox AS m LEFT JOIN booking.room AS r ON r.id = m.room_id
ORDER BY removed, room_name, m.address;

-- name: find_invitations
-- A page of the invitations that fit, with how many there are; NULL: whatever it is. What is searched for may be the
-- beginnings of words, part of a room's name or address, a booking, or a UID.
WITH found AS MATERIALIZED (
    SELECT i.id,
        CASE %(sort)s WHEN 'starts' THEN i.starts_at WHEN 'changed' THEN i.updated_at END AS moment,
        CASE %(sort)s WHEN 'room' THEN coalesce(r.name, m.address) WHEN 'state' THEN i.state WHEN 'title' THEN i.summary END
            AS word
    FROM raumpost.invitation AS i
    JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
    LEFT JOIN booking.room AS r ON r.id = m.room_id
    WHERE (%(mailbox)s::bigint IS NULL OR i.room_mailbox_id = %(mailbox)s)
      AND (%(room)s::bigint IS NULL OR m.room_id = %(room)s)
      AND (%(state)s::text IS NULL OR i.state = %(state)s)
      AND (%(answer)s::text IS NULL OR i.answer = %(answer)s)
      AND (%(since)s::timestamptz IS NULL OR i.ends_at > %(since)s)
      AND (%(until)s::timestamptz IS NULL OR i.starts_at < %(until)s)
      AND (%(text)s::text IS NULL
        OR i.words @@ to_tsquery('simple', %(words)s)
        OR i.uid = %(text)s
        OR (i.kind = ANY(%(kinds)s::text[]) AND i.source_id = %(source_id)s)
        OR i.room_mailbox_id = ANY(ARRAY(
            SELECT o.id FROM raumpost.room_mailbox AS o LEFT JOIN booking.room AS p ON p.id = o.room_id
            WHERE strpos(lower(coalesce(p.name, '')), lower(%(text)s)) > 0
               OR strpos(lower(o.address), lower(%(text)s)) > 0)))
), page AS (
    SELECT id, row_number() OVER () AS place
    FROM (
        SELECT id FROM found
        ORDER BY CASE WHEN NOT %(descending)s THEN moment END, CASE WHEN %(descending)s THEN moment END DESC,
            CASE WHEN NOT %(descending)s THEN word END, CASE WHEN %(descending)s THEN word END DESC, id
        OFFSET %(offset)s LIMIT %(limit)s) AS sorted
)
SELECT i.id, i.kind, i.source_id, i.uid, i.method, i.sequence, i.summary, i.starts_at, i.ends_at, i.all_day, i.state,
    i.attempts, i.last_error, i.answer, i.comment, i.updated_at, i.room_mailbox_id, m.address,
    coalesce(r.name, m.address) AS room_name, r.time_zone, (SELECT count(*) FROM found) AS total
FROM page
JOIN raumpost.invitation AS i USING (id)
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
ORDER BY page.place;

-- name: facts_of_invitation
-- What the booking system has, what its room holds, and what the people who booked were told.
SELECT i.id, i.generation, i.replacement, i.forgotten_at, i.sent_at, i.answered_at, i.lease_until, i.updated_at,
    i.held_from, i.held_until, m.active, m.removal_requested_at, m.removed_at, m.smtp_conn_id, m.imap_conn_id,
    coalesce(r.name, m.address) AS room_name, r.time_zone, s.message_de, s.message_en, s.updated_at AS told_at,
    coalesce(e.id, b.id) IS NOT NULL AS booked, coalesce(e.confidential, false) AS confidential,
    coalesce(e.cancelled, false) AS cancelled,
    CASE WHEN NOT coalesce(e.confidential, false) THEN coalesce(e.title, b.reason) END AS title,
    greatest(least(coalesce(e.starts_at, b.starts_at), '3001-01-01Z'), '1800-01-01Z') AS booked_from,
    greatest(least(coalesce(e.ends_at, b.ends_at), '3002-01-01Z'), '1801-01-01Z') AS booked_until,
    EXISTS (SELECT FROM raumpost.booking_change AS c WHERE c.kind = i.kind AND c.source_id = i.source_id) AS waiting,
    (SELECT count(*) FROM raumpost.invitation AS o
     WHERE o.kind = i.kind AND o.source_id = i.source_id AND o.id <> i.id) AS others,
    EXISTS (SELECT FROM raumpost.withheld AS w WHERE w.invitation_id = i.id AND w.state = 'withheld') AS withheld
FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
LEFT JOIN booking.status AS s ON s.kind = i.kind AND s.id = i.source_id AND s.room_id = m.room_id
LEFT JOIN booking.event AS e ON i.kind = 'event' AND e.id = i.source_id
    AND EXISTS (SELECT FROM booking.event_room AS er WHERE er.event_id = e.id AND er.room_id = m.room_id)
LEFT JOIN booking.room_block AS b ON i.kind = 'block' AND b.id = i.source_id AND b.room_id = m.room_id
WHERE i.id = %(id)s;

-- name: mails_of_invitation
-- The newest mails sent or received about an invitation, the latter also where they speak of several.
SELECT l.id, l.direction, l.outcome, l.detail, coalesce(l.received_at, l.created_at) AS at, l.sequence, l.dispatch,
    l.imap_conn_id, l.folder, coalesce(l.size, octet_length(l.raw)) AS size
FROM raumpost.mail AS l
WHERE l.id IN (
    SELECT o.id FROM raumpost.mail AS o WHERE o.invitation_id = %(id)s
    UNION
    SELECT j.mail_id FROM raumpost.journal AS j WHERE j.invitation_id = %(id)s)
ORDER BY l.id DESC
LIMIT %(limit)s;

-- name: mail
-- A mail with the invitation that it is about.
SELECT l.id, l.direction, l.invitation_id, l.outcome, l.detail, coalesce(l.received_at, l.created_at) AS at,
    l.sequence, l.dispatch, l.imap_conn_id, l.folder, coalesce(l.size, octet_length(l.raw)) AS size, l.raw,
    i.summary, i.kind, i.source_id
FROM raumpost.mail AS l LEFT JOIN raumpost.invitation AS i ON i.id = l.invitation_id
WHERE l.id = %(id)s;

-- The log.

-- name: find_lines
-- Lines of the journal that fit, newest first, or oldest first after one; NULL: whatever it is. Ids and times grow
-- together, but for statements that run at the same time: the minute. A text is looked for in `reach` lines at most;
-- every row tells how many those were, and which was the last; without any, a row of NULLs does.
WITH looked AS MATERIALIZED (
    SELECT j.id, j.message
    FROM raumpost.journal AS j
    WHERE (%(before)s::bigint IS NULL OR j.id < %(before)s)
      AND (%(after)s::bigint IS NULL OR j.id > %(after)s)
      AND (%(level)s IS DISTINCT FROM 'error' OR j.level = 'error')
      AND (%(level)s IS DISTINCT FROM 'warning' OR j.level <> 'info')
      AND (%(mailbox)s::bigint IS NULL OR j.room_mailbox_id = %(mailbox)s)
      AND (%(invitation)s::bigint IS NULL OR j.invitation_id = %(invitation)s)
      AND (%(step)s::text IS NULL OR j.step = %(step)s)
      AND (%(dag)s::text IS NULL OR j.dag_id = %(dag)s)
      AND (%(run)s::text IS NULL OR j.dag_run = %(run)s)
      AND (%(since)s::timestamptz IS NULL OR j.at >= %(since)s AND j.id >= (
        SELECT o.id FROM raumpost.journal AS o WHERE o.at >= %(since)s::timestamptz - interval '1 minute'
        ORDER BY o.at LIMIT 1))
      AND (%(until)s::timestamptz IS NULL OR j.at < %(until)s AND j.id <= (
        SELECT o.id FROM raumpost.journal AS o WHERE o.at < %(until)s::timestamptz + interval '1 minute'
        ORDER BY o.at DESC LIMIT 1))
    ORDER BY CASE WHEN %(after)s::bigint IS NOT NULL THEN j.id END, CASE WHEN %(after)s::bigint IS NULL THEN j.id END DESC
    LIMIT %(reach)s
), fitting AS (
    SELECT id FROM looked
    WHERE %(text)s::text IS NULL OR strpos(lower(message), lower(%(text)s)) > 0
    ORDER BY CASE WHEN %(after)s::bigint IS NOT NULL THEN id END, CASE WHEN %(after)s::bigint IS NULL THEN id END DESC
    LIMIT %(limit)s
)
SELECT j.id, j.at, j.level, j.step, j.message, j.detail, j.invitation_id, j.room_mailbox_id, j.mail_id, j.actor,
    j.dag_id, j.dag_run, m.address, coalesce(r.name, m.address) AS room_name, r.time_zone,
    e.looked, e.last
FROM (SELECT count(*) AS looked, CASE WHEN %(after)s::bigint IS NULL THEN min(id) ELSE max(id) END AS last FROM looked) AS e
LEFT JOIN fitting AS f ON true
LEFT JOIN raumpost.journal AS j ON j.id = f.id
LEFT JOIN raumpost.room_mailbox AS m ON m.id = j.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
ORDER BY j.id DESC;

-- Tabs inside Airflow.

-- name: steps_of_run
-- What a run did: how many invitations by step, and how many lines were no mere information.
SELECT step, count(DISTINCT invitation_id) AS invitations, count(*) AS lines,
    count(*) FILTER (WHERE level <> 'info') AS troubles
FROM raumpost.journal
WHERE dag_id = %(dag)s AND dag_run = %(run)s
GROUP BY step ORDER BY min(id);

-- name: batches_of_run
-- The batches from which a run claimed something.
SELECT j.batch, min(m.smtp_conn_id) AS smtp_conn_id, count(DISTINCT j.invitation_id) AS invitations
FROM raumpost.journal AS j JOIN raumpost.room_mailbox AS m ON m.id = j.room_mailbox_id
WHERE j.dag_id = %(dag)s AND j.dag_run = %(run)s AND j.step = 'claim' AND j.batch IS NOT NULL
GROUP BY j.batch ORDER BY j.batch;

-- name: invitations_of_run
-- Invitations that a run touched, with its steps in their order; or those of one batch, also what still waits in it.
WITH touched AS (
    SELECT invitation_id AS id, array_agg(step ORDER BY id) AS steps, min(id) AS first
    FROM raumpost.journal
    WHERE dag_id = %(dag)s AND dag_run = %(run)s AND invitation_id IS NOT NULL
    GROUP BY invitation_id
    HAVING (%(batch)s::bigint IS NULL OR bool_or(batch = %(batch)s))
       AND (%(step)s::text IS NULL OR bool_or(step = %(step)s))
), waiting AS (
    SELECT i.id FROM raumpost.invitation AS i
    WHERE i.batch = %(batch)s AND %(step)s::text IS NULL AND NOT EXISTS (SELECT FROM touched AS t WHERE t.id = i.id)
), found AS (
    SELECT id, steps, first FROM touched
    UNION ALL
    SELECT id, '{}', NULL FROM waiting
)
SELECT i.id, i.kind, i.source_id, i.summary, i.method, i.sequence, i.state, i.attempts, i.last_error, i.answer,
    i.starts_at, i.ends_at, i.room_mailbox_id, coalesce(r.name, m.address) AS room_name, r.time_zone, f.steps,
    count(*) OVER () AS total
FROM found AS f
JOIN raumpost.invitation AS i USING (id)
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.room AS r ON r.id = m.room_id
ORDER BY f.first NULLS LAST, i.id
OFFSET %(offset)s LIMIT %(limit)s;

-- name: inboxes_of_run
-- What a run read: mails by inbox and outcome.
SELECT l.imap_conn_id, l.outcome, count(*) AS mails
FROM raumpost.mail AS l
WHERE l.direction = 'in' AND l.id IN (
    SELECT j.mail_id FROM raumpost.journal AS j WHERE j.dag_id = %(dag)s AND j.dag_run = %(run)s AND j.mail_id IS NOT NULL)
GROUP BY l.imap_conn_id, l.outcome ORDER BY l.imap_conn_id, mails DESC, l.outcome;

-- name: mails_of_run
-- The newest mails that a run read, of all inboxes or of one.
SELECT l.id, l.direction, l.outcome, l.detail, l.received_at AS at, l.sequence, l.dispatch, l.imap_conn_id, l.folder, l.size
FROM raumpost.mail AS l
WHERE l.direction = 'in' AND (%(inbox)s::text IS NULL OR l.imap_conn_id = %(inbox)s) AND l.id IN (
    SELECT j.mail_id FROM raumpost.journal AS j WHERE j.dag_id = %(dag)s AND j.dag_run = %(run)s AND j.mail_id IS NOT NULL)
ORDER BY l.id DESC
LIMIT %(limit)s;
