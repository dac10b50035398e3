-- The tabs at DAGs, runs and task instances.

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
SELECT i.id, i.kind, i.source_id, i.summary, i.method, i.sequence, i.state, i.attempts, i.last_error, i.bounced, i.answer,
    i.starts_at, i.ends_at, i.room_mailbox_id, m.room_name, m.time_zone, f.steps,
    count(*) OVER () AS total
FROM found AS f
JOIN raumpost.invitation AS i USING (id)
JOIN raumpost.every_link AS m ON m.id = i.room_mailbox_id
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
SELECT l.id, l.direction, l.outcome, l.detail, l.received_at AS at, l.sequence, l.resend, l.imap_conn_id, l.folder, l.size
FROM raumpost.mail AS l
WHERE l.direction = 'in' AND (%(inbox)s::text IS NULL OR l.imap_conn_id = %(inbox)s) AND l.id IN (
    SELECT j.mail_id FROM raumpost.journal AS j WHERE j.dag_id = %(dag)s AND j.dag_run = %(run)s AND j.mail_id IS NOT NULL)
ORDER BY l.id DESC
LIMIT %(limit)s;
