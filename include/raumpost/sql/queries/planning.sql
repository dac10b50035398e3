-- Consume what changed at the bookings, hold cancellations back, and lease what is to be sent.

-- name: newest_change
-- How far this pass reads; what is put back or arrives meanwhile waits for the next pass.
SELECT coalesce(max(id), 0) AS id FROM raumpost.booking_change;

-- name: take_changes
-- Consume changes in the transaction that plans them. Rows of open transactions are not visible yet and stay.
WITH taken AS (
    DELETE FROM raumpost.booking_change
    WHERE id IN (
        SELECT id FROM raumpost.booking_change WHERE id <= %(upto)s ORDER BY id LIMIT %(limit)s
    )
    RETURNING kind, source_id, changed_at
)
SELECT kind, source_id, max(changed_at) AS changed_at FROM taken GROUP BY kind, source_id;

-- name: drop_changes
-- Forget what has changed in a booking that cannot be planned.
DELETE FROM raumpost.booking_change WHERE kind = %(kind)s AND source_id = %(source_id)s AND id <= %(upto)s;

-- name: put_back_changes
-- Keep changes for the next pass: their invitations are being sent at this moment.
INSERT INTO raumpost.booking_change (kind, source_id, changed_at)
SELECT kind, source_id, changed_at
FROM unnest(%(kinds)s::text[], %(source_ids)s::bigint[], %(changed_ats)s::timestamptz[])
    AS c (kind, source_id, changed_at);

-- name: all_booking_keys
-- Everything that a full comparison looks at.
SELECT 'event' AS kind, er.event_id AS source_id
FROM booking.event_room AS er JOIN raumpost.room_mailbox AS m ON m.room_id = er.room_id
UNION
SELECT 'block', b.id
FROM booking.room_block AS b JOIN raumpost.room_mailbox AS m ON m.room_id = b.room_id
UNION
SELECT kind, source_id FROM raumpost.invitation
ORDER BY kind, source_id;

-- name: adopt_changed
-- What changed since the room was linked no longer counts as standing there before.
DELETE FROM raumpost.preexisting AS p
USING raumpost.room_mailbox AS m,
    unnest(%(kinds)s::text[], %(source_ids)s::bigint[], %(changed_ats)s::timestamptz[])
        AS c (kind, source_id, changed_at)
WHERE m.id = p.room_mailbox_id AND p.kind = c.kind AND p.source_id = c.source_id AND c.changed_at >= m.created_at;

-- name: lock_invitations_of_bookings
-- The invitations with these booking keys, locked until the plan is stored; not those that a next generation follows.
SELECT id, replacement IS NOT NULL AS replaced FROM raumpost.invitation
WHERE ((kind = 'event' AND source_id = ANY(%(event_ids)s::bigint[]))
    OR (kind = 'block' AND source_id = ANY(%(block_ids)s::bigint[])))
  AND (replacement IS NULL OR (replacement = 'wanted' AND state <> 'withdrawn'))
ORDER BY id
FOR UPDATE;

-- name: preexisting
-- Which of these bookings stood in a room before it was linked.
SELECT room_mailbox_id, kind, source_id
FROM raumpost.preexisting
WHERE (kind = 'event' AND source_id = ANY(%(event_ids)s::bigint[]))
   OR (kind = 'block' AND source_id = ANY(%(block_ids)s::bigint[]));

-- name: lock_past
-- Invitations that waited until their booking was over, and of which nothing ever left.
SELECT id FROM raumpost.invitation
WHERE state = 'pending' AND method = 'REQUEST' AND exposed_sequence IS NULL AND ends_at <= %(now)s
ORDER BY id LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: keep_past
-- An invitation that was to be replaced when its booking ended stays: nothing of it is withdrawn any more.
UPDATE raumpost.invitation SET replacement = NULL
WHERE replacement = 'wanted' AND method = 'REQUEST' AND ends_at <= %(now)s;

-- name: withheld_among
-- What is noted of these invitations.
SELECT invitation_id, state FROM raumpost.withheld WHERE invitation_id = ANY(%(ids)s::bigint[]);

-- name: note_cancellations
-- Note cancellations that are to be counted before they are carried out.
INSERT INTO raumpost.withheld (invitation_id, noted_at)
SELECT id, %(now)s FROM unnest(%(ids)s::bigint[]) AS n (id)
ON CONFLICT (invitation_id) DO NOTHING;

-- name: forget_cancellations
-- Drop what is noted of these invitations: not wanted any more, or being carried out now.
DELETE FROM raumpost.withheld WHERE invitation_id = ANY(%(ids)s::bigint[]);

-- name: pointless_cancellations
-- Noted cancellations of slots that are over by now; not where a change that never left hides which slot the room knows.
SELECT i.id FROM raumpost.withheld AS w JOIN raumpost.invitation AS i ON i.id = w.invitation_id
WHERE i.ends_at <= %(now)s AND i.exposed_sequence = i.sequence ORDER BY i.id FOR UPDATE;

-- name: cancellations_by_link
-- How many cancellations of each link are noted or withheld, beside the future invitations that its room knows.
SELECT m.id AS room_mailbox_id, m.address, m.room_name,
    count(*) FILTER (WHERE w.state = 'noted') AS noted, count(*) FILTER (WHERE w.state = 'withheld') AS withheld,
    min(w.noted_at) AS since, (
        SELECT count(*) FROM raumpost.invitation AS k
        WHERE k.room_mailbox_id = m.id AND k.method = 'REQUEST' AND k.exposed_sequence IS NOT NULL AND k.ends_at > %(now)s
    ) AS known
