-- Mails.

-- name: mail
-- A mail with the invitation that it is about.
SELECT l.id, l.direction, l.invitation_id, l.outcome, l.detail, coalesce(l.received_at, l.created_at) AS at,
    l.sequence, l.resend, l.imap_conn_id, l.folder, coalesce(l.size, octet_length(l.raw)) AS size, l.raw,
    i.summary, i.kind, i.source_id
FROM raumpost.mail AS l LEFT JOIN raumpost.invitation AS i ON i.id = l.invitation_id
WHERE l.id = %(id)s;
