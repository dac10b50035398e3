-- The overview.

-- name: count_by_state
-- How many invitations of live links are in each state, and what was answered.
SELECT i.state, CASE WHEN i.state = 'answered' THEN i.answer END AS answer, count(*) AS invitations
FROM raumpost.invitation AS i
JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: installed
-- What there is to work with.
SELECT (SELECT count(*) FROM booking.room) AS rooms,
    (SELECT count(*) FROM raumpost.link) AS links,
    (SELECT max(checked_at) FROM raumpost.check_result) AS checked_at,
    (SELECT at FROM raumpost.journal WHERE actor = 'mailbox_processor' ORDER BY id DESC LIMIT 1) AS worked_at;

-- name: failed_by_cause
-- What failed for bookings that are not over, by interface and error, most first.
SELECT m.smtp_conn_id, i.last_error, i.bounced, count(*) AS invitations, min(i.updated_at) AS since,
    (sum(count(*)) OVER ())::bigint AS total, count(*) OVER () AS causes
FROM raumpost.invitation AS i
JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
WHERE i.state = 'failed' AND i.ends_at > %(now)s
GROUP BY m.smtp_conn_id, i.last_error, i.bounced
ORDER BY invitations DESC, m.smtp_conn_id, i.last_error
LIMIT %(limit)s;

-- name: late_rooms
-- Rooms that have not answered invitations to future bookings in time, most first.
SELECT m.id, m.room_name, count(*) AS invitations, min(i.sent_at) AS since,
    (sum(count(*)) OVER ())::bigint AS total, count(*) OVER () AS rooms
FROM raumpost.invitation AS i
JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
WHERE raumpost.is_late(i, %(now)s, %(sent_before)s) AND m.removal_requested_at IS NULL
GROUP BY m.id, m.room_name
ORDER BY invitations DESC, room_name, m.id
LIMIT %(limit)s;

-- name: declining_rooms
-- Rooms that have declined future bookings, most first.
SELECT m.id, m.room_name, count(*) AS invitations, min(i.starts_at) AS first_at,
    (sum(count(*)) OVER ())::bigint AS total, count(*) OVER () AS rooms
FROM raumpost.invitation AS i
JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
WHERE raumpost.is_declined(i, %(now)s) AND m.removal_requested_at IS NULL
GROUP BY m.id, m.room_name
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
SELECT kind, subject, first_at, last_at, count FROM raumpost.alert
WHERE recovered_at IS NULL AND kind NOT IN ('unanswered', 'declined', 'guard') AND run_id = ''
ORDER BY first_at, kind, subject;

-- name: check_troubles
-- What the latest checks found not to work.
SELECT kind, subject, what, why, remedy, checked_at, count(*) OVER () AS total FROM raumpost.check_result
WHERE status = 'not ok'
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
