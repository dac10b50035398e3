-- What the database does by itself: it keeps links as they were made, and notes what changes at the bookings.

-- A link keeps its room, its address and its interfaces: every invitation was sent under them.
CREATE FUNCTION raumpost.keep_link_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.room_id, NEW.address, NEW.smtp_conn_id, NEW.imap_conn_id, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.room_id, OLD.address, OLD.smtp_conn_id, OLD.imap_conn_id, OLD.created_at) THEN
        RAISE EXCEPTION 'room mailbox %: only technical_user_id, include_blocks and active may change', OLD.address
            USING ERRCODE = 'integrity_constraint_violation',
                  HINT = 'Every invitation was sent under them; they are fixed when the link is made.';
    END IF;
    IF OLD.removed_at IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'room mailbox %: its link was removed and is history', OLD.address
            USING ERRCODE = 'integrity_constraint_violation', HINT = 'Link the room again.';
    END IF;
    IF OLD.removal_requested_at IS NOT NULL
       AND (NEW.removal_requested_at, NEW.technical_user_id, NEW.include_blocks)
           IS DISTINCT FROM (OLD.removal_requested_at, OLD.technical_user_id, OLD.include_blocks) THEN
        RAISE EXCEPTION 'room mailbox %: its link is being removed', OLD.address
            USING ERRCODE = 'integrity_constraint_violation',
                  HINT = 'Wait until its cancellations are sent, then link the room again.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_link_fixed BEFORE UPDATE ON raumpost.room_mailbox
    FOR EACH ROW EXECUTE FUNCTION raumpost.keep_link_fixed();

