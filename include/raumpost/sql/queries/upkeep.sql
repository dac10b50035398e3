-- Forget what is old; recover after a restore.

-- name: highest_sequence
-- The highest SEQUENCE that this database knows.
SELECT coalesce(max(sequence), 0) AS sequence FROM raumpost.invitation;

-- name: count_ahead
-- How many invitations of each room mailbox `lock_ahead` would give.
SELECT m.address, count(*) AS invitations FROM raumpost.invitation AS i
JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
WHERE (i.ends_at > %(now)s OR i.held_until > %(now)s)
GROUP BY m.address;

-- name: lock_ahead
-- A portion of the invitations whose room may hold a slot that is not over, whatever became of them.
SELECT i.id FROM raumpost.invitation AS i
JOIN raumpost.link AS m ON m.id = i.room_mailbox_id
WHERE i.id > %(after)s AND (i.ends_at > %(now)s OR i.held_until > %(now)s)
ORDER BY i.id
LIMIT %(limit)s
FOR UPDATE OF i;

-- name: note_restored
-- Record that things were put right after a restore, and from where new numbers count.
UPDATE raumpost.installation SET sequence_floor = %(floor)s, restored_at = clock_timestamp();

-- name: compare_everything
-- Have every booking compared by the next pass. The time is that of no change, so that what stood in a room before its
-- link still counts as that.
INSERT INTO raumpost.booking_change (kind, source_id, changed_at)
SELECT 'event', er.event_id, timestamptz 'epoch'
FROM booking.event_room AS er JOIN raumpost.room_mailbox AS m ON m.room_id = er.room_id
UNION
SELECT 'block', b.id, 'epoch'
FROM booking.room_block AS b JOIN raumpost.room_mailbox AS m ON m.room_id = b.room_id
UNION
SELECT kind, source_id, 'epoch' FROM raumpost.invitation WHERE ends_at > %(now)s;

-- name: lock_bygone
-- Invitations with which nothing can happen any more and whose booking is long over; what failed for a link that was
-- removed is never reset.
SELECT id FROM raumpost.invitation
WHERE ends_at < %(before)s AND (state IN ('sent', 'answered', 'withdrawn') OR state = 'failed' AND room_mailbox_id IN (
        SELECT m.id FROM raumpost.room_mailbox AS m WHERE m.removed_at IS NOT NULL))
  AND (forgotten_at IS NULL OR forgotten_at < updated_at)
ORDER BY ends_at
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: forget
-- Remove mails, journal and words of bygone invitations. A mail that speaks of others too stays until they go; a status
-- stays while its booking exists, because the booking system owns that. What remains keeps UIDs from being used twice.
WITH bygone AS (
    UPDATE raumpost.invitation
    SET summary = '', description = '', booked_by = '', comment = NULL,
        last_error = CASE state WHEN 'failed' THEN '' END, forgotten_at = clock_timestamp()
    WHERE id = ANY(%(ids)s::bigint[])
    RETURNING id, room_mailbox_id, kind, source_id
), journal AS (
    DELETE FROM raumpost.journal WHERE invitation_id = ANY(%(ids)s::bigint[]) RETURNING mail_id
), mail AS (
    DELETE FROM raumpost.mail AS l
    WHERE (l.invitation_id = ANY(%(ids)s::bigint[])
        OR l.invitation_id IS NULL AND l.id IN (SELECT mail_id FROM journal WHERE mail_id IS NOT NULL))
      AND NOT EXISTS (
        SELECT FROM raumpost.journal AS other
        WHERE other.mail_id = l.id AND other.invitation_id <> ALL(%(ids)s::bigint[]))
    RETURNING l.id
), status AS (
    DELETE FROM booking.status AS s
    USING bygone AS b JOIN raumpost.room_mailbox AS m ON m.id = b.room_mailbox_id
    WHERE s.kind = b.kind AND s.id = b.source_id AND s.room_id = m.room_id
      AND NOT EXISTS (SELECT FROM booking.event AS e WHERE b.kind = 'event' AND e.id = b.source_id)
      AND NOT EXISTS (SELECT FROM booking.room_block AS r WHERE b.kind = 'block' AND r.id = b.source_id)
      AND NOT EXISTS (
        SELECT FROM raumpost.invitation AS i
        WHERE i.kind = b.kind AND i.source_id = b.source_id AND i.id <> ALL(%(ids)s::bigint[])
          AND (i.forgotten_at IS NULL OR i.forgotten_at < i.updated_at))
    RETURNING 1
)
SELECT (SELECT count(*) FROM bygone) AS invitations, (SELECT count(*) FROM mail) AS mails,
    (SELECT count(*) FROM journal) AS journal, (SELECT count(*) FROM status) AS statuses;

-- name: forget_loose_journal
-- Old lines that belong to no invitation.
DELETE FROM raumpost.journal WHERE id IN (
    SELECT id FROM raumpost.journal WHERE invitation_id IS NULL AND at < %(before)s ORDER BY id LIMIT %(limit)s);

-- name: forget_late_journal
-- Old lines about invitations that were forgotten before: an answer that came long after, say. Their mails follow below.
DELETE FROM raumpost.journal WHERE id IN (
    SELECT j.id FROM raumpost.journal AS j
    JOIN raumpost.invitation AS i ON i.id = j.invitation_id
    WHERE i.forgotten_at >= i.updated_at AND j.at < %(before)s
    LIMIT %(limit)s);

-- name: forget_shared_mails
-- Mails that stayed because they spoke of an invitation that was still live, and whose last line in the journal is gone.
DELETE FROM raumpost.mail WHERE id IN (
    SELECT l.id FROM raumpost.mail AS l
    JOIN raumpost.invitation AS i ON i.id = l.invitation_id
    WHERE i.forgotten_at >= i.updated_at AND l.outcome IS NOT NULL
      AND NOT EXISTS (SELECT FROM raumpost.journal AS j WHERE j.mail_id = l.id AND j.invitation_id IS NOT NULL)
    LIMIT %(limit)s);

-- name: forget_foreign_mails
-- Old mails that have been read and belong to no invitation.
DELETE FROM raumpost.mail WHERE id IN (
    SELECT l.id FROM raumpost.mail AS l
    WHERE l.direction = 'in' AND l.invitation_id IS NULL AND l.outcome IS NOT NULL AND l.received_at < %(before)s
      AND NOT EXISTS (SELECT FROM raumpost.journal AS j WHERE j.mail_id = l.id AND j.invitation_id IS NOT NULL)
    LIMIT %(limit)s);

-- name: forget_previews
-- With their items; nobody applies them any more.
DELETE FROM raumpost.preview WHERE created_at < %(before)s;

-- name: forget_canaries
-- Old canaries that are over.
DELETE FROM raumpost.canary WHERE ends_at < %(before)s AND state NOT IN ('booking', 'booked');

-- name: forget_alerts
-- Incidents of which nothing was heard for long.
DELETE FROM raumpost.alert WHERE last_at < %(before)s;
