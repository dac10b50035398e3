-- Links of rooms to their mailboxes.

-- name: all_links
-- Every link, removed ones too.
SELECT m.id, m.room_id, coalesce(m.room, 'room ' || m.room_id) AS room_name, m.address, m.smtp_conn_id, m.imap_conn_id,
    m.technical_user_id, u.name, u.email, u.technical, m.include_blocks, m.active,
    m.removal_requested_at, m.removed_at,
    ARRAY(SELECT a.address FROM raumpost.room_mailbox_alias AS a
          WHERE a.room_mailbox_id = m.id ORDER BY lower(a.address)) AS aliases
FROM raumpost.every_link AS m
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
    count(*) FILTER (WHERE raumpost.may_be_known(i)) AS to_cancel,
    count(*) FILTER (WHERE i.state = 'failed' AND i.method = 'CANCEL') AS failed,
    count(*) FILTER (WHERE i.kind = 'block' AND i.method = 'REQUEST') AS blocks
FROM raumpost.invitation AS i
WHERE raumpost.to_withdraw(i, %(now)s)
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
-- Link rooms to mailboxes.
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
-- Add the aliases that links do not have yet.
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
      AND raumpost.to_withdraw(i, %(now)s)
      AND NOT (i.state = 'failed' AND i.method = 'CANCEL' AND m.id = ANY(%(ids)s::bigint[])))
ORDER BY m.id
FOR UPDATE OF m;

-- name: finish_removal
-- Make links history: room, address and aliases are free again.
WITH freed AS (
    DELETE FROM raumpost.room_mailbox_alias WHERE room_mailbox_id = ANY(%(ids)s::bigint[])
)
UPDATE raumpost.room_mailbox SET removed_at = %(now)s, active = false WHERE id = ANY(%(ids)s::bigint[]);
