-- What an action would do, what was shown of it, and what became of it.

-- name: withheld_cancellations
-- What waits for an approval, in these room mailboxes (NULL: in all).
SELECT i.id, i.generation, w.noted_at, m.room_name, coalesce(m.time_zone, '') AS time_zone
FROM raumpost.withheld AS w
JOIN raumpost.invitation AS i ON i.id = w.invitation_id
JOIN raumpost.every_link AS m ON m.id = i.room_mailbox_id
WHERE w.state = 'withheld'
  AND (%(room_mailbox_ids)s::bigint[] IS NULL OR m.id = ANY(%(room_mailbox_ids)s::bigint[]))
ORDER BY i.starts_at, i.id;

-- name: approve_cancellations
-- Let through what was shown and has waited without a break since; give the invitations.
UPDATE raumpost.withheld AS w SET state = 'released'
FROM raumpost.invitation AS i
JOIN unnest(%(room_mailbox_ids)s::bigint[], %(kinds)s::text[], %(source_ids)s::bigint[], %(generations)s::integer[],
        %(noted_ats)s::timestamptz[])
    AS n (room_mailbox_id, kind, source_id, generation, noted_at) USING (room_mailbox_id, kind, source_id, generation)
WHERE i.id = w.invitation_id AND w.state = 'withheld' AND w.noted_at = n.noted_at
RETURNING i.id, i.room_mailbox_id, i.kind, i.source_id, i.generation;

-- name: links
-- The links that there are, with the names of their rooms.
SELECT m.id, m.room_id, m.address, m.include_blocks, m.active, m.room_name,
    m.removal_requested_at IS NOT NULL AS being_removed
FROM raumpost.link AS m
ORDER BY m.id;

-- name: room_groups
-- The room groups of this name or id, with their rooms.
SELECT g.id, g.name, ARRAY(
    SELECT b.room_id FROM booking.room_group_member AS b WHERE b.room_group_id = g.id) AS room_ids
FROM booking.room_group AS g
WHERE g.id::text = %(name)s OR lower(g.name) = lower(%(name)s)
ORDER BY g.id;

-- name: uninvited
-- Bookings of these room mailboxes that have no invitation, among them what stood there before the link.
-- Columns as in `bookings`.
SELECT 'event' AS kind, e.id AS source_id, r.id AS room_id, r.name AS room_name, r.time_zone,
    e.title, e.description, e.booked_by,
    raumpost.cut_start(e.starts_at) AS starts_at,
    raumpost.cut_end(e.ends_at) AS ends_at,
    e.ends_at <= e.starts_at AS reversed,
    e.all_day, e.confidential, e.cancelled
FROM raumpost.room_mailbox AS m
JOIN booking.room AS r ON r.id = m.room_id
JOIN booking.event_room AS er ON er.room_id = m.room_id
JOIN booking.event AS e ON e.id = er.event_id
WHERE m.id = ANY(%(room_mailbox_ids)s::bigint[]) AND NOT e.cancelled
  AND e.ends_at > %(earliest)s AND (%(latest)s::timestamptz IS NULL OR e.starts_at < %(latest)s)
  AND NOT EXISTS (
      SELECT FROM raumpost.invitation AS i
      WHERE i.room_mailbox_id = m.id AND i.kind = 'event' AND i.source_id = e.id)
UNION ALL
SELECT 'block', b.id, r.id, r.name, r.time_zone,
    b.reason, NULL, NULL,
    raumpost.cut_start(b.starts_at),
    raumpost.cut_end(b.ends_at),
    b.ends_at <= b.starts_at,
    b.all_day, false, false
FROM raumpost.room_mailbox AS m
JOIN booking.room AS r ON r.id = m.room_id
JOIN booking.room_block AS b ON b.room_id = m.room_id
WHERE m.id = ANY(%(room_mailbox_ids)s::bigint[]) AND m.include_blocks
  AND b.ends_at > %(earliest)s AND (%(latest)s::timestamptz IS NULL OR b.starts_at < %(latest)s)
  AND NOT EXISTS (
      SELECT FROM raumpost.invitation AS i
      WHERE i.room_mailbox_id = m.id AND i.kind = 'block' AND i.source_id = b.id);

-- name: slots
-- All that these room mailboxes should hold from now on, to find what overlaps.
SELECT m.room_id, 'event' AS kind, e.id AS source_id, e.starts_at, e.ends_at
FROM raumpost.room_mailbox AS m
JOIN booking.event_room AS er ON er.room_id = m.room_id
JOIN booking.event AS e ON e.id = er.event_id
WHERE m.id = ANY(%(room_mailbox_ids)s::bigint[]) AND NOT e.cancelled AND e.ends_at > %(now)s
  AND e.ends_at > e.starts_at AND e.starts_at >= '1900-01-01Z' AND e.ends_at < '3000-01-01Z'
