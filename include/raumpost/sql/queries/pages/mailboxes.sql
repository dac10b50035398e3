-- Room mailboxes.

-- name: list_room_mailboxes
-- Room mailboxes with counts of their invitations to bookings that are not over. `id` gives one, whatever its status;
-- empty texts filter nothing; `sort` is a column of the page.
WITH counted AS (
    SELECT room_mailbox_id,
        count(*) FILTER (WHERE state IN ('pending', 'sending')) AS pending,
        count(*) FILTER (WHERE state = 'sent') AS unanswered,
        count(*) FILTER (WHERE state = 'answered' AND answer <> 'DECLINED') AS accepted,
        count(*) FILTER (WHERE state = 'answered' AND answer = 'DECLINED') AS declined,
        count(*) FILTER (WHERE state = 'failed') AS failed
    FROM raumpost.invitation
    WHERE ends_at > %(now)s AND (%(id)s::bigint IS NULL OR room_mailbox_id = %(id)s)
    GROUP BY room_mailbox_id
), listed AS (
    SELECT m.id, m.room_id, m.room AS room_name, m.time_zone, m.address, m.smtp_conn_id, m.imap_conn_id,
        m.technical_user_id, u.name AS user_name, u.email AS user_email, m.include_blocks, m.active, m.created_at,
        m.removal_requested_at, m.removed_at,
        ARRAY(SELECT a.address FROM raumpost.room_mailbox_alias AS a
              WHERE a.room_mailbox_id = m.id ORDER BY lower(a.address)) AS aliases,
        coalesce(c.pending, 0) AS pending, coalesce(c.unanswered, 0) AS unanswered,
        coalesce(c.accepted, 0) AS accepted, coalesce(c.declined, 0) AS declined, coalesce(c.failed, 0) AS failed
    FROM raumpost.every_link AS m
    LEFT JOIN booking.app_user AS u ON u.id = m.technical_user_id
    LEFT JOIN counted AS c ON c.room_mailbox_id = m.id
    WHERE (%(id)s::bigint IS NULL OR m.id = %(id)s)
)
SELECT id, room_id, room_name, time_zone, address, aliases, smtp_conn_id, imap_conn_id, technical_user_id, user_name,
    user_email, include_blocks, active, created_at, removal_requested_at, removed_at,
    pending, unanswered, accepted, declined, failed, count(*) OVER () AS total
FROM listed AS l CROSS JOIN LATERAL (
    SELECT CASE %(sort)s
            WHEN 'room' THEN lower(room_name) WHEN 'address' THEN lower(address) WHEN 'user' THEN lower(user_name)
            WHEN 'smtp' THEN smtp_conn_id WHEN 'imap' THEN imap_conn_id END AS words,
        CASE %(sort)s
            WHEN 'blocks' THEN include_blocks::int WHEN 'active' THEN active::int WHEN 'pending' THEN pending
            WHEN 'unanswered' THEN unanswered WHEN 'accepted' THEN accepted WHEN 'declined' THEN declined
            WHEN 'failed' THEN failed END AS number) AS key
WHERE (%(id)s::bigint IS NOT NULL OR CASE %(status)s
        WHEN 'active' THEN active AND removal_requested_at IS NULL
        WHEN 'inactive' THEN NOT active AND removal_requested_at IS NULL
        WHEN 'leaving' THEN removal_requested_at IS NOT NULL AND removed_at IS NULL
        WHEN 'removed' THEN removed_at IS NOT NULL
        ELSE removed_at IS NULL END)
  AND (%(text)s = '' OR strpos(lower(concat_ws(E'\n', room_name, address, user_name, array_to_string(aliases, E'\n'))),
        lower(%(text)s)) > 0)
  AND CASE %(trouble)s
        WHEN 'failed' THEN failed > 0 WHEN 'declined' THEN declined > 0 WHEN 'unanswered' THEN unanswered > 0
        ELSE true END
  AND (%(interface)s = '' OR %(interface)s IN (smtp_conn_id, imap_conn_id))
  AND (%(room_group)s = '' OR EXISTS (
        SELECT FROM booking.room_group_member AS g
        WHERE g.room_id = l.room_id AND g.room_group_id::text = %(room_group)s))
ORDER BY CASE WHEN NOT %(descending)s THEN words END, CASE WHEN %(descending)s THEN words END DESC NULLS LAST,
    CASE WHEN NOT %(descending)s THEN number END, CASE WHEN %(descending)s THEN number END DESC NULLS LAST,
    lower(room_name), id
LIMIT %(limit)s OFFSET %(offset)s;

-- name: room_groups_to_choose
-- Every room group that has a room with a mailbox.
SELECT g.id, g.name FROM booking.room_group AS g
WHERE EXISTS (
    SELECT FROM booking.room_group_member AS b JOIN raumpost.link AS m ON m.room_id = b.room_id
    WHERE b.room_group_id = g.id)
ORDER BY lower(g.name), g.id;

-- name: mailboxes_of_rooms
-- The room mailboxes to which rooms are linked, also while their links are being removed.
SELECT m.id, m.room_id, m.address FROM raumpost.link AS m
WHERE m.room_id = ANY(%(room_ids)s::bigint[]);

-- name: ahead_of_mailbox
-- What removing one link would withdraw, what of it needs a cancellation, cancellations given up, future invitations under
-- another organizer than `email`, and future bookings from before the link that are not invited.
SELECT count(*) AS open,
    count(*) FILTER (WHERE raumpost.may_be_known(i)) AS to_cancel,
    count(*) FILTER (WHERE i.state = 'failed' AND i.method = 'CANCEL') AS failed,
    count(*) FILTER (WHERE i.method = 'REQUEST' AND i.ends_at > %(now)s AND i.replacement IS NULL
        AND lower(i.organizer) <> lower(%(email)s)) AS under_others,
    (SELECT count(*) FROM raumpost.preexisting AS p JOIN booking.event AS e ON p.kind = 'event' AND e.id = p.source_id
     WHERE p.room_mailbox_id = %(id)s AND e.ends_at > %(now)s AND NOT e.cancelled)
    + (SELECT count(*) FROM raumpost.preexisting AS p JOIN booking.room_block AS b ON p.kind = 'block' AND b.id = p.source_id
       WHERE p.room_mailbox_id = %(id)s AND b.ends_at > %(now)s AND %(include_blocks)s) AS uninvited
FROM raumpost.invitation AS i
WHERE i.room_mailbox_id = %(id)s
  AND raumpost.to_withdraw(i, %(now)s);

-- name: checks_of_mailbox
-- What the latest checks found of a room mailbox and of its interfaces.
SELECT kind, subject, what, status, why, remedy, checked_at, dag_run FROM raumpost.check_result
WHERE (kind IN ('link', 'canary') AND subject = %(address)s)
   OR (kind = 'smtp' AND subject = %(smtp_conn_id)s) OR (kind = 'imap' AND subject = %(imap_conn_id)s)
ORDER BY array_position(ARRAY['link', 'canary', 'smtp', 'imap'], kind), position;

-- name: mailbox_choices
-- Every room mailbox by the name of its room, for filters; removed ones last.
SELECT m.id, m.address, m.removed_at IS NOT NULL AS removed, m.room_name
FROM raumpost.every_link AS m
ORDER BY removed, room_name, m.address;
