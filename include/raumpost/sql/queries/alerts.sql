-- What operators have been notified of, and when.

-- name: note_failure
-- Count a failure; after a recovery it is the first of a new trouble.
INSERT INTO raumpost.alert AS a (kind, subject, run_id, first_at, last_at, count, quiet_until)
VALUES (%(kind)s, %(subject)s, %(run)s, %(now)s, %(now)s, 1, %(now)s)
ON CONFLICT (kind, subject, run_id) DO UPDATE
    SET first_at = CASE WHEN a.recovered_at IS NULL THEN a.first_at ELSE excluded.first_at END,
        count = CASE WHEN a.recovered_at IS NULL THEN a.count + 1 ELSE 1 END,
        last_at = excluded.last_at,
        recovered_at = NULL;

-- name: claim_alert
-- Take the right to tell of a cause; nobody else gets it before `quiet_until`.
UPDATE raumpost.alert SET quiet_until = %(quiet_until)s
WHERE (kind, subject, run_id) = (%(kind)s, %(subject)s, %(run)s) AND quiet_until <= %(now)s AND recovered_at IS NULL
RETURNING first_at, count, notified_at;

-- name: note_notified
-- Record that a mail about a cause has left.
UPDATE raumpost.alert SET notified_at = %(now)s WHERE (kind, subject, run_id) = (%(kind)s, %(subject)s, %(run)s);

-- name: put_back_alert
-- Return the right to report a cause: its mail did not leave.
UPDATE raumpost.alert SET quiet_until = %(quiet_until)s WHERE (kind, subject, run_id) = (%(kind)s, %(subject)s, %(run)s);

-- name: recover
-- Note that causes are over; return those that operators were notified of.
UPDATE raumpost.alert SET recovered_at = %(now)s
WHERE recovered_at IS NULL AND (kind, subject, run_id) IN (
        SELECT c.kind, c.subject, c.run
        FROM unnest(%(kinds)s::text[], %(subjects)s::text[], %(runs)s::text[]) AS c (kind, subject, run))
RETURNING kind, subject, run_id, first_at, count, CASE WHEN notified_at >= first_at THEN notified_at END AS notified_at;

-- name: late_runs
-- The late runs of a DAG that were still open when this was last looked at.
SELECT run_id FROM raumpost.alert
WHERE kind = 'unfinished' AND subject = %(dag)s AND run_id <> '' AND recovered_at IS NULL ORDER BY run_id;

-- name: alert
-- The incident of a cause.
SELECT first_at, last_at, count, notified_at FROM raumpost.alert
WHERE (kind, subject, run_id) = (%(kind)s, %(subject)s, %(run)s);

-- name: trouble
-- How many invitations a fault concerns: of an SMTP interface, of an IMAP interface, or all.
SELECT count(*) FILTER (WHERE i.state = 'failed') AS failed,
    count(*) FILTER (WHERE i.state IN ('pending', 'sending')) AS waiting,
    count(*) FILTER (WHERE i.state = 'sent') AS unanswered,
    (array_agg(CASE WHEN i.bounced THEN 'undeliverable: ' ELSE '' END || i.last_error ORDER BY i.updated_at DESC)
        FILTER (WHERE i.last_error IS NOT NULL AND i.state IN ('failed', 'pending', 'sending')))[1] AS last_error
FROM raumpost.invitation AS i
JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
WHERE i.ends_at > %(now)s
  AND (%(smtp_conn_id)s::text IS NULL OR m.smtp_conn_id = %(smtp_conn_id)s)
  AND (%(imap_conn_id)s::text IS NULL OR m.imap_conn_id = %(imap_conn_id)s);

-- name: unanswered
-- Invitations to future bookings that have waited too long for their answer, oldest first; those that would not have
-- been reported in the last mail are new.
SELECT i.id, i.kind, i.source_id, i.summary, i.starts_at, i.sent_at, m.address, m.room_name,
    count(*) OVER () AS total, %(reported_before)s::timestamptz IS NULL OR i.sent_at > %(reported_before)s AS new
FROM raumpost.invitation AS i
JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
WHERE raumpost.is_late(i, %(now)s, %(sent_before)s) AND m.removal_requested_at IS NULL
ORDER BY new DESC, i.sent_at, i.id
LIMIT %(limit)s;

-- name: declined
-- Future bookings that their rooms have declined since they were last reported.
SELECT i.id, i.kind, i.source_id, i.summary, i.starts_at, i.answered_at, i.comment, m.address,
    m.room_name, count(*) OVER () AS total
FROM raumpost.invitation AS i
JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
WHERE raumpost.is_declined(i, %(now)s) AND m.removal_requested_at IS NULL
  AND (%(after)s::timestamptz IS NULL OR i.answered_at > %(after)s) AND i.answered_at <= %(until)s
ORDER BY room_name, i.starts_at, i.id
LIMIT %(limit)s;