UNION ALL
SELECT m.room_id, 'block', b.id, b.starts_at, b.ends_at
FROM raumpost.room_mailbox AS m
JOIN booking.room_block AS b ON b.room_id = m.room_id
WHERE m.id = ANY(%(room_mailbox_ids)s::bigint[]) AND m.include_blocks AND b.ends_at > %(now)s
  AND b.ends_at > b.starts_at AND b.starts_at >= '1900-01-01Z' AND b.ends_at < '3000-01-01Z';

-- name: store_preview
-- Keep what a person is shown; its items follow.
INSERT INTO raumpost.preview (verb, actor, dag_run) VALUES (%(verb)s, %(actor)s, %(dag_run)s) RETURNING id;

-- name: store_preview_items
-- Keep what a preview shows, with a fingerprint of each item.
INSERT INTO raumpost.preview_item (preview_id, room_mailbox_id, kind, source_id, generation, fingerprint)
SELECT %(preview)s, n.room_mailbox_id, n.kind, n.source_id, n.generation, n.fingerprint
FROM unnest(%(room_mailbox_ids)s::bigint[], %(kinds)s::text[], %(source_ids)s::bigint[], %(generations)s::integer[],
        %(fingerprints)s::text[])
    AS n (room_mailbox_id, kind, source_id, generation, fingerprint);

-- name: lock_preview
-- What of a preview waits to be applied, locked until its outcome is stored; one who applies it too waits meanwhile.
SELECT n.room_mailbox_id, n.kind, n.source_id, n.generation, n.fingerprint
FROM raumpost.preview_item AS n
JOIN raumpost.preview AS p ON p.id = n.preview_id
WHERE p.id = %(preview)s AND p.verb = %(verb)s AND n.outcome IS NULL
ORDER BY n.room_mailbox_id, n.kind, n.source_id, n.generation
LIMIT %(limit)s
FOR UPDATE;

-- name: settle_preview
-- Note what became of shown items.
UPDATE raumpost.preview_item AS n
SET outcome = s.outcome
FROM unnest(%(room_mailbox_ids)s::bigint[], %(kinds)s::text[], %(source_ids)s::bigint[], %(generations)s::integer[],
        %(outcomes)s::text[])
    AS s (room_mailbox_id, kind, source_id, generation, outcome)
WHERE n.preview_id = %(preview)s
  AND (n.room_mailbox_id, n.kind, n.source_id, n.generation) = (s.room_mailbox_id, s.kind, s.source_id, s.generation);

-- name: preview_outcomes
-- How many items of a preview came to what.
SELECT outcome, count(*) AS items FROM raumpost.preview_item
WHERE preview_id = %(preview)s AND outcome IS NOT NULL
GROUP BY outcome ORDER BY outcome;

-- name: wait_for_gatherer
-- Plan beside no gatherer, until the end of this transaction (the lock's name: services/planning/gather.py).
SELECT pg_advisory_xact_lock(hashtextextended('raumpost.gather', 0));

-- name: lock_invitations_of_items
-- The invitations of these bookings in these room mailboxes, of whatever generation, locked.
SELECT i.id, i.room_mailbox_id, i.kind, i.source_id, i.generation
FROM raumpost.invitation AS i
JOIN unnest(%(room_mailbox_ids)s::bigint[], %(kinds)s::text[], %(source_ids)s::bigint[])
    AS n (room_mailbox_id, kind, source_id) USING (room_mailbox_id, kind, source_id)
ORDER BY i.id
FOR UPDATE OF i;

-- name: adopt_items
-- Once initialised, bookings no longer count as standing there before the link.
DELETE FROM raumpost.preexisting AS p
USING unnest(%(room_mailbox_ids)s::bigint[], %(kinds)s::text[], %(source_ids)s::bigint[])
    AS n (room_mailbox_id, kind, source_id)
WHERE (p.room_mailbox_id, p.kind, p.source_id) = (n.room_mailbox_id, n.kind, n.source_id);

-- name: failed_invitations
-- Failed invitations of these room mailboxes (NULL: of all), not of removed ones, where nothing is sent any more; a
-- portion of them. One that failed is not touched until it moves on.
SELECT i.id, i.generation, i.updated_at AS failed_at, m.active, m.room_name,
    coalesce(m.time_zone, '') AS time_zone
FROM raumpost.invitation AS i
JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
WHERE i.state = 'failed'
  AND (%(room_mailbox_ids)s::bigint[] IS NULL OR m.id = ANY(%(room_mailbox_ids)s::bigint[]))
  AND position(lower(%(error_contains)s)
        IN lower(CASE WHEN i.bounced THEN 'undeliverable: ' ELSE '' END || i.last_error)) > 0
  AND (%(since)s::timestamptz IS NULL OR i.updated_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR i.updated_at < %(until)s)
  AND (%(after_at)s::timestamptz IS NULL OR (i.updated_at, i.id) > (%(after_at)s, %(after_id)s))
ORDER BY i.updated_at, i.id LIMIT %(limit)s;
