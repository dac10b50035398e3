-- Keep what arrives, find what it is about, and record what it comes to.

-- name: inboxes
-- The IMAP interfaces on which answers may arrive, also those of inactive links, but not of removed ones.
SELECT DISTINCT imap_conn_id FROM raumpost.link ORDER BY imap_conn_id;

-- name: reply_cursor
-- How far a folder has been read.
SELECT uid_validity, last_uid FROM raumpost.reply_cursor WHERE imap_conn_id = %(imap_conn_id)s AND folder = %(folder)s;

-- name: move_reply_cursor
-- Record how far a folder has been read, or that it was numbered again.
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
-- A portion of the stored mails of an inbox that have no outcome yet.
SELECT id FROM raumpost.mail
WHERE imap_conn_id = %(imap_conn_id)s AND outcome IS NULL AND id > %(after)s ORDER BY id LIMIT %(limit)s;

-- name: received_mail
-- A stored mail as it arrived.
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
-- The invitation of a mail that we sent, with the revision and resend of that mail.
SELECT i.id, l.sequence, l.resend
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
    OR i.state = 'sending' OR (i.state = 'pending' AND i.exposed_sequence = i.sequence))
  AND i.room_mailbox_id IN (
      SELECT m.id FROM raumpost.room_mailbox AS m WHERE lower(m.address) = ANY(%(recipients)s::text[])
      UNION
      SELECT a.room_mailbox_id FROM raumpost.room_mailbox_alias AS a
      WHERE lower(a.address) = ANY(%(recipients)s::text[]))
ORDER BY i.id
FOR UPDATE OF i;

-- name: room_behind
-- Who may answer for a room mailbox, and the time zone of its room.
SELECT m.time_zone, ARRAY(
    SELECT lower(m.address)
    UNION
    SELECT lower(a.address) FROM raumpost.room_mailbox_alias AS a WHERE a.room_mailbox_id = m.id) AS addresses
FROM raumpost.every_link AS m
WHERE m.id = %(room_mailbox_id)s;

-- name: note_read
-- Record the one outcome of a mail that was read.
UPDATE raumpost.mail
SET outcome = %(outcome)s, detail = %(detail)s, invitation_id = %(invitation_id)s, message_id = %(message_id)s,
    about_uid = %(about_uid)s
WHERE id = %(id)s;

-- name: note_left
-- What answers or returns a revision proves that its mail had left, whatever was known: the last one that was tried,
-- if possible one that was not refused.
UPDATE raumpost.mail AS l SET outcome = %(outcome)s, detail = %(detail)s
WHERE l.outcome <> %(outcome)s AND l.id = (
    SELECT tried.id FROM raumpost.mail AS tried
    JOIN raumpost.invitation AS i ON i.id = tried.invitation_id AND i.sequence = tried.sequence
    WHERE i.id = %(id)s AND tried.direction = 'out'
      AND tried.resend <= CASE WHEN i.attempts = 0 THEN i.resend - 1 ELSE i.resend END
    ORDER BY tried.outcome = 'not-sent', tried.resend DESC
    LIMIT 1);

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
-- Record that mails were moved to the processed folder, or are gone from their own.
UPDATE raumpost.mail SET filed_at = clock_timestamp() WHERE id = ANY(%(ids)s::bigint[]);

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
