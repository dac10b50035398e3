-- What a check looks at, what it found, and canaries.

-- name: interfaces_in_use
-- Every connection that a room mailbox names.
SELECT 'smtp' AS kind, smtp_conn_id AS conn_id FROM raumpost.link
UNION
SELECT 'imap', imap_conn_id FROM raumpost.link
ORDER BY kind DESC, conn_id;

-- name: recipients_of_interface
-- What an SMTP interface is used for: room mailboxes by the technical user who writes to them.
SELECT u.email AS sender, array_agg(m.address ORDER BY m.address) AS recipients
FROM raumpost.link AS m
JOIN booking.app_user AS u ON u.id = m.technical_user_id
WHERE m.smtp_conn_id = %(smtp_conn_id)s AND m.active AND u.email IS NOT NULL
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
SELECT m.address, m.smtp_conn_id, m.imap_conn_id, m.active, m.room_id, m.room AS room_name, m.time_zone,
    m.technical_user_id, u.id IS NOT NULL AS user_exists, u.name AS user_name, u.email AS user_email, u.technical,
    coalesce(i.unanswered, 0) AS unanswered, i.oldest_unanswered,
    coalesce(i.failed, 0) AS failed, i.oldest_failed, i.last_error,
    coalesce(i.overdue, 0) AS overdue, i.oldest_overdue,
    coalesce(w.withheld, 0) AS withheld, w.oldest_withheld
FROM raumpost.link AS m
LEFT JOIN booking.app_user AS u ON u.id = m.technical_user_id
LEFT JOIN (
    SELECT room_mailbox_id,
        count(*) FILTER (WHERE state = 'sent') AS unanswered,
        min(sent_at) FILTER (WHERE state = 'sent') AS oldest_unanswered,
        count(*) FILTER (WHERE state = 'failed') AS failed,
        min(updated_at) FILTER (WHERE state = 'failed') AS oldest_failed,
        (array_agg(CASE WHEN bounced THEN 'undeliverable: ' ELSE '' END || last_error ORDER BY updated_at DESC)
            FILTER (WHERE state = 'failed'))[1] AS last_error,
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
ORDER BY m.address;

-- name: forget_checks
-- Results of a subject are replaced as a whole; of a kind without subjects, all that are not among these.
DELETE FROM raumpost.check_result
WHERE kind = %(kind)s AND (subject = ANY(%(subjects)s::text[])) = %(among)s;

-- name: store_checks
-- Keep what a check found, and which run did it.
INSERT INTO raumpost.check_result (kind, subject, position, what, status, why, remedy, checked_at, dag_run)
SELECT %(kind)s, f.subject, f.position, f.what, f.status, f.why, f.remedy, %(now)s, %(dag_run)s
FROM jsonb_to_recordset(%(findings)s::jsonb) AS f (
    subject text, position integer, what text, status text, why text, remedy text);

-- name: check_results
-- What the latest checks found, or only those of this run; troubles first.
SELECT kind, subject, what, status, why, remedy, checked_at, dag_run FROM raumpost.check_result
WHERE NOT %(of_this_run)s OR dag_run = %(dag_run)s
ORDER BY array_position(ARRAY['not ok', 'warning', 'ok'], status),
    array_position(ARRAY['smtp', 'imap', 'link', 'canary'], kind), subject, position;

-- name: canary_rooms
-- The room mailboxes with these addresses, and what a canary needs.
SELECT m.id, m.address, m.room_id, m.smtp_conn_id, m.imap_conn_id, m.room AS room_name, m.time_zone,
    u.name AS user_name, u.email AS user_email
FROM raumpost.link AS m
LEFT JOIN booking.app_user AS u ON u.id = m.technical_user_id
WHERE lower(m.address) = ANY(%(addresses)s::text[])
ORDER BY m.address;

-- name: taken_slots
-- What takes a room within a time: bookings, blocks, what the room may still hold for them, other canaries.
SELECT starts_at, ends_at FROM (
    SELECT o.starts_at, o.ends_at FROM raumpost.occupancy() AS o WHERE o.room_id = %(room_id)s AND NOT o.cancelled
    UNION ALL
    SELECT i.starts_at, i.ends_at FROM raumpost.invitation AS i
    WHERE i.room_mailbox_id = %(room_mailbox_id)s AND i.exposed_sequence IS NOT NULL AND i.state <> 'withdrawn'
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
-- Canaries with what a mail to their room needs.
SELECT c.id, c.room_mailbox_id, m.address, m.smtp_conn_id, m.imap_conn_id,
    m.room_name, m.time_zone, c.uid, c.organizer, c.organizer_name,
    c.starts_at, c.ends_at, c.state, c.sent_at, c.created_at, c.answer_by, c.answered_at, c.after_mail, c.error
FROM raumpost.canary AS c
JOIN raumpost.every_link AS m ON m.id = c.room_mailbox_id
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
-- Record the first answer to a canary.
UPDATE raumpost.canary SET answered_at = %(answered_at)s WHERE id = %(id)s AND answered_at IS NULL;

-- name: mails_after
-- The mails of an inbox that were stored since.
SELECT id FROM raumpost.mail
WHERE direction = 'in' AND imap_conn_id = %(imap_conn_id)s AND id > %(after)s
ORDER BY id LIMIT %(limit)s;

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
  AND (l.outcome = 'future' OR (l.outcome = 'unknown' AND split_part(l.about_uid, '.', 2) = n.id || '@raumpost'
    AND NOT EXISTS (SELECT FROM raumpost.invitation AS i WHERE i.uid = l.about_uid)));