CREATE FUNCTION raumpost.note_preexisting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- No gatherer may consume changes of this room before it can see the link (the lock's name: services/planning/gather.py).
    PERFORM pg_advisory_xact_lock(hashtextextended('raumpost.gather', 0));
    INSERT INTO raumpost.preexisting (room_mailbox_id, kind, source_id)
    SELECT NEW.id, 'event', e.id
    FROM booking.event AS e JOIN booking.event_room AS er ON er.event_id = e.id
    WHERE er.room_id = NEW.room_id AND e.ends_at > clock_timestamp()
    UNION ALL
    SELECT NEW.id, 'block', b.id
    FROM booking.room_block AS b
    WHERE b.room_id = NEW.room_id AND b.ends_at > clock_timestamp();
    RETURN NULL;
END $$;
CREATE TRIGGER note_preexisting AFTER INSERT ON raumpost.room_mailbox
    FOR EACH ROW EXECUTE FUNCTION raumpost.note_preexisting();

-- Switching the block choice makes every block of the room a change to plan.
CREATE FUNCTION raumpost.note_block_choice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO raumpost.booking_change (kind, source_id)
    SELECT 'block', b.id FROM booking.room_block AS b WHERE b.room_id = NEW.room_id;
    RETURN NULL;
END $$;
CREATE TRIGGER note_block_choice AFTER UPDATE ON raumpost.room_mailbox
    FOR EACH ROW WHEN (OLD.include_blocks IS DISTINCT FROM NEW.include_blocks)
    EXECUTE FUNCTION raumpost.note_block_choice();

-- The cancellation of an invitation that is to be replaced makes its booking a change to plan.
CREATE FUNCTION raumpost.note_replaceable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO raumpost.booking_change (kind, source_id) VALUES (NEW.kind, NEW.source_id);
    RETURN NULL;
END $$;
CREATE TRIGGER note_replaceable AFTER UPDATE OF state ON raumpost.invitation
    FOR EACH ROW WHEN (NEW.replacement = 'wanted' AND NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn')
    EXECUTE FUNCTION raumpost.note_replaceable();

-- The next generation settles the one before.
CREATE FUNCTION raumpost.settle_replaced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE raumpost.invitation SET replacement = 'made'
    WHERE room_mailbox_id = NEW.room_mailbox_id AND kind = NEW.kind AND source_id = NEW.source_id
      AND generation < NEW.generation AND replacement = 'wanted';
    RETURN NULL;
END $$;
CREATE TRIGGER settle_replaced AFTER INSERT ON raumpost.invitation
    FOR EACH ROW WHEN (NEW.generation > 0) EXECUTE FUNCTION raumpost.settle_replaced();

-- Change capture: one function per table, because a transition table has the columns of its table. Only the columns
-- of the contract are compared: the booking system may add others, of any type.
-- SECURITY DEFINER, so that the booking system's role needs no right on schema raumpost.
CREATE FUNCTION raumpost.note_event_change() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO raumpost.booking_change (kind, source_id) SELECT 'event', id FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO raumpost.booking_change (kind, source_id) SELECT 'event', id FROM old_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO raumpost.booking_change (kind, source_id)
        SELECT DISTINCT 'event', id FROM (
            (SELECT id, title, description, booked_by, starts_at, ends_at, all_day, confidential, cancelled FROM new_rows
             EXCEPT SELECT id, title, description, booked_by, starts_at, ends_at, all_day, confidential, cancelled FROM old_rows)
            UNION ALL
            (SELECT id, title, description, booked_by, starts_at, ends_at, all_day, confidential, cancelled FROM old_rows
             EXCEPT SELECT id, title, description, booked_by, starts_at, ends_at, all_day, confidential, cancelled FROM new_rows)) AS changed;
    ELSE
        INSERT INTO raumpost.booking_change (kind, source_id) SELECT 'event', id FROM booking.event;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION raumpost.note_event_room_change() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO raumpost.booking_change (kind, source_id) SELECT DISTINCT 'event', event_id FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO raumpost.booking_change (kind, source_id) SELECT DISTINCT 'event', event_id FROM old_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO raumpost.booking_change (kind, source_id)
        SELECT DISTINCT 'event', event_id FROM (
            (SELECT event_id, room_id FROM new_rows
             EXCEPT SELECT event_id, room_id FROM old_rows)
            UNION ALL
            (SELECT event_id, room_id FROM old_rows
             EXCEPT SELECT event_id, room_id FROM new_rows)) AS changed;
    ELSE
        INSERT INTO raumpost.booking_change (kind, source_id)
        SELECT DISTINCT 'event', event_id FROM booking.event_room;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION raumpost.note_room_block_change() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO raumpost.booking_change (kind, source_id) SELECT 'block', id FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO raumpost.booking_change (kind, source_id) SELECT 'block', id FROM old_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO raumpost.booking_change (kind, source_id)
        SELECT DISTINCT 'block', id FROM (
            (SELECT id, room_id, reason, starts_at, ends_at, all_day FROM new_rows
             EXCEPT SELECT id, room_id, reason, starts_at, ends_at, all_day FROM old_rows)
            UNION ALL
            (SELECT id, room_id, reason, starts_at, ends_at, all_day FROM old_rows
             EXCEPT SELECT id, room_id, reason, starts_at, ends_at, all_day FROM new_rows)) AS changed;
    ELSE
        INSERT INTO raumpost.booking_change (kind, source_id) SELECT 'block', id FROM booking.room_block;
    END IF;
    RETURN NULL;
END $$;

-- A room's time zone decides which days its all-day bookings take.
CREATE FUNCTION raumpost.note_room_change() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO raumpost.booking_change (kind, source_id)
    SELECT 'event', e.id
    FROM new_rows AS n JOIN old_rows AS o USING (id)
    JOIN booking.event_room AS er ON er.room_id = n.id
    JOIN booking.event AS e ON e.id = er.event_id
    WHERE e.all_day AND n.time_zone <> o.time_zone
    UNION
    SELECT 'block', b.id
    FROM new_rows AS n JOIN old_rows AS o USING (id)
    JOIN booking.room_block AS b ON b.room_id = n.id
    WHERE b.all_day AND n.time_zone <> o.time_zone;
    RETURN NULL;
END $$;

CREATE TRIGGER note_insert AFTER INSERT ON booking.event
    REFERENCING NEW TABLE AS new_rows EXECUTE FUNCTION raumpost.note_event_change();
CREATE TRIGGER note_update AFTER UPDATE ON booking.event
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows EXECUTE FUNCTION raumpost.note_event_change();
CREATE TRIGGER note_delete AFTER DELETE ON booking.event
    REFERENCING OLD TABLE AS old_rows EXECUTE FUNCTION raumpost.note_event_change();
CREATE TRIGGER note_truncate BEFORE TRUNCATE ON booking.event EXECUTE FUNCTION raumpost.note_event_change();

CREATE TRIGGER note_insert AFTER INSERT ON booking.event_room
    REFERENCING NEW TABLE AS new_rows EXECUTE FUNCTION raumpost.note_event_room_change();
CREATE TRIGGER note_update AFTER UPDATE ON booking.event_room
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows EXECUTE FUNCTION raumpost.note_event_room_change();
CREATE TRIGGER note_delete AFTER DELETE ON booking.event_room
    REFERENCING OLD TABLE AS old_rows EXECUTE FUNCTION raumpost.note_event_room_change();
CREATE TRIGGER note_truncate BEFORE TRUNCATE ON booking.event_room
    EXECUTE FUNCTION raumpost.note_event_room_change();

CREATE TRIGGER note_insert AFTER INSERT ON booking.room_block
    REFERENCING NEW TABLE AS new_rows EXECUTE FUNCTION raumpost.note_room_block_change();
CREATE TRIGGER note_update AFTER UPDATE ON booking.room_block
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows EXECUTE FUNCTION raumpost.note_room_block_change();
CREATE TRIGGER note_delete AFTER DELETE ON booking.room_block
    REFERENCING OLD TABLE AS old_rows EXECUTE FUNCTION raumpost.note_room_block_change();
CREATE TRIGGER note_truncate BEFORE TRUNCATE ON booking.room_block
    EXECUTE FUNCTION raumpost.note_room_block_change();

CREATE TRIGGER note_update AFTER UPDATE ON booking.room
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows EXECUTE FUNCTION raumpost.note_room_change();
