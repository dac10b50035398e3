-- Invitations.

-- name: find_invitations
-- A page of the invitations that fit, with how many there are; NULL: whatever it is. What is searched for may be the
-- beginnings of words, part of a room's name or address, a booking, or a UID.
WITH found AS MATERIALIZED (
    SELECT i.id,
        CASE %(sort)s WHEN 'starts' THEN i.starts_at WHEN 'changed' THEN i.updated_at END AS moment,
        CASE %(sort)s WHEN 'room' THEN m.room_name WHEN 'state' THEN i.state WHEN 'title' THEN i.summary END
            AS word
    FROM raumpost.invitation AS i
    JOIN raumpost.every_link AS m ON m.id = i.room_mailbox_id
    WHERE (%(mailbox)s::bigint IS NULL OR i.room_mailbox_id = %(mailbox)s)
      AND (%(room)s::bigint IS NULL OR m.room_id = %(room)s)
      AND (%(state)s::text IS NULL OR i.state = %(state)s)
      AND (%(answer)s::text IS NULL OR i.answer = %(answer)s)
      AND (%(since)s::timestamptz IS NULL OR i.ends_at > %(since)s)
      AND (%(until)s::timestamptz IS NULL OR i.starts_at < %(until)s)
      AND (%(text)s::text IS NULL
        OR i.words @@ to_tsquery('simple', %(words)s)
        OR i.uid = %(text)s
        OR (i.kind = ANY(%(kinds)s::text[]) AND i.source_id = %(source_id)s)
        OR i.room_mailbox_id = ANY(ARRAY(
            SELECT o.id FROM raumpost.every_link AS o
            WHERE strpos(lower(o.room_name), lower(%(text)s)) > 0
               OR strpos(lower(o.address), lower(%(text)s)) > 0)))
), page AS (
    SELECT id, row_number() OVER () AS place
    FROM (
        SELECT id FROM found
        ORDER BY CASE WHEN NOT %(descending)s THEN moment END, CASE WHEN %(descending)s THEN moment END DESC,
            CASE WHEN NOT %(descending)s THEN word END, CASE WHEN %(descending)s THEN word END DESC, id
        OFFSET %(offset)s LIMIT %(limit)s) AS sorted
)
SELECT i.id, i.kind, i.source_id, i.uid, i.method, i.sequence, i.summary, i.starts_at, i.ends_at, i.all_day, i.state,
    i.attempts, i.last_error, i.bounced, i.answer, i.comment, i.updated_at, i.room_mailbox_id, m.address,
    m.room_name, m.time_zone, (SELECT count(*) FROM found) AS total
FROM page
JOIN raumpost.invitation AS i USING (id)
JOIN raumpost.every_link AS m ON m.id = i.room_mailbox_id
ORDER BY page.place;