FROM raumpost.withheld AS w
JOIN raumpost.invitation AS i ON i.id = w.invitation_id
JOIN raumpost.every_link AS m ON m.id = i.room_mailbox_id
GROUP BY m.id, m.address, m.room_name
ORDER BY m.id;

-- name: withhold
-- Keep what is noted of these links for an approval; give the invitations.
UPDATE raumpost.withheld AS w SET state = 'withheld'
FROM raumpost.invitation AS i
WHERE i.id = w.invitation_id AND w.state = 'noted' AND i.room_mailbox_id = ANY(%(room_mailbox_ids)s::bigint[])
RETURNING w.invitation_id;

-- name: release_others
-- Let through what is noted of all links but these, and blocks of links that leave blocks out by now.
UPDATE raumpost.withheld AS w SET state = 'released'
FROM raumpost.invitation AS i JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE i.id = w.invitation_id AND w.state <> 'released'
  AND (m.id <> ALL(%(room_mailbox_ids)s::bigint[]) OR (i.kind = 'block' AND NOT m.include_blocks));

-- name: lock_released
-- Cancellations to be carried out as they were planned: no change of their booking waits, nothing is on its way, and no
-- booking is there that would have to be looked at again (one whose return could not be planned left its change behind).
SELECT i.id
FROM raumpost.withheld AS w JOIN raumpost.invitation AS i ON i.id = w.invitation_id
JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
WHERE w.state = 'released' AND i.method = 'REQUEST' AND i.state <> 'sending' AND i.exposed_sequence IS NOT NULL
  AND i.replacement IS NULL
  AND NOT EXISTS (SELECT FROM raumpost.booking_change AS c WHERE c.kind = i.kind AND c.source_id = i.source_id)
  -- by their keys, not by raumpost.occupancy(), which Postgres would read as a whole here
  AND NOT EXISTS (
    SELECT FROM booking.event AS e JOIN booking.event_room AS er ON er.event_id = e.id
    WHERE i.kind = 'event' AND e.id = i.source_id AND er.room_id = m.room_id AND NOT e.cancelled)
  AND NOT EXISTS (
    SELECT FROM booking.room_block AS b WHERE i.kind = 'block' AND b.id = i.source_id AND b.room_id = m.room_id)
ORDER BY i.id LIMIT %(limit)s
FOR UPDATE OF i;

-- name: released_bookings
-- The bookings of which something may be cancelled.
SELECT DISTINCT i.kind, i.source_id
FROM raumpost.withheld AS w JOIN raumpost.invitation AS i ON i.id = w.invitation_id
WHERE w.state = 'released'
ORDER BY i.kind, i.source_id;

-- name: lease
-- Put pending invitations of active mailboxes into one batch per SMTP interface. Releases come first (INTEROP W22),
-- and no claim passes a release of its room that still waits in another batch, or overlaps a slot whose release is
-- withheld: the room would decline it.
-- IS NOT DISTINCT FROM keeps the planner from walking all that is open once for each row, when much has just become so.
WITH live AS (
    SELECT DISTINCT i.room_mailbox_id
    FROM raumpost.invitation AS i
    WHERE i.state IN ('pending', 'sending') AND i.lease_until >= %(now)s AND i.exposed_sequence IS NOT NULL
), withheld AS (
    SELECT o.room_mailbox_id, range_agg(s.slot) AS slots
    FROM raumpost.withheld AS w JOIN raumpost.invitation AS o ON o.id = w.invitation_id
    CROSS JOIN LATERAL (VALUES (tstzrange(o.starts_at, o.ends_at)),
        (CASE WHEN o.held_from IS NOT NULL THEN tstzrange(o.held_from, o.held_until) END)) AS s (slot)
    WHERE w.state = 'withheld'
    GROUP BY o.room_mailbox_id
), ready AS (
    SELECT i.id, i.room_mailbox_id, m.smtp_conn_id,
        row_number() OVER (
            PARTITION BY m.smtp_conn_id
            ORDER BY i.method = 'REQUEST', i.exposed_sequence IS NULL, i.updated_at, i.id) AS place
    FROM raumpost.invitation AS i
    JOIN raumpost.room_mailbox AS m ON m.id = i.room_mailbox_id
    LEFT JOIN withheld AS w ON w.room_mailbox_id = i.room_mailbox_id
    WHERE i.state = 'pending' AND m.active AND (i.lease_until IS NULL OR i.lease_until < %(now)s)
      AND (i.exposed_sequence IS NOT NULL OR i.room_mailbox_id NOT IN (SELECT room_mailbox_id FROM live))
      AND (i.method = 'CANCEL' OR w.slots IS NULL OR NOT w.slots && tstzrange(i.starts_at, i.ends_at))
), batches AS MATERIALIZED (
    SELECT smtp_conn_id, nextval('raumpost.batch_id') AS batch
    FROM (SELECT DISTINCT smtp_conn_id FROM ready) AS interface
), leased AS (
    UPDATE raumpost.invitation AS i
    SET batch = b.batch, lease_until = %(lease_until)s
    FROM ready AS r JOIN batches AS b USING (smtp_conn_id)
    WHERE i.id = r.id AND r.place <= %(budget)s AND i.state IS NOT DISTINCT FROM 'pending'
    RETURNING i.batch, i.room_mailbox_id, r.smtp_conn_id
)
SELECT batch, smtp_conn_id, count(*) AS invitations, count(DISTINCT room_mailbox_id) AS rooms
FROM leased GROUP BY batch, smtp_conn_id ORDER BY batch;
