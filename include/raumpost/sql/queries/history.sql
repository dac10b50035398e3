-- What happened to a booking, to an invitation, or to everything.

-- name: booking_of_uid
-- The booking behind a UID.
SELECT kind, source_id FROM raumpost.invitation WHERE uid = %(uid)s;

-- name: links_of_rooms
-- What stands between a booking's rooms and an invitation.
SELECT m.id, m.room_id, m.address, m.include_blocks, m.active, m.removal_requested_at,
    EXISTS (
        SELECT FROM raumpost.preexisting AS p
        WHERE p.room_mailbox_id = m.id AND p.kind = %(kind)s AND p.source_id = %(source_id)s) AS preexisting
FROM raumpost.link AS m
WHERE m.room_id = ANY(%(room_ids)s::bigint[]);

-- name: is_change_waiting
-- Whether a change of a booking waits for the next pass.
SELECT EXISTS (
    SELECT FROM raumpost.booking_change WHERE kind = %(kind)s AND source_id = %(source_id)s) AS waiting;

-- name: invitations_of_booking
-- The invitations of a booking, with what is said about them and what its room mailbox may do.
SELECT i.id, i.generation, i.sent_at, i.answered_at, i.comment, i.held_from, i.held_until, i.lease_until,
    m.room AS room_name, m.active, m.removed_at IS NOT NULL AS link_removed, s.message_de, s.message_en,
    EXISTS (SELECT FROM raumpost.withheld AS w WHERE w.invitation_id = i.id AND w.state = 'withheld') AS withheld
FROM raumpost.invitation AS i
JOIN raumpost.every_link AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.status AS s ON s.kind = i.kind AND s.id = i.source_id AND s.room_id = m.room_id
WHERE i.kind = %(kind)s AND i.source_id = %(source_id)s
ORDER BY m.room_id, m.id, i.generation;

-- name: mails_of_booking
-- The newest mails that were sent about a booking or received about it, the latter also where they speak of several.
WITH own AS (
    SELECT id FROM raumpost.invitation WHERE kind = %(kind)s AND source_id = %(source_id)s
), newest AS (
    SELECT l.id, l.direction, l.invitation_id, l.outcome, l.detail, l.created_at, l.received_at, l.sequence, l.resend,
        l.imap_conn_id, l.folder, coalesce(l.size, octet_length(l.raw)) AS size,
        substring(l.raw FROM 1 FOR %(octets)s) AS raw
    FROM raumpost.mail AS l
    WHERE l.invitation_id IN (SELECT id FROM own) OR l.id IN (
        SELECT j.mail_id FROM raumpost.journal AS j
        WHERE j.kind = %(kind)s AND j.source_id = %(source_id)s AND j.mail_id IS NOT NULL)
    ORDER BY l.id DESC
    LIMIT %(limit)s
)
SELECT id, direction, invitation_id, outcome, detail, created_at, received_at, sequence, resend, imap_conn_id, folder,
    size, raw
FROM newest ORDER BY id;

-- name: facts_of_invitation
-- What the booking system has, what its room holds, and what the people who booked were told.
SELECT i.id, i.generation, i.replacement, i.forgotten_at, i.sent_at, i.answered_at, i.lease_until, i.updated_at,
    i.held_from, i.held_until, m.active, m.removal_requested_at, m.removed_at, m.smtp_conn_id, m.imap_conn_id,
    m.room_name, m.time_zone, s.message_de, s.message_en, s.updated_at AS notified_at,
    coalesce(e.id, b.id) IS NOT NULL AS booked, coalesce(e.confidential, false) AS confidential,
    coalesce(e.cancelled, false) AS cancelled,
    CASE WHEN NOT coalesce(e.confidential, false) THEN coalesce(e.title, b.reason) END AS title,
    raumpost.cut_start(coalesce(e.starts_at, b.starts_at)) AS booked_from,
    raumpost.cut_end(coalesce(e.ends_at, b.ends_at)) AS booked_until,
    EXISTS (SELECT FROM raumpost.booking_change AS c WHERE c.kind = i.kind AND c.source_id = i.source_id) AS waiting,
    (SELECT count(*) FROM raumpost.invitation AS o
     WHERE o.kind = i.kind AND o.source_id = i.source_id AND o.id <> i.id) AS others,
    EXISTS (SELECT FROM raumpost.withheld AS w WHERE w.invitation_id = i.id AND w.state = 'withheld') AS withheld
FROM raumpost.invitation AS i
JOIN raumpost.every_link AS m ON m.id = i.room_mailbox_id
LEFT JOIN booking.status AS s ON s.kind = i.kind AND s.id = i.source_id AND s.room_id = m.room_id
LEFT JOIN booking.event AS e ON i.kind = 'event' AND e.id = i.source_id
    AND EXISTS (SELECT FROM booking.event_room AS er WHERE er.event_id = e.id AND er.room_id = m.room_id)
LEFT JOIN booking.room_block AS b ON i.kind = 'block' AND b.id = i.source_id AND b.room_id = m.room_id
WHERE i.id = %(id)s;

-- name: mails_of_invitation
-- The newest mails sent or received about an invitation, the latter also where they speak of several.
SELECT l.id, l.direction, l.outcome, l.detail, coalesce(l.received_at, l.created_at) AS at, l.sequence, l.resend,
    l.imap_conn_id, l.folder, coalesce(l.size, octet_length(l.raw)) AS size
FROM raumpost.mail AS l
WHERE l.id IN (
    SELECT o.id FROM raumpost.mail AS o WHERE o.invitation_id = %(id)s
    UNION
    SELECT j.mail_id FROM raumpost.journal AS j WHERE j.invitation_id = %(id)s)
ORDER BY l.id DESC
LIMIT %(limit)s;

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
      AND (%(kind)s::text IS NULL OR j.kind = %(kind)s AND j.source_id = %(source_id)s)
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
    j.dag_id, j.dag_run, m.address, m.room_name, m.time_zone,
    e.looked, e.last
FROM (SELECT count(*) AS looked, CASE WHEN %(after)s::bigint IS NULL THEN min(id) ELSE max(id) END AS last FROM looked) AS e
LEFT JOIN fitting AS f ON true
LEFT JOIN raumpost.journal AS j ON j.id = f.id
LEFT JOIN raumpost.every_link AS m ON m.id = j.room_mailbox_id
ORDER BY j.id DESC;
