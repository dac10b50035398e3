-- Interfaces.

-- name: interfaces
-- The connections that room mailboxes name, with the number of rooms and what the last check found.
WITH used AS (
    SELECT 'smtp' AS kind, smtp_conn_id AS conn_id, active FROM raumpost.link
    UNION ALL
    SELECT 'imap', imap_conn_id, active FROM raumpost.link
)
SELECT u.kind, u.conn_id, count(*) AS rooms, count(*) FILTER (WHERE u.active) AS active
FROM used AS u GROUP BY u.kind, u.conn_id
ORDER BY u.kind DESC, u.conn_id;

-- name: interface_checks
-- What the latest check of each interface found, in its order.
SELECT kind, subject, what, status, why, remedy, checked_at FROM raumpost.check_result
WHERE kind IN ('smtp', 'imap') ORDER BY kind, subject, position;
