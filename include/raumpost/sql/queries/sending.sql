-- Render and send: what a batch holds, and the outcome of each mail.

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

-- name: lock_batch
-- The invitations of a batch, locked until their mails are stored.
SELECT id FROM raumpost.invitation WHERE batch = %(batch)s AND state = 'pending' ORDER BY id FOR UPDATE;

-- name: to_render
-- Of what is locked, all, or those that have no mail yet: a statement of its own, which sees what others wrote until then.
-- A mail that may have left stays as it is: what is known of it holds, and whoever gets it twice gets the same octets.
SELECT i.id FROM raumpost.invitation AS i
WHERE i.id = ANY(%(ids)s::bigint[]) AND NOT EXISTS (
    SELECT FROM raumpost.mail AS l
    WHERE l.invitation_id = i.id AND l.sequence = i.sequence AND l.resend = i.resend
      AND (%(only_missing)s OR l.outcome IN ('sent', 'uncertain')))
ORDER BY i.id;

-- name: rooms_and_users
-- What a mail needs beside the invitation itself.
SELECT i.id, m.room AS room_name, m.time_zone, u.name AS user_name, u.email AS user_email, m.technical_user_id
FROM raumpost.invitation AS i
JOIN raumpost.every_link AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.app_user AS u ON u.id = m.technical_user_id
WHERE i.id = ANY(%(ids)s::bigint[]);

-- name: store_rendered
-- Keep one mail per revision and resend; rendering again before it is sent rewrites it.
WITH rendered AS (
    SELECT * FROM unnest(
        %(ids)s::bigint[], %(sequences)s::integer[], %(resends)s::integer[], %(message_ids)s::text[],
        %(dtstamps)s::timestamptz[], %(organizers)s::text[], %(organizer_names)s::text[], %(raws)s::bytea[])
        AS r (id, sequence, resend, message_id, dtstamp, organizer, organizer_name, raw)
), noted AS (
    UPDATE raumpost.invitation AS i
    SET message_id = r.message_id, dtstamp = r.dtstamp, organizer = r.organizer, organizer_name = r.organizer_name
    FROM rendered AS r WHERE i.id = r.id
)
INSERT INTO raumpost.mail (direction, invitation_id, sequence, resend, message_id, raw, outcome)
SELECT 'out', id, sequence, resend, message_id, raw, 'rendered' FROM rendered
ON CONFLICT (invitation_id, sequence, resend) DO UPDATE
    SET message_id = excluded.message_id, raw = excluded.raw, outcome = 'rendered', detail = NULL,
        created_at = clock_timestamp()
    WHERE mail.outcome NOT IN ('sent', 'uncertain');

-- name: drop_rendered
-- An invitation that cannot be rendered must not be sent with an older text.
DELETE FROM raumpost.mail AS l USING raumpost.invitation AS i
WHERE i.id = ANY(%(ids)s::bigint[]) AND l.invitation_id = i.id AND l.sequence = i.sequence AND l.resend = i.resend
  AND l.outcome NOT IN ('sent', 'uncertain');

-- name: note_render_error
-- Record why an invitation cannot be written as a mail.
UPDATE raumpost.invitation SET last_error = %(error)s WHERE id = %(id)s AND state = 'pending';

-- name: batch_in_state
-- What is in a batch, releases first (INTEROP W22); what a link that was switched off meanwhile wants waits.
SELECT i.id FROM raumpost.invitation AS i
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE i.batch = %(batch)s AND i.state = ANY(%(states)s::text[]) AND m.active
ORDER BY i.method = 'REQUEST', i.exposed_sequence IS NULL, i.starts_at, i.id;

-- name: extend_lease
-- Keep a batch for the worker that sends it.
UPDATE raumpost.invitation SET lease_until = %(lease_until)s WHERE batch = %(batch)s AND state IN ('pending', 'sending');

-- name: rendered_mail
-- The octets to send for a revision.
SELECT raw FROM raumpost.mail
WHERE invitation_id = %(id)s AND sequence = %(sequence)s AND resend = %(resend)s AND direction = 'out';

-- name: still_claimed
-- Whether a sender still has what it claimed, also after it slept.
SELECT id FROM raumpost.invitation
WHERE id = %(id)s AND state = 'sending' AND batch = %(batch)s AND sequence = %(sequence)s;

-- name: note_mail_outcome
-- What left, or may have left, at one attempt has not stayed here because of another.
UPDATE raumpost.mail SET outcome = %(outcome)s, detail = %(detail)s
WHERE invitation_id = %(id)s AND sequence = %(sequence)s AND resend = %(resend)s AND direction = 'out'
  AND outcome <> 'sent' AND NOT (outcome = 'uncertain' AND %(outcome)s = 'not-sent');

-- name: note_claimed_mails
-- Give an outcome to the mails that workers were sending when they stopped.
UPDATE raumpost.mail AS l SET outcome = %(outcome)s, detail = i.last_error
FROM raumpost.invitation AS i
WHERE i.id = ANY(%(ids)s::bigint[]) AND l.direction = 'out'
  AND l.invitation_id = i.id AND l.sequence = i.sequence AND l.resend = i.resend AND l.outcome <> 'sent';
