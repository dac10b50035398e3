-- Rules that several statements share, so that page, alert and mail cannot disagree. Postgres inlines all of them: plain SQL,
-- without SET, and not volatile.

CREATE VIEW raumpost.every_link AS
SELECT m.id, m.room_id, m.address, m.smtp_conn_id, m.imap_conn_id, m.technical_user_id, m.include_blocks, m.active,
    m.created_at, m.removal_requested_at, m.removed_at,
    r.name AS room, coalesce(r.name, m.address) AS room_name, r.time_zone
FROM raumpost.room_mailbox AS m
LEFT JOIN booking.room AS r ON r.id = m.room_id;
COMMENT ON VIEW raumpost.every_link IS 'links with the name of their room, also removed ones, which are history';
COMMENT ON COLUMN raumpost.every_link.room IS 'NULL: the booking system has no such room any more';
COMMENT ON COLUMN raumpost.every_link.room_name IS 'for people: the address where there is no name';

CREATE VIEW raumpost.link AS
SELECT id, room_id, address, smtp_conn_id, imap_conn_id, technical_user_id, include_blocks, active, created_at,
    removal_requested_at, room, room_name, time_zone
FROM raumpost.every_link WHERE removed_at IS NULL;
COMMENT ON VIEW raumpost.link IS 'links with the name of their room, also those that are being removed';

CREATE FUNCTION raumpost.may_be_known(i raumpost.invitation) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT i.exposed_sequence IS NOT NULL OR i.state = 'sending' $$;
COMMENT ON FUNCTION raumpost.may_be_known IS 'whether its room may know anything of it';

CREATE FUNCTION raumpost.to_withdraw(i raumpost.invitation, now timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT i.state IN ('pending', 'sending') OR (i.state <> 'withdrawn' AND i.ends_at > now) $$;
COMMENT ON FUNCTION raumpost.to_withdraw IS 'whether removing its link would withdraw it';

CREATE FUNCTION raumpost.is_late(i raumpost.invitation, now timestamptz, sent_before timestamptz)
RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT i.state = 'sent' AND i.sent_at <= sent_before AND i.ends_at > now $$;
COMMENT ON FUNCTION raumpost.is_late IS 'whether its room has not answered in time, and its booking is not over';

CREATE FUNCTION raumpost.is_declined(i raumpost.invitation, now timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT i.state = 'answered' AND i.answer = 'DECLINED' AND i.ends_at > now $$;
COMMENT ON FUNCTION raumpost.is_declined IS 'whether its room has declined a booking that is not over';

CREATE FUNCTION raumpost.cut_start(moment timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
$$ SELECT greatest(least(moment, timestamptz '3001-01-01Z'), timestamptz '1800-01-01Z') $$;
CREATE FUNCTION raumpost.cut_end(moment timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
$$ SELECT greatest(least(moment, timestamptz '3002-01-01Z'), timestamptz '1801-01-01Z') $$;
COMMENT ON FUNCTION raumpost.cut_start IS 'the start of a booking; what no calendar can hold is cut to what is refused';
COMMENT ON FUNCTION raumpost.cut_end IS 'the end of a booking, likewise';

-- A function, not a view: a view would keep the booking system from changing the columns of its tables.
CREATE FUNCTION raumpost.occupancy() RETURNS TABLE (
    kind text, source_id bigint, room_id bigint, title text, description text, booked_by text,
    starts_at timestamptz, ends_at timestamptz, all_day boolean, confidential boolean, cancelled boolean)
LANGUAGE sql STABLE AS $$
    SELECT 'event'::text, e.id, er.room_id, e.title, e.description, e.booked_by,
        e.starts_at, e.ends_at, e.all_day, e.confidential, e.cancelled
    FROM booking.event AS e JOIN booking.event_room AS er ON er.event_id = e.id
    UNION ALL
    SELECT 'block'::text, b.id, b.room_id, b.reason, NULL::text, NULL::text,
        b.starts_at, b.ends_at, b.all_day, false, false
    FROM booking.room_block AS b
$$;
COMMENT ON FUNCTION raumpost.occupancy IS 'everything that takes a room: events, a row for each of their rooms, and blocks';
