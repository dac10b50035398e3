-- Room groups, and the inbox symbol.

-- name: rooms_by_group
-- Rooms in their groups, each as often as it is in one; those in none come last. `text`: part of a name or address.
SELECT g.id AS group_id, g.name AS group_name, r.id AS room_id, r.name AS room_name,
    m.id AS room_mailbox_id, m.address, m.active, m.removal_requested_at IS NOT NULL AS leaving,
    count(*) OVER () AS total
FROM booking.room AS r
LEFT JOIN booking.room_group_member AS b ON b.room_id = r.id
LEFT JOIN booking.room_group AS g ON g.id = b.room_group_id
LEFT JOIN raumpost.link AS m ON m.room_id = r.id
WHERE %(text)s::text IS NULL
   OR position(lower(%(text)s) IN lower(r.name)) > 0
   OR position(lower(%(text)s) IN lower(g.name)) > 0
   OR position(lower(%(text)s) IN lower(m.address)) > 0
ORDER BY g.name NULLS LAST, g.id, r.name, r.id
LIMIT %(limit)s OFFSET %(offset)s;

-- name: empty_groups
-- Groups without a room.
SELECT g.name FROM booking.room_group AS g
WHERE NOT EXISTS (SELECT FROM booking.room_group_member AS b WHERE b.room_group_id = g.id)
  AND (%(text)s::text IS NULL OR position(lower(%(text)s) IN lower(g.name)) > 0)
ORDER BY g.name, g.id;

-- name: room_badge
-- Whether a room is linked, and whether its mailbox is active.
SELECT r.name, m.active FROM booking.room AS r
LEFT JOIN raumpost.link AS m ON m.room_id = r.id
WHERE r.id = %(room_id)s;
